"""What stands, as one SHA-256: the row of the chain that tells of two people's approval, or of a file, carries it.

The database refuses to change words, captions and files. Where somebody with its password does so all the same, what
stands there now no longer gives the hash that was recorded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from serving.db import Session
from serving.db import campaigns as campaign_rows
from serving.db import exhibits as exhibit_rows
from serving.db import library as library_rows
from serving.db.tables import Campaign, Clarification, ClarificationVersion
from serving.vocabulary import Platform


def of_clarification(head: Clarification, words: ClarificationVersion) -> str:
    """Give the hash, as 64 hexadecimal digits, of what the public reads in one version of a clarification."""
    return _digest(
        {
            "version": words.number,
            "issuer": head.issuer,
            "claim": head.claim_wording,
            "verdict": head.verdict,
            "title": words.title,
            "body": words.body,
            "sources": words.sources,
        }
    )


def of_campaign(row: Campaign, captions: Mapping[Platform, Sequence[str]]) -> str:
    """Give the hash, as 64 hexadecimal digits, of what a campaign puts into people's hands."""
    return _digest(
        {
            "kind": row.kind,
            "clarification": row.clarification_id,
            "version": row.clarification_version,
            "category": row.category,
            "title": row.title,
            "body": row.body,
            "issuer": row.issuer,
            "link": row.link,
            "official_posts": row.official_posts,
            "captions": {platform.value: list(texts) for platform, texts in captions.items() if texts},
        }
    )


def _digest(fields: Mapping[str, object]) -> str:
    canonical = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def standing(session: Session, entity: str, entity_id: int) -> str | None:
    """Give the hash of what stands now, or nothing where it is gone.

    Args:
        session: a session.
        entity: ``clarification``, ``campaign``, or ``exhibit`` for the file beside a source.
        entity_id: which one; of a file, the number of its source.
    """
    if entity == "exhibit":
        held = exhibit_rows.content(session, entity_id)
        return hashlib.sha256(held).hexdigest() if held is not None else None
    if entity == "clarification":
        found = library_rows.entry(session, entity_id)
        return of_clarification(found.head, found.words) if found else None
    row = campaign_rows.by_id(session, entity_id)
    return of_campaign(row, campaign_rows.captions(session, row.id)) if row else None
