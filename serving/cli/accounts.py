"""``suluh user`` and ``suluh key``: accounts and personal keys from the command line."""

from __future__ import annotations

import click

from serving.cli._shared import open_service, reading
from serving.db import people
from serving.db.tables import User
from serving.deps import acting
from serving.desk.context import Context
from serving.desk.people import accounts
from serving.errors import NotFoundError
from serving.vocabulary import Role


def _user(ctx: Context, name: str) -> User:
    user = people.user_by_name(ctx.session, name)
    if user is None:
        raise NotFoundError(f"there is no user {name!r}; see: suluh user list")
    return user


@click.group(short_help="Accounts.")
def user() -> None:
    """Create and list accounts."""


@user.command("create")
@click.option("--name", required=True, help="The name to sign in with.")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice([r.value for r in Role]))
@click.option("--display-name", default="")
@click.password_option(help="Asked for where it is not given.")
def create_user(name: str, roles: tuple[str, ...], display_name: str, password: str) -> None:
    """Create an account."""
    with open_service() as service, acting(service) as ctx:
        made = accounts.create_user(ctx, name, password, [Role(role) for role in roles], display_name)
    click.echo(f"user {made.name} ({', '.join(made.roles)})")


@user.command("list")
def list_users() -> None:
    """List every account."""
    with open_service() as service, reading(service) as ctx:
        for row in people.users(ctx.session):
            click.echo(f"{row.name}\t{', '.join(row.roles)}\t{'active' if row.active else 'inactive'}")


@click.group(short_help="Personal keys for the API.")
def key() -> None:
    """Create, list and withdraw personal keys for ``/v1``."""


@key.command("create")
@click.option("--user", "name", required=True)
@click.option("--label", default="command line")
@click.option("--days", default=90, show_default=True, help="How long it is valid.")
def create_key(name: str, label: str, days: int) -> None:
    """Make a key and print it once, alone on standard output."""
    with open_service() as service, acting(service) as ctx:
        made = accounts.create_key(ctx, _user(ctx, name), label, days)
    click.echo(f"key {made.id} for {name}, valid {days} days; it is shown only now:", err=True)
    click.echo(made.key)


@key.command("list")
@click.option("--user", "name", required=True)
def list_keys(name: str) -> None:
    """List somebody's keys; never the keys themselves."""
    with open_service() as service, reading(service) as ctx:
        for row in accounts.keys(ctx, _user(ctx, name).id):
            state = "withdrawn" if row.revoked_at else f"until {row.expires_at:%Y-%m-%d}"
            click.echo(f"{row.id}\t{row.label}\t{state}")


@key.command("revoke")
@click.option("--user", "name", required=True)
@click.argument("key_id", type=int)
def revoke_key(name: str, key_id: int) -> None:
    """Withdraw a key at once."""
    with open_service() as service, acting(service) as ctx:
        accounts.revoke_key(ctx, _user(ctx, name).id, key_id)
    click.echo(f"key {key_id} withdrawn")
