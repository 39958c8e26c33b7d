"""What commands print: data on standard output, messages on standard error."""

import sys
from typing import Any

import orjson
import typer
from rich.console import Console
from rich.text import Text


class ClientError(Exception):
    """Says on one line why a command failed."""


def print_data(text: str | Text) -> None:
    """Print one line for people, with colours only on a terminal and without NO_COLOR."""
    print_to(Console(highlight=False, emoji=False), text)


def print_json(value: Any) -> None:  # noqa: ANN401  # as JSON has it
    typer.echo(orjson.dumps(value))


def print_message(text: str) -> None:
    print_to(Console(stderr=True), Text(f"hello: {text}", "yellow"))


def print_error(text: str) -> None:
    print_to(Console(stderr=True), Text(f"hello: {text}", "red"))


def print_to(console: Console, text: str | Text) -> None:
    """Never wrap a line, and never fail for a character that the terminal's encoding lacks."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    console.print(text, soft_wrap=True, markup=False)


def printable(text: str) -> str:
    """Replace control characters, with which a text could change the terminal."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
