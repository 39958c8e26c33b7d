"""The HTTP API: a page for each tag of the OpenAPI document, one for its schemas, and a list of routes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from docs.site.reference.markdown import code, json_block, page, table
from docs.site.reference.schemas import Schema, Schemas, meaning

Document: TypeAlias = Mapping[str, Any]
SCHEMAS, PROBLEM = "schemas", "application/problem+json"
RELATIVE_LINK = re.compile(r"\[([^\]]*)\]\((?!https?:)[^)]*\)")


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    content: Document

    @property
    def route(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def tag(self) -> str:
        return str(self.content["tags"][0])

    @property
    def summary(self) -> str:
        return str(self.content["summary"]).capitalize()

    @property
    def anchor(self) -> str:
        return str(self.content["operationId"])


def http_pages(api: Document) -> dict[str, str]:
    """Return the pages by their names; the first one is the overview."""
    schemas = Schemas(api["components"]["schemas"], f"{SCHEMAS}.md")
    operations = list(operations_of(api))
    pages = {"README": overview(api, operations)}
    for tag in api["tags"]:
        own = [operation for operation in operations if operation.tag == tag["name"]]
        sections = [section(operation, schemas) for operation in own]
        pages[tag["name"]] = page(f"# {tag['name'].capitalize()}", tag["description"], *sections)
    pages[SCHEMAS] = schemas_page(api)
    return pages


def operations_of(api: Document) -> Iterator[Operation]:
    for path, methods in api["paths"].items():
        for method, content in methods.items():
            yield Operation(method, path, content)


def overview(api: Document, operations: list[Operation]) -> str:
    rows = [
        [
            code(operation.route),
            f"[{operation.summary}]({operation.tag}.md#{operation.anchor})",
            "yes" if operation.content.get("security") else "no",
        ]
        for operation in operations
    ]
    return page(
        "# HTTP API",
        without_links(api["info"]["description"]),
        "[The contract](../../contract.md) says what clients can rely on beyond this.",
        "The document is [openapi.json](../openapi.json), or `/openapi.json` of a running service. There "
        "`/docs` lets you try each route.",
        table(["route", "what it does", "token"], rows),
    )


def section(operation: Operation, schemas: Schemas) -> str:
    content = operation.content
    security = content.get("security")
    return page(
        f"## {operation.summary} {{ #{operation.anchor} }}",
        f"`{operation.route}`{{ .route }}",
        content.get("description", ""),
        "Needs an access token: `Authorization: Bearer ...`." if security else "",
        parameters(content.get("parameters", []), schemas),
        request_body(content.get("requestBody", {}), schemas),
        responses(content["responses"], schemas),
    ).rstrip()


def parameters(given: list[Schema], schemas: Schemas) -> str:
    if not given:
        return ""
    rows = [
        [
            code(parameter["name"]),
            parameter["in"],
            schemas.type_of(parameter["schema"]),
            "yes" if parameter.get("required") else "no",
            meaning({**parameter["schema"], "description": parameter.get("description", "")}),
        ]
        for parameter in given
    ]
    return page("**Parameters**", table(["name", "in", "type", "required", "meaning"], rows)).rstrip()


def request_body(body: Document, schemas: Schemas) -> str:
    blocks = []
    for media, content in body.get("content", {}).items():
        schema = content.get("schema", {})
        what = schemas.type_of(schema) if "$ref" in schema else ""
        blocks += [f"`{media}`" + (f": {what}" if what else ""), "" if what else schemas.fields(schema)]
        blocks.append(example_of(content, schemas))
    return page("**Request**", *blocks).rstrip() if blocks else ""


def example_of(content: Document, schemas: Schemas) -> str:
    example = content.get("example") or schemas.example(content.get("schema", {}))
    return "" if example is None else json_block(example)


def responses(given: Document, schemas: Schemas) -> str:
    """Return the answers with their own content as a table, and those that are problems as one sentence."""
    own = {status: each for status, each in given.items() if PROBLEM not in each.get("content", {})}
    problems = [code(status) for status in given if status not in own and status.isdigit()]
    rows = [[status, described(each), *body_and_headers(each, schemas)] for status, each in own.items()]
    return page(
        "**Responses**",
        table(["status", "meaning", "body", "headers"], rows),
        *[example_of(content, schemas) for response in own.values() for content in first_content(response)],
        f"Problems: {', '.join(problems)}, each a [Problem]({schemas.page}#problem).",
    ).rstrip()


def described(response: Document) -> str:
    return "" if response["description"] == "Successful Response" else str(response["description"])


def first_content(response: Document) -> list[Document]:
    return list(response.get("content", {}).values())[:1]


def body_and_headers(response: Document, schemas: Schemas) -> tuple[str, str]:
    bodies = []
    for media, content in response.get("content", {}).items():
        schema = content.get("schema", {})
        bodies.append(schemas.type_of(schema) if "$ref" in schema else code(media))
    return ", ".join(bodies), ", ".join(map(code, response.get("headers", {})))


def schemas_page(api: Document) -> str:
    schemas = Schemas(api["components"]["schemas"])
    return page("# Schemas", "The objects of requests and responses.", *map(schemas.section, schemas.schemas))


def without_links(text: str) -> str:
    """Leave the text of links to pages of a running service, which the site does not have."""
    return RELATIVE_LINK.sub(r"\1", text)
