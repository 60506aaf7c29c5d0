"""Who acts, and how: one transaction a step, on both databases."""

from contextlib import contextmanager

import pytest

from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.vocabulary import Role
from tests import factories
from tests.integration import carrying


@pytest.fixture
def ani(sign_up):
    """A checker."""
    return sign_up("ani", Role.CHECKER)


@pytest.fixture
def budi(sign_up):
    """Another checker."""
    return sign_up("budi", Role.CHECKER)


@pytest.fixture
def citra(sign_up):
    """An approver."""
    return sign_up("citra", Role.APPROVER)


@pytest.fixture
def act(service):
    """Take one step as somebody, in a transaction of its own."""

    def run(actor, step, *args, **kwargs):
        with service.database.write() as session:
            return step(context_for(service, session, actor), *args, **kwargs)

    return run


@pytest.fixture
def acting(service):
    """Somebody acts, in a transaction of their own; without a name the service itself."""

    @contextmanager
    def begin(actor=SERVICE):
        with service.database.write() as session:
            yield context_for(service, session, actor)

    return begin


@pytest.fixture
def acting_as(acting, sign_up):
    """Somebody acts, by name, in a transaction of their own; a checker unless told otherwise."""
    people = {}

    @contextmanager
    def begin(name="ani", *roles):
        if name not in people:
            people[name] = sign_up(name, *(roles or (Role.CHECKER,)))
        with acting(people[name]) as ctx:
            yield ctx

    return begin


@pytest.fixture
def claim_id(act):
    """A queued claim."""
    return act(SERVICE, factories.claim).id


@pytest.fixture
def read(service):
    """Read one row afresh."""

    def get(table, key):
        with service.database.read() as session:
            return session.get(table, key)

    return get


@pytest.fixture
def ask(service):
    """Run a query and give every row."""

    def do(query):
        with service.database.read() as session:
            return session.scalars(query).all()

    return do


@pytest.fixture
def story(service, sign_up):
    """A published clarification, people and a campaign."""
    return carrying.begin(service, sign_up)
