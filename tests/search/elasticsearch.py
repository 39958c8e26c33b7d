"""Elasticsearch: a home folder with modules, as the stock server has it."""

import shutil
from pathlib import Path

from tests.search.kinds import NODES, Kind, compile_java
from tests.support.programs.commands import Words
from tests.support.programs.jdk import Jdk
from tests.support.programs.maven import fetch_jars

SOURCES = NODES / "elasticsearch"
POM, RUNNER = SOURCES / "pom.xml", SOURCES / "RunElasticsearch.java"
STAND_INS = {"analysis-common": SOURCES / "CommonAnalysis.java", "rest-root": SOURCES / "RestRoot.java"}
"""Modules of a stock server that are not published, with our own code of those names."""
TRANSPORT = "transport-netty4"
JAVA = 25
MODULES = (
    "--add-modules=ALL-MODULE-PATH,jdk.net,jdk.management.agent",
    "--add-exports=org.elasticsearch.server/org.elasticsearch.node=ALL-UNNAMED",
    "--add-opens=java.base/java.io=ALL-UNNAMED",
    "--add-opens=java.base/java.nio.channels=ALL-UNNAMED",
    "--add-opens=org.apache.lucene.core/org.apache.lucene.store=ALL-UNNAMED",
    "--enable-native-access=org.elasticsearch.nativeaccess,org.apache.lucene.core,ALL-UNNAMED",
)
DESCRIPTOR = """\
name={name}
description=Stands in for {name}
version=1
elasticsearch.version={version}
java.version={java}
classname=hello.search.{code}
"""


def fill(jdk: Jdk, home: Path) -> None:
    fetch_jars(POM, home / "lib")
    add_transport(home)
    for name, source in STAND_INS.items():
        add_module(jdk, home, name, source)
    compile_java(jdk, JAVA, [RUNNER], [home / "lib"], home / "classes")


def add_transport(home: Path) -> None:
    """Move the transport and its libraries out of the server's: a module brings its own."""
    module, unpacked = home / "modules" / TRANSPORT, home / "unpacked"
    module.mkdir(parents=True)
    for pattern in (f"{TRANSPORT}-*.jar", "netty-*.jar"):
        for jar in (home / "lib").glob(pattern):
            jar.rename(module / jar.name)
    [jar] = module.glob(f"{TRANSPORT}-*.jar")
    shutil.unpack_archive(jar, unpacked, "zip")
    for file in (unpacked / "META-INF" / "es-plugins" / TRANSPORT).iterdir():
        file.rename(module / file.name)
    shutil.rmtree(unpacked)


def add_module(jdk: Jdk, home: Path, name: str, source: Path) -> None:
    module, classes = home / "modules" / name, home / "compiled"
    module.mkdir(parents=True)
    compile_java(jdk, JAVA, [source], [home / "lib"], classes)
    archive = shutil.make_archive(str(home / name), "zip", classes)
    Path(archive).rename(module / f"{name}.jar")
    shutil.rmtree(classes)
    descriptor = DESCRIPTOR.format(name=name, version=version(home), java=JAVA, code=source.stem)
    (module / "plugin-descriptor.properties").write_text(descriptor)


def version(home: Path) -> str:
    """Return the server's: it loads no module that names another."""
    [jar] = (home / "lib").glob("elasticsearch-[0-9]*.jar")
    return jar.stem.removeprefix("elasticsearch-")


def words(home: Path, config: Path) -> Words:
    path: Words = (f"-Des.path.home={home}", "-p", home / "lib", "-cp", home / "classes")
    return (*MODULES, *path, RUNNER.stem, home, config)


ELASTICSEARCH = Kind(
    name="elasticsearch",
    title="Elasticsearch 9",
    majors=(JAVA,),
    sources=(POM, RUNNER, *STAND_INS.values(), Path(__file__)),
    settings_file="elasticsearch.yml",
    fill=fill,
    words=words,
)
