"""Both databases, made by migrations once a run and copied for each test; a clock that tests set; real doors."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.datastructures import State
from starlette.middleware import Middleware

from models.artifact import QUICK, released_folder
from serving import security
from serving.app import create_app
from serving.db import Database, Session
from serving.db.upgrade import migrate
from serving.deps import Service, context_for, create_service
from serving.desk.context import SERVICE, Actor, Clock, Context
from serving.desk.people import accounts
from serving.settings import Settings
from serving.vocabulary import Role
from tests.postgres import Postgres, Stock, running

START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)  # a Monday, 10.00 WIB
PASSWORD = "obor-percobaan-1"
TEMPLATE = "suluh_template"
SECRET = "only-for-tests-only-for-tests-only-for-tests"
SOAK = os.environ.get("SULUH_SOAK") == "1"
SLOW = ("browser", "data")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this run cannot or should not do, and say why; begin with the modules that take longest.

    A module is one worker's: a long one at the end would leave the others waiting.
    """
    slow = {item.path for item in items if any(map(item.get_closest_marker, SLOW))}
    items.sort(key=lambda item: item.path not in slow)
    no_data = pytest.mark.skip(reason="SULUH_DATA_DIR is not set")
    no_soak = pytest.mark.skip(reason="run by `make soak`")
    for item in items:
        if item.get_closest_marker("data") and not os.environ.get("SULUH_DATA_DIR"):
            item.add_marker(no_data)
        if item.get_closest_marker("soak") and not SOAK:
            item.add_marker(no_soak)


class SetClock:
    """A clock that stands until a test moves it."""

    def __init__(self, moment: datetime = START) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def forward(self, **amount: float) -> datetime:
        """Move on by a ``timedelta`` given in words."""
        self.moment += timedelta(**amount)
        return self.moment


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> None:
    """Hash with argon2's smallest cost: its real one would take half of the run."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    security._hasher = quick
    security._NOBODY = quick.hash("nobody")


@pytest.fixture
def clock() -> SetClock:
    """A Monday morning in Jakarta."""
    return SetClock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of this run's own, started when the first test asks, with one database to copy."""
    with running() as server:
        server.run("CREATE DATABASE {}", TEMPLATE)
        database = Database(server.address(TEMPLATE))
        migrate(database)
        database.close()
        yield server


@pytest.fixture(scope="session")
def stock(postgres: Postgres) -> Stock:
    """The databases on it that tests are lent."""
    return Stock(postgres, TEMPLATE)


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, migrated database; each test that asks runs on both kinds."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        shutil.copy(template, tmp_path / "suluh.db")
        yield f"sqlite:///{tmp_path / 'suluh.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    with request.getfixturevalue("stock").lent() as name:
        yield server.address(name)


@pytest.fixture
def settings(address: str, tmp_path: Path) -> Settings:
    """A whole configuration, nothing of it from the environment."""
    return Settings(
        var_dir=tmp_path / "var",
        database_url=address,
        secret_key=SECRET,
        model_dir=released_folder(QUICK),  # both stages of the cascade are the quick model, so that tests are quick
        base_url="http://testserver",
        requests_per_minute=1_000_000,
        sign_in_attempts_per_minute=1_000,
    )


@cache
def _assembled() -> FastAPI:
    return create_app(Settings(secret_key=SECRET))


def app_for(settings: Settings, clock: Clock | None = None) -> FastAPI:
    """Give what ``create_app`` gives, with the routes of an earlier one: to read them takes most of a second.

    The service and the chain of middleware are the application's own; only what no request changes is shared. Whoever
    asks closes its database.
    """
    app = copy(_assembled())
    own = {"service": create_service(settings, clock)}
    app.state = State(dict(own))
    app.middleware_stack = None
    app.user_middleware = [
        Middleware(each.cls, *each.args, **each.kwargs | {name: own[name] for name in own.keys() & each.kwargs.keys()})
        for each in app.user_middleware
    ]
    return app


@pytest.fixture
def client(settings: Settings, clock: SetClock) -> Iterator[TestClient]:
    """The service as a browser or program meets it; a fault is an answer, as in real life."""
    app = app_for(settings, clock)
    with TestClient(app, raise_server_exceptions=False, headers={"accept-language": "id"}) as made:
        yield made
    app.state.service.database.close()


@pytest.fixture
def service(client: TestClient) -> Service:
    """The parts behind ``client``."""
    assert isinstance(client.app, FastAPI)
    made: Service = client.app.state.service
    return made


@pytest.fixture
def session(service: Service) -> Iterator[Session]:
    """One writing transaction, committed at the end of the test."""
    with service.database.write() as opened:
        yield opened


@pytest.fixture
def ctx(service: Service, session: Session) -> Context:
    """The service acting in that transaction."""
    return context_for(service, session, SERVICE)


@pytest.fixture
def sign_up(service: Service) -> Callable[..., Actor]:
    """Make accounts: ``sign_up("budi", Role.CHECKER)`` gives the person as the rules see them."""

    def make(name: str, *roles: Role) -> Actor:
        with service.database.write() as opened:
            user = accounts.create_user(context_for(service, opened, SERVICE), name, PASSWORD, roles)
            return accounts.actor_for(user)

    return make


@pytest.fixture
def key_for(service: Service, sign_up: Callable[..., Actor]) -> Callable[..., dict[str, str]]:
    """Make an account and give the headers with its personal key."""

    def make(name: str, *roles: Role) -> dict[str, str]:
        actor = sign_up(name, *roles)
        with service.database.write() as opened:
            ctx = context_for(service, opened, SERVICE)
            user = accounts.people.user(opened, actor.user_id or 0)
            assert user is not None
            return {"Authorization": f"Bearer {accounts.create_key(ctx, user, 'test').key}"}

    return make
