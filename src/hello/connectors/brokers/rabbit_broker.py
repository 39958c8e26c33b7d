"""FastStream's broker for RabbitMQ, which here closes a connection that could not be made."""

from aio_pika import RobustConnection
from aio_pika.abc import TimeoutType
from faststream.rabbit import RabbitBroker


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
