"""What each source is: where it comes from, and what its licence lets us do with a model trained on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Source:
    """One public source. `licence` is that of its text; "none stated" is read as: research use only."""

    name: str
    title: str
    address: str
    licence: str


_ALL: Final = (
    Source("tbh", "TurnBackHoax titles and posts (Mafindo)", "https://turnbackhoax.id", "none stated"),
    Source("komdigi", "Komdigi hoax clarifications", "https://www.komdigi.go.id", "none stated"),
    Source(
        "hs",
        "abusive and political tweets (Ibrohim and Budi, 2019)",
        "https://github.com/okkyibrohim/id-multi-label-hate-speech-and-abusive-language-detection",
        "CC BY-NC-SA 4.0",
    ),
    Source("emot", "IndoNLU EmoT", "https://github.com/IndoNLP/indonlu", "Apache-2.0"),
    Source("smsa", "IndoNLU SmSA", "https://github.com/IndoNLP/indonlu", "Apache-2.0"),
    Source("clickid", "CLICK-ID headlines", "https://data.mendeley.com/datasets/k42j7x2kpn/1", "CC BY 4.0"),
    Source("detik1520", "detik.com headlines 2015-2020", "https://www.detik.com", "none stated"),
    Source("news", "headlines of Indonesian outlets", "each outlet's site", "none stated"),
    Source("hengky", "headlines of several outlets", "public collection", "none stated"),
    Source("mend", "full articles, hoax and valid", "Mendeley Data", "none stated"),
    Source("piero", "posts and articles, hoax and valid", "public collection", "none stated"),
    Source("l6", "fact-check round-ups", "https://www.liputan6.com", "none stated"),
    Source("yt_promo_a", "YouTube comments, gambling promotion", "public collection", "none stated"),
    Source("yt_promo_b", "YouTube comments, gambling promotion 2025-2026", "public collection", "MIT"),
    Source("tw_multilabel", "the tweets of `hs`, with moderation labels", "as `hs`", "CC BY-NC-SA 4.0"),
    Source("sms_a", "text messages, fraud", "public collection", "none stated"),
    Source("wa_sms_b", "WhatsApp and text messages, fraud", "public collection", "none stated"),
    Source("chat_weak", "chat messages, sexual", "public collection", "unclear"),
)

SOURCES: Final[Mapping[str, Source]] = MappingProxyType({source.name: source for source in _ALL})


def source_of(row_id: str) -> str:
    """The short name of the source that a row's id begins with: "tbh-00762" → "tbh"."""
    return row_id.partition("-")[0]
