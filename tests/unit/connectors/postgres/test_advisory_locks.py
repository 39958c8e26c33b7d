"""An advisory lock counts as lost before the server may have given it to another process."""

from dataclasses import dataclass

import pytest

from hello.connectors.postgres.advisory_locks import AdvisoryLock
from hello.entities.errors import UnavailableError


@dataclass(frozen=True)
class Connection:
    closed: bool

    def is_closed(self) -> bool:
        return self.closed


def a_lock(now: float, *, closed: bool) -> AdvisoryLock:
    return AdvisoryLock(
        connection=Connection(closed), hold_s=20, deadline_s=2, elapsed=lambda: now, alive_at=100
    )


def test_lock_is_held_until_the_server_may_have_ended_it() -> None:
    a_lock(119.9, closed=False).check()


@pytest.mark.parametrize(("now", "closed"), [(120, False), (100, True)])
def test_lock_of_a_silent_or_closed_connection_is_lost(now: float, *, closed: bool) -> None:
    with pytest.raises(UnavailableError):
        a_lock(now, closed=closed).check()
