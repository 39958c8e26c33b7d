"""A fork server: it has imported the product, and forks processes that run it, which are up within a moment.

It reads what to run from its standard input, one line of JSON each, and answers with a process id.
When its input ends, it ends with all its processes. If each process imported the product itself, two cores
would do little else.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn

from hello.core.processes import die_with_parent
from hello.entrypoints.cli.main import main

ADAPTERS = ("redis_streams", "redis_source", "kafka", "kafka_source", "rabbit", "rabbit_source")
NEEDED = {"hello.bootstrap.worker", "hello.entrypoints.cli.service"} | {
    f"hello.connectors.brokers.{name}" for name in ADAPTERS
}


def serve() -> None:
    for module in sorted(NEEDED):
        import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no parent waits for their exit codes
    end_with_us = die_with_parent(signal.SIGKILL)
    for line in sys.stdin:
        if pid := os.fork():
            sys.stdout.write(f"{pid}\n")
        else:
            become(json.loads(line), end_with_us)


def become(request: dict[str, Any], end_with_parent: Callable[[], None] | None) -> NoReturn:
    """Run the product as if it had been started by its command."""
    if end_with_parent:
        end_with_parent()
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    redirect(request["log"])
    os.environ |= request["environment"]
    sys.argv = ["hello", *request["arguments"]]
    main()
    sys.exit()


def redirect(log: str) -> None:
    for name, flags, descriptors in (
        (os.devnull, os.O_RDONLY, (0,)),
        (log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, (1, 2)),
    ):
        opened = os.open(name, flags, 0o600)
        for descriptor in descriptors:
            os.dup2(opened, descriptor)
        os.close(opened)


if __name__ == "__main__":
    serve()
