"""The description of the API: complete, in the words of JSON Schema, with examples that are true."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema_specifications import REGISTRY
from openapi_spec_validator import validate

from hello.bootstrap.processes import api_description
from hello.core.settings import Settings
from hello.interface.http.docs import introduction
from hello.interface.http.paths import OWN
from hello.interface.http.serving import refusals
from hello.interface.http.serving.refusals import Refusal

VOCABULARIES = (
    "core",
    "applicator",
    "unevaluated",
    "validation",
    "meta-data",
    "format-annotation",
    "content",
)
WORDS = {
    word
    for name in VOCABULARIES
    for word in REGISTRY.contents(f"https://json-schema.org/draft/2020-12/meta/{name}")["properties"]
} | {"discriminator", "example", "externalDocs", "xml"}  # what OpenAPI 3.1 adds
NAMED = ("properties", "patternProperties", "$defs", "dependentSchemas")
LISTED = ("allOf", "anyOf", "oneOf", "prefixItems")
SINGLE = ("items", "additionalProperties", "not", "contains", "propertyNames")
Node = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Node:
    return described()


def described(**settings: str) -> Node:
    return api_description(Settings(_env_file=None, **settings))  # type: ignore[arg-type]


def operations(document: Node) -> dict[str, Node]:
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def contents(document: Node) -> Iterator[tuple[str, Node]]:
    """Yield each kind of each body, sent or answered."""
    for route, operation in operations(document).items():
        bodies = {"request": operation.get("requestBody", {}), **operation["responses"]}
        for name, body in bodies.items():
            for kind, content in body.get("content", {}).items():
                yield f"{route} {name} {kind}", content


def schemas(document: Node) -> Iterator[tuple[str, Node]]:
    """Yield every schema, however deep."""
    for name, schema in document["components"]["schemas"].items():
        yield from within(name, schema)
    for place, content in contents(document):
        yield from within(place, content["schema"])
    for place, parameter in parameters(document):
        yield from within(place, parameter["schema"])


def parameters(document: Node) -> Iterator[tuple[str, Node]]:
    for route, operation in operations(document).items():
        for parameter in operation.get("parameters", ()):
            yield f"{route} {parameter['name']}", parameter
        for status, answer in operation["responses"].items():
            for name, header in answer.get("headers", {}).items():
                yield f"{route} {status} {name}", header


def within(place: str, schema: object) -> Iterator[tuple[str, Node]]:
    if not isinstance(schema, Mapping):
        return
    yield place, dict(schema)
    for word in NAMED:
        for name, inner in schema.get(word, {}).items():
            yield from within(f"{place}.{name}", inner)
    for word in LISTED:
        for inner in schema.get(word, ()):
            yield from within(f"{place}.{word}", inner)
    for word in SINGLE:
        yield from within(f"{place}.{word}", schema.get(word))


def resolved(document: Node, schema: Node) -> Node:
    name = schema.get("$ref", "").rpartition("/")[2]
    return dict(document["components"]["schemas"][name]) if name else schema


def mistakes(document: Node, schema: Node, example: object) -> list[str]:
    validator = Draft202012Validator(document | schema, format_checker=FormatChecker())
    return [error.message for error in validator.iter_errors(example)]


def examples_of(node: Node) -> list[object]:
    """Return the examples of a schema, or of a kind of body, which names them."""
    given = node.get("examples", [])
    several = [one["value"] for one in given.values()] if isinstance(given, dict) else list(given)
    return [*several, *([node["example"]] if "example" in node else [])]


def test_document_is_openapi_3_1(document: Node) -> None:
    validate(document)
    assert document["openapi"].startswith("3.1")


def test_every_word_of_a_schema_is_one_of_json_schema(document: Node) -> None:
    unknown = {place: words for place, schema in schemas(document) if (words := schema.keys() - WORDS)}
    assert unknown == {}


def test_every_example_is_valid(document: Node) -> None:
    nodes = [(place, schema, schema) for place, schema in schemas(document)]
    nodes += [(place, content, content["schema"]) for place, content in contents(document)]
    wrong = {
        place: found
        for place, node, schema in nodes
        for example in examples_of(node)
        if (found := mistakes(document, schema, example))
    }
    assert wrong == {}


def test_every_body_has_an_example(document: Node) -> None:
    missing = {
        place
        for place, content in contents(document)
        if not examples_of(content) and not examples_of(resolved(document, content["schema"]))
    }
    assert missing == set()


def test_every_operation_has_the_statuses_of_any_request(document: Node) -> None:
    """A connection refuses by itself, whatever the route."""
    everywhere = {str(int(one.status)) for one in vars(refusals).values() if isinstance(one, Refusal)}
    assert {"400", "408", "414", "431", "503"} <= everywhere
    found = operations(described(birthday_lists="accounts")) | operations(document)
    missing = {route: everywhere - operation["responses"].keys() for route, operation in found.items()}
    assert {route: statuses for route, statuses in missing.items() if statuses} == {}


def test_503_of_readiness_is_its_own(document: Node) -> None:
    """What a route says of a status is kept: this one is no problem."""
    answers = operations(document)["GET /api/v1/health/ready"]["responses"]
    assert "application/json" in answers["503"]["content"]


def test_no_parameter_can_be_null(document: Node) -> None:
    nullable = {
        place
        for place, parameter in parameters(document)
        if not mistakes(document, parameter["schema"], None)
    }
    assert nullable == set()


def test_a_date_has_no_pattern(document: Node) -> None:
    """Generators take the type of the format, and then fail on a pattern, which is for texts."""
    typed = {"date", "date-time", "uuid"}
    assert {
        place for place, schema in schemas(document) if schema.get("format") in typed and "pattern" in schema
    } == set()


def test_every_operation_has_an_id_a_known_tag_and_its_security(document: Node) -> None:
    found = operations(document)
    ids = [operation["operationId"] for operation in found.values()]
    assert len(set(ids)) == len(ids)
    tags = {tag["name"] for tag in document["tags"]}
    assert {tag for operation in found.values() for tag in operation["tags"]} == tags
    assert {route for route, operation in found.items() if "security" not in operation} == set()


def test_public_url_is_the_server_and_leads_to_tokens() -> None:
    document = described(public_url="https://example.com/gifts")
    assert document["servers"] == [{"url": "https://example.com/gifts"}]
    flow = document["components"]["securitySchemes"]["Bearer"]["flows"]["password"]
    assert flow["tokenUrl"] == "https://example.com/gifts/api/v1/users/token"


def links_of(document: Node) -> set[str]:
    return set(re.findall(r"\]\(([^)]*)\)", document["info"]["description"]))


def test_description_links_what_is_served(document: Node) -> None:
    """Relative to the document and to `/docs`, so that the links work under any prefix."""
    links = links_of(document)
    assert {"./", "status", "docs", "openapi.json", "metrics", "api/v1/health/ready"} <= links
    assert not {link for link in links if link.startswith("/") or ":" in link}
    assert links - {f"{path[1:]}" for path in document["paths"]} == {"./", "status", "docs", "openapi.json"}


def test_metrics_on_a_port_of_their_own_are_not_linked() -> None:
    assert "metrics" not in links_of(described(metrics_port="9000"))


def test_description_of_a_worker_links_no_pages() -> None:
    text = introduction(has_metrics=True, is_worker=True)
    assert "(api/v1/health/ready)" in text
    assert not [words for words in ("(./)", "(status)", "/hello") if words in text]


def test_without_public_url_the_server_is_the_one_that_is_asked(document: Node) -> None:
    assert document["servers"] == [{"url": "/"}]


def test_paths_of_the_service_itself_are_known(document: Node) -> None:
    """PUBLIC_URL may not begin with one of them."""
    assert {path.split("/")[1] for path in document["paths"]} <= OWN
