"""``suluh feed``: RSS and Atom feeds from the command line."""

from __future__ import annotations

import click

from serving.cli._shared import open_service, reading
from serving.db import feeds as rows
from serving.deps import acting
from serving.desk.incoming import feeds
from serving.desk.incoming.machine import machine_for


@click.group(short_help="RSS and Atom feeds.")
def feed() -> None:
    """Add, list and read feeds; the worker reads them on their schedule."""


@feed.command("add")
@click.argument("url")
@click.option("--source", default="rss", show_default=True, help="The word under which its posts are kept.")
@click.option("--every", "every_min", default=15, show_default=True, help="Minutes between readings.")
def add_feed(url: str, source: str, every_min: int) -> None:
    """Add the feed at URL."""
    with open_service() as service, acting(service) as ctx:
        made = feeds.add(ctx, url, source, every_min * 60)
    click.echo(f"feed {made.id}: {made.url} every {every_min} min as {made.source}")


@feed.command("list")
def list_feeds() -> None:
    """List every feed and how its last reading went."""
    with open_service() as service, reading(service) as ctx:
        for row in rows.feeds(ctx.session):
            state = "stopped" if not row.active else row.last_error or "ok" if row.polled_at else "not read yet"
            click.echo(f"{row.id}\t{row.url}\t{row.source}\tevery {row.every_s // 60} min\t{state}")


@feed.command("poll")
def poll_feeds() -> None:
    """Read every feed whose time has come, now."""
    with open_service() as service:
        outcome = feeds.poll_due(lambda: acting(service), machine_for(service.settings))
    click.echo(
        f"{outcome.n_feeds} feeds read, {outcome.n_failed} failed; "
        f"{outcome.intake.n_posts} new posts, {outcome.intake.n_claims} claims made"
    )
    if outcome.n_failed:
        raise click.ClickException("a feed could not be read; see: suluh feed list")
