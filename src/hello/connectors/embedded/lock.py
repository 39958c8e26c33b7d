"""Locks between processes, which end with the process that holds them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hello.connectors.embedded.errors import EmbeddedError

LOCK = "lock"
SIGNATURE = b"hello "
CREATE = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW


@contextmanager
def only_instance(data_dir: Path) -> Iterator[None]:
    """Raise `EmbeddedError` when another process is inside for the same directory."""
    path = data_dir / LOCK
    try:
        held = take(path, fcntl.LOCK_EX | fcntl.LOCK_NB, CREATE)
    except BlockingIOError as error:
        raise EmbeddedError(f"another hello is running on {data_dir} (pid {holder(path)})") from error
    try:
        sign(held, path)
        yield
    finally:
        os.close(held)


def take(path: Path, how: int, opening: int) -> int:
    """Return a file which holds the lock until closed; raise `BlockingIOError` when told not to wait."""
    while True:
        held = os.open(path, opening | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(held, how)
            if os.path.samestat(os.fstat(held), path.stat()):
                return held
        except FileNotFoundError:
            pass
        except BaseException:
            os.close(held)
            raise
        os.close(held)


def sign(held: int, path: Path) -> None:
    if os.fstat(held).st_size and not path.read_bytes().startswith(SIGNATURE):
        raise EmbeddedError(f"{path} is in the way: it is not a lock of hello's")
    os.ftruncate(held, 0)
    os.pwrite(held, SIGNATURE + b"%d\n" % os.getpid(), 0)


def holder(path: Path) -> str:
    return path.read_bytes().removeprefix(SIGNATURE).decode(errors="replace").strip() or "unknown"


def was_used(data_dir: Path) -> bool:
    """Whether a Hello has ever run on this directory."""
    try:
        return (data_dir / LOCK).read_bytes().startswith(SIGNATURE)
    except (FileNotFoundError, NotADirectoryError):
        return False
