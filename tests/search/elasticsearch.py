"""Elasticsearch: a home folder with modules, as the stock server has it."""

import shutil
from pathlib import Path

from tests.search.kinds import NODES, Kind, compile_java
from tests.support.programs.commands import Words
from tests.support.programs.jdk import Jdk
from tests.support.programs.maven import fetch_jars

SOURCES = NODES / "elasticsearch"
POM, RUNNER, ANALYSIS, DESCRIPTOR = (
    SOURCES / name
    for name in ("pom.xml", "RunElasticsearch.java", "CommonAnalysis.java", "plugin-descriptor.properties")
)
JAVA = 25
MODULES = (
    "--add-modules=ALL-MODULE-PATH,jdk.net,jdk.management.agent",
    "--add-exports=org.elasticsearch.server/org.elasticsearch.node=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/java.nio.channels=ALL-UNNAMED",
    "--add-opens=org.apache.lucene.core/org.apache.lucene.store=ALL-UNNAMED",
    "--enable-native-access=org.elasticsearch.nativeaccess,org.apache.lucene.core,ALL-UNNAMED",
)


def fill(jdk: Jdk, home: Path) -> None:
    fetch_jars(POM, home / "lib")
    add_transport(home)
    add_analysis(jdk, home)
    compile_java(jdk, JAVA, [RUNNER], [home / "lib"], home / "classes")


def add_transport(home: Path) -> None:
    """Move the transport and its libraries out of the server's: a module brings its own."""
    name = "transport-netty4"
    module = home / "modules" / name
    module.mkdir(parents=True)
    jars = [*(home / "lib").glob(f"{name}-*.jar"), *(home / "lib").glob("netty-*.jar")]
    for jar in jars:
        jar.rename(module / jar.name)
    shutil.unpack_archive(module / jars[0].name, home / "unpacked", "zip")
    for file in (home / "unpacked" / "META-INF" / "es-plugins" / name).iterdir():
        file.rename(module / file.name)
    shutil.rmtree(home / "unpacked")


def add_analysis(jdk: Jdk, home: Path) -> None:
    module, classes = home / "modules" / "analysis-common", home / "analysis"
    module.mkdir(parents=True)
    compile_java(jdk, JAVA, [ANALYSIS], [home / "lib"], classes)
    archive = shutil.make_archive(str(home / "analysis-common"), "zip", classes)
    Path(archive).rename(module / "analysis-common.jar")
    shutil.rmtree(classes)
    shutil.copy(DESCRIPTOR, module)


def words(home: Path, config: Path) -> Words:
    path: Words = (f"-Des.path.home={home}", "-p", home / "lib", "-cp", home / "classes")
    return (*MODULES, *path, RUNNER.stem, home, config)


ELASTICSEARCH = Kind(
    name="elasticsearch",
    title="Elasticsearch 9",
    majors=(JAVA,),
    sources=(POM, RUNNER, ANALYSIS, DESCRIPTOR, Path(__file__)),
    settings_file="elasticsearch.yml",
    fill=fill,
    words=words,
)
