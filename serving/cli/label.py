"""``suluh label``: which open claims to decide next, for the model's sake."""

from __future__ import annotations

import click

from serving.cli._shared import open_service, reading
from serving.desk.checking import decided
from serving.desk.incoming.machine import holder_for


@click.group(short_help="Which claims would teach the model most.")
def label() -> None:
    """Which claims would teach the model most."""


@label.command("next")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 100))
def next_claims(limit: int) -> None:
    """List the open claims whose label would teach most, best first, tab-separated: number, gain, score, wording."""
    with open_service() as service, reading(service) as ctx:
        look = holder_for(service.settings).thresholds.look
        for found in decided.proposals(ctx.session, look, limit):
            wording = " ".join(found.claim.wording.split())
            click.echo(f"{found.claim.id}\t{found.lesson.gain:.3f}\t{found.claim.p_hoax:.3f}\t{wording}")
