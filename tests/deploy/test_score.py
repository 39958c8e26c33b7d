"""kube-score finds nothing in what the chart renders, apart from what is listed here with its reason."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from tests.deploy.charts import Manifest
from tests.deploy.programs import SCORE

pytestmark = pytest.mark.deploy
EXCEPTIONS = {
    "container-resources-cpu-limit": "a limit throttles a process that could use idle CPU time; requests share it fairly",
    "container-image-pull-policy": "every tag is pinned, so pulling again brings nothing and needs the registry",
    "container-security-context-user-group-id": "the image needs no fixed user: group 0 lets any user run it",
}
OK = 10


def findings(manifests: list[Manifest]) -> Iterator[tuple[str, str, str]]:
    """Yield what is below the best grade: the check, the object and the advice."""
    text = yaml.safe_dump_all(manifests)
    command = [SCORE, "score", "--output-format", "json", "--enable-optional-test", "all", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    for scored in json.loads(done.stdout):
        for check in scored["checks"] or ():
            if check["grade"] < OK and not check["skipped"]:
                yield check["check"]["id"], scored["object_name"], advice(check)


def advice(check: Mapping[str, Any]) -> str:
    return "; ".join(f"{found['path']}: {found['summary']}" for found in check["comments"] or ())


def test_kube_score_finds_nothing_but_the_exceptions(manifests: list[Manifest]) -> None:
    assert [found for found in findings(manifests) if found[0] not in EXCEPTIONS] == []
