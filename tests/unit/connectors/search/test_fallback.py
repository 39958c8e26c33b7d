"""Searches that an engine cannot answer are answered by PostgreSQL, which is logged and counted."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from prometheus_client import CollectorRegistry
from structlog import get_logger
from structlog.testing import capture_logs

from hello.connectors.breaker import Breaker
from hello.connectors.search.client import RefusedQueryError
from hello.connectors.search.fallback import FallbackItemIndex, search_metrics
from hello.core.logs import RateLimitedLog
from hello.entities.errors import UnavailableError
from hello.entities.search import SearchText
from hello.services.search import Engine, Facets, ItemSearch, Matches

KITE = ItemSearch(text=SearchText.parse("kite"))
FAILURES, PAUSE_S = 3, 1


@dataclass
class TwinIndex:
    """Finds nothing, and counts how often it is asked."""

    engine: Engine
    is_up: bool = True
    refuses: bool = False
    asked: int = 0

    async def search(self, wanted: ItemSearch) -> Matches:
        assert wanted is KITE
        self._ask()
        facets = Facets(price_bands=[], without_price=0)
        return Matches(engine=self.engine, page=[], total=0, facets=facets)

    async def suggest(self, typed: str, limit: int) -> Sequence[str]:
        self._ask()
        return [f"{self.engine} {typed}"][:limit]

    def _ask(self) -> None:
        self.asked += 1
        if not self.is_up:
            raise UnavailableError("the search engine is unavailable", reason="it is frozen")
        if self.refuses:
            raise RefusedQueryError("the search engine refuses a query", reason="too_many_nested_clauses")


@dataclass
class Fixture:
    engine: TwinIndex = field(default_factory=lambda: TwinIndex("opensearch"))
    database: TwinIndex = field(default_factory=lambda: TwinIndex("postgres"))
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    now_s: float = 100

    def __post_init__(self) -> None:
        breaker = Breaker(name="engine", timer=lambda: self.now_s, failures=FAILURES, pause_s=PAUSE_S)
        self.index = FallbackItemIndex(
            engine=self.engine,
            database=self.database,
            breaker=breaker,
            metrics=search_metrics(self.registry),
            outages=RateLimitedLog(logger=get_logger("test"), timer=lambda: self.now_s),
        )

    async def search(self) -> Engine:
        return (await self.index.search(KITE)).engine

    def answers(self, engine: Engine) -> float | None:
        return self.registry.get_sample_value("search_answers_total", {"engine": engine})

    def up(self) -> float | None:
        return self.registry.get_sample_value("search_engine_up")


@pytest.fixture
def fixture() -> Fixture:
    return Fixture()


async def test_engine_answers_while_it_can(fixture: Fixture) -> None:
    assert await fixture.search() == "opensearch"
    assert await fixture.index.suggest("ki", 10) == ["opensearch ki"]
    assert (fixture.database.asked, fixture.up(), fixture.answers("opensearch")) == (0, 1, 1)


async def test_process_without_a_search_reports_no_failure(fixture: Fixture) -> None:
    assert fixture.up() == 1


async def test_postgres_answers_while_the_engine_fails(fixture: Fixture) -> None:
    fixture.engine.is_up = False
    assert await fixture.search() == "postgres"
    assert await fixture.index.suggest("ki", 10) == ["postgres ki"]
    assert (fixture.up(), fixture.answers("postgres"), fixture.answers("opensearch")) == (0, 1, None)


async def test_failing_engine_is_asked_once_after_each_pause(fixture: Fixture) -> None:
    fixture.engine.is_up = False
    for _ in range(10):
        assert await fixture.search() == "postgres"
    assert fixture.engine.asked == FAILURES
    fixture.now_s += PAUSE_S
    for _ in range(10):
        await fixture.search()
    assert fixture.engine.asked == FAILURES + 1


async def test_engine_answers_again_after_an_outage(fixture: Fixture) -> None:
    fixture.engine.is_up = False
    for _ in range(10):
        await fixture.search()
    fixture.engine.is_up = True
    fixture.now_s += PAUSE_S
    assert await fixture.search() == await fixture.search() == "opensearch"
    assert fixture.up() == 1


async def test_refused_queries_do_not_keep_others_from_the_engine(fixture: Fixture) -> None:
    for _ in range(2 * FAILURES):
        fixture.engine.refuses = True
        assert await fixture.search() == "postgres"
        assert await fixture.index.suggest("ki", 10) == ["postgres ki"]
        assert fixture.up() == 0
    fixture.engine.refuses = False
    assert await fixture.search() == "opensearch"
    assert fixture.up() == 1


async def test_refused_query_ends_an_outage(fixture: Fixture) -> None:
    fixture.engine.is_up = False
    for _ in range(FAILURES):
        await fixture.search()
    fixture.engine.is_up, fixture.engine.refuses = True, True
    fixture.now_s += PAUSE_S
    with capture_logs() as logs:
        assert await fixture.search() == "postgres"
    assert [entry["event"] for entry in logs] == [
        "search engine is available again",
        "search engine refuses a query, answering from PostgreSQL",
    ]
    fixture.engine.refuses = False
    assert await fixture.search() == "opensearch"


async def test_start_and_end_of_an_outage_are_logged_once(fixture: Fixture) -> None:
    with capture_logs() as logs:
        await fixture.search()
        fixture.engine.is_up = False
        for _ in range(10):
            await fixture.search()
        fixture.engine.is_up = True
        fixture.now_s += PAUSE_S
        for _ in range(10):
            await fixture.search()
    start, end = logs
    assert start["event"] == "search engine is unavailable, answering from PostgreSQL"
    assert start["cause"] == "the search engine is unavailable: it is frozen"
    assert end["event"] == "search engine is available again"


async def test_engine_that_fails_now_and_then_is_logged_once_a_second(fixture: Fixture) -> None:
    with capture_logs() as logs:
        for number in range(20):
            fixture.engine.is_up = number % 2 == 1
            await fixture.search()
        assert len(logs) == 2
        fixture.now_s += 1
        fixture.engine.is_up = False
        await fixture.search()
    assert [entry["left_out"] for entry in logs] == [0, 0, 9]
