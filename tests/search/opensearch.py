"""OpenSearch 2 and 3: all jars on the class path, plugins named by their classes."""

from functools import partial
from pathlib import Path

from tests.search.kinds import NODES, Kind, compile_java
from tests.support.programs.commands import Words
from tests.support.programs.jdk import Jdk
from tests.support.programs.maven import fetch_jars

SOURCES = NODES / "opensearch"
RUNNER = SOURCES / "RunOpenSearch.java"


def fill(pom: Path, release: int, jdk: Jdk, home: Path) -> None:
    fetch_jars(pom, home / "lib")
    compile_java(jdk, release, [RUNNER], [home / "lib"], home / "classes")


def words(options: Words, plugins: Words, home: Path, config: Path) -> Words:
    return (*options, "-cp", f"{home / 'classes'}:{home / 'lib'}/*", RUNNER.stem, home, config, *plugins)


def kind(major: int, majors: tuple[int, ...], options: Words, plugins: Words) -> Kind:
    pom = SOURCES / f"pom{major}.xml"
    return Kind(
        name=f"opensearch{major}",
        title=f"OpenSearch {major}",
        majors=majors,
        sources=(pom, RUNNER, Path(__file__)),
        settings_file="opensearch.yml",
        fill=partial(fill, pom, min(majors)),
        words=partial(words, options, plugins),
    )


OPENSEARCH_3 = kind(
    3,
    (25, 21),
    ("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"),
    (
        "org.opensearch.transport.Netty4ModulePlugin",
        "org.opensearch.analysis.common.CommonAnalysisModulePlugin",
    ),
)
OPENSEARCH_2 = kind(
    2,
    (17, 21),
    (),
    ("org.opensearch.transport.Netty4Plugin", "org.opensearch.analysis.common.CommonAnalysisPlugin"),
)
