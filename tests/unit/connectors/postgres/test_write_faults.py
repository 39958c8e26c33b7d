"""Which errors say that the server takes no writes."""

import asyncpg
import pytest

from hello.connectors.postgres.write_faults import WriteFaults


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("25006", "the server is read-only (SQLSTATE 25006)"),
        ("53100", "the server's disk is full (SQLSTATE 53100)"),
        ("53200", None),
        ("40P01", None),
    ],
)
def test_only_a_read_only_server_or_a_full_disk_is_remembered(state: str, reason: str | None) -> None:
    faults = WriteFaults()
    faults.record(asyncpg.PostgresError.new({"C": state, "M": "no"}))
    assert faults.reason == reason


@pytest.mark.parametrize("error", [None, KeyError("x"), asyncpg.PostgresError("x")])
def test_other_errors_change_nothing(error: Exception | None) -> None:
    faults = WriteFaults(reason="the server's disk is full (SQLSTATE 53100)")
    faults.record(error)
    assert faults.reason == "the server's disk is full (SQLSTATE 53100)"
