"""Logs statements that take long, without their parameters, and on demand how PostgreSQL runs them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, TypeAlias

import asyncpg
import structlog
from sqlalchemy import event
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine

from hello.connectors.postgres.engine import Database, connect
from hello.core.logs import RateLimitedLog

LOGGED_EVERY_S, EXPLAINED_EVERY_S = 0.1, 5.0
MAX_TEXT = 2000
STARTED = "hello started"
# asyncpg would bind values to $1 and get a plan for just these, so the server sends the plan as notices.
EXPLAIN = """
DO $plan$
DECLARE line text;
BEGIN
    FOR line IN EXECUTE $statement$EXPLAIN (GENERIC_PLAN) %s$statement$ LOOP
        RAISE NOTICE '%%', line;
    END LOOP;
END $plan$
"""
FAULTS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
Explain: TypeAlias = Callable[[str], Awaitable[Sequence[str]]]
"""Returns the lines of a statement's plan."""
log = structlog.get_logger("hello.postgres")


def query_log() -> RateLimitedLog:
    return RateLimitedLog(logger=log, every_s=LOGGED_EVERY_S)


@dataclass(slots=True, kw_only=True)
class SlowQueries:
    """Logs what takes `threshold_s` or longer, and with `explain` a plan every few seconds."""

    threshold_s: float
    explain: Explain | None = None
    timer: Callable[[], float] = monotonic
    queries: RateLimitedLog = field(default_factory=query_log)
    _task: asyncio.Task[None] | None = None
    _explains_at: float = 0

    def watch(self, engine: AsyncEngine) -> None:
        """Also note statements that fail: those that time out are the slowest."""
        event.listen(engine.sync_engine, "before_cursor_execute", self._started)
        event.listen(engine.sync_engine, "after_cursor_execute", self._ended)
        event.listen(engine.sync_engine, "handle_error", self._failed)

    def ran(self, statement: str, seconds: float) -> None:
        if seconds < self.threshold_s:
            return
        operation = statement.split(maxsplit=1)[0]
        text, duration_ms = statement[:MAX_TEXT], round(1000 * seconds, 1)
        self.queries.warning("slow query", operation, statement=text, duration_ms=duration_ms)
        self._explain_soon(statement)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def _started(self, connection: Any, *_: object) -> None:  # noqa: ANN401  # SQLAlchemy's own
        connection.info[STARTED] = self.timer()

    def _ended(self, connection: Any, _: object, statement: str, *__: object) -> None:  # noqa: ANN401
        started = connection.info.pop(STARTED, None)
        if started is not None:
            self.ran(statement, self.timer() - started)

    def _failed(self, context: ExceptionContext) -> None:
        if context.connection is not None and context.statement:
            self._ended(context.connection, None, context.statement)

    def _explain_soon(self, statement: str) -> None:
        now = self.timer()
        if self.explain is None or now < self._explains_at:
            return
        if self._task is None or self._task.done():
            self._explains_at = now + EXPLAINED_EVERY_S
            self._task = asyncio.get_running_loop().create_task(self._log_plan(self.explain, statement))

    async def _log_plan(self, explain: Explain, statement: str) -> None:
        text = statement[:MAX_TEXT]
        try:
            plan = "\n".join(await explain(statement))
        except FAULTS as error:
            log.warning("slow query has no plan", statement=text, error=type(error).__name__)
        else:
            log.warning("plan of a slow query", statement=text, plan=plan)


def explainer(database: Database) -> Explain:
    """Explain on a separate connection, as a pool may be what is short."""

    async def explain(statement: str) -> Sequence[str]:
        lines = list[str]()
        async with asyncio.timeout(database.deadline_s):
            connection = await connect(database)
            try:
                connection.add_log_listener(lambda _, notice: lines.append(notice.message))
                await connection.execute(EXPLAIN % statement)
            finally:
                connection.terminate()
        return lines

    return explain


@asynccontextmanager
async def open_slow_queries(threshold_s: float, database: Database | None) -> AsyncIterator[SlowQueries]:
    """Explain on `database`, unless it is None."""
    slow_queries = SlowQueries(threshold_s=threshold_s, explain=explainer(database) if database else None)
    try:
        yield slow_queries
    finally:
        await slow_queries.close()
