"""FastStream's broker for RabbitMQ, which here closes a connection that could not be made."""

from aio_pika import RobustConnection
from aio_pika.abc import TimeoutType
from faststream.rabbit import RabbitBroker
from yarl import URL

HEARTBEAT_S = 10
"""RabbitMQ takes a client for dead after two of them; a queue then has another active consumer."""


def with_heartbeat(url: str) -> str:
    """Return the URL with a heartbeat, unless it names one."""
    parsed = URL(url)
    return url if "heartbeat" in parsed.query else str(parsed.update_query(heartbeat=HEARTBEAT_S))


class ClosingBroker(RabbitBroker):
    """FastStream forgets a connection that failed on the way, and such a one may go on trying for ever."""

    async def _connect(self) -> RobustConnection:
        made: list[RobustConnection] = []

        class Remembered(RobustConnection):
            async def connect(self, timeout: TimeoutType = None) -> None:  # noqa: ASYNC109  # as overridden
                made.append(self)
                await super().connect(timeout)

        self._connection_kwargs["connection_class"] = Remembered
        try:
            return await super()._connect()
        except BaseException:
            for connection in made:
                await connection.close()
            raise
