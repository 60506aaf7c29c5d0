"""``suluh promote``, ``suluh rollback`` and ``suluh models``: the registry from the command line, two people included.

Whoever acts proves who they are, by their password or by the personal key in ``SULUH_KEY``: a name alone would let one
person at a terminal be both.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path

import click

from serving.cli._shared import open_service, reading
from serving.db import registry as rows
from serving.db.registry import Named
from serving.deps import Service, context_for, writing_as
from serving.desk.context import Actor, Context
from serving.desk.learning import registry
from serving.desk.learning.models_store import Stored
from serving.desk.people import accounts
from serving.errors import ForbiddenError

log = logging.getLogger(__name__)

KEY = "SULUH_KEY"
MIRRORS = "suluh.mirrors"

_as = click.option("--as", "name", required=True, help="Your account; asks for your password, or takes SULUH_KEY.")
_reason = click.option("--reason", default="", help="Why; kept for good.")


def _person(service: Service, name: str) -> Actor:
    key = os.environ.get(KEY, "")
    password = "" if key else click.prompt(f"Password of {name}", hide_input=True, err=True)
    with reading(service) as ctx:
        if not key:
            return accounts.identify(ctx, name, password)
        user = accounts.user_of_key(ctx, key)
        if user.name != name:
            raise ForbiddenError(f"the key in {KEY} is not that of {name}")
        return accounts.actor_for(user)


@contextmanager
def _reading_as(service: Service, actor: Actor) -> Iterator[Context]:
    with service.database.read() as session:
        yield context_for(service, session, actor)


def _given(reason: str) -> str:
    text = reason.strip()
    if not text:
        raise click.UsageError("say why: --reason 'better on later posts, see the comparison of 2 March'")
    return text


@click.command(short_help="Propose a model, or agree to one.")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--agree", is_flag=True, help="Agree, as the second person, to what waits (also to a rollback).")
@click.option("--decline", is_flag=True, help="Lay what waits aside.")
@click.option("--challenge", is_flag=True, help="Only try FOLDER in shadow, beside the champion.")
@_as
@_reason
def promote(folder: Path | None, name: str, reason: str, *, agree: bool, decline: bool, challenge: bool) -> None:
    """Propose the artefact in FOLDER as champion; a second person agrees with --agree.

    Refused where the candidate is worse on a named slice or flags too much criticism: the sentence names the slice and
    the figures. Running services change over within seconds, without a restart.
    """
    if (folder is None) != (agree or decline) or agree + decline + challenge > 1:
        raise click.UsageError("give one of: FOLDER, FOLDER --challenge, --agree, --decline")
    why = "" if agree else _given(reason)
    with open_service() as service:
        actor = _person(service, name)
        if folder is None:
            said = _answer(service, actor, why, agree=agree)
        else:
            with _reading_as(service, actor) as ctx:
                stored = registry.prepare_folder(ctx, folder)
            with writing_as(service, actor)() as ctx:
                said = _enter(ctx, stored, why, challenge=challenge)
        click.echo(said)
        if agree:
            _mirror(service)


def _enter(ctx: Context, stored: Stored, why: str, *, challenge: bool) -> str:
    registry.keep(ctx, stored)
    if challenge:
        registry.challenge(ctx, stored.name, why)
        return f"{stored.version} reads every new claim in shadow; see: suluh models"
    proposal = registry.propose(ctx, stored.name, why)
    return f"proposal {proposal.id}: {stored.version}; a second person runs: suluh promote --agree --as NAME"


def _answer(service: Service, actor: Actor, why: str, *, agree: bool) -> str:
    with _reading_as(service, actor) as ctx:
        waiting = registry.waiting(ctx)
        if agree:
            registry.prepare_agreement(ctx, waiting.id)
    with writing_as(service, actor)() as ctx:
        if agree:
            row = registry.agree(ctx, waiting.id)
            return f"{row.version} serves from now on ({row.action}; {row.artefact})"
        registry.decline(ctx, waiting.id, why)
        return f"proposal {waiting.id} declined"


@click.command(short_help="Propose that the champion before comes back.")
@_as
@_reason
def rollback(name: str, reason: str) -> None:
    """Propose that the champion before the present one comes back, exactly as it was."""
    why = _given(reason)
    with open_service() as service:
        actor = _person(service, name)
        with writing_as(service, actor)() as ctx:
            proposal = registry.propose_rollback(ctx, why)
    click.echo(
        f"proposal {proposal.id}: back to {proposal.version}; a second person runs: suluh promote --agree --as NAME"
    )


@click.command(short_help="What served when, and who decided.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 1000))
@click.option("--mirror", is_flag=True, help="Also set MLflow's aliases to what the history says.")
def models(limit: int, *, mirror: bool) -> None:
    """List the history of models, newest first, tab-separated."""
    with open_service() as service:
        with reading(service) as ctx:
            waiting = rows.open_proposal(ctx.session)
            for past in registry.past_rows(ctx, rows.history(ctx.session, limit=limit)):
                people = past.proposed_by + (f", {past.decided_by}" if past.decided_by else "")
                click.echo(
                    f"{past.at:%Y-%m-%d %H:%M}\t{past.action}\t{past.version}\t{past.artefact}\t{people}\t"
                    f"{' '.join(past.reason.split())}"
                )
            if rows.standing(ctx.session).champion is None:
                found = registry.base_model(ctx)
                click.echo(f"-\tset up\t{found.version}\t{found.name}\t-\tserves; nobody has promoted another")
        if waiting is not None:
            click.echo(f"proposal {waiting.id} waits: {waiting.action} {waiting.version}", err=True)
        if mirror:
            _mirror(service)


def _mirror(service: Service) -> None:
    """Let every installed mirror copy what the history says; the history is the truth, so a failure stops nothing."""
    with reading(service) as ctx:
        standing = rows.standing(ctx.session)
    aliases = {"champion": _version(standing.champion), "challenger": _version(standing.challenger)}
    for point in entry_points(group=MIRRORS):
        try:
            click.echo(point.load()(aliases, service.settings.var_dir), err=True)
        except ModuleNotFoundError as missing:
            click.echo(
                f"{point.name}: no alias was set, {missing.name} is missing here (pip install 'suluh[train]'); "
                "the service's history stands",
                err=True,
            )
        except Exception as error:
            log.exception("mirror %s failed", point.name)
            click.echo(f"{point.name} was not told ({type(error).__name__}: {error}); the history stands", err=True)


def _version(named: Named | None) -> str | None:
    return None if named is None else named.version
