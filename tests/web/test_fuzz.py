"""Requests made from the contract itself find no fault: whatever fits a schema, and whatever just fails to."""

from __future__ import annotations

import shutil

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, settings

from serving.app import create_app
from serving.deps import context_for
from serving.desk import accounts
from serving.desk.context import SERVICE
from serving.settings import Settings
from serving.vocabulary import Role
from tests import factories
from tests.conftest import PASSWORD, SECRET, SOAK

EXAMPLES = 60 if SOAK else 3
WHO = ("staff", "influencer")


@pytest.fixture(scope="module")
def app(tmp_path_factory, sqlite_template):
    """A service with a little of everything to talk about."""
    folder = tmp_path_factory.mktemp("fuzz")
    shutil.copy(sqlite_template, folder / "suluh.db")
    configured = Settings(
        var_dir=folder,
        database_url=f"sqlite:///{folder / 'suluh.db'}",
        secret_key=SECRET,
        requests_per_minute=1_000_000,
    )
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
def client(app) -> TestClient:
    """A program that asks; a fault is an answer, as in real life."""
    return TestClient(app, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def contract(app):
    """The OpenAPI document as schemathesis reads it."""
    return schemathesis.openapi.from_dict(app.openapi())


schema = schemathesis.pytest.from_fixture("contract")


# Ending one's own account would only make the rest 401.
@schema.exclude(path_regex=r"/v1/(me/(erase|leave|keys/\{key_id\})|users/\{user_id\})$").parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=not SOAK,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_request_finds_a_fault(case, client, keys):
    """Every operation, for staff and for an influencer: never a 5xx, and every error is a problem document."""
    for key in keys.values():
        request = case.as_transport_kwargs(headers={"Authorization": f"Bearer {key}"}, base_url="http://testserver")
        response = client.request(**request)
        assert response.status_code < 500, (case.method, case.path, response.text[:300])
        if response.status_code >= 400:
            assert response.headers["content-type"] == "application/problem+json"
