"""A search server as tests run it: it starts, indexes, survives kills, freezes and leaves no process."""

import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hello.connectors.embedded.termination import wait_until
from tests.search.engine import Engine, running_engine
from tests.search.front import Front, running_front
from tests.support.paths import REPOSITORY
from tests.support.programs.errors import ProgramError
from tests.support.programs.ports import is_free

SOON_S = 10
pytestmark = [pytest.mark.search, pytest.mark.timeout(300)]
WORDS = {"type": "custom", "tokenizer": "standard", "filter": ["lowercase", "asciifolding", "english"]}
ANALYSIS = {
    "filter": {"english": {"type": "stemmer", "language": "english"}},
    "analyzer": {"words": WORDS},
}
ITEMS = {
    "settings": {"number_of_replicas": 0, "analysis": ANALYSIS},
    "mappings": {"dynamic": "strict", "properties": {"title": {"type": "text", "analyzer": "words"}}},
}
START_AND_WAIT = """
import sys
from pathlib import Path
from tests.search.engine import running_engine
with running_engine(sys.argv[1], Path(sys.argv[2])) as engine:
    print(engine.pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def front(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with running_front(engine, tmp_path_factory.mktemp("front")) as front:
        yield front


def create_items(client: httpx.Client) -> None:
    created = client.put("/items", json=ITEMS)
    assert created.status_code == 200, created.text


def save(client: httpx.Client, number: int, title: str, version: int) -> int:
    """Return the status."""
    params: dict[str, str | int] = {"version": version, "version_type": "external", "refresh": "true"}
    return client.put(f"/items/_doc/{number}", params=params, json={"title": title}).status_code


def search(client: httpx.Client, words: str) -> list[str]:
    """Return the ids."""
    found = client.post("/items/_search", json={"query": {"match": {"title": words}}})
    assert found.status_code == 200, found.text
    return [hit["_id"] for hit in found.json()["hits"]["hits"]]


def test_server_says_what_it_is(client: httpx.Client, engine_name: str) -> None:
    about = client.get("/").json()
    assert about["version"].get("distribution", "elasticsearch") == engine_name.rstrip("23")


def test_words_are_found_by_their_stems_and_without_accents(client: httpx.Client) -> None:
    create_items(client)
    assert save(client, 1, "Two crème brûlées", 1) == 201
    assert save(client, 2, "A kite", 1) == 201
    assert search(client, "CREME") == ["1"]
    assert search(client, "kites") == ["2"]


def test_stale_write_is_refused(client: httpx.Client) -> None:
    create_items(client)
    assert save(client, 1, "new", 7) == 201
    assert save(client, 1, "old", 6) == 409
    assert save(client, 1, "newer", 8) == 200
    assert search(client, "newer") == ["1"]


def test_data_survives_a_kill_on_the_same_port(client: httpx.Client, engine: Engine) -> None:
    create_items(client)
    assert save(client, 1, "A kite", 7) == 201
    first, url = engine.pid, engine.url
    engine.kill()
    assert engine.pid is None
    engine.start()
    assert engine.pid not in {None, first}
    assert engine.url == url
    assert search(client, "kite") == ["1"]
    assert save(client, 1, "old", 6) == 409


def test_data_survives_a_restart(client: httpx.Client, engine: Engine) -> None:
    create_items(client)
    assert save(client, 1, "A kite", 7) == 201
    engine.restart()
    assert search(client, "kite") == ["1"]


def test_frozen_server_answers_when_it_is_resumed(client: httpx.Client, engine: Engine) -> None:
    engine.freeze()
    try:
        with pytest.raises(httpx.ReadTimeout):
            client.get("/_cluster/health", timeout=1)
    finally:
        engine.resume()
    assert client.get("/_cluster/health").status_code == 200


def test_frozen_server_can_be_stopped(engine_name: str, tmp_path: Path) -> None:
    with running_engine(engine_name, tmp_path, heap_mb=256) as engine:
        engine.freeze()
    assert engine.pid is None
    assert "closed" in engine.log.read_text()


def test_server_ends_with_a_killed_test_process(engine_name: str, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT, engine_name, str(tmp_path)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout
        process = Path("/proc", child.stdout.readline().strip())
        assert process.exists()
        child.send_signal(signal.SIGKILL)
        child.wait(SOON_S)
    assert wait_until(lambda: not process.exists(), SOON_S)


def test_failed_start_quotes_the_log(engine_name: str, tmp_path: Path) -> None:
    with running_engine(engine_name, tmp_path, heap_mb=256) as engine:
        settings = next((tmp_path / "config").glob("*search.yml"))
        engine.stop()
        assert is_free(int(engine.url.rpartition(":")[2]))
        settings.write_text(f"{settings.read_text()}no.such.setting: 1\n")
        with pytest.raises(ProgramError, match=r"did not start:\n(.*\n)*.*no\.such\.setting"):
            engine.start()
        assert engine.pid is None


def ask_front(front: Front, authorization: str) -> httpx.Response:
    headers = {"Authorization": authorization} if authorization else {}
    trust = ssl.create_default_context(cafile=str(front.authority))
    with httpx.Client(base_url=front.url, verify=trust, trust_env=False) as client:
        return client.get("/_cluster/health", headers=headers)


def test_front_takes_a_password_and_an_api_key(front: Front) -> None:
    known = httpx.BasicAuth(front.user, front.password)
    trust = ssl.create_default_context(cafile=str(front.authority))
    with httpx.Client(base_url=front.url, verify=trust, auth=known, trust_env=False) as client:
        assert client.get("/_cluster/health").json()["cluster_name"] == "tests"
    assert ask_front(front, f"ApiKey {front.api_key}").json()["cluster_name"] == "tests"


def test_front_refuses_other_credentials(front: Front) -> None:
    wrong = ["", f"Bearer {front.api_key}", f"ApiKey {front.api_key.swapcase()}", "Basic aGVsbG86aGVsbG8="]
    answers = [ask_front(front, authorization) for authorization in wrong]
    assert [answer.status_code for answer in answers] == [401] * len(wrong)
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {'Basic realm="security", ApiKey'}
    assert answers[0].json()["error"]["type"] == "security_exception"


def test_front_is_trusted_by_its_own_authority_only(front: Front) -> None:
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(front.url, trust_env=False)


def test_second_install_fetches_nothing(engine: Engine) -> None:
    """A second time it finds no Maven."""
    install = [sys.executable, "-m", "tests.search", "install", engine.name]
    environment = {name: value for name, value in os.environ.items() if name == "JAVA_HOME"}
    subprocess.run(install, cwd=REPOSITORY, env=environment | {"PATH": ""}, check=True, timeout=SOON_S)


def test_given_server_answers() -> None:
    """The one that `python -m tests.search run` starts, for tests that kill nothing."""
    url = os.environ.get("TEST_SEARCH_URL")
    assert url is None or httpx.get(f"{url}/_cluster/health", trust_env=False).status_code == 200
