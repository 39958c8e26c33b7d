"""JSON schemas as Markdown: the type of a value in a few words, and the fields of an object as a table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from docs.site.reference.markdown import code, page, table

Schema: TypeAlias = Mapping[str, Any]
RANGES = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " items"),
)


@dataclass(frozen=True)
class Schemas:
    """The schemas of one document, and the page that shows them, relative to the page that links to it."""

    schemas: Mapping[str, Schema]
    page: str = ""

    def type_of(self, schema: Schema) -> str:
        if reference := schema.get("$ref"):
            name = str(reference).rsplit("/", 1)[-1]
            return f"[{name}]({self.page}#{name.lower()})"
        if options := schema.get("anyOf") or schema.get("oneOf"):
            return " or ".join(map(self.type_of, options))
        if "const" in schema:
            return code(str(schema["const"]))
        if "enum" in schema:
            return " or ".join(code(str(value)) for value in schema["enum"])
        return self._plain_type(schema)

    def _plain_type(self, schema: Schema) -> str:
        kind = str(schema.get("type", "any"))
        if kind == "array":
            kind = f"list of {self.type_of(schema.get('items', {}))}"
        name = str(schema.get("format", kind)) if kind == "string" else kind
        return ", ".join([name, *([code(schema["pattern"])] if "pattern" in schema else bounds_of(schema))])

    def fields(self, schema: Schema) -> str:
        """Return the table of the fields of an object; of anything else its type."""
        if not (properties := schema.get("properties")):
            return self.type_of(schema) if schema.keys() & {"type", "enum", "anyOf"} else ""
        required = schema.get("required", [])
        return table(
            ["field", "type", "required", "meaning"],
            [
                [code(name), self.type_of(field), "yes" if name in required else "no", meaning(field)]
                for name, field in properties.items()
            ],
        )

    def section(self, name: str, *more: str) -> str:
        schema = self.schemas[name]
        return page(f"## {name}", schema.get("description", ""), self.fields(schema), *more).rstrip()

    def example(self, schema: Schema) -> object:
        """Return the example of a schema, or of the one that it refers to; None if it has none."""
        if "example" in schema or "examples" in schema:
            return schema.get("example") or schema["examples"][0]
        if reference := schema.get("$ref"):
            return self.example(self.schemas[str(reference).rsplit("/", 1)[-1]])
        return None


def bounds_of(schema: Schema) -> Iterator[str]:
    if "exclusiveMinimum" in schema:
        yield f"more than {schema['exclusiveMinimum']:,}"
    for lowest, highest, unit in RANGES:
        low, high = (f"{schema[key]:,}" if key in schema else "" for key in (lowest, highest))
        if low == "1" and unit and not high:
            yield "not empty"
        elif low and high:
            yield f"{low} to {high}{unit}"
        elif low or high:
            yield f"at {'least' if low else 'most'} {low or high}{unit}"


def meaning(field: Schema) -> str:
    default = field.get("default")
    texts = [str(field.get("description", "")), "" if default is None else f"default {code(str(default))}"]
    return "; ".join(filter(None, texts))
