"""Listening sockets, opened before anything else starts."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

BACKLOG = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where a process listens: an address, or a socket that its parent opened (`descriptor`)."""

    host: str
    port: int
    workers: int = 1
    reload: bool = False
    descriptor: int | None = None


class ListenError(Exception):
    """The process cannot listen on the address; the message is for people."""


@contextmanager
def listener(host: str, port: int, descriptor: int | None = None) -> Iterator[socket.socket]:
    """Listen at once, so that a taken port is an error before anything starts; raise `ListenError`.

    Port 0 takes a free one; `descriptor` is a listener that the parent process opened.
    """
    try:
        sock = socket.socket(fileno=descriptor) if descriptor is not None else bind(host, port)
    except OSError as error:
        raise ListenError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    with sock:
        yield sock


def bind(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock


def url_of(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"
