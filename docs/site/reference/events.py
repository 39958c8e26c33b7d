"""The events, from the AsyncAPI document."""

from collections.abc import Mapping
from typing import Any

from docs.site.reference.markdown import code, json_block, page, table
from docs.site.reference.schemas import Schemas


def events_page(document: Mapping[str, Any]) -> str:
    schemas = Schemas(document["components"]["schemas"])
    messages = {message["name"]: message for message in document["components"]["messages"].values()}
    rows = [
        [code(name), channel["description"], schemas.type_of(messages[name]["payload"])]
        for name, channel in document["channels"].items()
    ]
    return page(
        "# Events",
        document["info"]["description"],
        "Get the document as [asyncapi.json](../asyncapi.json). "
        "[Consume events](../guides/consume-events.md) has an example.",
        table(["type", "when", "data"], rows),
        *[section(schemas, name) for name in schemas.schemas],
    )


def section(schemas: Schemas, name: str) -> str:
    example = schemas.example(schemas.schemas[name])
    return schemas.section(name, "" if example is None else json_block(example))
