"""The command `hello`, also as `python -m hello`."""

import gc
from importlib import import_module

GC_THRESHOLDS = 50_000, 50, 100


def main() -> None:
    """Import with few garbage collections, and exit without one: they took half of a short command's time."""
    gc.set_threshold(*GC_THRESHOLDS)
    try:
        import_module("hello.bootstrap").main()
    finally:
        gc.freeze()


if __name__ == "__main__":
    main()
