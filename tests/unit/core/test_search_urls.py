"""`SEARCH_URL`: what it may hold, and errors that name the part and show no value."""

from pathlib import Path

import pytest

from hello.core.search_urls import read_search_url

SECRET = "sesame"  # noqa: S105


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file.pem"
    path.write_text("a certificate")
    return path


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("http://search", (("search", None),)),
        ("http://search:9201", (("search", 9201),)),
        ("https://one:1,two", (("one", 1), ("two", None))),
        ("http://[::1]:9200", (("::1", 9200),)),
    ],
)
def test_servers_and_their_ports(url: str, hosts: tuple[tuple[str, int | None], ...]) -> None:
    assert read_search_url(url).hosts == hosts


def test_user_password_path_and_files(file: Path) -> None:
    url = f"https://ada:p%40ss@search/prefix?cafile={file}&certfile={file}&keyfile={file}"
    parts = read_search_url(url)
    assert (parts.scheme, parts.user, parts.password, parts.path) == ("https", "ada", "p@ss", "prefix")
    assert parts.query == dict.fromkeys(("cafile", "certfile", "keyfile"), str(file))


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (SECRET, "must start with one of http://, https://"),
        (f"ftp://{SECRET}", "must start with one of http://, https://"),
        ("http://", "needs the name or address of a server"),
        ("http://:9200", "needs the name or address of a server"),
        ("http://one,,two", "needs the name or address of a server"),
        (f"http://{SECRET}@search", "a user name and a password belong together"),
        (f"http://:{SECRET}@search", "a user name and a password belong together"),
        (f"https://search?timeout={SECRET}", "timeout.*use SEARCH_TIMEOUT_S"),
        (f"http://search?cafile={SECRET}", "cafile"),
        (f"https://search?cafile=/{SECRET}/missing.pem", "cafile"),
        ("https://search?colour=1", "colour"),
    ],
)
def test_other_urls_are_refused(url: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        read_search_url(url)
    assert "\n" not in str(error.value)


def test_messages_show_no_password() -> None:
    for url in (f"ftp://ada:{SECRET}@x", f"http://ada:{SECRET}@", f"https://ada:{SECRET}@x?cafile=/none"):
        with pytest.raises(ValueError, match=r".") as error:
            read_search_url(url)
        assert SECRET not in str(error.value)


def test_key_needs_a_certificate(file: Path) -> None:
    with pytest.raises(ValueError, match="keyfile needs certfile"):
        read_search_url(f"https://search?keyfile={file}")
