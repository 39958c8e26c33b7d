"""The scripts of the release pipeline, on a repository and a remote of git in a folder."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.paths import REPOSITORY

SCRIPTS = REPOSITORY / "deploy" / "scripts"
FIRST, SECOND, THIRD = (f"ghcr.io/hello/hello@sha256:{digit * 64}" for digit in "123")
MANIFESTS = """\
containers:
- name: migrate
  image: &image ghcr.io/hello/hello:0.1.0
- name: api
  image: *image
  env: [{name: SOME_image, value: "image: &imagination x"}]
"""
CONTAINERS = "containers", "initContainers"
BRANCH = "gitops/staging"
PERSON = {
    f"GIT_{role}_{field}": value
    for role in ("AUTHOR", "COMMITTER")
    for field, value in (("NAME", "hello"), ("EMAIL", "hello@example.org"))
}
ISOLATED = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


def call(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    variables = os.environ | PERSON | ISOLATED
    return subprocess.run(words, cwd=cwd, env=variables, capture_output=True, text=True, check=False)


@dataclass(frozen=True, slots=True)
class Releases:
    """A clone with manifests, and the remote whose branch a cluster follows."""

    clone: Path
    remote: Path

    def git(self, *words: str | Path) -> str:
        done = call("git", *words, cwd=self.clone)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def script(self, name: str, *words: str) -> subprocess.CompletedProcess[str]:
        return call(SCRIPTS / name, *words, cwd=self.clone)

    def publish(self, image: str) -> dict[str, str]:
        done = self.script("publish-release", BRANCH, image)
        assert done.returncode == 0, done.stderr
        return dict(line.split("=", 1) for line in done.stdout.splitlines())

    def published(self, path: str = "deployment.yml") -> str:
        return call("git", "show", f"{BRANCH}:{path}", cwd=self.remote).stdout

    def commits(self) -> int:
        return len(call("git", "log", "--format=%H", BRANCH, cwd=self.remote).stdout.split())


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    made = Releases(tmp_path / "clone", tmp_path / "remote.git")
    call("git", "init", "--quiet", "--bare", made.remote, cwd=tmp_path)
    call("git", "init", "--quiet", "--initial-branch=main", made.clone, cwd=tmp_path)
    file = made.clone / "deploy" / "gitops" / "deployment.yml"
    file.parent.mkdir(parents=True)
    file.write_text(MANIFESTS)
    made.git("add", ".")
    made.git("commit", "--quiet", "--message", "Manifests")
    made.git("remote", "add", "origin", made.remote)
    return made


@pytest.fixture
def manifests(tmp_path: Path) -> Path:
    file = tmp_path / "deployment.yml"
    file.write_text(MANIFESTS)
    return file


def test_set_image_changes_one_line_and_prints_the_old_image(manifests: Path) -> None:
    done = call(SCRIPTS / "set-image", FIRST, manifests, cwd=manifests.parent)
    assert done.stdout == "ghcr.io/hello/hello:0.1.0\n"
    assert manifests.read_text() == MANIFESTS.replace("ghcr.io/hello/hello:0.1.0", FIRST)


@pytest.mark.parametrize(
    "image", ["ghcr.io/hello/hello:0.1.0", FIRST[:-1], f"{FIRST}|e", "", f"ghcr.io/&/x{FIRST[19:]}"]
)
def test_set_image_refuses_what_is_no_digest(image: str, manifests: Path) -> None:
    assert call(SCRIPTS / "set-image", image, manifests, cwd=manifests.parent).returncode != 0
    assert manifests.read_text() == MANIFESTS


def test_set_image_refuses_manifests_without_the_line(manifests: Path) -> None:
    manifests.write_text(MANIFESTS.replace("&image ghcr", "ghcr"))
    done = call(SCRIPTS / "set-image", FIRST, manifests, cwd=manifests.parent)
    assert done.returncode == 1
    assert "exactly one line" in done.stderr


def test_set_image_reaches_every_container_of_the_real_manifests(tmp_path: Path) -> None:
    file = tmp_path / "deployment.yml"
    file.write_text((REPOSITORY / "deploy" / "gitops" / "deployment.yml").read_text())
    assert call(SCRIPTS / "set-image", FIRST, file, cwd=tmp_path).returncode == 0
    pods = [
        item["spec"]["template"]["spec"]
        for item in yaml.safe_load(file.read_text())["items"]
        if of_pods(item)
    ]
    images = {each["image"] for pod in pods for key in CONTAINERS for each in pod.get(key, [])}
    assert images == {FIRST}


def of_pods(item: dict[str, Any]) -> bool:
    return item["kind"] in {"Deployment", "Job", "StatefulSet"}


def test_first_release_makes_the_branch(releases: Releases) -> None:
    assert releases.publish(FIRST)["previous"] == ""
    assert FIRST in releases.published()
    assert releases.commits() == 1


def test_release_leaves_the_clone_as_it_was(releases: Releases) -> None:
    releases.publish(FIRST)
    releases.publish(SECOND)
    assert releases.git("status", "--porcelain") == ""
    assert releases.git("branch", "--format=%(refname:short)") == "main"
    assert len(releases.git("worktree", "list").splitlines()) == 1


def test_release_takes_its_own_manifests_along(releases: Releases) -> None:
    releases.publish(FIRST)
    file = releases.clone / "deploy" / "gitops" / "deployment.yml"
    file.write_text(f"{MANIFESTS}replicas: 3\n")
    releases.git("commit", "--quiet", "--all", "--message", "More replicas")
    releases.publish(SECOND)
    assert "replicas: 3" in releases.published()


def test_rollback_brings_the_previous_content_back_and_keeps_the_history(releases: Releases) -> None:
    releases.publish(FIRST)
    before = releases.published()
    release = releases.publish(SECOND)
    assert releases.published() != before
    done = releases.script("roll-back", BRANCH, release["commit"], release["previous"])
    assert done.returncode == 0, done.stderr
    assert releases.published() == before
    assert releases.commits() == 3


def test_rollback_leaves_a_later_release_alone(releases: Releases) -> None:
    releases.publish(FIRST)
    bad = releases.publish(SECOND)
    releases.publish(THIRD)
    done = releases.script("roll-back", BRANCH, bad["commit"], bad["previous"])
    assert done.returncode == 1
    assert "moved on" in done.stderr
    assert THIRD in releases.published()


def test_rollback_of_the_first_release_says_that_there_is_no_other(releases: Releases) -> None:
    first = releases.publish(FIRST)
    done = releases.script("roll-back", BRANCH, first["commit"], first["previous"])
    assert done.returncode != 0
    assert "no previous release" in done.stderr
    assert FIRST in releases.published()


def test_image_by_tag_is_not_published(releases: Releases) -> None:
    assert releases.script("publish-release", BRANCH, "ghcr.io/hello/hello:0.1.0").returncode != 0
    assert releases.published() == ""


@pytest.mark.parametrize("name", sorted(path.name for path in SCRIPTS.iterdir()))
def test_script_without_arguments_says_what_it_needs(name: str, tmp_path: Path) -> None:
    done = call(SCRIPTS / name, cwd=tmp_path)
    assert done.returncode != 0
    assert "usage" in done.stderr or "CLUSTER" in done.stderr
