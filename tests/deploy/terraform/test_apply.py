"""A real apply on moto of both environments: a second plan is empty, and nothing is left at the end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.terraform.cloud import Cloud, running_cloud
from tests.deploy.terraform.installation import (
    NEXT_IMAGE,
    Installation,
    bootstrapped,
    settings_of_example,
)
from tests.support.cli import run_hello
from tests.support.programs.errors import ProgramError

pytestmark = [pytest.mark.terraform_apply, pytest.mark.timeout(3000)]


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with running_cloud(tmp_path) as cloud:
        yield cloud


@pytest.mark.parametrize("name", ["dev", "production"])
def test_environment_is_applied_and_destroyed(name: str, cloud: Cloud, tmp_path: Path) -> None:
    with bootstrapped(cloud, tmp_path, name) as installation:
        installation.apply()
        assert installation.plan() == ""
        assert installation.stored_states() == {f"hello/{name}.tfstate"}
        assert_service_accepts_its_settings(installation)
        assert_state_is_without_password(installation)
        assert_release_migrates_first(installation)
        assert_rotation_reaches_the_tasks(installation)
        unprotect(installation)
        installation.destroy()
    assert cloud.leftovers() == set()


def assert_service_accepts_its_settings(installation: Installation) -> None:
    """Let `hello check` judge what each task is started with."""
    for role in ("api", "worker", "migrate"):
        container = installation.task(role)
        settings = {each["name"]: each["value"] for each in container["environment"]}
        secrets = {
            each["name"]: installation.cloud.secret_of(each["valueFrom"]) for each in container["secrets"]
        }
        assert set(settings) | set(secrets) <= settings_of_example()
        assert secrets["DATABASE_URL"].startswith("postgresql://hello:")
        assert secrets["REDIS_URL"].startswith("rediss://")
        checked = run_hello("check", **settings, **(secrets | local_ca(secrets, installation)))
        assert checked.returncode == 0, checked.stderr
        assert int(settings["DRAIN_S"]) + int(settings["SHUTDOWN_TIMEOUT_S"]) < container["stopTimeout"]


def local_ca(secrets: dict[str, str], installation: Installation) -> dict[str, str]:
    """Return DATABASE_URL with the certificates where this machine has them."""
    file = installation.workspace.path(installation.place) / "rds-ca.pem"
    return {"DATABASE_URL": secrets["DATABASE_URL"].replace("/certificates/rds.pem", str(file))}


def assert_state_is_without_password(installation: Installation) -> None:
    password = installation.cloud.secret_of(f"hello-{installation.name}/database-password")
    assert len(password) == 40
    assert password in installation.cloud.secret_of(f"hello-{installation.name}/database-url")
    assert password not in installation.state()


def assert_release_migrates_first(installation: Installation) -> None:
    """A release whose migration fails must replace nothing."""
    before = installation.running_image("api")
    release = f"-var=image={NEXT_IMAGE}"
    with installation.failing_migration(), pytest.raises(ProgramError, match="migrate-on-ecs"):
        installation.apply(release)
    assert installation.running_image("api") == before != NEXT_IMAGE
    ran = installation.migrations()
    installation.apply(release)
    assert installation.running_image("api") == installation.running_image("worker") == NEXT_IMAGE
    assert installation.migrations() == ran + 1


def assert_rotation_reaches_the_tasks(installation: Installation) -> None:
    """A new password must be in the URL, and tasks must start again to read it."""
    secret = f"hello-{installation.name}/database-password"
    before, task = installation.cloud.secret_of(secret), installation.task("api")
    installation.rotate_password()
    after = installation.cloud.secret_of(secret)
    assert after != before
    assert f":{after}@" in installation.cloud.secret_of(f"hello-{installation.name}/database-url")
    assert installation.task("api")["dockerLabels"] != task["dockerLabels"]
    assert after not in installation.state()


def unprotect(installation: Installation) -> None:
    """Take the step that the README asks for before production can be destroyed."""
    if installation.name == "production":
        installation.apply("-var=deletion_protection=false")
