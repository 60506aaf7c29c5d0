"""The contract of ``/v1`` as programs read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from serving.app import create_app
from serving.settings import Settings
from tests.conftest import SECRET

METHODS = {"get", "post", "put", "patch", "delete"}
# Names under which a post's author could hide. `actor` in the audit is a colleague who signed in here.
AUTHOR = re.compile(
    r"(^|_)(author|authors|username|user_name|screen_name|handle|poster|sender|uploader|"
    r"account|account_name|profile|profile_url|full_name|nip|staff_number)($|_)"
)


@pytest.fixture(scope="module")
def document(tmp_path_factory) -> dict[str, Any]:
    """The OpenAPI document; it needs no database."""
    folder = tmp_path_factory.mktemp("openapi")
    return create_app(Settings(var_dir=folder, secret_key=SECRET)).openapi()


def _operations(document) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield f"{method.upper()} {path}", item[method]


def _names(schema: Any, document, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    if isinstance(schema, list):
        for part in schema:
            yield from _names(part, document, seen)
    if not isinstance(schema, dict):
        return
    reference = schema.get("$ref", "").rsplit("/", 1)[-1]
    if reference and reference not in seen:
        yield from _names(document["components"]["schemas"][reference], document, seen | {reference})
    yield from schema.get("properties", {})
    for part in schema.values():
        if isinstance(part, dict | list):
            yield from _names(part, document, seen)


def test_every_operation_declares_its_errors(document):
    """401, 422, 429 and 500 always, each in the one shape."""
    wrong = []
    for name, operation in _operations(document):
        for status, reply in operation["responses"].items():
            if status >= "400":
                kinds = reply.get("content", {})
                shape = kinds.get("application/problem+json", {}).get("schema", {}).get("$ref")
                if set(kinds) != {"application/problem+json"} or shape != "#/components/schemas/Problem":
                    wrong.append((name, status))
        if not {"401", "422", "429", "500"} <= operation["responses"].keys():
            wrong.append((name, "undeclared"))
    assert wrong == []


def test_every_operation_says_what_it_does(document):
    """A summary, a description, a tag, and an id of its own."""
    ids = [operation["operationId"] for _name, operation in _operations(document)]
    assert len(ids) == len(set(ids))
    for name, operation in _operations(document):
        assert operation["summary"], name
        assert operation.get("description"), name
        assert operation.get("tags"), name


def test_no_answer_carries_an_author(document):
    """No response schema, however deep, has a field named like the author of a post."""
    found = {
        (name, field)
        for name, operation in _operations(document)
        for status, reply in operation["responses"].items()
        if status < "400"
        for media in reply.get("content", {}).values()
        for field in _names(media.get("schema", {}), document)
        if AUTHOR.search(field)
    }
    assert found == set()


def test_the_author_test_would_find_one():
    """The words that it looks for are found, and innocent ones are not."""
    for name in ("author", "author_name", "screen_name", "username", "post_author", "profile_url", "handle"):
        assert AUTHOR.search(name), name
    for name in ("n_posts", "name", "display_name", "handled_at", "accounted", "actor"):
        assert not AUTHOR.search(name), name


def test_every_path_number_is_bounded(document):
    """An id is between 1 and 2^53, so no database meets a number that it cannot hold."""
    for name, operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            schema = parameter["schema"]
            if parameter["in"] == "path" and schema.get("type") == "integer":
                assert (schema.get("minimum"), schema.get("maximum")) == (1, 2**53), (name, parameter["name"])


def test_every_list_is_paged(document):
    """A ``limit`` is at most one hundred."""
    for name, operation in _operations(document):
        for parameter in operation.get("parameters", ()):
            if parameter["name"] == "limit":
                assert parameter["schema"]["maximum"] <= 100, name


def test_only_what_is_public_needs_no_key(document):
    """Every operation but the public ones asks for a personal key."""
    open_ones = {name for name, operation in _operations(document) if not operation.get("security")}
    # The link in a mail, which its signed token opens, and what is published anyway.
    public = {
        "GET /v1/clarifications/{clarification_id}/claimreview",
        "GET /v1/appeals/outcomes",
        "GET /v1/transparency",
        "GET /v1/transparency/{month}",
        "GET /v1/links/{code}",
    }
    # Whoever contests a label says nothing about who they are; a receipt's code opens its status.
    anybody = {
        "POST /v1/clarifications/{clarification_id}/appeals",
        "POST /v1/clarifications/{clarification_id}/complaints",
        "GET /v1/appeals/status",
        "POST /v1/tips",
    }
    by_token = {"GET /v1/mail/pause/{token}", "POST /v1/mail/pause/{token}"}
    # A shared secret or a signature over the body is the key of these.
    by_secret = {"POST /v1/chat/telegram", "GET /v1/chat/whatsapp", "POST /v1/chat/whatsapp"}
    # The code of an invitation is the key of whoever has no account yet.
    by_code = {"POST /v1/invitations/look", "POST /v1/invitations/join"}
    assert open_ones <= public | anybody | by_token | by_secret | by_code
