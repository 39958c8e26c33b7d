"""Which versions of everything were measured."""

import json
import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

from benchmarks.commands import Words, path_of, run
from benchmarks.errors import BenchError
from benchmarks.places import HERE, PEERS, ROOT

ASK_S = 30
CRATES = ("axum", "tokio-postgres")
CPU_MODEL = re.compile(r"^model name\s*:\s*(.+)$", re.MULTILINE)


def hello() -> str:
    return f"Hello {version('hello')}{revision()}, Python {platform.python_version()}, {packages()}"


def packages() -> str:
    return ", ".join(f"{name} {version(name)}" for name in ("fastapi", "sqlalchemy", "asyncpg", "uvicorn"))


def revision() -> str:
    """Return nothing outside of a repository; `+` stands for changes that are not committed."""
    try:
        git: Words = [path_of("git"), "-C", ROOT]
        commit = run([*git, "rev-parse", "--short", "HEAD"], timeout_s=ASK_S).strip()
        changed = run([*git, "status", "--porcelain", "--", "src"], timeout_s=ASK_S).strip()
    except BenchError:
        return ""
    return f" ({commit}{'+' if changed else ''})"


def python(*packages: str) -> str:
    pins = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (HERE / "requirements.txt").read_text(), re.MULTILINE))
    return ", ".join([f"Python {platform.python_version()}", *(f"{name} {pins[name]}" for name in packages)])


def go() -> str:
    module = (PEERS / "go" / "go.mod").read_text()
    pgx = re.findall(r"jackc/pgx/v5 v(\S+)", module)[0]
    return f"Go {ask('go', 'version').split()[2].removeprefix('go')}, pgx {pgx}"


def rust() -> str:
    manifest = (PEERS / "rust" / "Cargo.toml").read_text()
    found = {name: re.findall(rf"^{name} = .*?=?(\d[\d.]+)", manifest, re.MULTILINE) for name in CRATES}
    crates = ", ".join(f"{name} {numbers[0]}" for name, numbers in found.items() if numbers)
    return f"Rust {ask('rustc', '--version').split()[1]}, {crates}"


def node() -> str:
    wanted = json.loads((PEERS / "fastify" / "package.json").read_text())["dependencies"]
    return ", ".join([f"Node {ask('node', '--version')[1:]}", *(f"{name} {wanted[name]}" for name in wanted)])


def ask(program: str, option: str) -> str:
    return run([path_of(program), option], timeout_s=ASK_S).strip()


def wrk() -> str:
    """Take its answer though it calls it a failure."""
    return run([path_of("wrk"), "-v"], timeout_s=ASK_S, good=(0, 1)).split()[1]


def machine() -> str:
    found = CPU_MODEL.search(Path("/proc/cpuinfo").read_text())
    model = found[1] if found else platform.machine()
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}"
