"""Search with the engine, or with PostgreSQL if the engine is unavailable."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from hello.connectors.breaker import Breaker
from hello.connectors.search.client import RefusedQueryError
from hello.core.logs import RateLimitedLog
from hello.entities.errors import UnavailableError
from hello.services.search import ItemIndex, ItemSearch, Matches

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class SearchMetrics:
    answers: Counter
    up: Gauge


def search_metrics(registry: CollectorRegistry) -> SearchMetrics:
    """Return them for an engine that is up: in a process without a search, none has failed."""
    answers = Counter("search_answers", "Searches, by what answered them", ["engine"], registry=registry)
    up = Gauge(
        "search_engine_up",
        "0 from a failure of the search engine until its next success",
        registry=registry,
        multiprocess_mode="livemin",
    )
    up.set(1)
    return SearchMetrics(answers, up)


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackItemIndex:
    """After some failures the engine is left alone for a while, so a slow one delays few searches."""

    engine: ItemIndex
    database: ItemIndex
    breaker: Breaker
    metrics: SearchMetrics
    outages: RateLimitedLog = field(
        default_factory=lambda: RateLimitedLog(logger=structlog.get_logger("hello.search"))
    )

    async def search(self, wanted: ItemSearch) -> Matches:
        matches = await self._first(lambda index: index.search(wanted))
        self.metrics.answers.labels(matches.engine).inc()
        return matches

    async def suggest(self, typed: str, limit: int) -> Sequence[str]:
        return await self._first(lambda index: index.suggest(typed, limit))

    async def _first(self, ask: Callable[[ItemIndex], Awaitable[Answer]]) -> Answer:
        try:
            self.breaker.check()
        except UnavailableError:
            return await ask(self.database)
        try:
            answer = await ask(self.engine)
        except RefusedQueryError as error:
            self._refused(error)
            return await ask(self.database)
        except UnavailableError as error:
            self._failed(error)
            return await ask(self.database)
        self._succeeded()
        return answer

    def _refused(self, error: RefusedQueryError) -> None:
        """Go on asking the engine, so that no client can switch it off; `up` shows if it refuses all."""
        self._succeeded()
        self.outages.warning("search engine refuses a query, answering from PostgreSQL", error.explanation)
        self.metrics.up.set(0)

    def _failed(self, error: UnavailableError) -> None:
        if not self.breaker.has_failed:
            self.outages.warning("search engine is unavailable, answering from PostgreSQL", error.explanation)
        self.breaker.failed()
        self.metrics.up.set(0)

    def _succeeded(self) -> None:
        if self.breaker.has_failed:
            self.outages.warning("search engine is available again", "it has answered")
        self.breaker.succeeded()
        self.metrics.up.set(1)
