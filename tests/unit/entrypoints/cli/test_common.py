"""Ports on the command line and in the environment."""

import pytest
import typer

from hello.entrypoints.cli.common import port_number


@pytest.mark.parametrize(("text", "port"), [("0", 0), ("8000", 8000), (8001, 8001), ("65535", 65535)])
def test_number_is_a_port(text: str | int, port: int) -> None:
    assert port_number(text) == port


@pytest.mark.parametrize("text", ["", "http", "-1", "65536", "80.0"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="from 0 to 65535"):
        port_number(text)


def test_service_link_of_kubernetes_is_explained() -> None:
    with pytest.raises(typer.BadParameter, match="enableServiceLinks: false"):
        port_number("tcp://10.0.0.7:8001")
