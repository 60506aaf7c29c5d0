"""The API's reference as a page of our own: made from the same OpenAPI document, with nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from fastapi import Request, Response

from serving.console.pages import render
from serving.deps import VisitDep
from serving.parts import Router

router = Router()

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter, or one field of a body."""

    name: str
    where: str
    kind: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer that an operation can give."""

    status: str
    description: str
    shape: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the API can do."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    fields: Sequence[Field]
    replies: Sequence[Reply]


@dataclass(frozen=True, slots=True)
class Shape:
    """One named object of the API."""

    name: str
    description: str
    fields: Sequence[Field]


@dataclass(frozen=True, slots=True)
class ReferencePage:
    """Every operation by the first word of its path, and every shape by name."""

    description: str
    groups: Sequence[tuple[str, Sequence[Operation]]]
    shapes: Sequence[Shape]


def kind_of(schema: Mapping[str, Any]) -> str:
    """Name a schema in few words: ``integer``, ``list of PostIn``, ``text or null``."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    parts = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if parts:
        return " or ".join(dict.fromkeys(kind_of(part) for part in parts))
    if "enum" in schema or "const" in schema:
        return " | ".join(map(str, schema.get("enum", [schema.get("const")])))
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"list of {kind_of(schema.get('items', {}))}"
    return str(schema.get("format", "text")) if kind == "string" else kind


def _fields_of(schema: Mapping[str, Any], where: str) -> Iterator[Field]:
    required = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        yield Field(name, where, kind_of(part), name in required, part.get("description", ""))


def _operation(document: Mapping[str, Any], path: str, method: str, raw: Mapping[str, Any]) -> Operation:
    fields = [
        Field(
            part["name"],
            part["in"],
            kind_of(part.get("schema", {})),
            part.get("required", False),
            part.get("description", ""),
        )
        for part in raw.get("parameters", ())
    ]
    for media in raw.get("requestBody", {}).get("content", {}).values():
        schema = media.get("schema", {})
        name = str(schema.get("$ref", "")).rsplit("/", 1)[-1]
        fields.extend(_fields_of(document["components"]["schemas"].get(name, schema), "body"))
    return Operation(
        anchor=f"{method}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}",
        method=method.upper(),
        path=path,
        summary=raw.get("summary", ""),
        description=raw.get("description", ""),
        fields=fields,
        replies=[_reply(status, part) for status, part in sorted(raw.get("responses", {}).items())],
    )


def _reply(status: str, raw: Mapping[str, Any]) -> Reply:
    shapes = {kind_of(media["schema"]) for media in raw.get("content", {}).values() if media.get("schema")}
    return Reply(status, raw.get("description", ""), ", ".join(sorted(shapes)))


def reference(document: Mapping[str, Any]) -> ReferencePage:
    """Arrange an OpenAPI document for reading."""
    operations = [
        _operation(document, path, method, item[method])
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    ]
    operations.sort(key=lambda one: (one.path.split("/")[2], one.path, METHODS.index(one.method.lower())))
    shapes = [
        Shape(name, schema.get("description", ""), list(_fields_of(schema, "")))
        for name, schema in sorted(document.get("components", {}).get("schemas", {}).items())
        if schema.get("properties")
    ]
    groups = [(word, list(part)) for word, part in groupby(operations, key=lambda one: one.path.split("/")[2])]
    return ReferencePage(document["info"].get("description", ""), groups, shapes)


@router.get("/v1/docs")
def docs(request: Request, visit: VisitDep) -> Response:
    """Show every operation of the API."""
    return render(request, "docs.html", reference(request.app.openapi()), visit=visit)
