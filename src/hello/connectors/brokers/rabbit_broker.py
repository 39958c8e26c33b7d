"""FastStream's broker for RabbitMQ, changed to close a connection that failed to open."""

from aio_pika import RobustConnection
from aio_pika.abc import TimeoutType
from faststream.rabbit import RabbitBroker
from yarl import URL

HEARTBEAT_S = 10
"""RabbitMQ considers a client dead after two missed heartbeats; its queues then activate another consumer."""


def with_heartbeat(url: str) -> str:
    """Return the URL with a heartbeat, unless it names one."""
    parsed = URL(url)
    return url if "heartbeat" in parsed.query else str(parsed.update_query(heartbeat=HEARTBEAT_S))


class ClosingBroker(RabbitBroker):
    """Closes connections that failed to open: FastStream forgets them, and they may retry for ever."""

    async def _connect(self) -> RobustConnection:
        attempts: list[RobustConnection] = []

        class RecordedConnection(RobustConnection):
            async def connect(self, timeout: TimeoutType = None) -> None:  # noqa: ASYNC109  # as overridden
                attempts.append(self)
                await super().connect(timeout)

        self._connection_kwargs["connection_class"] = RecordedConnection
        try:
            return await super()._connect()
        except BaseException:
            for connection in attempts:
                await connection.close()
            raise
