"""Requests of other sites, and addresses that would lead to them."""

from types import SimpleNamespace

import pytest
from fastapi import Request

from hello.entities.errors import ForbiddenError
from hello.interface.web.origins import is_https, local_path, same_origin


def request(method: str = "POST", public_url: str = "", **headers: str) -> Request:
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request(
        {
            "type": "http",
            "method": method,
            "scheme": "http",
            "server": ("127.0.0.1", 8000),
            "path": "/orders",
            "query_string": b"",
            "headers": [(b"host", b"127.0.0.1:8000"), *lines],
            "app": SimpleNamespace(state=SimpleNamespace(public_url=public_url)),
        }
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
        {"origin": "http://127.0.0.1:8000"},
        {"sec_fetch_site": "same-origin", "origin": "null"},
    ],
)
async def test_own_page_may_change_something(headers: dict[str, str]) -> None:
    await same_origin(request(**headers))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site", "origin": "http://127.0.0.1:8000"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8001"},
        {"origin": "https://127.0.0.1:8000"},
        {"origin": "http://evil.example"},
    ],
)
async def test_change_by_another_site_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ForbiddenError):
        await same_origin(request(**headers))


async def test_reading_is_allowed_from_everywhere() -> None:
    await same_origin(request("GET", sec_fetch_site="cross-site"))


async def test_public_url_says_what_the_own_origin_is() -> None:
    url = "https://hello.example/gifts"
    await same_origin(request(public_url=url, origin="https://hello.example"))
    with pytest.raises(ForbiddenError):
        await same_origin(request(public_url=url, origin="http://127.0.0.1:8000"))


@pytest.mark.parametrize(("url", "expected"), [("", False), ("http://a", False), ("https://a", True)])
def test_https_is_known_by_the_public_url(url: str, *, expected: bool) -> None:
    assert is_https(request(public_url=url)) is expected


@pytest.mark.parametrize("path", ["/", "/orders", "/orders?status=SHIPPED", "/catalogue?q=a%2Fb"])
def test_local_path_is_kept(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        None,
        "",
        "orders",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\u2215evil",
    ],
)
def test_address_of_another_site_leads_to_the_start_page(path: str | None) -> None:
    assert local_path(path) == "/"
