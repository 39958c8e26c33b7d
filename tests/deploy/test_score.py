"""kube-score finds nothing in what the chart renders, apart from what is listed here with its reason."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from tests.deploy.charts import DEV, Manifest, render
from tests.deploy.programs import SCORE

pytestmark = pytest.mark.deploy
EXCEPTIONS = {
    "container-image-pull-policy": "tags are pinned: pulling again brings nothing",
    "container-resources": "a limit of CPU throttles where CPU time is idle; requests share it",
    "container-security-context-user-group-id": "group 0 lets any user run the image; 999 is that of servers",
    "deployment-has-host-podantiaffinity": "topology spread does the same, and lets nodes hold several pods",
}
ONLY = {"container-resources": "CPU limit is not set"}
"""Of these checks, only this advice is an exception."""
OPTIONAL = ("container-seccomp-profile", "container-ports-check", "environment-variable-key-duplication")
BEST = 10


def findings(manifests: list[Manifest]) -> Iterator[tuple[str, str]]:
    """Yield the check and the advice of all that is below the best grade."""
    options = [word for name in OPTIONAL for word in ("--enable-optional-test", name)]
    done = subprocess.run(
        [str(SCORE), "score", "--output-format", "json", *options, "-"],
        input=yaml.safe_dump_all(manifests),
        capture_output=True,
        text=True,
        check=False,
    )
    for scored in json.loads(done.stdout):
        for check in scored["checks"]:
            if check["grade"] < BEST and not check["skipped"]:
                yield from ((check["check"]["id"], summary) for summary in summaries(check))


def summaries(check: Mapping[str, Any]) -> list[str]:
    return [found["summary"] for found in check["comments"]]


def is_excepted(name: str, summary: str) -> bool:
    return name in EXCEPTIONS and summary == ONLY.get(name, summary)


def test_kube_score_finds_nothing_but_the_exceptions(manifests: list[Manifest]) -> None:
    assert [found for found in findings(manifests) if not is_excepted(*found)] == []


def test_every_exception_is_needed() -> None:
    assert {name for name, _ in findings(render((DEV,)))} == EXCEPTIONS.keys()


def test_a_container_without_a_limit_of_memory_is_found() -> None:
    manifests = render((DEV,), "api.resources.limits.memory=null")
    assert ("container-resources", "Memory limit is not set") in findings(manifests)
