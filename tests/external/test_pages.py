"""Pages over HTTP: what a browser is told, and where pages are below a prefix or with private lists."""

import re

import httpx
import pytest

from hello.connectors.embedded.servers import Servers
from tests.support.builders import a_name
from tests.support.http.accounts import PASSWORD, an_email, register
from tests.support.http.running import running_api

pytestmark = pytest.mark.external
HTML = {"Accept": "text/html,application/xhtml+xml"}
PAGES = ("/", "/birthdays/today", "/birthdays/upcoming", "/catalogue", "/login", "/register", "/status")


@pytest.mark.parametrize("path", PAGES)
def test_page_has_a_strict_policy_and_a_new_nonce(client: httpx.Client, path: str) -> None:
    first, second = client.get(path), client.get(path)
    assert (first.status_code, first.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    policy = first.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'nonce-")
    for part in ("frame-ancestors 'none'", "require-trusted-types-for 'script'", "base-uri 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    assert policy != second.headers["Content-Security-Policy"]
    for name in ("X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"):
        assert len(first.headers.get_list(name)) == 1


def test_asset_is_kept_for_ever_only_under_its_present_version(client: httpx.Client) -> None:
    [path] = re.findall(r'href="(/assets/[^"]*hello\.css)"', client.get("/").text)
    present, other = client.get(path), client.get(re.sub(r"/assets/[^/]*", "/assets/0", path))
    assert present.headers["Content-Type"].startswith("text/css")
    assert "immutable" in present.headers["Cache-Control"]
    assert (other.content, other.headers["Cache-Control"]) == (present.content, "no-store")
    assert client.get("/assets/0/../pages.py").status_code == 404
    assert client.get("/assets/0/nope.css").status_code == 404


def test_wrong_address_is_a_page_for_browsers_and_a_problem_for_programs(client: httpx.Client) -> None:
    page, problem = client.get("/nope", headers=HTML), client.get("/nope")
    assert (page.status_code, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "There is no such page." in page.text
    assert problem.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/orders", "/account", "/catalogue/new", "/admin", "/admin/audit"])
def test_page_of_an_account_leads_to_the_log_in_and_back(client: httpx.Client, path: str) -> None:
    answer = client.get(f"{path}?x=1")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/login?{httpx.QueryParams({'next': f'{path}?x=1'})}"


@pytest.mark.parametrize(
    "path", ["/birthdays", "/login", "/register", "/logout", "/catalogue", "/orders", "/admin/import"]
)
def test_change_without_an_own_origin_is_403(client: httpx.Client, path: str) -> None:
    for headers in ({}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post(path, data={"username": "John"}, headers=headers).status_code == 403


def test_form_that_is_too_large_or_no_form_is_refused(client: httpx.Client, base_url: str) -> None:
    headers = {"Origin": base_url}
    assert client.post("/login", data={"email": "a" * 70_000}, headers=headers).status_code == 413
    assert client.post("/login", json={}, headers=headers).status_code == 415


def test_api_ignores_the_cookie_of_pages(client: httpx.Client, base_url: str) -> None:
    email = an_email()
    register(client, email)
    with httpx.Client(base_url=base_url, timeout=30) as browser:
        form = {"email": email, "password": PASSWORD}
        answer = browser.post("/login", data=form, headers={"Origin": base_url})
        assert answer.status_code == 303
        assert browser.get("/account").status_code == 200
        assert browser.get("/api/v1/users/me").status_code == 401
        assert browser.get("/account").headers["Cache-Control"] == "no-store"


def test_pages_work_below_a_prefix_with_a_secure_cookie(servers: Servers) -> None:
    url = "https://example.com/gifts"
    with (
        running_api(servers, PUBLIC_URL=url) as api,
        httpx.Client(base_url=api.url, timeout=30, headers={"Origin": "https://example.com"}) as client,
    ):
        page = client.get("/gifts/")
        assert page.status_code == 200
        links = re.findall(r'(?:href|src|action)="(/[^"]*)"', page.text)
        assert links
        assert all(link.startswith("/gifts/") for link in links)
        email, name = an_email(), a_name()
        form = {"email": email, "password": PASSWORD, "full_name": name}
        answer = client.post("/gifts/register", data=form)
        assert answer.headers["Location"] == "/gifts/?done=registered"
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Secure-hello_session=")
        for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/gifts/"):
            assert part in cookie


def test_cookie_is_bound_to_the_host_over_tls(servers: Servers) -> None:
    url = "https://example.com"
    with (
        running_api(servers, PUBLIC_URL=url) as api,
        httpx.Client(base_url=api.url, timeout=30, headers={"Origin": url}) as client,
    ):
        form = {"email": an_email(), "password": PASSWORD, "full_name": "Ada"}
        cookie = client.post("/register", data=form).headers["Set-Cookie"]
        assert cookie.startswith("__Host-hello_session=")
        assert "Secure" in cookie
        assert "Domain" not in cookie


def test_private_lists_are_shown_to_accounts_only(servers: Servers) -> None:
    with (
        running_api(servers, BIRTHDAY_LISTS="accounts") as api,
        httpx.Client(base_url=api.url, timeout=30, headers={"Origin": api.url}) as client,
    ):
        client.put("/hello/John", json={"dateOfBirth": "1990-05-17"}).raise_for_status()
        assert "Birthdays are for people with an account" in client.get("/").text
        assert client.get("/birthdays/upcoming").status_code == 303
        form = {"email": an_email(), "password": PASSWORD, "full_name": "Ada"}
        client.post("/register", data=form)
        assert 'class="wheel"' in client.get("/").text
        assert client.get("/birthdays/upcoming?days=366").status_code == 200
