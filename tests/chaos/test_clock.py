"""The clock of the API and the workers a day forth and back: all comes right once it has come round.

Needs Debian's faketime, which root can install: `make test_chaos`.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.chaos.chaos_run import ChaosRun
from tests.chaos.random_kills import KillableServer
from tests.chaos.system import open_servers, open_system
from tests.chaos.waiting import until
from tests.chaos.watcher import RedisWatcher
from tests.support.programs.debian import ensure_package

pytestmark = [pytest.mark.chaos_root, pytest.mark.timeout(400)]
LIBRARY = Path("/usr/lib") / f"{os.uname().machine}-linux-gnu" / "faketime/libfaketimeMT.so.1"
ORDERS = int(os.environ.get("CHAOS_FAULT_ORDERS", "400"))
DAYS = (1, 0, -1, 0, 1)
"""How far the clock is off, one after the other: what became due in the future is due at the end."""
EACH_S, SOON_S = 3, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSet(ChaosRun):
    offset: Path

    async def _disturb(self, _: asyncio.Future[Any]) -> Counter[str]:
        for days in DAYS:
            set_clock(self.offset, days)
            await until(self._days_off, days, SOON_S)
            await asyncio.sleep(EACH_S)
        return Counter(map(str, DAYS))

    async def _days_off(self) -> int:
        async with httpx.AsyncClient(base_url=self.system.api_url) as client:
            answer = await client.get("/api/v1/health")
        return round((parsedate_to_datetime(answer.headers["Date"]) - datetime.now(UTC)) / timedelta(days=1))


def set_clock(offset: Path, days: int) -> None:
    """Replace the file at once: a process must not read half of it."""
    fresh = offset.with_suffix(".new")
    fresh.write_text(f"{days:+}d\n")
    fresh.replace(offset)


def settable(offset: Path) -> Mapping[str, str]:
    """Return what lets a process read its clock from the file; durations are as they are."""
    return {
        "LD_PRELOAD": str(ensure_package("libfaketime", LIBRARY)),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DISABLE_SHM": "1",
    }


async def test_clock_set_a_day_forth_and_back_neither_loses_nor_repeats_events(tmp_path: Path) -> None:
    offset = tmp_path / "offset"
    set_clock(offset, 0)
    with (
        ThreadPoolExecutor(1) as executor,
        open_servers(tmp_path) as servers,
        open_system(
            tmp_path, servers, KillableServer(servers.valkey), servers.redis_url, settable(offset)
        ) as system,
    ):
        await ClockSet(
            system=system,
            watcher=RedisWatcher(servers.redis_url),
            executor=executor,
            orders=ORDERS,
            kills=0,
            offset=offset,
        ).run()
