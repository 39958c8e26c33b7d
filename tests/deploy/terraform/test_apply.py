"""A real apply on moto: bootstrap, both environments, a second plan without changes, and nothing left at the end."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.deploy.terraform.cloud import Cloud, running_cloud
from tests.deploy.terraform.installation import Installation, bootstrapped
from tests.deploy.terraform.workspace import CHANGES
from tests.support.paths import REPOSITORY

pytestmark = [pytest.mark.terraform_apply, pytest.mark.timeout(3000)]

STAY = ("arn:aws:ecs:eu-central-1:123456789012:task-definition/", "arn:aws:kms:")
"""Revisions stay for a rollback; deleted keys stay for 30 days."""


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with running_cloud(tmp_path) as cloud:
        yield cloud


@pytest.mark.parametrize("name", ["dev", "production"])
def test_environment_is_applied_and_destroyed(name: str, cloud: Cloud, tmp_path: Path) -> None:
    with bootstrapped(cloud, tmp_path, name) as installation:
        installation.apply()
        assert installation.plan() != CHANGES, "a second plan changes something"
        assert installation.is_state_in_bucket()
        assert_service_accepts(installation)
        assert_state_is_without_the_password(installation)
        installation.destroy()
    assert {arn for arn in cloud.resources() if not arn.startswith(STAY)} == set()
