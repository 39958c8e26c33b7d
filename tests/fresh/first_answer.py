"""`make run` up to its first answers, then Ctrl-C: nothing may be left."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from tests.fresh.machine import FreshMachineError, Machine

START_S, STOP_S = 300, 60


def check_first_answer(machine: Machine) -> None:
    port = free_port()
    with running(machine, port) as process:
        wait_until_up(machine, process, f"http://127.0.0.1:{port}")
        born = json.dumps({"dateOfBirth": "1990-05-17"}).encode()
        person = f"http://127.0.0.1:{port}/hello/John"
        headers = {"Content-Type": "application/json"}
        urlopen(Request(person, born, headers, method="PUT"), timeout=10).close()
        with urlopen(person, timeout=10) as response:
            message = json.load(response)["message"]
    if not message.startswith("Hello, John!"):
        raise FreshMachineError(f"GET {person} answers {message}")
    if left := processes_of(process.pid):
        raise FreshMachineError(f"Ctrl-C left these processes: {left}")


@contextmanager
def running(machine: Machine, port: int) -> Iterator[subprocess.Popen[str]]:
    process = machine.start("make", "run", f"PORT={port}")
    try:
        yield process
        os.killpg(process.pid, signal.SIGINT)
        process.wait(STOP_S)
    finally:
        for pid in processes_of(process.pid):
            os.kill(pid, signal.SIGKILL)
        process.wait()


def wait_until_up(machine: Machine, process: subprocess.Popen[str], url: str) -> None:
    deadline = time.monotonic() + START_S
    while not is_up(url):
        if process.poll() is not None or time.monotonic() > deadline:
            raise FreshMachineError(f"make run did not start:\n{machine.output}")
        time.sleep(0.2)


def is_up(url: str) -> bool:
    try:
        with urlopen(f"{url}/api/v1/health/ready", timeout=10) as response:  # noqa: S310  # loopback
            return bool(json.load(response)["status"] == "ready")
    except (URLError, OSError):
        return False


def processes_of(session: int) -> list[int]:
    """Return what still runs in the session; servers in sessions of their own end with their parent."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(folder.name))
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
