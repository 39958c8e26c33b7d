"""Errors of local servers, with messages for the user."""

from collections.abc import Iterator
from contextlib import contextmanager

from hello.core.processes import ProcessError


class EmbeddedError(ProcessError):
    """One line that says what is wrong and where, without a traceback."""


@contextmanager
def explained() -> Iterator[None]:
    """Turn errors of the operating system into `EmbeddedError`."""
    try:
        yield
    except OSError as error:
        raise EmbeddedError(f"cannot use {error.filename or 'a file'}: {error.strerror or error}") from error
