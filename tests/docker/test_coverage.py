"""The external tests from a container, and what they run of the stack; run by `make test_compose`."""

import re
from collections.abc import Iterator

import pytest

from tests.docker.stack import BASE, PATIENCE_S, QUICK, Stack, removed_at_the_end, write_settings

pytestmark = [pytest.mark.external, pytest.mark.compose, pytest.mark.timeout(3 * PATIENCE_S)]


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    settings = write_settings(tmp_path_factory.mktemp("coverage") / "env", QUICK)
    with removed_at_the_end(Stack(settings, (BASE,))) as stack:
        yield stack


def test_the_external_tests_pass_against_the_stack(stack: Stack) -> None:
    ran = stack.tried("run", "--rm", "test", "-k", "test_hello or shipped")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"\d+ passed", ran.stdout)


def test_a_failure_of_an_external_test_is_the_exit_code(stack: Stack) -> None:
    ran = stack.tried("run", "--rm", "--env=BASE_URL=http://api:1", "test", "-k", "names_are_case_sensitive")
    assert ran.returncode == 1, ran.stdout + ran.stderr


def test_coverage_of_the_containers_is_shown(stack: Stack) -> None:
    """Nothing but these tests calls the API, and only the worker has background tasks."""
    made = stack.make("coverage_compose")
    assert made.returncode == 0, made.stdout + made.stderr
    report = dict(re.findall(r"^src/hello/(\S+) .* (\d+)%", made.stdout, re.MULTILINE))
    assert int(report["interface/http/serving/fast_path.py"]) > 80
    assert int(report["bootstrap/worker.py"]) > 80
    assert re.search(r"TOTAL .* \d\d%", made.stdout)
