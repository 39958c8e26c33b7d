"""Markdown tables and blocks."""

from collections.abc import Iterable, Sequence
from json import dumps


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return the table without the columns that have nothing but a head."""
    content = [list(row) for row in rows]
    used = [index for index in range(len(head)) if any(row[index] for row in content)]
    lines = [head, ["---"] * len(head), *content]
    return "\n".join("| " + " | ".join(cell(line[index]) for index in used) + " |" for line in lines)


def cell(text: str) -> str:
    """Return the text on one line, with nothing that would end the cell."""
    return " ".join(text.split()).replace("|", "&#124;")


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def json_block(value: object) -> str:
    text = value if isinstance(value, str) else dumps(value, indent=2, ensure_ascii=False)
    language = "text" if isinstance(value, str) else "json"
    return f"```{language}\n{text.rstrip()}\n```"


def page(*blocks: str) -> str:
    return "\n\n".join(block for block in blocks if block) + "\n"
