"""The command `hello`, also as `python -m hello`."""

import gc
import signal
from types import FrameType
from typing import NoReturn

GC_THRESHOLDS = 50_000, 50, 100


def start() -> None:
    """Import with few garbage collections, and exit without one: they took half of a short command's time."""
    signal.signal(signal.SIGTERM, leave)  # else the first process of a container ignores it
    gc.set_threshold(*GC_THRESHOLDS)
    try:
        from hello.entrypoints.cli.main import main  # noqa: PLC0415  # imported with these thresholds

        main()
    finally:
        gc.freeze()


def leave(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    start()
