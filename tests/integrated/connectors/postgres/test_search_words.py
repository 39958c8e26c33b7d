"""Stored words that are like those that were typed."""

from collections.abc import Collection

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from hello.connectors.postgres.search_words import longer_words, similar_starts, similar_words
from hello.entities.item_documents import search_words
from hello.entities.search import MAX_FORGIVEN

pytestmark = pytest.mark.integrated
STORED = "zqkite", "zqkites", "zqkiten", "zqkitchen", "zqdrum"


@pytest.fixture
async def session(connection: AsyncConnection) -> AsyncSession:
    """Words that no other test has; one is stored twice, as by two writers at once."""
    words = [{"word": word} for word in (*STORED, STORED[0])]
    await connection.execute(insert(search_words), words)
    return AsyncSession(connection)


def own(words: Collection[str]) -> list[str]:
    """Leave out what other tests have stored."""
    return [word for word in words if word in STORED]


async def test_shortest_of_the_longer_words_come_first(session: AsyncSession) -> None:
    assert await longer_words(session, ["zqkite", "zqdrun", "zqkitc", "zq"]) == {
        "zqkite": ["zqkiten", "zqkites"],
        "zqkitc": ["zqkitchen"],
    }


async def test_nearest_of_the_similar_words_come_first(session: AsyncSession) -> None:
    similar = await similar_words(session, ["zqkite", "zqdrun", "zqkitc"])
    assert {typed: own(words) for typed, words in similar.items()} == {
        "zqkite": ["zqkiten", "zqkites"],
        "zqdrun": ["zqdrum"],
        "zqkitc": ["zqkite", "zqkiten", "zqkites"],
    }


async def test_only_the_first_words_are_compared(session: AsyncSession) -> None:
    typed = ["zqkitx", "zqkitx", "x" * 41, *(f"zqdru{number}" for number in range(100))]
    similar = await similar_words(session, typed)
    assert set(similar) == {"zqkitx", *(f"zqdru{number}" for number in range(MAX_FORGIVEN - 1))}
    assert own(similar["zqdru0"]) == ["zqdrum"]


async def test_starts_of_words_are_compared_with_an_unfinished_word(session: AsyncSession) -> None:
    assert await similar_starts(session, "zqkotc") == ["zqkitc", "zqkitch", "zqkite"]
    assert await similar_starts(session, "x" * 41) == []
