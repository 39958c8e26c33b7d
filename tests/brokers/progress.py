"""What is going on, told on standard error."""

import sys


def say(text: str) -> None:
    sys.stderr.write(f"brokers: {text}\n")
    sys.stderr.flush()
