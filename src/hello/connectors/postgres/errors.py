"""The one place where what the driver raises becomes what the business understands."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from hello.entities.errors import ConflictError, HelloError, UnavailableError

# Classes of SQLSTATE that a later try may survive (PostgreSQL, appendix A): connection, read-only server,
# login, no such database, deadlock or serialization, resources, locks, shutdown, system, internal error.
TRANSIENT_CLASSES = {"08", "25", "28", "3D", "40", "53", "55", "57", "58", "XX"}
UNDEFINED_TABLE, UNDEFINED_COLUMN = "42P01", "42703"


@contextmanager
def business_errors() -> Iterator[None]:
    """Raise `ConflictError` or `UnavailableError` for known faults; a bug stays what it is."""
    try:
        yield
    except Exception as error:
        if known := business_error(error):
            raise known from error
        raise


def business_error(error: Exception) -> HelloError | None:
    """Return what a fault means for the business; None for a bug, and for no fault of the database."""
    if isinstance(error, IntegrityError | asyncpg.IntegrityConstraintViolationError):
        return ConflictError("the change clashes with what is already stored")
    if isinstance(error, DBAPIError):
        return UnavailableError("the database could not finish the work") if is_transient(error) else None
    if isinstance(error, asyncpg.PostgresError):
        passing = is_passing(error.sqlstate or "")
        return UnavailableError("the database could not finish the work") if passing else None
    if isinstance(error, PoolTimeoutError | OSError | asyncpg.InterfaceError):
        return UnavailableError("the database cannot be reached")
    return None


def is_transient(error: DBAPIError) -> bool:
    return error.connection_invalidated or is_passing(getattr(error.orig, "sqlstate", None) or "")


def is_passing(state: str) -> bool:
    """Count a missing table: the schema is behind the code until the migrations have run."""
    return state in {UNDEFINED_TABLE, UNDEFINED_COLUMN} or state[:2] in TRANSIENT_CLASSES
