"""Whether Kafka answers: asked for its brokers, as any client asks first."""

import socket
import struct

from tests.brokers.sockets import PATIENCE_S, received
from tests.support.programs.ports import HOST

METADATA, VERSION = 3, 1
NO_CLIENT_ID, NO_TOPIC = -1, 0
CORRELATION = 42


def is_ready(port: int) -> bool:
    """Whether there is a broker that takes part: before that, a topic could have no leader."""
    try:
        with socket.create_connection((HOST, port), PATIENCE_S) as connection:
            return brokers(connection) > 0
    except OSError:
        return False


def brokers(connection: socket.socket) -> int:
    question = struct.pack(">hhihi", METADATA, VERSION, CORRELATION, NO_CLIENT_ID, NO_TOPIC)
    connection.sendall(struct.pack(">i", len(question)) + question)
    _size, correlation, count = struct.unpack(">iii", received(connection, 12))
    return int(count) if correlation == CORRELATION else 0
