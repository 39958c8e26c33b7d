"""The one place where what the driver raises becomes what the business understands."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from hello.entities.errors import ConflictError, UnavailableError

# Classes of SQLSTATE that a later try may survive (PostgreSQL, appendix A): connection, read-only server,
# login, no such database, deadlock or serialization, resources, locks, shutdown, system, internal error.
TRANSIENT_CLASSES = {"08", "25", "28", "3D", "40", "53", "55", "57", "58", "XX"}
UNDEFINED_TABLE, UNDEFINED_COLUMN = "42P01", "42703"


@contextmanager
def business_errors() -> Iterator[None]:
    """Raise `ConflictError` or `UnavailableError` for known faults; a bug in a statement stays what it is."""
    try:
        yield
    except IntegrityError as error:
        raise ConflictError("the change clashes with what is already stored") from error
    except DBAPIError as error:
        if not is_transient(error):
            raise
        raise UnavailableError("the database could not finish the work") from error
    except (PoolTimeoutError, OSError) as error:
        raise UnavailableError("the database cannot be reached") from error


def is_transient(error: DBAPIError) -> bool:
    """Count a missing table: the schema is behind the code until the migrations have run."""
    state = getattr(error.orig, "sqlstate", None) or ""
    behind = state in {UNDEFINED_TABLE, UNDEFINED_COLUMN}
    return error.connection_invalidated or behind or state[:2] in TRANSIENT_CLASSES
