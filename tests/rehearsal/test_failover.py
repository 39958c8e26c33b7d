"""The primary dies under load: its synchronous standby takes over, and nothing acknowledged is lost."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.chaos.facts import unfinished
from tests.chaos.waiting import until_finished
from tests.chaos.watcher import RedisWatcher
from tests.rehearsal.check import Verdict, stored_facts, verdict
from tests.rehearsal.loading import Load, loading
from tests.rehearsal.report import Result, show
from tests.rehearsal.stage import SETTINGS
from tests.rehearsal.standby import Pair, replicated
from tests.rehearsal.steps import steps_of
from tests.support.builders import a_name
from tests.support.http.birthdays import save_birthday
from tests.support.http.running import Running, migrate, started
from tests.support.polling import until
from tests.support.programs.progress import say
from tests.support.servers import temporary_servers

pytestmark = [pytest.mark.failover, pytest.mark.timeout(400)]
RATE, PAUSE_S, BACK_S, QUIET = 100, 5, 60, 3
LOGS = {"LOG_LEVEL": "info"}
"""A process says where it listens."""


@contextmanager
def serving(servers: Servers, pair: Pair) -> Iterator[Running]:
    environment = {**SETTINGS, **LOGS, "DATABASE_URL": pair.url, "REDIS_URL": servers.redis_url}
    with ExitStack() as stack:
        api = stack.enter_context(started("api", "--port", "0", environment=environment))
        stack.enter_context(started("worker", "--port", "0", environment=environment))
        yield api


@contextmanager
def loaded(folder: Path) -> Iterator[tuple[Servers, Pair, Load, str]]:
    """Yield the URL of an API under load last."""
    with temporary_servers(folder / "primary") as servers:
        migrate(servers)
        with (
            replicated(servers, folder / "standby") as pair,
            serving(servers, pair) as api,
            loading(api.url, folder / "load", RATE) as load,
        ):
            yield servers, pair, load, api.url


async def test_nothing_acknowledged_is_lost_when_the_primary_is_killed(tmp_path: Path) -> None:
    with loaded(tmp_path) as (servers, pair, load, url):
        await pair.synchronize()
        await fail_over(pair, load, url)
        await recover(load)
        await assert_nothing_was_lost(servers, pair, load)


async def test_loss_with_an_asynchronous_standby_is_noticed(tmp_path: Path) -> None:
    """Without this, the other test could be blind."""
    with loaded(tmp_path) as (_, pair, load, url):
        await pair.disconnect()
        await fail_over(pair, load, url)
        load.stop()
        found = await judged(pair, load)
    assert found.lost_writes
    assert found.lost_orders


async def fail_over(pair: Pair, load: Load, url: str) -> None:
    """Requests may fail from the kill until the first write works again, and at no other time."""
    load.mark("replicated")
    await asyncio.sleep(PAUSE_S)
    load.mark("primary killed", may_fail=True)
    killed = time.monotonic()
    pair.kill_primary()
    await pair.promote()
    promoted = time.monotonic()
    await asyncio.to_thread(until, lambda: takes_writes(url), BACK_S)
    say(f"promoted after {promoted - killed:.1f} s, writes again after {time.monotonic() - killed:.1f} s")
    load.mark("promoted", may_fail=True)


async def recover(load: Load) -> None:
    """Requests of what was lost would fail for ever; so without a loss, all of them work again."""
    await asyncio.to_thread(until, lambda: is_quiet(load), BACK_S)
    load.mark("recovered")
    await asyncio.sleep(PAUSE_S)
    load.stop()


def takes_writes(url: str) -> bool:
    with httpx.Client(base_url=url, timeout=BACK_S) as client:
        return save_birthday(client, a_name(), "1990-05-17").is_success


def is_quiet(load: Load) -> bool:
    """Say whether the last seconds were without failures."""
    return not any(second.failed for second in load.seconds()[-QUIET:])


async def assert_nothing_was_lost(servers: Servers, pair: Pair, load: Load) -> None:
    watcher = RedisWatcher(servers.redis_url)
    await until_finished(pair.standby_url, watcher)
    result = Result(
        rate=RATE,
        wanted=RATE,
        steps=steps_of(load.marks(), load.seconds()),
        known=load.facts(),
        verdict=await judged(pair, load, watcher),
    )
    assert show(result) == 0, result.faults()
    assert result.known.orders
    assert not any((await unfinished(pair.standby_url)).values())


async def judged(pair: Pair, load: Load, watcher: RedisWatcher | None = None) -> Verdict:
    own = load.started
    return verdict(
        load.facts(), await stored_facts(pair.standby_url, own["account_id"], own["names"], watcher)
    )
