"""Logs: one event per line, as JSON for machines or in colour for people."""

import logging
import logging.config
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from traceback import format_exception
from typing import Any, Literal, TextIO

import orjson
import structlog
from structlog.typing import EventDict, ExcInfo, Processor

from hello.core.traces import current_traceparent, trace_id_of

Format = Literal["console", "json"]
DETAIL = re.compile(r"^DETAIL: .*$", re.MULTILINE)


def set_up_logs(log_format: Format, level: str) -> None:
    """Send the logs of structlog and the standard library to standard error, in one format."""
    shared = shared_processors(log_format)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    formatter = {"()": lambda: formatter_of(log_format, shared)}
    handler = {"class": "logging.StreamHandler", "formatter": "hello"}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"hello": formatter},
            "handlers": {"hello": handler},
            "root": {"handlers": ["hello"], "level": level.upper()},
            "loggers": QUIET,
        }
    )


QUIET: dict[str, dict[str, Any]] = {
    "aio_pika": {"level": "CRITICAL"},  # our broker connectors log each outage once
    "aiokafka": {"level": "CRITICAL"},
    "aiormq": {"level": "CRITICAL"},
    "alembic": {"level": "WARNING"},
    "uvicorn": {"level": "WARNING"},
    "uvicorn.access": {"level": "WARNING", "propagate": False},
    "watchfiles": {"level": "WARNING"},
}


@dataclass(slots=True, kw_only=True)
class RateLimitedLog:
    """Writes at most one warning per cause every `every_s` seconds, so that a flood stays cheap."""

    logger: Any
    timer: Callable[[], float] = monotonic
    every_s: float = 1
    _next: dict[str, float] = field(default_factory=dict)
    _left_out: dict[str, int] = field(default_factory=dict)

    def warning(self, event: str, cause: str, **fields: object) -> None:
        """Include the number left out since the last line; `cause` comes from a small set of texts."""
        now = self.timer()
        if now < self._next.get(cause, now):
            self._left_out[cause] = self._left_out.get(cause, 0) + 1
            return
        self._next[cause] = now + self.every_s
        self.logger.warning(event, cause=cause, left_out=self._left_out.pop(cause, 0), **fields)


def shared_processors(log_format: Format) -> list[Processor]:
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        add_trace_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    return (
        [*processors, structlog.processors.ExceptionRenderer(traceback_of)]
        if log_format == "json"
        else processors
    )


def add_trace_id(_: object, __: str, event: EventDict) -> EventDict:
    trace_id = trace_id_of(current_traceparent())
    return event if trace_id is None else {**event, "trace_id": trace_id}


def formatter_of(log_format: Format, shared: list[Processor]) -> logging.Formatter:
    render = structlog.processors.JSONRenderer(to_json) if log_format == "json" else console()
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
    )


def traceback_of(exc_info: ExcInfo) -> str:
    return without_details("".join(format_exception(*exc_info)).rstrip("\n"))


def print_traceback(output: TextIO, exc_info: ExcInfo) -> None:
    output.write("\n" + traceback_of(exc_info))


def without_details(text: str) -> str:
    """Leave out what PostgreSQL adds to an error: it quotes values, such as an e-mail that is taken."""
    return DETAIL.sub("DETAIL: (left out)", text)


def console() -> Callable[[Any, str, EventDict], str]:
    """Use plain tracebacks: rich ones print local variables, which may hold secrets."""
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=print_traceback)


def to_json(event: EventDict, **_: object) -> str:
    return orjson.dumps(event, default=str).decode()
