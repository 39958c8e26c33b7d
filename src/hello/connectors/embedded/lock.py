"""File locks between processes; the system releases them when the holder exits."""

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
    """Lock the directory during the block; raise `EmbeddedError` if another process holds the lock."""
    path = data_dir / LOCK
    try:
        lock = acquire(path, fcntl.LOCK_EX | fcntl.LOCK_NB, CREATE)
    except BlockingIOError as error:
        raise EmbeddedError(f"another hello is running on {data_dir} (pid {holder(path)})") from error
    try:
        sign(lock, path)
        yield
    finally:
        os.close(lock)


def acquire(path: Path, operation: int, flags: int) -> int:
    """Return a file that holds the lock until closed; raise `BlockingIOError` with `LOCK_NB`."""
    while True:
        held = os.open(path, flags | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(held, operation)
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
        raise EmbeddedError(f"{path} is in the way: it is not a lock file of Hello")
    os.ftruncate(held, 0)
    os.pwrite(held, SIGNATURE + b"%d\n" % os.getpid(), 0)


def holder(path: Path) -> str:
    return path.read_bytes().removeprefix(SIGNATURE).decode(errors="replace").strip() or "unknown"


def was_used(data_dir: Path) -> bool:
    """Return whether Hello has ever run on this directory."""
    try:
        return (data_dir / LOCK).read_bytes().startswith(SIGNATURE)
    except (FileNotFoundError, NotADirectoryError):
        return False
