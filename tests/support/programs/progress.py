"""Progress, on standard error."""

import sys


def say(text: str) -> None:
    sys.stderr.write(f"tests: {text}\n")
    sys.stderr.flush()
