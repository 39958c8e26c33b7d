"""The settings: names, types and defaults from the code, sections and meanings from `.env.example`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from types import NoneType
from typing import Any, get_args

from docs.site.reference.markdown import page
from docs.site.reference.schemas import Schemas
from pydantic import SecretStr, TypeAdapter
from pydantic.fields import FieldInfo

from hello.core.settings import Settings

ASSIGNMENT = re.compile(r"(?:# )?([A-Z][A-Z0-9_]+)=(.*)")
NAMES = re.compile(r"`([^`]+)`|\b([A-Z]+_[A-Z0-9_]*[A-Z0-9])\b(?![/\w])")
INTRODUCTION = "Set environment variables, or copy `.env.example` to `.env`; variables win."
HEAD = "<tr><th>setting</th><th>value</th><th>default</th><th>meaning</th></tr>"


@dataclass
class Group:
    """Settings that one comment describes together."""

    comment: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    examples: dict[str, str] = field(default_factory=dict)


def settings_page(example: str) -> str:
    """Raise `ValueError` unless `example` has each setting in a section: a line `## Title` begins one."""
    _, *sections = re.split(r"^## ", example, flags=re.MULTILINE)
    blocks = [section(text) for text in sections]
    lacking = {name.upper() for name in Settings.model_fields} - set(names_of(sections))
    if lacking:
        raise ValueError(f".env.example has no section for {', '.join(sorted(lacking))}")
    return page("# Settings", INTRODUCTION, *blocks)


def names_of(sections: list[str]) -> Iterator[str]:
    for text in sections:
        for group in groups_of(text):
            yield from group.names


def section(text: str) -> str:
    title, _, body = text.partition("\n")
    rows = "\n".join(row for group in groups_of(body) for row in rows_of(group))
    return f"## {title}\n\n<table>\n{HEAD}\n{rows}\n</table>"


def groups_of(body: str) -> list[Group]:
    groups = [Group()]
    for line in body.splitlines():
        if found := ASSIGNMENT.fullmatch(line):
            groups[-1].names.append(found[1])
            groups[-1].examples[found[1]] = found[2]
        elif line.startswith("# "):
            if groups[-1].names:
                groups.append(Group())
            groups[-1].comment.append(line.removeprefix("# "))
    return [group for group in groups if group.names]


def rows_of(group: Group) -> Iterator[str]:
    """Yield a row for each setting; one cell beside all of them has what the comment says."""
    span = f'<td rowspan="{len(group.names)}">{marked(" ".join(group.comment))}</td>'
    for name, example in group.examples.items():
        info = Settings.model_fields.get(name.lower())
        value, default = (value_of(info), default_of(info)) if info else ("", example)
        shown = f"<code>{escape(default)}</code>" if default else ""
        if example and example != default:
            shown += f"{'; ' if shown else ''}such as <code>{escape(example)}</code>"
        cells = f"<td><code>{name}</code></td><td>{value}</td><td>{shown}</td>{span}"
        yield f'<tr id="{name.lower()}">{cells}</tr>'
        span = ""


def marked(text: str) -> str:
    """Return HTML with names of settings and what is between backticks as code."""
    return NAMES.sub(r"<code>\1\2</code>", escape(text, quote=False))


def default_of(info: FieldInfo) -> str:
    value: Any = info.default
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def value_of(info: FieldInfo) -> str:
    """Return the type with its bounds, in the words of its JSON schema."""
    kinds = [kind for kind in get_args(info.annotation) if kind is not NoneType] or [info.annotation]
    if SecretStr in kinds:
        return "text, secret"
    annotation: Any = info.rebuild_annotation()
    schema = TypeAdapter(annotation).json_schema(mode="validation")
    options = [option for option in schema.get("anyOf", [schema]) if option.get("type") != "null"]
    schemas = Schemas(schema.get("$defs", {}))
    types = " or ".join(schemas.type_of(option) for option in options)
    return marked(types.replace("string", "text"))
