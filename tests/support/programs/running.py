"""A program for the length of a block."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar


class Startable(Protocol):
    def start(self) -> None: ...

    def stop(self) -> None: ...

    def kill(self) -> None: ...


Started = TypeVar("Started", bound=Startable)


@contextmanager
def running(program: Started) -> Iterator[Started]:
    """Leave no process, in whatever state the block left the program."""
    try:
        program.start()
        yield program
    finally:
        try:
            program.stop()
        finally:
            program.kill()
