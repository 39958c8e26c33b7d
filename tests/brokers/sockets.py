"""What both probes do with a connection."""

import socket

PATIENCE_S = 2.0


def received(connection: socket.socket, size: int) -> bytes:
    """Return just as many bytes; raise `ConnectionError` when it is closed before."""
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise ConnectionResetError("closed before it had answered")
        data += more
    return data
