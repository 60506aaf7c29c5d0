"""``suluh demo``: the sample, set up, played and served with one command."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click
import httpx

from serving.cli._shared import connected, open_service, reading
from serving.db import people
from serving.db.upgrade import migrate
from serving.demo import mailbox, processes, replay
from serving.demo import prepare as setup
from serving.deps import Service, acting
from serving.desk.people import accounts
from serving.errors import NotFoundError, UnavailableError

DEFAULT_MINUTES = 10.0
KEY_DAYS = 1

password_option = click.option(
    "--password", envvar="SULUH_DEMO_PASSWORD", default="", help="For all sample accounts; made at random without it."
)
minutes_option = click.option(
    "--minutes",
    default=DEFAULT_MINUTES,
    show_default=True,
    type=click.FloatRange(min=0.01),
    help="How long the second day takes to flow in.",
)


@click.group("demo", short_help="The sample: made-up people and messages.")
def demo() -> None:
    """Set up, replay and serve the sample. Everybody in it is made up; do not mix it with real work."""


@demo.command()
@password_option
def prepare(password: str) -> None:
    """Set up accounts, people, library, a first day of messages; what is there already stays."""
    with open_service() as service:
        _prepare(service, setup.password_for(service.settings, password))


def _prepare(service: Service, password: str) -> None:
    setup.prepare(service, password, lambda told: click.echo(f"  {told}"))


@demo.command("replay")
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="Where the service runs.")
@minutes_option
def replay_feed(url: str, minutes: float) -> None:
    """Send the second day through POST /v1/posts, going on where an earlier replay stopped."""
    with open_service() as service, reading(service) as ctx:
        posts = replay.not_yet_sent(ctx)
    with _key(service) as key, httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}) as client:
        n = replay.play(posts, replay.Pace.over(minutes), replay.Door(client, service.clock))
    click.echo(f"replay: {n} messages sent")


@contextmanager
def _key(service: Service) -> Iterator[str]:
    """Make a key for the engineer's account and withdraw it at the end."""
    with acting(service) as ctx:
        user = people.user_by_name(ctx.session, setup.ENGINEER)
        if user is None:
            raise NotFoundError("the sample accounts are missing; run: suluh demo prepare")
        user_id, made = user.id, accounts.create_key(ctx, user, "replay", KEY_DAYS)
    try:
        yield made.key
    finally:
        with acting(service) as ctx:
            accounts.revoke_key(ctx, user_id, made.id)


@demo.command()
@click.option("--port", default=8000, show_default=True, envvar="PORT")
@password_option
@minutes_option
def run(port: int, password: str, minutes: float) -> None:
    """Set the sample up and run service, worker and replay until Ctrl-C."""
    if not processes.is_free(port):
        raise UnavailableError("port {port} is taken; use another: make run PORT={other}", port=port, other=port + 80)
    url = f"http://127.0.0.1:{port}"
    os.environ.setdefault("SULUH_BASE_URL", url)
    with connected() as service:
        click.echo("suluh: setting up the sample")
        migrate(service.database)
        settings = service.settings
        chosen = setup.password_for(settings, password)
        _prepare(service, chosen)
    _serve(settings.var_dir, url, minutes, chosen)


def _serve(var_dir: Path, url: str, minutes: float, password: str) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # a shell that starts us behind its back ignores the first
        signal.signal(number, _interrupt)
    with ExitStack() as stack:
        env = {"PORT": url.rpartition(":")[2]}
        mail = var_dir / "mail"
        if not os.environ.get("SULUH_SMTP_URL"):
            env["SULUH_SMTP_URL"] = stack.enter_context(mailbox.opened(mail)).url
        children = stack.enter_context(processes.Children(var_dir / "log", env))
        try:
            children.start("service", ["serve"])
            children.start("worker", ["worker"])
            children.wait_for(f"{url}/sehat")
            children.start("replay", ["demo", "replay", "--url", url, "--minutes", str(minutes)])
            _tell(url, password, minutes, var_dir)
            children.watch()
        except KeyboardInterrupt:
            click.echo("\nsuluh: stopping; the data stays in " + str(var_dir))


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _tell(url: str, password: str, minutes: float, var_dir: Path) -> None:
    """Print where everything is and who can sign in."""
    width = max(map(len, setup.ACCOUNTS))
    rows = "\n".join(f"    {name:<{width}}  {role.value}" for name, (role, _) in setup.ACCOUNTS.items())
    click.echo(
        f"""
suluh runs on {url}

  sign in          {url}/masuk     password of every account: {password}
{rows}

  public pages     {url}/klarifikasi
  the API          {url}/v1/docs
  e-mail sent      {var_dir / "mail"}
  logs             {var_dir / "log"}

The second day of messages flows in over {minutes:g} minutes. Offers leave from 07.00 to 20.00 where their people are.
Ctrl-C stops everything; the data stays, and make run goes on from there."""
    )
