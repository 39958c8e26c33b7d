"""What goes wrong with local servers, in words for the user."""

from collections.abc import Iterator
from contextlib import contextmanager

from hello.core.processes import ProcessError


class EmbeddedError(ProcessError):
    """One line that says what is wrong and where; the user needs no traceback."""


@contextmanager
def explained() -> Iterator[None]:
    """Raise `EmbeddedError` for what the operating system refuses."""
    try:
        yield
    except OSError as error:
        raise EmbeddedError(f"cannot use {error.filename or 'a file'}: {error.strerror or error}") from error
