"""What each source is: where it comes from, how to know its bytes, and what its licence lets us do.

A file is named by an address that cannot change (a commit, not a branch) with its size and SHA-256, read from the
repositories in November 2026. Where an address could not be read then, the checksum is None: the first download is
trusted and recorded (`data.pull`), and every later one is held against it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from urllib.parse import quote


class Terms(StrEnum):
    """What the licence of a text allows; a text without one may be studied, and not passed on."""

    OPEN = "open"
    NON_COMMERCIAL = "non-commercial"
    NONE_STATED = "none stated"
    ON_REQUEST = "on request"
    OWN = "own"


_SENTENCES: Final[Mapping[Terms, str]] = MappingProxyType(
    {
        Terms.OPEN: "may be redistributed with attribution",
        Terms.NON_COMMERCIAL: "may be redistributed under the same licence, and never used commercially",
        Terms.NONE_STATED: "for research on this machine, not to be redistributed",
        Terms.ON_REQUEST: "given on request by its owner, not to be redistributed",
        Terms.OWN: "the desk's own; it holds what people wrote and is not to be published",
    }
)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a source: its name here, its address there, and how to know that it is that file."""

    name: str
    address: str
    size_bytes: int | None = None
    sha256: str | None = None  # None: not known when this was written; the first download is recorded


@dataclass(frozen=True, slots=True)
class Source:
    """One source. `licence` is that of its text, `files` what can be pulled, `ask` where to ask for the rest."""

    name: str
    title: str
    address: str
    licence: str
    terms: Terms = Terms.NONE_STATED
    files: tuple[RemoteFile, ...] = ()
    ask: str = ""

    @property
    def sentence(self) -> str:
        """What may be done with the text, as one plain sentence."""
        return f"{self.title}. Licence: {self.licence}; {_SENTENCES[self.terms]}."


@dataclass(frozen=True, slots=True)
class _Repository:
    """A GitHub repository at one commit."""

    name: str
    commit: str

    def file(self, path: str, size_bytes: int, sha256: str, name: str = "") -> RemoteFile:
        address = f"https://raw.githubusercontent.com/{self.name}/{self.commit}/{quote(path)}"
        return RemoteFile(name or path.rpartition("/")[2], address, size_bytes, sha256)


_INDONLU: Final = _Repository("IndoNLP/indonlu", "ce728f6926a36174b9923dfe49d6a6839b6e9bb7")
_TWEETS: Final = _Repository(
    "okkyibrohim/id-multi-label-hate-speech-and-abusive-language-detection", "be98de98e974b65838d2b5145ee2c89e9bf53a6b"
)
_CLICKBAIT: Final = _Repository("ruzcmc/ClickbaitIndo-textclassifier", "b1934b8a854af559dce7f9e4d66749c34babcb72")
_TITLES: Final = _Repository("jibranfawaid/turnbackhoax-dataset", "9f860bd3b672f55811631bb59dac7c8f7ce03d6c")
_POSTS_2024: Final = _Repository("alharkan7/turnbackhoax-analysis", "d365e9a6bfdcff9cde7db35222c54ef71b957889")
_HOAX_1K: Final = _Repository("itshiroto/hoax-detection-indo", "afb2fd3a56bef0aeaa9bff81c8333a693f4475b4")

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

SOURCES: Final[Mapping[str, Source]] = MappingProxyType({source.name: source for source in (*_PUBLIC, *_IN_TABLES)})
"""Every source by its short name: those with a reader of their own, the sample, and those read from the tables only."""

READABLE: Final = tuple(source.name for source in _PUBLIC)
"""The sources that `data.sources.originals` reads from files of their own."""


def source_of(row_id: str) -> str:
    """The short name of the source that a row's id begins with: "tbh-00762" → "tbh"."""
    return row_id.partition("-")[0]
