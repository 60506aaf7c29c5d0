"""The feed of published clarifications, as Atom (RFC 4287): for readers of feeds, and for whoever republishes them.

What was withdrawn or replaced leaves the feed; its page and the correction log say what became of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from xml.etree import ElementTree as ET

from serving.db.library import Entry
from serving.desk.context import Context
from serving.desk.publishing import claimreview

PATH = "/klarifikasi.atom"
MEDIA_TYPE = "application/atom+xml"
_NAMESPACE = "http://www.w3.org/2005/Atom"


def atom(ctx: Context, title: str, entries: Sequence[Entry]) -> bytes:
    """Write entries, newest first, as one feed; nobody but the institution stands in it as an author."""
    base = ctx.settings.base_url.rstrip("/")
    feed = ET.Element("feed", {"xmlns": _NAMESPACE})
    _add(feed, "id", f"{base}/klarifikasi")
    _add(feed, "title", title)
    _add(feed, "updated", _moment(max((each.words.at for each in entries), default=ctx.now)))
    _add(_add(feed, "author"), "name", ctx.settings.public_issuer)
    ET.SubElement(feed, "link", {"rel": "self", "type": MEDIA_TYPE, "href": f"{base}{PATH}"})
    for each in entries:
        address = claimreview.address(ctx, each.head.slug)
        entry = _add(feed, "entry")
        _add(entry, "id", address)
        _add(entry, "title", each.words.title)
        _add(entry, "updated", _moment(each.words.at))
        if each.head.published_at:
            _add(entry, "published", _moment(each.head.published_at))
        ET.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": address})
        _add(entry, "summary", each.words.body)
    written: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _add(parent: ET.Element, name: str, text: str | None = None) -> ET.Element:
    made = ET.SubElement(parent, name)
    made.text = text
    return made


def _moment(moment: datetime) -> str:
    return moment.isoformat()
