"""The programs that the tests need: the engine, its client, Compose, and what makes a base image."""

import os
import shutil

from tests.docker.places import CACHE, CONFIG
from tests.support.programs import debian, golang

PACKAGES = {
    "dockerd": "docker.io",
    "docker": "docker.io",
    "iptables": "iptables",
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
}
COMPOSE, COMPOSE_VERSION = "github.com/docker/compose/v2/cmd", "v2.40.3"
SYFT, SYFT_VERSION = "github.com/anchore/syft/cmd/syft", "v1.57.1"
PLUGIN = CONFIG / "cli-plugins" / "docker-compose"


def ensure_programs() -> None:
    """Raise `ProgramError` when one is missing and cannot be installed."""
    for program, package in PACKAGES.items():
        if shutil.which(program) is None:
            debian.install(package)


def ensure_compose() -> None:
    golang.ensure(
        "Compose", COMPOSE, COMPOSE_VERSION, PLUGIN, "github.com/docker/compose/v2/internal.Version"
    )


def ensure_syft() -> None:
    golang.ensure("syft", SYFT, SYFT_VERSION, CACHE / "bin" / "syft")


def environment() -> dict[str, str]:
    """Return what the client needs to find Compose; the classic builder needs no further plugin."""
    return os.environ | {"DOCKER_CONFIG": str(CONFIG), "DOCKER_BUILDKIT": "0"}
