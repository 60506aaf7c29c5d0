"""What came of a campaign, in figures of groups that are large enough to hide everybody in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from serving.db import routing as rows
from serving.desk.context import Context
from serving.desk.outreach import campaigns, routing
from serving.desk.suppression import Cells, Funnel

# Planned and offered are the service's doing; what follows is what people answered.
N_OURS = 2


@dataclass(frozen=True, slots=True)
class Reached:
    """How many people came at least this far; ``None`` where a count, or what it leaves over, would speak of few."""

    planned: int
    offered: int | None
    accepted: int | None
    posted: int | None
    verified: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """How far offers came, for all and by ministry; ``None`` where the group is too small to be shown."""

    total: Reached | None
    by_ministry: Mapping[str, Reached | None]
    n_any: bool


def preview(ctx: Context, campaign_id: int) -> routing.Preview:
    """Count whom a campaign would reach, with small groups hidden."""
    return routing.preview(ctx, campaigns.get(ctx, campaign_id))


def figures(ctx: Context, campaign_id: int) -> Figures:
    """Give what came of a campaign, so that nobody's answer follows from any of it.

    A group is everybody who has an offer in a ministry. Declines are not among the figures, nor can they be worked
    out: see ``suppression``.
    """
    campaigns.get(ctx, campaign_id)
    found = {
        each.ministry: (each.planned, each.offered, each.accepted, each.posted, each.verified)
        for each in rows.funnel(ctx.session, campaign_id)
    }
    if not found:
        return Figures(None, {}, n_any=False)
    shown = Funnel(found, N_OURS, ctx.settings.min_group).shown()
    return Figures(_reached(shown.total), {name: _reached(cells) for name, cells in shown.groups.items()}, n_any=True)


def _reached(cells: Cells) -> Reached | None:
    planned, offered, accepted, posted, verified = cells
    return None if planned is None else Reached(planned, offered, accepted, posted, verified)
