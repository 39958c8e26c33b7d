"""The images that the tests run: the product's own, and stand-ins for those that a registry would have."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.brokers.kafka_jars import ensure_jars
from tests.docker.places import CACHE, HERE
from tests.docker.programs import environment
from tests.search.opensearch import OPENSEARCH_3
from tests.support.paths import REPOSITORY
from tests.support.programs.commands import Words, run
from tests.support.programs.progress import say

BASE = "python:3.13-slim"
SUITE = "trixie"
PACKAGES = "python3,python3-venv,python-is-python3,ca-certificates"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
STAND_INS = {
    "postgres": "postgres:18",
    "valkey": "valkey/valkey:9",
    "rabbitmq": "rabbitmq:4",
    "caddy": "caddy:2.10.2",
    "prometheus": "prom/prometheus:v3.5.0",
    "alertmanager": "prom/alertmanager:v0.28.1",
    "postgres-exporter": "prometheuscommunity/postgres-exporter:v0.17.1",
    "valkey-exporter": "oliver006/redis_exporter:v1.74.0-alpine",
}
KAFKA, SEARCH = "apache/kafka:4.2.1", "opensearchproject/opensearch:3.3.0"
BUILD_S = 1200
STAGES = {
    "hello-stage:wheel": ["--target=wheel"],
    "hello-stage:production": ["--target=build"],
    "hello": [],
    "hello:test": ["--target=test"],
    "hello-stage:embedded": ["--target=build", "--build-arg=LOCK=embedded"],
    "hello:development": ["--build-arg=LOCK=embedded"],
}
"""Stages that make others have names too, so that their layers are kept for the next run."""
LISTING = r"cd /opt/hello && find . -type f -exec sha256sum {} + && find . -printf '%T@ %m %p\n'"


def build_images() -> None:
    ensure_base()
    for tag, options in STAGES.items():
        build(tag, REPOSITORY, *options)
    for name, tag in STAND_INS.items():
        build(tag, HERE / "images" / name)
    build_with(KAFKA, "kafka", {"libs": ensure_jars()})
    build_with(SEARCH, "opensearch", {"home": OPENSEARCH_3.ensure()})
    docker("image", "prune", "--force")


def differences() -> Sequence[str]:
    """Build the product's files again without a cache; return what differs: digest, time, mode or path.

    Each build needs the network of the machine, and so does the comparison, as it runs beside it.
    """
    again = "hello-stage:again"
    build(again, REPOSITORY, "--target=build", "--no-cache")
    first, second = (set(files_of(image)) for image in ("hello-stage:production", again))
    return sorted(first ^ second)


def files_of(image: str) -> Sequence[str]:
    command: Words = ["docker", "run", "--rm", "--network=none", "--entrypoint=sh", image, "-c", LISTING]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def build_with(tag: str, name: str, folders: Mapping[str, Path]) -> None:
    """Build from the folder of the Dockerfile and the folders that Maven fetched."""
    with TemporaryDirectory(dir=CACHE) as context:
        shutil.copytree(HERE / "images" / name, context, dirs_exist_ok=True)
        for target, folder in folders.items():
            shutil.copytree(folder, Path(context, target))
        build(tag, Path(context))


def build(tag: str, folder: Path, *options: str) -> None:
    """Use the network of this machine: an engine in a sandbox reaches a package registry in no other way."""
    say(f"building {tag}")
    docker("build", "--network=host", f"--build-arg=BASE_IMAGE={BASE}", f"--tag={tag}", *options, folder)


def docker(*arguments: str | Path) -> None:
    run(["docker", *arguments], timeout_s=BUILD_S, environment=environment())


def ensure_base() -> None:
    """Make Debian's own Python into the image, which has the same version and layout as far as we use it."""
    if subprocess.run(["docker", "image", "inspect", BASE], capture_output=True, check=False).returncode:
        say(f"making {BASE}")
        tar = CACHE / "base.tar"
        trust = f'install -D -m 644 {CERTIFICATES} "$1"{CERTIFICATES}' if CERTIFICATES.exists() else "true"
        words: Words = ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={PACKAGES}"]
        run([*words, f"--customize-hook={trust}", SUITE, tar], timeout_s=BUILD_S)
        docker("import", tar, BASE)
        tar.unlink()
