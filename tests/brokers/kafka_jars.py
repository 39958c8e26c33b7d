"""Kafka's jars: fetched by Maven once, and kept until `pom.xml` asks for others."""

from functools import partial
from pathlib import Path

from tests.support.programs.maven import ensure_folder, fetch_jars, folder_of

POM = Path(__file__).with_name("pom.xml")


def ensure_jars() -> Path:
    """Return their folder; raise `ProgramError` when they cannot be had."""
    return ensure_folder(folder_of("kafka", [POM]), "Kafka's jars", partial(fetch_jars, POM))
