"""Why Redis cannot be used, in words that hold no secret."""

import pytest
from redis.exceptions import AuthenticationError, ResponseError

from hello.connectors.redis.client import fault_reason

SECRET = "sesame"  # noqa: S105


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ResponseError(f"unknown command `HELLO`, with args beginning with: `3`, `{SECRET}`"), "version 6"),
        (ResponseError(f"NOPERM {SECRET}"), "NOPERM"),
        (ResponseError(SECRET), "refuses a command"),
        (AuthenticationError(f"invalid password {SECRET}"), "user or the password"),
        (ResponseError("DB index is out of range"), "no database with this number"),
        (ConnectionError(SECRET), "cannot be reached"),
    ],
)
def test_reason_names_the_cause_and_no_secret(error: Exception, expected: str) -> None:
    reason = fault_reason(error)
    assert expected in reason
    assert SECRET not in reason
