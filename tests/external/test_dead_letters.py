"""`hello dead-letters`: events that a consumer could not handle are looked at, and handed to it again."""

import asyncio
import json
import os
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import pytest
from sqlalchemy import text

from hello.connectors.postgres.engine import Database, open_engine
from hello.connectors.postgres.migrate import migrate
from hello.connectors.postgres.unit_of_work import PostgresUnitOfWork
from hello.entities.events import Event
from hello.services.dead_letters import dead_letter
from hello.services.ports import Transaction
from tests.support.builders import NOON, a_name
from tests.support.http.running import HELLO
from tests.support.servers import WORKER, create_database, sibling
from tests.twins.events import an_event

pytestmark = pytest.mark.external
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class DeadLetterCli:
    """A database that only these tests use, and the command beside it."""

    database: Database

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*HELLO, "dead-letters", *arguments],
            env=os.environ | {"DATABASE_URL": self.database.dsn, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    async def do(self, work: Callable[[Transaction], Awaitable[Answer]]) -> Answer:
        async with open_engine(self.database) as engine:
            unit = PostgresUnitOfWork.of(engine, 5)
            async with unit.begin() as tx:
                return await work(tx)

    async def add(self, event: Event, consumer: str = "gifts", reason: str = "a broken heart") -> str:
        """Return its id among the dead."""
        dead = dead_letter(consumer, event, ValueError(reason), NOON)
        await self.do(lambda tx: tx.dead_letters.add(dead))
        found = await self.do(lambda tx: tx.dead_letters.page(0, 1000))
        return str(next(one.id for one in found if one.event_id == event.id))

    async def gifts_of(self, username: str) -> int:
        return await self.do(lambda tx: tx.gifts.received(username))


@pytest.fixture(scope="module")
async def own_database(database: Database) -> Database:
    own = sibling(database, f"hello_dead_{WORKER}")
    await create_database(database.dsn, f"hello_dead_{WORKER}")
    await asyncio.to_thread(migrate, own)
    return own


@pytest.fixture
async def cli(own_database: Database) -> DeadLetterCli:
    async with open_engine(own_database) as engine, engine.begin() as connection:
        await connection.execute(text("TRUNCATE dead_letters"))
    return DeadLetterCli(own_database)


async def test_empty_list_says_that_there_are_no_dead_letters(cli: DeadLetterCli) -> None:
    listed = cli.command("list")
    assert (listed.returncode, listed.stdout.strip()) == (0, "There are no dead letters.")
    redriven = cli.command("redrive", "--all")
    assert (redriven.returncode, redriven.stdout.strip()) == (0, "0 handled, 0 failed again.")


async def test_dead_letters_are_listed_with_their_reason(cli: DeadLetterCli) -> None:
    events = [an_event(), an_event()]
    ids = [await cli.add(event) for event in events]
    rows = [line for line in cli.command("list").stdout.splitlines() if "a broken heart" in line]
    for row, dead_id, event in zip(rows, ids, events, strict=True):
        assert all(
            part in row for part in (dead_id, "gifts", event.type, event.subject, "2026-06-15T12:00:00Z")
        )
    assert cli.command("list", "--limit", "1").stdout.count("a broken heart") == 1


async def test_reason_is_listed_as_it_is(cli: DeadLetterCli) -> None:
    """In brackets and between colons may be what a console would take for styles and emoji."""
    reason = "cannot parse [title] of [/long] :kite:"
    await cli.add(an_event(), reason=reason)
    assert reason in cli.command("list").stdout


async def test_show_prints_the_whole_dead_letter(cli: DeadLetterCli) -> None:
    event = an_event(recipient="Ada")
    dead_id = await cli.add(event)
    shown = json.loads(cli.command("show", dead_id).stdout)
    assert shown == {
        "id": int(dead_id),
        "consumer": "gifts",
        "reason": "ValueError: a broken heart",
        "died_at": "2026-06-15T12:00:00Z",
        "event": {
            "id": event.id,
            "type": "order.shipped",
            "subject": event.subject,
            "time": "2026-06-15T12:00:00Z",
            "traceparent": None,
            "data": {"recipient": "Ada"},
        },
    }


async def test_redriven_dead_letter_has_its_effect_and_is_removed(cli: DeadLetterCli) -> None:
    ada = a_name()
    ids = [await cli.add(an_event(recipient=ada)) for _ in range(3)]
    redriven = cli.command("redrive", *ids[:2])
    assert (redriven.returncode, redriven.stdout.strip()) == (0, "2 handled, 0 failed again.")
    assert await cli.gifts_of(ada) == 2
    again = cli.command("redrive", ids[0])
    assert again.returncode == 1
    assert f"no dead letter {ids[0]}" in again.stderr
    assert await cli.gifts_of(ada) == 2


async def test_failed_redrive_keeps_its_dead_letter_and_continues(cli: DeadLetterCli) -> None:
    ada = a_name()
    lost = await cli.add(an_event(), consumer="gone")
    await cli.add(an_event(recipient=ada))
    redriven = cli.command("redrive", "--all")
    assert redriven.returncode == 1
    assert "1 handled, 1 failed again." in redriven.stdout
    assert f"{lost}: " in redriven.stdout
    assert await cli.gifts_of(ada) == 1
    assert cli.command("show", lost).returncode == 0


@pytest.mark.parametrize("arguments", [["redrive"], ["redrive", "1", "--all"]])
def test_invalid_arguments_are_a_usage_error(cli: DeadLetterCli, arguments: list[str]) -> None:
    assert cli.command(*arguments).returncode == 2


def test_unknown_dead_letter_is_one_error_line(cli: DeadLetterCli) -> None:
    for command in ("show", "redrive"):
        found = cli.command(command, "999999999")
        assert found.returncode == 1
        assert found.stderr.strip() == "hello: no dead letter 999999999"
