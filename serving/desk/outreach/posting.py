"""What a platform takes: how it counts, how long a text may be there, and the sentence that every post carries.

The disclosure is no part of a caption: it is added when the kit is rendered, so nobody can edit it away. The cost is
room: on X a caption has 280 minus what disclosure and link need.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlencode

from serving.vocabulary import CampaignKind, Platform

# How X counts (twitter-text configuration v3): most of Latin weighs 1, everything else 2, a link always 23.
X_LIMIT = 280
X_LINK = 23
X_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
LIMITS = {Platform.X: X_LIMIT, Platform.INSTAGRAM: 2_200, Platform.FACEBOOK: 5_000}
# The longest name of an Indonesian ministry in 2025 has 66 letters; a longer one is written by its code.
EMPLOYER_MAX_CHARS = 70

# A host is tried once, at its first label: from each of its labels again, a long row of labels would take a time that
# grows with its square. The look-behinds let it begin after a stop that no label stands before.
LINK = re.compile(
    r"https?://\S+|\bwww\.\S+"
    r"|(?<![a-z0-9-])(?<![a-z0-9-]\.)(?:[a-z0-9-]++\.)+"
    r"(?:com|id|org|net|go|co|me|ly|info|gl|link|xyz|top|site|online|app|io|tv|be|example)\b(?:/\S*)?",
    re.IGNORECASE,
)
_EMOJI = re.compile(
    "(?:[\U0001f1e6-\U0001f1ff]{2}"
    "|[\u2600-\u27bf\U0001f000-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]*"
    "(?:\u200d[\u2600-\u27bf\U0001f000-\U0001faff][\ufe0f\U0001f3fb-\U0001f3ff]*)*)"
)


def x_length(text: str) -> int:
    """Count characters as X does: Latin weighs 1, other scripts and an emoji 2, a link 23."""
    text = unicodedata.normalize("NFC", text)
    without, n_links = LINK.subn("", text)
    plain, n_emoji = _EMOJI.subn("", without)
    weights = (1 if any(low <= ord(c) <= high for low, high in X_LIGHT) else 2 for c in plain)
    return n_links * X_LINK + n_emoji * 2 + sum(weights)


def length_on(platform: Platform, text: str) -> int:
    """Count characters as the platform counts them."""
    return x_length(text) if platform is Platform.X else len(text)


def employer_name(employer: str, employer_code: str) -> str:
    """Give the employer's name, or its code in capitals where the name is too long for a post."""
    return employer if len(employer) <= EMPLOYER_MAX_CHARS else employer_code.upper()[:EMPLOYER_MAX_CHARS]


def disclosure(kind: CampaignKind, employer: str, employer_code: str, link: str) -> str:
    """Give the sentence that every post carries: who speaks, for whom they work, and where the source is."""
    source = "Klarifikasi resmi" if kind is CampaignKind.CLARIFICATION else "Info resmi"
    return f"Saya ASN di {employer_name(employer, employer_code)}. {source}: {link}"


def caption_budget(platform: Platform, link: str) -> int:
    """Give how many characters, as the platform counts, a caption may have beside disclosure and link."""
    longest = disclosure(CampaignKind.CLARIFICATION, "M" * EMPLOYER_MAX_CHARS, "", link)
    return LIMITS[platform] - length_on(platform, f"\n\n{longest}")


def share_url(platform: Platform, text: str, link: str) -> str | None:
    """Give the address of the platform's own composer, filled in; Instagram has none."""
    match platform:
        case Platform.FACEBOOK:
            return "https://www.facebook.com/sharer/sharer.php?" + urlencode({"u": link, "quote": text})
        case Platform.X:
            return "https://x.com/intent/post?" + urlencode({"text": text})
        case Platform.INSTAGRAM:
            return None


def messenger_urls(text: str, link: str) -> dict[str, str]:
    """Give share addresses of the messengers, by name."""
    return {
        "WhatsApp": "https://wa.me/?" + urlencode({"text": text}),
        "Telegram": "https://t.me/share/url?" + urlencode({"url": link, "text": text}),
    }
