"""``suluh influencers``: take in a ministry's list of people."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from serving.cli._shared import open_service
from serving.deps import acting
from serving.desk.people import influencers as desk
from serving.desk.people import roster


@click.group(short_help="The ministries' lists of people.")
def influencers() -> None:
    """Take in the ministries' lists of people."""


@influencers.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would become of every row; write nothing.")
def import_file(file: Path, *, dry_run: bool) -> None:
    """Take in a list as JSON lines, CSV or an Excel workbook; bad rows are reported with their line, good ones go in.

    Columns: staff_number, name, ministry, region; and where known unit, timezone (WIB, WITA, WIT), topics (separated
    by |), email, active, facebook, x, instagram and measured_on (the day on which the three were counted).
    """
    listed = list(roster.read_file(file.read_bytes()))
    with open_service() as service, acting(service) as ctx:
        outcome = desk.import_people(ctx, listed, dry_run=dry_run)
    for fate in outcome.fates:
        if fate.error:
            click.echo(f"line {fate.line}: {fate.error}", err=True)
        elif dry_run:
            click.echo(f"line {fate.line}: {fate.what}")
    counts = ", ".join(f"{outcome.count(what)} {what}" for what in ("new", "changed", "unchanged", "refused"))
    click.echo(f"influencers: {counts}{' (dry run, nothing written)' if dry_run else ''}")
    if outcome.count("refused"):
        sys.exit(1)
