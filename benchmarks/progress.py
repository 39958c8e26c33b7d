"""What is going on, told on standard error, so that standard output holds the figures alone."""

import sys


def say(text: str) -> None:
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()
