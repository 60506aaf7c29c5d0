"""Requests made from the contract itself find no fault: whatever fits a schema, and whatever just fails to."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from serving.app import create_app
from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.desk.people import accounts
from serving.settings import Settings
from serving.vocabulary import Role
from tests import factories
from tests.conftest import PASSWORD, SECRET, SOAK, TEMPLATE

EXAMPLES = 100 if SOAK else 4
WHO = ("staff", "influencer")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def address(request, tmp_path_factory, sqlite_template) -> Iterator[str]:
    """Both databases: each refuses other things."""
    if request.param == "sqlite":
        copied = shutil.copy(sqlite_template, tmp_path_factory.mktemp("fuzz") / "suluh.db")
        yield f"sqlite:///{copied}"
        return
    server, name = request.getfixturevalue("postgres"), f"suluh_fuzz_{os.getpid()}"
    server.run("CREATE DATABASE {} TEMPLATE {}", name, TEMPLATE)
    try:
        yield server.address(name)
    finally:
        server.run("DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture(scope="module")
def app(address, tmp_path_factory):
    """A service with a little of everything to talk about."""
    folder = tmp_path_factory.mktemp("fuzz")
    configured = Settings(var_dir=folder, database_url=address, secret_key=SECRET, requests_per_minute=1_000_000)
    made = create_app(configured)
    with made.state.service.database.write() as session:
        ctx = context_for(made.state.service, session, SERVICE)
        people = [accounts.create_user(ctx, name, PASSWORD, [Role.CHECKER]).id for name in ("satu", "dua")]
        claims = [factories.claim(ctx) for _ in range(3)]
        factories.clarification(ctx, *people, claim_id=claims[0].id)
        factories.clarification(ctx)
    yield made
    made.state.service.database.close()


@pytest.fixture(scope="module")
def keys(app) -> dict[str, str]:
    """A key that may do everything that the desk does, and one of an influencer."""
    service, made = app.state.service, {}
    with service.database.write() as session:
        ctx = context_for(service, session, SERVICE)
        roles = {"staff": set(Role) - {Role.INFLUENCER}, "influencer": {Role.INFLUENCER}}
        for who in WHO:
            user = accounts.create_user(ctx, who, PASSWORD, roles[who])
            made[who] = accounts.create_key(ctx, user, "fuzz").key
            if who == "influencer":
                factories.influencer(ctx, factories.ministry(ctx).id, user_id=user.id)
    return made


@pytest.fixture(scope="module")
def contract(app):
    """The OpenAPI document as schemathesis reads it, and the service that it asks."""
    return schemathesis.openapi.from_asgi("/v1/openapi.json", app)


# Ending one's own account would only make the rest 401; a stream answers for ten minutes.
LEFT_OUT = r"/v1/(trends/stream|me/(erase|leave|keys/\{key_id\})|users/\{user_id\})$"


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "unfit"])
def test_no_request_finds_a_fault(contract, keys, mode):
    """Every operation, for staff and for an influencer: never a 5xx, and every error is a problem document."""
    n_operations = 0
    for found in contract.exclude(path_regex=LEFT_OUT).get_all_operations():
        operation = found.ok()
        try:
            _probe(operation.as_strategy(generation_mode=mode), keys)
        except Unsatisfiable:
            continue  # nothing about this operation can be unfit
        n_operations += 1
    assert n_operations > 40


def _probe(cases, keys):
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=not SOAK,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def answers(case):
        for key in keys.values():
            response = case.call(headers={"Authorization": f"Bearer {key}"})
            assert response.status_code < 500, (case.method, case.path, response.text[:300])
            if response.status_code >= 400:
                assert response.headers["content-type"] == ["application/problem+json"]

    answers()
