"""The images of the cluster, built with the Docker engine of `tests.docker` and kept as archives."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.cluster.places import HERE, IMAGES
from tests.docker.images import STAGES, STAND_INS, build, docker, ensure_base
from tests.docker.places import HERE as DOCKER
from tests.rehearsal.releases import bad_release
from tests.support.paths import REPOSITORY
from tests.support.programs.commands import path_of

PAUSE = "localhost/pause:1"
FIRST, NEXT, BAD = RELEASES = ("a", "b", "c")
"""Tags: the tree, with one more migration, and with a fault as well."""
RELEASES_FOLDER = HERE / "releases"
PRODUCT = ("hello-stage:wheel", "hello-stage:production")
SERVERS = ("postgres", "valkey")


def build_images() -> None:
    """Build all, and write those of the cluster into archives."""
    ensure_base()
    for tag in PRODUCT:
        build(tag, REPOSITORY, *STAGES[tag])
    build(image(FIRST), REPOSITORY, "--build-arg=BUILD_COMMIT=a")
    build(image(NEXT), RELEASES_FOLDER, dockerfile(NEXT))
    with TemporaryDirectory() as folder:
        bad_release(Path(folder))
        build(image(BAD), Path(folder), dockerfile(BAD))
    build_pause()
    for name in SERVERS:
        build(STAND_INS[name], DOCKER / "images" / name)
    IMAGES.mkdir(exist_ok=True)
    save("servers", PAUSE, *(STAND_INS[name] for name in SERVERS))
    save("releases", *map(image, RELEASES))


def dockerfile(tag: str) -> str:
    return f"--file={RELEASES_FOLDER / tag}.Dockerfile"


def image(tag: str) -> str:
    return f"hello:{tag}"


def build_pause() -> None:
    """Kubernetes starts it in each pod, to hold the pod's namespaces."""
    with TemporaryDirectory() as folder:
        shutil.copy(path_of("catatonit", "catatonit"), Path(folder, "pause"))
        shutil.copy(HERE / "templates" / "pause.Dockerfile", Path(folder, "Dockerfile"))
        build(PAUSE, Path(folder))


def save(name: str, *tags: str) -> None:
    docker("save", "--output", IMAGES / f"{name}.tar", *tags)
