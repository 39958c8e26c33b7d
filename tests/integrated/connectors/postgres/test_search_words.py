"""Stored words that are like those that were typed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hello.connectors.postgres.search_words import (
    LONGER,
    NORMALIZE,
    SIMILAR,
    SIMILAR_STARTS,
    SearchWords,
)
from hello.entities.item_documents import search_words
from hello.entities.search import MAX_FORGIVEN

pytestmark = pytest.mark.integrated
STORED = "zqkite", "zqkites", "zqkiten", "zqkitchen", "zqdrum"


@dataclass(frozen=True, slots=True)
class OnConnection:
    """A statement that sees what its connection has not committed."""

    connection: AsyncConnection
    sql: str

    async def fetch(self, *arguments: object) -> Sequence[asyncpg.Record]:
        raw: Any = (await self.connection.get_raw_connection()).driver_connection
        rows: Sequence[asyncpg.Record] = await raw.fetch(self.sql, *arguments)
        return rows


@pytest.fixture
async def words(connection: AsyncConnection) -> SearchWords:
    """Words that no other test has; one is stored twice, as by two writers at once."""
    stored = [{"word": word} for word in (*STORED, STORED[0])]
    await connection.execute(insert(search_words), stored)
    return SearchWords(
        *(OnConnection(connection, sql) for sql in (NORMALIZE, LONGER, SIMILAR, SIMILAR_STARTS))
    )


def own(words: Collection[str]) -> list[str]:
    """Leave out what other tests have stored."""
    return [word for word in words if word in STORED]


async def test_shortest_of_the_longer_words_come_first(words: SearchWords) -> None:
    assert await words.longer(["zqkite", "zqdrun", "zqkitc", "zq"]) == {
        "zqkite": ["zqkiten", "zqkites"],
        "zqkitc": ["zqkitchen"],
    }


async def test_nearest_of_the_similar_words_come_first(words: SearchWords) -> None:
    similar = await words.similar(["zqkite", "zqdrun", "zqkitc"])
    assert {typed: own(found) for typed, found in similar.items()} == {
        "zqkite": ["zqkiten", "zqkites"],
        "zqdrun": ["zqdrum"],
        "zqkitc": ["zqkite", "zqkiten", "zqkites"],
    }


async def test_only_the_first_words_are_compared(words: SearchWords) -> None:
    typed = ["zqkitx", "zqkitx", "x" * 41, *(f"zqdru{number}" for number in range(100))]
    similar = await words.similar(typed)
    assert set(similar) == {"zqkitx", *(f"zqdru{number}" for number in range(MAX_FORGIVEN - 1))}
    assert own(similar["zqdru0"]) == ["zqdrum"]


async def test_starts_of_words_are_compared_with_an_unfinished_word(words: SearchWords) -> None:
    starts = await words.similar_starts("zqkotc")
    found = [start for start in starts if any(word.startswith(start) for word in STORED)]
    assert found == ["zqkitc", "zqkitch", "zqkite"]
    assert await words.similar_starts("x" * 41) == []
