"""Entity tags of items: If-Match and If-None-Match."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.http.accounts import LoggedIn
from tests.support.http.items import KITE, create_item, remove_item, replace_item
from tests.support.http.messages import assert_problem

pytestmark = pytest.mark.external
TOGETHER = 8


@pytest.fixture(scope="module")
def client(unlimited: list[httpx.Client]) -> httpx.Client:
    return unlimited[0]


@pytest.fixture
def kite(client: httpx.Client, ada: LoggedIn) -> str:
    """Where an item of Ada's is."""
    return str(create_item(client, ada, **KITE).headers["Location"])


@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', '{},"x"', 'W/"x", W/{}', "*", '"a,b" , {}'])
def test_matching_if_none_match_is_304(client: httpx.Client, kite: str, form: str) -> None:
    tag = client.get(kite).headers["ETag"]
    for method in ("GET", "HEAD"):
        same = client.request(method, kite, headers={"If-None-Match": form.replace("{}", tag)})
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["ETag"] == tag
        assert "Content-Type" not in same.headers


@pytest.mark.parametrize("form", ['"x"', 'W/"x"', '"x", "y"', "x", "", '"{}0"', '"*"', "{}"])
def test_other_if_none_match_is_200(client: httpx.Client, kite: str, form: str) -> None:
    bare = client.get(kite).headers["ETag"].strip('"')
    answer = client.get(kite, headers={"If-None-Match": form.replace("{}", bare)})
    assert (answer.status_code, answer.json()["title"]) == (200, "A kite")


def test_if_none_match_may_span_several_headers(client: httpx.Client, ada: LoggedIn, kite: str) -> None:
    """They mean the same as one line with commas (RFC 9110, 5.3)."""
    tag = client.get(kite).headers["ETag"]
    lines = [("If-None-Match", '"x"'), ("If-None-Match", tag)]
    assert client.get(kite, headers=lines).status_code == 304
    lines = [("If-Match", '"x"'), ("If-Match", tag), *ada.headers.items()]
    assert client.delete(kite, headers=lines).status_code == 204


def test_old_etag_does_not_match_after_a_change(client: httpx.Client, ada: LoggedIn, kite: str) -> None:
    tag = client.get(kite).headers["ETag"]
    replace_item(client, ada, kite, "A big kite")
    changed = client.get(kite, headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()["title"]) == (200, "A big kite")
    assert changed.headers["ETag"] != tag


@pytest.mark.parametrize("form", ["{}", '"x", {}', '{},"x"', "*", '"9" , {}'])
def test_matching_if_match_is_200(client: httpx.Client, ada: LoggedIn, kite: str, form: str) -> None:
    tag = client.get(kite).headers["ETag"]
    changed = replace_item(client, ada, kite, "A big kite", if_match=form.replace("{}", tag))
    assert (changed.status_code, changed.json()["title"]) == (200, "A big kite")
    removed = remove_item(client, ada, kite, if_match=form.replace("{}", changed.headers["ETag"]))
    assert removed.status_code == 204


@pytest.mark.parametrize(
    "form",
    ["{old}", "W/{new}", '"x"', '{old}, W/{new}, "x"', '"*"', "x", "", '"0{}"', '" {}"', '"+{}"', "{}"],
)
def test_stale_if_match_is_412(client: httpx.Client, ada: LoggedIn, kite: str, form: str) -> None:
    """Weak tags never match here, and a tag is compared letter by letter (RFC 9110, 13.1.1)."""
    old = client.get(kite).headers["ETag"]
    present = replace_item(client, ada, kite, "A big kite")
    new = present.headers["ETag"]
    given = form.replace("{old}", old).replace("{new}", new).replace("{}", new.strip('"'))
    assert_problem(replace_item(client, ada, kite, "Too late", if_match=given), 412)
    assert_problem(remove_item(client, ada, kite, if_match=given), 412)
    after = client.get(kite)
    assert (after.json(), after.headers["ETag"]) == (present.json(), new)


def test_concurrent_changes_of_one_version_are_one_200_and_412s(
    unlimited: list[httpx.Client], ada: LoggedIn, kite: str
) -> None:
    tag = unlimited[0].get(kite).headers["ETag"]

    def change(number: int) -> int:
        return replace_item(unlimited[number % 2], ada, kite, f"Kite {number}", if_match=tag).status_code

    with ThreadPoolExecutor(TOGETHER) as pool:
        assert sorted(pool.map(change, range(TOGETHER))) == [200, *[412] * (TOGETHER - 1)]
