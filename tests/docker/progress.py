"""What is going on, on standard error."""

import sys


def say(text: str) -> None:
    sys.stderr.write(f"docker: {text}\n")
    sys.stderr.flush()
