"""The tutorial and the guides: their commands work as they stand, one after the other in one shell."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hello.entrypoints.children import read_connections
from tests.support.builders import a_name
from tests.support.http.running import running_hello
from tests.support.paths import REPOSITORY
from tests.support.polling import until

DOCS = REPOSITORY / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STRICT = """set -eu -o pipefail
curl() {
    case "$*" in *02-30*) command curl -sS "$@" ;; *) command curl -sS --fail-with-body "$@" ;; esac
}
"""
ORDERS = {"ORDER_CONFIRM_DELAY_S": "0.1", "ORDER_SHIP_DELAY_S": "0.1"}


class Reader:
    """Types what the pages say, in a folder of its own that has the programs of `.venv/bin`."""

    def __init__(self, url: str, data_dir: Path, folder: Path) -> None:
        self.url, self.data_dir, self.folder = url, data_dir, folder
        folder.joinpath(".venv").mkdir()
        folder.joinpath(".venv/bin").symlink_to(Path(sys.executable).parent)

    def types(self, *pages: str) -> str:
        """Return what the shell prints; the first command that fails ends it."""
        script = STRICT + "\n".join(block for page in pages for block in blocks(page, "sh"))
        script = script.replace("http://127.0.0.1:8000", self.url)
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=os.environ | self.connections,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    @property
    def connections(self) -> dict[str, str]:
        return {name.upper(): url for name, url in read_connections(self.data_dir).items()}


def blocks(page: str, language: str) -> list[str]:
    return [code for name, code in BLOCK.findall((DOCS / page).read_text()) if name == language]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tutorial")


@pytest.fixture(scope="module")
def url(data_dir: Path) -> Iterator[str]:
    with running_hello(data_dir, **ORDERS) as hello:
        yield hello.url


@pytest.fixture
def reader(url: str, data_dir: Path, tmp_path: Path) -> Reader:
    return Reader(url, data_dir, tmp_path)


@pytest.mark.external
def test_every_page_works_in_one_shell_after_the_tutorial(reader: Reader) -> None:
    guides = ["follow-an-order", "generate-a-client", "administrators", "calendar"]
    printed = reader.types("tutorial.md", *(f"guides/{guide}.md" for guide in guides))
    for said in (
        "204 No Content",
        '"message":"Hello, John!',
        "dateOfBirth",
        '"email":"ada@example.com"',
        "event: order.created",
        "event: order.confirmed",
        "event: order.shipped",
        "grace@example.com is an administrator now.",
        "BEGIN:VCALENDAR",
        "people.imported",
    ):
        assert said in printed
    followed = [printed.count(f"event: order.{name}") for name in ("created", "shipped")]
    assert followed == [2, 3], "the stream is followed twice from the start, and once after the first event"
    assert "Alan" in (reader.folder / "everyone.ndjson").read_text()


@pytest.mark.external
def test_the_consumer_of_the_guide_prints_an_event(reader: Reader, tmp_path: Path) -> None:
    (program,) = blocks("guides/consume-events.md", "python")
    name = a_name()
    printed = tmp_path / "printed"
    with printed.open("w") as output:
        environment = os.environ | reader.connections
        consumer = subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=output)
        try:
            httpx.put(f"{reader.url}/hello/{name}", json={"dateOfBirth": "1990-05-17"}).raise_for_status()
            until(lambda: f"person.saved {name} " in printed.read_text())
        finally:
            consumer.kill()
            consumer.wait()
