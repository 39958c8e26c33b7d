"""What the linters of `make check_pipelines` cannot know: that workflows call what exists here."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.paths import REPOSITORY

WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
TARGETS = frozenset(re.findall(r"^([a-z0-9_]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))

every_workflow = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)


def commands(workflow: Path) -> Iterator[str]:
    jobs: dict[str, Any] = yaml.safe_load(workflow.read_text())["jobs"]
    for job in jobs.values():
        yield from (step["run"] for step in job["steps"] if "run" in step)


def test_there_are_workflows() -> None:
    assert {path.name for path in WORKFLOWS} == {"dev.yml", "nightly.yml", "release.yml"}


@every_workflow
def test_actions_are_pinned_by_commit_with_their_version(workflow: Path) -> None:
    used = [line.strip(" -") for line in workflow.read_text().splitlines() if "uses: " in line]
    assert [line for line in used if not PINNED.fullmatch(line)] == []


@every_workflow
def test_called_make_targets_exist(workflow: Path) -> None:
    called = {name for text in commands(workflow) for name in re.findall(r"\bmake (\w+)", text)}
    assert called <= TARGETS


@every_workflow
def test_called_scripts_exist(workflow: Path) -> None:
    called = {name for text in commands(workflow) for name in re.findall(r"[\w.]*/(?:scripts/)?[\w-]+", text)}
    scripts = {name for name in called if name.startswith((".ci/", "deploy/scripts/"))}
    assert [name for name in sorted(scripts) if not (REPOSITORY / name).is_file()] == []


def test_every_release_that_is_watched_can_go_back() -> None:
    jobs: dict[str, Any] = yaml.safe_load((REPOSITORY / ".github/workflows/release.yml").read_text())["jobs"]
    for publish, watch, back in (
        ("update-gitops", "test-gitops", "roll-back-staging"),
        ("promote", "test-production", "roll-back-production"),
    ):
        assert jobs[watch]["needs"] == publish
        assert jobs[back]["needs"] == [publish, watch]
        assert f"needs.{watch}.result != 'success'" in jobs[back]["if"]
