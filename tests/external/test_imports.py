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
from tests.support.builders import a_name
from tests.support.http.messages import assert_problem
from tests.support.http.running import HELLO, Running, migrate, places, running_api

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
def test_import_saves_valid_lines_and_reports_invalid_ones(admin: httpx.Client, kind: str) -> None:
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
def test_import_of_another_media_type_is_415(admin: httpx.Client, kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    assert_problem(admin.post(IMPORT, content=b"x", headers=headers), 415)


def test_a_file_without_a_good_line_is_400_and_its_lines_are_named(admin: httpx.Client) -> None:
    body = "username,dateOfBirth\n" + "J0hn,1990-05-17\n" * 200
    problem = assert_problem(admin.post(IMPORT, content=body, headers={"Content-Type": CSV}), 400)
    assert problem["detail"] == "none of 200 lines is a person; the first is line 2"
    assert [error["field"] for error in problem["errors"]] == [f"line {number}" for number in range(2, 102)]
    assert "username: must be" in problem["errors"][0]["message"]


@pytest.mark.parametrize("body", ["", "\n\r\n", "username,dateOfBirth\n"])
def test_a_file_without_people_is_400(admin: httpx.Client, body: str) -> None:
    problem = assert_problem(admin.post(IMPORT, content=body, headers={"Content-Type": CSV}), 400)
    assert problem["detail"] == "body: has no people in it"


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ("; charset=UTF-16", "username,dateOfBirth\r\n{name},1990-05-17"),
        ('; charset="utf-16"; header=absent', "{name};1990-05-17"),
        (";header=present", "\n\ndateOfBirth\tusername\n1990-05-17\t{name}"),
    ],
)
def test_the_parameters_of_csv_are_understood(admin: httpx.Client, parameters: str, text: str) -> None:
    name = a_name()
    body = text.format(name=name).encode("utf-16" if "16" in parameters else "utf-8")
    report = admin.post(IMPORT, content=body, headers={"Content-Type": CSV + parameters})
    assert report.json() == {"accepted": 1, "rejected": 0, "errors": []}
    assert exported(admin)[name] == "1990-05-17"


@pytest.mark.parametrize("parameter", ["charset=ebcdic", "charset=rot13", "header=maybe", "header="])
def test_unknown_parameters_of_csv_are_415(admin: httpx.Client, parameter: str) -> None:
    answer = admin.post(IMPORT, content="a,1990-05-17", headers={"Content-Type": f"{CSV};{parameter}"})
    assert parameter.split("=", maxsplit=1)[0] in assert_problem(answer, 415)["detail"]


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


def run(servers: Servers, *arguments: str, sent: str = "") -> subprocess.CompletedProcess[str]:
    migrate(servers)
    environment, command = os.environ | places(servers), [*HELLO, *arguments]
    return subprocess.run(command, env=environment, input=sent, capture_output=True, text=True, check=False)


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


@pytest.mark.parametrize(
    ("name", "arguments", "kind"),
    [
        ("People.CSV", (), CSV),
        ("People.Ndjson", (), NDJSON),
        ("people.txt", ("--format", "csv"), CSV),
        ("people.csv", ("--format", "ndjson"), NDJSON),
        ("-", (), NDJSON),
        ("-", ("--format", "csv"), CSV),
    ],
)
def test_the_command_line_knows_what_a_file_is(
    servers: Servers, tmp_path: Path, name: str, arguments: tuple[str, ...], kind: str
) -> None:
    text, file = line(a_name(), "1990-05-17", kind), tmp_path / name
    file.write_text(text) if name != "-" else None
    imported = run(servers, "import", *arguments, name if name == "-" else str(file), sent=text)
    assert (imported.returncode, imported.stdout) == (0, "1 saved, 0 rejected.\n"), imported.stderr


def test_the_command_line_does_not_guess_what_a_file_is(servers: Servers, tmp_path: Path) -> None:
    file = tmp_path / "people.txt"
    file.write_text(f"{a_name()},1990-05-17\n")
    refused = run(servers, "import", str(file))
    assert refused.returncode == 2
    assert "--format csv" in refused.stderr


@pytest.mark.parametrize("text", ["", "John,1990-05-17\n"])
def test_the_command_line_that_saves_nothing_fails(servers: Servers, text: str) -> None:
    failed = run(servers, "import", "-", sent=text)
    assert failed.returncode == 1
    assert "Nothing was saved" in failed.stderr
