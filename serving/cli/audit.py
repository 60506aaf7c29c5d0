"""``suluh audit``: check the chain of every step ever taken."""

from __future__ import annotations

import sys

import click

from serving.cli._shared import open_service, reading
from serving.desk import audit as chain


@click.group(short_help="Check the record of every step.")
def audit() -> None:
    """Check the record of every step."""


@audit.command()
def verify() -> None:
    """Find any edited, removed or moved row and say which; exit 1 where there is one."""
    with open_service() as service, reading(service) as ctx:
        report = chain.verify(ctx.session, service.vault.audit_key)
    for found in report.breaks:
        click.echo(f"row {found.seq}: {found.what}", err=True)
    if not report.intact:
        click.echo(f"audit: BROKEN, {len(report.breaks)} finding(s) in {report.n_rows} rows", err=True)
        sys.exit(1)
    click.echo(f"audit: intact, {report.n_rows} rows")
