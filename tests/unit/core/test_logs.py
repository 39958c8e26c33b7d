"""Log lines: their trace, and what tracebacks leave out."""

import io
import logging
from collections.abc import Callable, Iterator

import orjson
import pytest

from hello.core.logs import Format, formatter_of, shared_processors
from hello.core.traces import traced

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE_ID}-b7ad6b7169203331-01"
SECRET = "ada@example.com"  # noqa: S105
Lines = Callable[[], list[str]]


@pytest.fixture
def lines_of() -> Iterator[Callable[[Format], tuple[logging.Logger, Lines]]]:
    """Return a logger of the standard library whose lines are formatted as the service's, and its lines."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("test of logs")
    logger.propagate = False

    def make(log_format: Format) -> tuple[logging.Logger, Lines]:
        handler.setFormatter(formatter_of(log_format, shared_processors(log_format)))
        logger.addHandler(handler)
        return logger, lambda: stream.getvalue().splitlines()

    yield make
    logger.removeHandler(handler)


def fail() -> None:
    raise ValueError(f"duplicate key\nDETAIL:  Key (email)=({SECRET}) already exists.\n[SQL: INSERT]")


def test_line_within_a_trace_has_its_id(
    lines_of: Callable[[Format], tuple[logging.Logger, Lines]],
) -> None:
    logger, lines = lines_of("json")
    with traced(TRACEPARENT):
        logger.warning("within")
    logger.warning("without")
    first, second = map(orjson.loads, lines())
    assert first["trace_id"] == TRACE_ID
    assert "trace_id" not in second


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_traceback_leaves_out_the_values_that_postgresql_quotes(
    lines_of: Callable[[Format], tuple[logging.Logger, Lines]], log_format: Format
) -> None:
    logger, lines = lines_of(log_format)
    try:
        fail()
    except ValueError:
        logger.exception("request failed")
    text = "\n".join(lines())
    assert SECRET not in text
    assert "duplicate key" in text
    assert "[SQL: INSERT]" in text
    assert "test_logs.py" in text
