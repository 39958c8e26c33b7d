"""The programs that the tests need: the engine, its client, Compose, and what makes a base image."""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.docker.places import CONFIG
from tests.support.programs import debian
from tests.support.programs.commands import path_of, run
from tests.support.programs.progress import say

PACKAGES = {
    "dockerd": "docker.io",
    "docker": "docker.io",
    "iptables": "iptables",
    "ip": "iproute2",
    "mmdebstrap": "mmdebstrap",
}
COMPOSE = "github.com/docker/compose/v2/cmd@v2.40.3"
PLUGIN = CONFIG / "cli-plugins" / "docker-compose"
BUILD_S = 1800


def ensure_programs() -> None:
    """Raise `ProgramError` when one is missing and cannot be installed."""
    for program, package in PACKAGES.items():
        if shutil.which(program) is None:
            debian.install(package)


def ensure_compose() -> None:
    """Build it in a Go module of our own: `go install` refuses one that excludes versions."""
    if PLUGIN.exists():
        return
    go = path_of("go", "golang")
    say("building Compose")
    PLUGIN.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=CONFIG) as folder:
        (Path(folder) / "go.mod").write_text("module compose\n\ngo 1.24\n")
        run([go, "-C", folder, "get", "-tool", COMPOSE], timeout_s=BUILD_S)
        fresh = Path(folder, "docker-compose")
        module = COMPOSE.partition("@")[0]
        linked = f"-s -w -X github.com/docker/compose/v2/internal.Version={COMPOSE.partition('@')[2]}"
        run([go, "-C", folder, "build", "-ldflags", linked, "-o", fresh, module], timeout_s=BUILD_S)
        fresh.rename(PLUGIN)


def environment() -> dict[str, str]:
    """Return what the client needs to find Compose; the classic builder needs no further plugin."""
    return os.environ | {"DOCKER_CONFIG": str(CONFIG), "DOCKER_BUILDKIT": "0"}
