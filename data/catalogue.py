"""What each source is: where it comes from, how to know its bytes, and what its licence lets us do.

Addresses and checksums were read from the repositories in November 2026.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from data.collected import COLLECTED
from data.origin import Repository, Source, Terms

_INDONLU: Final = Repository("IndoNLP/indonlu", "ce728f6926a36174b9923dfe49d6a6839b6e9bb7")
_TWEETS: Final = Repository(
    "okkyibrohim/id-multi-label-hate-speech-and-abusive-language-detection", "be98de98e974b65838d2b5145ee2c89e9bf53a6b"
)
_CLICKBAIT: Final = Repository("ruzcmc/ClickbaitIndo-textclassifier", "b1934b8a854af559dce7f9e4d66749c34babcb72")
_TITLES: Final = Repository("jibranfawaid/turnbackhoax-dataset", "9f860bd3b672f55811631bb59dac7c8f7ce03d6c")
_POSTS_2024: Final = Repository("alharkan7/turnbackhoax-analysis", "d365e9a6bfdcff9cde7db35222c54ef71b957889")
_HOAX_1K: Final = Repository("itshiroto/hoax-detection-indo", "afb2fd3a56bef0aeaa9bff81c8333a693f4475b4")

_EMOT_FILES: Final = tuple(
    _INDONLU.file(f"dataset/emot_emotion-twitter/{part}_preprocess.csv", size_bytes, sha256, f"{part}.csv")
    for part, size_bytes, sha256 in (
        ("train", 674_924, "51bb4e77d989004d0ca49c158f404d7eda956015a18b805401f7dee9b4d85fc1"),
        ("valid", 82_619, "3cba3d7b2cc3afa5cdd452a13df2498ff8a32b420f59ed10a48e41a452c98f50"),
        ("test", 83_445, "e983b8e4b079a3b76f299cc801305f1098e35281f5b95636432981a2f2a1b461"),
    )
)
_SMSA_FILES: Final = tuple(
    _INDONLU.file(f"dataset/smsa_doc-sentiment-prosa/{part}_preprocess.tsv", size_bytes, sha256, f"{part}.tsv")
    for part, size_bytes, sha256 in (
        ("train", 2_186_718, "50f38ceed9b31521bf1581e126620532cc9b790712938159a2cdcf6906977a9b"),
        ("valid", 246_974, "6ab41ddc9d58a35086f05ebd2e209c74cb03d87d4f51d6abdfba674eafbefa74"),
        ("test", 75_949, "4e8016daa8e4e1b193f2a28a79d3a7804dd4e3f926a3ab7e8a64264f5f416a6f"),
    )
)
_POSTS_2024_FILES: Final = (
    _POSTS_2024.file(
        "topic_modeling/politics_hoax_text.csv",
        663_623,
        "8799d0e612d9d05c71e462fcb017793e2c315a9bc7eb0c0afd0f1244ea9cc615",
    ),
    _POSTS_2024.file(
        "topic_modeling/scam_category/scam_hoax_text.csv",
        493_675,
        "12c1e352d8a80618fefde3fc61ab05aacc7c97d54eee661f7affc4216b688545",
    ),
    _POSTS_2024.file(
        "topic_modeling/others_category/others_hoax_text.csv",
        792_891,
        "26ceb91af31cf4b51cc3c5bd0468444aa7c632223054bf6e1beb3cea4174550d",
    ),
)

_PUBLIC: Final = (
    Source(
        "hs",
        "abusive and political tweets (Ibrohim and Budi, 2019)",
        "https://github.com/okkyibrohim/id-multi-label-hate-speech-and-abusive-language-detection",
        "CC BY-NC-SA 4.0",
        Terms.NON_COMMERCIAL,
        (
            _TWEETS.file(
                "re_dataset.csv", 1_858_473, "44c04e31ad4b7ee4a95f1884e7af4da2c44b69762143eb2de0ede7f90502735e"
            ),
        ),
    ),
    Source("emot", "IndoNLU EmoT", "https://github.com/IndoNLP/indonlu", "Apache-2.0", Terms.OPEN, _EMOT_FILES),
    Source("smsa", "IndoNLU SmSA", "https://github.com/IndoNLP/indonlu", "Apache-2.0", Terms.OPEN, _SMSA_FILES),
    Source(
        "clickid",
        "CLICK-ID headlines",
        "https://data.mendeley.com/datasets/k42j7x2kpn/1",
        "CC BY 4.0",
        Terms.OPEN,
        (
            _CLICKBAIT.file(
                "clickid-main.csv", 1_208_899, "60bb455841df321bf53d2ed3b58d231517efc1c2592658188df2383f2d59f885"
            ),
        ),
    ),
    Source(
        "detik1520",
        "detik.com headlines 2015-2020",
        "https://www.detik.com",
        "none stated",
        files=(
            _CLICKBAIT.file(
                "scrapedDetikNEWS2015-2020.csv",
                1_228_483,
                "f881b961671daf237e30ea641af209a27748cf6c7d10461569eaa3c3409f0c7a",
            ),
        ),
    ),
    Source(
        "tbhtitles",
        "TurnBackHoax titles 2015-2021 (text by Mafindo)",
        "https://github.com/jibranfawaid/turnbackhoax-dataset",
        "none stated",
        files=(
            _TITLES.file(
                "code/src/Scrapping Result (Heading and Link).xlsx",
                573_531,
                "bdfde97f460f495b306edec300f3ce7bab3e55217daa94d9350e660eba21259e",
                "titles.xlsx",
            ),
        ),
    ),
    Source(
        "tbh2024",
        "TurnBackHoax 2024 posts (text by Mafindo)",
        "https://github.com/alharkan7/turnbackhoax-analysis",
        "none stated",
        files=_POSTS_2024_FILES,
    ),
    Source(
        "hoax1k",
        "TurnBackHoax 2018-2025 with facts and references (text by Mafindo)",
        "https://github.com/itshiroto/hoax-detection-indo",
        "none stated",
        files=(
            _HOAX_1K.file("hoax_1k.csv", 2_183_348, "3d1bbe8f29c3d25121d7698b217071c937c867fefbcc560f51b92693b1df83b1"),
        ),
    ),
    Source(
        "brin",
        "BRIN fact-aware hoax sets",
        "https://huggingface.co/nlp-brin-id",
        "MIT on the card",
        Terms.ON_REQUEST,
        ask=(
            "ask at https://huggingface.co/datasets/nlp-brin-id/id-hoax-report-merge or "
            "https://data.brin.go.id/dataset.xhtml?persistentId=hdl:20.500.12690/RIN/7QBRKQ, then put the CSV files"
        ),
    ),
    Source(
        "desk",
        "claims that the desk decided",
        "the service, /v1",
        "internal",
        Terms.OWN,
        ask="export decided claims from the service, then put the JSON lines",
    ),
)

_IN_TABLES: Final = (
    Source("sample", "the sample of this project, written for it", "data/sample", "Apache-2.0", Terms.OPEN),
    Source("tbh", "TurnBackHoax titles and posts (Mafindo)", "https://turnbackhoax.id", "none stated"),
    Source("komdigi", "Komdigi hoax clarifications", "https://www.komdigi.go.id", "none stated"),
    Source("news", "headlines of Indonesian outlets", "each outlet's site", "none stated"),
    Source("hengky", "headlines of several outlets", "public collection", "none stated"),
    Source("mend", "full articles, hoax and valid", "Mendeley Data", "none stated"),
    Source("piero", "posts and articles, hoax and valid", "public collection", "none stated"),
    Source("l6", "fact-check round-ups", "https://www.liputan6.com", "none stated"),
    Source("yt_promo_a", "YouTube comments, gambling promotion", "public collection", "none stated"),
    Source("yt_promo_b", "YouTube comments, gambling promotion 2025-2026", "public collection", "MIT", Terms.OPEN),
    Source(
        "tw_multilabel",
        "the tweets of `hs`, with moderation labels",
        "as `hs`",
        "CC BY-NC-SA 4.0",
        Terms.NON_COMMERCIAL,
    ),
    Source("sms_a", "text messages, fraud", "public collection", "none stated"),
    Source("wa_sms_b", "WhatsApp and text messages, fraud", "public collection", "none stated"),
    Source("chat_weak", "chat messages, sexual", "public collection", "unclear"),
)

_NETIFIER: Final = Repository("ahmadizzan/netifier", "725b7ebc74fe5d6bc7de9f2edb55a4251bc944a5")
_REPORTS: Final = Repository("halowahyudi/pendeteksi-sms-penipuan", "36983d6c41b13a7ffe406d5e5e33cb7bf29c4f9c")
_VIDEOS: Final = Repository("ayu-dash/klasifikasi-komentar-judol-yt", "f0a5ad1a58a5dd61d8af3c7265cb3f5f7f94eaba")
_SENTIMENT: Final = Repository(
    "rizalespe/Dataset-Sentimen-Analisis-Bahasa-Indonesia", "9d792604b1297bece6dbdf4d3c5101560d34a892"
)
_ELECTION: Final = Repository("ialfina/id-hatespeech-detection", "6cfba9852fa8812a5d7ca8870894c9454474800f")
_STORIES: Final = Repository("FaddliLWibowo/Identifikasi-Pornografi-SVM", "031fcc06373cca18d014c9cb8d5c60aaf6c48e77")

_MODERATED: Final = (
    Source(
        "netifier",
        "posts of Kaskus, X and Instagram marked for pornography, SARA and insult",
        "https://github.com/ahmadizzan/netifier",
        "none stated",
        files=(
            _NETIFIER.file(
                "data/raw/train.csv", 2_492_319, "33f65dff7739a65a5faf2d13fc9f32393b5aadb87115a0f5dd92ceab7769b507"
            ),
            _NETIFIER.file(
                "data/raw/test.csv", 225_334, "46088b11b06f1f876f04249af5916318832d77f18572bc792ae3dfc668cb3deb"
            ),
        ),
    ),
    Source(
        "smsreport",
        "text messages that people reported, fraud and other",
        "https://github.com/halowahyudi/pendeteksi-sms-penipuan",
        "none stated",
        files=(
            _REPORTS.file(
                "dataset-sms-penipuan.csv",
                3_722_347,
                "e44224f8851fc333dd5b6afe974c6df46c3e608aae918c5dce76726552168cf1",
            ),
        ),
    ),
    Source(
        "judolyt2025nov",
        "YouTube comments of November 2025, gambling promotion",
        "https://github.com/ayu-dash/klasifikasi-komentar-judol-yt",
        "none stated",
        files=(
            _VIDEOS.file(
                "labeled_comments.csv", 2_994_425, "bd456274ede328525e829284550ebbc49a41677f33409201eec8a007f9473241"
            ),
        ),
    ),
    Source(
        "igcyber400",
        "Instagram comments, bullying or praise (Luqyana et al. 2018)",
        "https://github.com/rizalespe/Dataset-Sentimen-Analisis-Bahasa-Indonesia",
        "none stated",
        files=(
            _SENTIMENT.file(
                "dataset_komentar_instagram_cyberbullying.csv",
                65_494,
                "f0335f5722d434da89726c642c47c9b9bde398966cf1a213f706bec2bb59a665",
            ),
        ),
    ),
    Source(
        "idhsd2017",
        "tweets on the election of Jakarta's governor, hateful or not (Alfina et al. 2017)",
        "https://github.com/ialfina/id-hatespeech-detection",
        "free to use with citation, no copy elsewhere",
        files=(
            _ELECTION.file(
                "IDHSD_RIO_unbalanced_713_2017.txt",
                77_009,
                "4ee1d9cc1f1fdd27fb4298207fabb717f4e09281bd68fa5dcbcf720d75f1d4ed",
            ),
        ),
    ),
    Source(
        "porn500",
        "sentences of erotic stories, and of advice on health and marriage",
        "https://github.com/FaddliLWibowo/Identifikasi-Pornografi-SVM",
        "none stated",
        files=(
            _STORIES.file(
                "classification/dataset/dataset500.csv",
                162_598,
                "ff69e295923ce733e1827c1dba64fe60401c71e34ab28cfc600da35a4880f63a",
            ),
        ),
    ),
)

_GATHERED: Final = tuple(collection.source for collection in COLLECTED.values())

SOURCES: Final[Mapping[str, Source]] = MappingProxyType(
    {source.name: source for source in (*_PUBLIC, *_GATHERED, *_MODERATED, *_IN_TABLES)}
)
"""Every source by its short name: those with a reader of their own, the sample, and those read from the tables only."""

READABLE: Final = tuple(source.name for source in (*_PUBLIC, *_GATHERED))
"""The sources that `data.sources.originals` reads from files of their own."""

PULLABLE: Final = (*READABLE, *(source.name for source in _MODERATED))
"""Those, and the comments that `data.sources.moderated` reads."""


def source_of(row_id: str) -> str:
    """The short name of the source that a row's id begins with: "tbh-00762" → "tbh"."""
    return row_id.partition("-")[0]
