"""What commands print: data on standard output, messages on standard error."""

import sys
from io import TextIOWrapper
from typing import Any

import orjson
import typer
from rich.console import Console
from rich.text import Text


class ClientError(Exception):
    """Says on one line why a command failed."""


def print_data(text: Text) -> None:
    """Print one line for people, in colours on a terminal unless NO_COLOR is set."""
    print_to(Console(), text)


def print_json(value: Any) -> None:  # noqa: ANN401  # as JSON has it
    typer.echo(orjson.dumps(value))


def print_message(text: str) -> None:
    print_to(Console(stderr=True), Text(f"hello: {text}", "yellow"))


def print_error(text: str) -> None:
    print_to(Console(stderr=True), Text(f"hello: {text}", "red"))


def print_to(console: Console, text: Text) -> None:
    console.print(text, soft_wrap=True)


def accept_any_text() -> None:
    """Let no line fail for a character that the encoding of the output lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def printable(text: object) -> str:
    """Replace control characters, with which a text could change the terminal."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in str(text)
    )
