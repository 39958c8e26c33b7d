"""Whether RabbitMQ answers: greeted as any client greets first."""

import socket
import struct

from tests.brokers.sockets import PATIENCE_S, received
from tests.support.programs.ports import HOST

GREETING = b"AMQP\x00\x00\x09\x01"
METHOD_FRAME, CONTROL_CHANNEL = 1, 0
CONNECTION, START = 10, 10


def is_ready(port: int) -> bool:
    """Whether it asks who we are: it lets clients in only after all else is there."""
    try:
        with socket.create_connection((HOST, port), PATIENCE_S) as connection:
            connection.sendall(GREETING)
            kind, channel, _size, group, method = struct.unpack(">BHIHH", received(connection, 11))
    except OSError:
        return False
    return (kind, channel, group, method) == (METHOD_FRAME, CONTROL_CHANNEL, CONNECTION, START)


def listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), PATIENCE_S).close()
    except OSError:
        return False
    return True
