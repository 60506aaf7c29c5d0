"""``suluh search``: how the search index stands, and making it anew."""

from __future__ import annotations

import sys

import click
from tqdm import tqdm

from serving.cli._shared import open_service, reading
from serving.desk.incoming import search_index
from serving.desk.incoming.search_index import KINDS


@click.group(short_help="The search index: how it stands, make it anew.")
def search() -> None:
    """Look after this machine's search index; the worker keeps it up with the database by itself."""


@search.command("status")
def show_status() -> None:
    """Say what the index holds beside what the database holds, tab-separated; exit 1 where something is missing."""
    with open_service() as service, reading(service) as ctx:
        found = search_index.status(ctx.session, search_index.folder_of(service.settings))
    for kind in KINDS:
        click.echo(f"{kind}\t{found.n_documents[kind]:,} of {found.n_things[kind]:,}")
    click.echo(f"waiting\t{found.n_changes:,} changes")
    click.echo(f"files\t{found.n_segments} segments, {found.n_vectors:,} vectors, {found.size_bytes / 2**20:.1f} MiB")
    if not found.is_whole:
        click.echo("search: the index is not whole; the worker completes it, or run: suluh search rebuild", err=True)
        sys.exit(1)


@search.command()
def rebuild() -> None:
    """Make the index anew from the database; the one that is there answers until it is done."""
    with open_service() as service:
        settings = service.settings
        with reading(service) as ctx:
            total = search_index.progress_total(ctx.session)
        with tqdm(total=total, desc="search", unit=" texts", mininterval=0.5, file=sys.stderr) as bar:
            n = search_index.indexer_for(settings).rebuild(
                service.database.read, lambda: search_index.encoder_of(settings), bar.update
            )
    click.echo(f"search: {n:,} texts in the index")
