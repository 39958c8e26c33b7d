"""What the driver raises becomes an error of the business, with a reason that operators understand."""

import errno
import socket
import ssl

import asyncpg
import pytest
from asyncpg.exceptions import TargetServerAttributeNotMatched
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi as Driver
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from hello.connectors.postgres.errors import business_error, business_errors, server_reason
from hello.entities.errors import ConflictError, UnauthorizedError, UnavailableError

SCHEMA = "the schema is missing or older than the code: run `hello migrate`"
POOLER = "a pooler gives each transaction another connection: set DATABASE_POOLER=transaction"
PASSING = {
    "08003": "the connection was lost",
    "08006": "the connection was lost",
    "25006": "the server is read-only",
    "28000": "the server refuses this user, or its way to log in",
    "28P01": "the server refuses the password",
    "3D000": "the server has no database of this name",
    "3F000": SCHEMA,
    "40001": "the server reports a fault",
    "40P01": "two transactions waited for each other (deadlock)",
    "42501": "the server's user lacks a privilege on the schema or a table",
    "42703": SCHEMA,
    "42P01": SCHEMA,
    "26000": POOLER,
    "42P05": POOLER,
    "53100": "the server's disk is full",
    "53200": "the server is out of memory",
    "53300": "the server has no connection left (max_connections)",
    "55P03": "a lock was not free within DATABASE_LOCK_TIMEOUT_S",
    "57014": "a statement took longer than DATABASE_DEADLINE_S",
    "57P01": "the server ended the connection",
    "57P03": "the server is starting up or shutting down",
    "58030": "the server reports a fault",
    "XX000": "the server reports a fault",
}
BUGS = ["22012", "22P02", "42601", "42883", "0A000"]


def reported(state: str, message: str = "secret") -> asyncpg.PostgresError:
    return asyncpg.PostgresError.new({"C": state, "M": message})


def wrapped(error: Exception, kind: type[DBAPIError] = DBAPIError) -> DBAPIError:
    """Return what SQLAlchemy raises, around the error of its dialect, whose cause is the driver's."""
    adapted = Driver.Error(str(error), error)  # type: ignore[no-untyped-call]
    adapted.__cause__ = error
    return kind("SELECT 1", None, adapted)


@pytest.mark.parametrize(("state", "reason"), PASSING.items())
def test_passing_fault_is_unavailable_with_its_reason(state: str, reason: str) -> None:
    for error in (reported(state), wrapped(reported(state))):
        found = business_error(error)
        assert isinstance(found, UnavailableError)
        assert str(found) == "the database could not finish the work"
        assert found.reason == f"{reason} (SQLSTATE {state})"


@pytest.mark.parametrize("state", BUGS)
def test_faulty_statement_stays_a_bug(state: str) -> None:
    for error in (reported(state), wrapped(reported(state))):
        assert business_error(error) is None
        with pytest.raises(type(error)), business_errors():
            raise error


@pytest.mark.parametrize("error", [asyncpg.PostgresError("x"), wrapped(ValueError("x")), KeyError("x")])
def test_error_without_a_state_stays_a_bug(error: Exception) -> None:
    assert business_error(error) is None


def test_message_of_a_pooler_is_quoted() -> None:
    found = business_error(reported("08P01", "unsupported startup parameter: jit"))
    assert isinstance(found, UnavailableError)
    reason = "the server or its pooler refuses the connection"
    assert found.reason == f"{reason} (SQLSTATE 08P01, unsupported startup parameter: jit)"


def test_error_of_a_pooler_without_a_message_is_quoted_by_its_text() -> None:
    assert server_reason(asyncpg.ProtocolViolationError("no more")).endswith("(SQLSTATE 08P01, no more)")


@pytest.mark.parametrize(
    ("state", "kind"), [("23505", ConflictError), ("23514", ConflictError), ("23503", UnauthorizedError)]
)
def test_violated_constraint_is_a_conflict_unless_the_account_is_gone(
    state: str, kind: type[Exception]
) -> None:
    for error in (reported(state), wrapped(reported(state), IntegrityError)):
        assert type(business_error(error)) is kind
        with pytest.raises(kind) as raised, business_errors():
            raise error
        assert raised.value.__cause__ is error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "the connection was refused"),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "Connection reset by peer"),
        (OSError(), "the connection was lost"),
        (TimeoutError(), "no answer in time"),
        (socket.gaierror(socket.EAI_NONAME, "unknown"), "the host name cannot be resolved"),
        (ssl.SSLError("wrong version number"), "TLS cannot be agreed on"),
        (asyncpg.InterfaceError("closed"), "the connection was lost"),
        (asyncpg.InternalClientError("got 0"), "the connection was lost"),
        (TargetServerAttributeNotMatched("x"), "no host is what target_session_attrs asks for"),
        (
            PoolTimeoutError("QueuePool limit"),
            "every connection of the pool is in use (DATABASE_POOL_SIZE, DATABASE_POOL_OVERFLOW)",
        ),
    ],
)
def test_database_that_is_not_reached_is_unavailable_with_its_reason(error: Exception, reason: str) -> None:
    found = business_error(error)
    assert isinstance(found, UnavailableError)
    assert (str(found), found.reason) == ("the database cannot be reached", reason)


def test_refused_certificate_is_explained() -> None:
    error = ssl.SSLCertVerificationError("refused")
    error.verify_message = "self-signed certificate"
    found = business_error(error)
    assert isinstance(found, UnavailableError)
    assert found.reason == "the server's certificate is not accepted: self-signed certificate"


@pytest.mark.parametrize(
    ("cause", "invalidated"), [(asyncpg.InternalClientError("got 0"), False), (ValueError("x"), True)]
)
def test_lost_connection_within_a_statement_is_unavailable(cause: Exception, *, invalidated: bool) -> None:
    error = wrapped(cause)
    error.connection_invalidated = invalidated
    found = business_error(error)
    assert isinstance(found, UnavailableError)
    assert found.reason == "the connection was lost"
