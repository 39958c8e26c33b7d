"""The image's health check: `python -m hello.entrypoints.liveness` checks the process in its container."""

import os
import sys
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

PORTS = {"PORT": "8000", "WORKER_PORT": "8001"}
TIMEOUT_S = 2


def is_alive(environment: Mapping[str, str]) -> bool:
    """Check the API, or else the worker: a container runs one of them."""
    return any(answers(int(environment.get(name) or default)) for name, default in PORTS.items())


def answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/api/v1/health")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not is_alive(os.environ))
