"""Import and export over HTTP and on the command line."""

import gzip
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.builders import a_name
from tests.external.running import HELLO, Running, places, running_api
from tests.external.test_hello import assert_problem

pytestmark = pytest.mark.external
TOKEN = "t" * 40
NDJSON, CSV = "application/x-ndjson", "text/csv"
IMPORT = "/api/v1/birthdays/import"
PEAK_MB = 200


@pytest.fixture(scope="module")
def api(servers: Servers) -> Iterator[Running]:
    with running_api(servers, ADMIN_TOKEN=TOKEN) as api:
        yield api


@pytest.fixture
def admin(api: Running) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=api.url, headers=headers, timeout=120) as client:
        yield client


@pytest.mark.parametrize("kind", [NDJSON, CSV])
def test_good_lines_are_saved_and_bad_ones_named(admin: httpx.Client, kind: str) -> None:
    name = a_name()
    rows = [(name, "1990-05-17"), ("J0hn", "1990-05-17"), (name, "2990-05-17"), (name, "1991-05-17")]
    header = "username,dateOfBirth\n" if kind == CSV else ""
    body = header + "\n".join(line(*row, kind) for row in rows)
    report = admin.post(IMPORT, content=body, headers={"Content-Type": kind})
    assert report.status_code == 200
    assert (report.json()["accepted"], report.json()["rejected"]) == (2, 2)
    first = 2 if kind == CSV else 1
    assert [error["line"] for error in report.json()["errors"]] == [first + 1, first + 2]
    assert exported(admin)[name] == "1991-05-17"


def line(name: str, born: str, kind: str) -> str:
    return f"{name},{born}" if kind == CSV else json.dumps({"username": name, "dateOfBirth": born})


def exported(admin: httpx.Client) -> dict[str, str]:
    answer = admin.get("/api/v1/birthdays/export")
    assert answer.headers["Content-Type"] == NDJSON
    people = [json.loads(text) for text in answer.text.splitlines()]
    assert [person["username"] for person in people] == sorted(person["username"] for person in people)
    return {person["username"]: person["dateOfBirth"] for person in people}


@pytest.mark.parametrize("kind", ["application/json", "text/plain", ""])
def test_another_type_is_415(admin: httpx.Client, kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    assert_problem(admin.post(IMPORT, content=b"x", headers=headers), 415)


def test_a_compressed_file_is_415(admin: httpx.Client) -> None:
    body = gzip.compress(line(a_name(), "1990-05-17", NDJSON).encode())
    answer = admin.post(IMPORT, content=body, headers={"Content-Type": NDJSON, "Content-Encoding": "gzip"})
    assert_problem(answer, 415)
    assert answer.headers["Accept-Encoding"] == "identity"


def test_a_large_file_does_not_fill_the_memory_and_may_come_twice(api: Running, admin: httpx.Client) -> None:
    """60 times the limit of other bodies."""
    count = 1_000_000 if os.environ.get("LONG") else 60_000

    def lines() -> Iterator[bytes]:
        for number in range(count):
            name = "".join(chr(97 + int(digit)) for digit in f"{number:07}")
            yield line(f"import{name}", f"19{number % 90 + 10}-0{number % 9 + 1}-11", NDJSON).encode() + b"\n"

    for _ in range(2):
        report = admin.post(IMPORT, content=lines(), headers={"Content-Type": NDJSON}).json()
        assert report == {"accepted": count, "rejected": 0, "errors": []}
    assert peak_mb(api.process.pid) < PEAK_MB


def peak_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(row.split()[1] for row in status.splitlines() if row.startswith("VmHWM"))) // 1024


def run(servers: Servers, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | places(servers)
    return subprocess.run([*HELLO, *arguments], env=environment, capture_output=True, text=True, check=False)


def test_the_command_line_imports_exports_and_seeds(servers: Servers, api: Running, tmp_path: Path) -> None:
    name, file, out = a_name(), tmp_path / "people.csv", tmp_path / "people.ndjson"
    file.write_text(f"{name},1990-05-17\nJ0hn,1990-05-17\n")
    imported = run(servers, "import", str(file))
    assert imported.returncode == 1
    assert "1 saved, 1 rejected" in imported.stdout
    assert "line 2: username" in imported.stdout
    assert httpx.get(f"{api.url}/hello/{name}").status_code == 200
    assert "500 people" in run(servers, "seed", "--people", "500").stdout
    assert run(servers, "export", str(out)).returncode == 0
    assert name in out.read_text()
    assert len(out.read_text().splitlines()) > 500
