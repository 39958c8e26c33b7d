"""The one place where what the driver raises becomes what the business understands."""

import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import asyncpg
from asyncpg.exceptions import TargetServerAttributeNotMatched
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from hello.entities.errors import ConflictError, HelloError, UnauthorizedError, UnavailableError

# Classes of SQLSTATE that a later try may survive (PostgreSQL, appendix A): connection, read-only server,
# login, no such database or schema, deadlock or serialization, resources, locks, shutdown, system, internal
# error.
TRANSIENT_CLASSES = {"08", "25", "28", "3D", "3F", "40", "53", "55", "57", "58", "XX"}
UNDEFINED_TABLE, UNDEFINED_COLUMN = "42P01", "42703"
UNKNOWN_STATEMENT, DUPLICATE_STATEMENT = "26000", "42P05"
"""What a prepared statement meets beyond a pooler that gives each transaction another connection."""
NO_PRIVILEGE = "42501"
NO_SUCH_PARENT = "23503"
"""A foreign key: what others store without a lock on the row above is of an account that is being deleted."""
PASSING_STATES = {UNDEFINED_TABLE, UNDEFINED_COLUMN, UNKNOWN_STATEMENT, DUPLICATE_STATEMENT, NO_PRIVILEGE}
POOLED = "a pooler gives each transaction another connection: set DATABASE_POOLER=transaction"
NO_SCHEMA = "the schema is missing or older than the code: run `hello migrate`"
REASONS = {
    "08003": "the connection was lost",
    "08006": "the connection was lost",
    "08P01": "the server or its pooler refuses the connection",
    "25006": "the server is read-only",
    "28000": "the server refuses this user, or its way to log in",
    "28P01": "the server refuses the password",
    "3D000": "the server has no database of this name",
    "3F000": NO_SCHEMA,
    NO_PRIVILEGE: "the server's user lacks a privilege on the schema or a table",
    "40P01": "two transactions waited for each other (deadlock)",
    "53100": "the server's disk is full",
    "53200": "the server is out of memory",
    "53300": "the server has no connection left (max_connections)",
    "55P03": "a lock was not free within DATABASE_LOCK_TIMEOUT_S",
    "57014": "a statement took longer than DATABASE_DEADLINE_S",
    "57P01": "the server ended the connection",
    "57P03": "the server is starting up or shutting down",
    UNDEFINED_TABLE: NO_SCHEMA,
    UNDEFINED_COLUMN: NO_SCHEMA,
    UNKNOWN_STATEMENT: POOLED,
    DUPLICATE_STATEMENT: POOLED,
}
UNREACHABLE: Sequence[tuple[type[Exception], str]] = (
    (ssl.SSLError, "TLS cannot be agreed on"),
    (socket.gaierror, "the host name cannot be resolved"),
    (
        PoolTimeoutError,
        "every connection of the pool is in use (DATABASE_POOL_SIZE, DATABASE_POOL_OVERFLOW)",
    ),
    (TargetServerAttributeNotMatched, "no host is what target_session_attrs asks for"),
    (TimeoutError, "no answer in time"),
    (ConnectionRefusedError, "the connection was refused"),
)
QUOTED = {"08P01"}
"""Where the server's own message says more: a pooler names the parameter that it refuses."""


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
        if sqlstate_of(error) == NO_SUCH_PARENT:
            return UnauthorizedError("the account no longer exists")
        return ConflictError("the change clashes with what is already stored")
    if isinstance(error, DBAPIError):
        return unfinished(cause_of(error)) if is_transient(error) else None
    if isinstance(error, asyncpg.PostgresError):
        return unfinished(error) if is_passing(error.sqlstate or "") else None
    if isinstance(error, PoolTimeoutError | OSError | asyncpg.InterfaceError | asyncpg.InternalClientError):
        return UnavailableError("the database cannot be reached", reason=unreachable_reason(error))
    return None


def sqlstate_of(error: Exception) -> str | None:
    state: str | None = getattr(getattr(error, "orig", error), "sqlstate", None)
    return state


def cause_of(error: DBAPIError) -> BaseException:
    """Return what the driver raised: SQLAlchemy wraps it once or twice."""
    wrapped = error.orig or error
    return wrapped.__cause__ or wrapped


def unfinished(error: BaseException) -> UnavailableError:
    return UnavailableError("the database could not finish the work", reason=server_reason(error))


def server_reason(error: BaseException) -> str:
    """Return the cause as the server gives it, which names no secret."""
    state = getattr(error, "sqlstate", None)
    if state is None:
        return unreachable_reason(error)
    reason = REASONS.get(state, "the server reports a fault")
    quoted = f", {getattr(error, 'message', None) or error}" if state in QUOTED else ""
    return f"{reason} (SQLSTATE {state}{quoted})"


def unreachable_reason(error: BaseException) -> str:
    """Return why there is no connection; what the system says of it names no secret."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the server's certificate is not accepted: {error.verify_message}"
    for kind, reason in UNREACHABLE:
        if isinstance(error, kind):
            return reason
    return getattr(error, "strerror", None) or "the connection was lost"


def is_transient(error: DBAPIError) -> bool:
    if isinstance(cause_of(error), asyncpg.InternalClientError):
        return True
    return error.connection_invalidated or is_passing(getattr(error.orig, "sqlstate", None) or "")


def is_passing(state: str) -> bool:
    """Count a missing table: the schema is older than the code until the migrations have run."""
    return state in PASSING_STATES or state[:2] in TRANSIENT_CLASSES
