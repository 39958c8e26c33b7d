"""What the load generator reads and reports."""

from pathlib import Path

import pytest
from benchmarks.errors import BenchError
from benchmarks.routes.catalogue import all_routes
from benchmarks.routes.data import SampleData
from benchmarks.routes.load import RequestFile, load_of, write_requests

ROUTES = all_routes()
GOOD = {
    "requests": 1000,
    "duration_us": 2_000_000,
    "p50_us": 1500,
    "p99_us": 9000,
    "distinct": 100,
    "error_status": 0,
    "connect": 0,
    "read": 0,
    "write": 0,
    "timeout": 0,
}


def of(name: str = "item", count: int = 100) -> RequestFile:
    return RequestFile(ROUTES[name], Path("requests.tsv"), count)


def test_rates_and_times() -> None:
    load = load_of(GOOD, of())
    assert (load.requests, load.per_s, load.p50_ms, load.p99_ms) == (1000, 500, 1.5, 9)


@pytest.mark.parametrize("error", ["error_status", "connect", "read", "write", "timeout"])
def test_one_error_spoils_a_run(error: str) -> None:
    with pytest.raises(BenchError, match=f"1 {error}"):
        load_of({**GOOD, error: 1}, of())


def test_a_route_that_is_to_fail_must_fail_each_time() -> None:
    assert load_of({**GOOD, "error_status": 1000}, of("not-found"))
    with pytest.raises(BenchError):
        load_of({**GOOD, "error_status": 999}, of("not-found"))


def test_repeated_draws_spoil_a_run() -> None:
    with pytest.raises(BenchError, match="only 50 draws"):
        load_of({**GOOD, "distinct": 50}, of())
    assert load_of({**GOOD, "distinct": 630}, of(count=1000))


def test_a_line_has_method_path_authorization_and_body(tmp_path: Path, data: SampleData) -> None:
    file = write_requests(tmp_path, ROUTES["post-item"], data, [f"token{n}" for n in range(100)])
    lines = file.path.read_text().splitlines()
    method, path, authorization, body = lines[1].split("\t")
    assert (method, path, authorization) == ("POST", "/api/v1/items", "Bearer token1")
    assert body.startswith('{"title": ')
    assert len(lines) == file.count


def test_a_line_without_token_and_body_has_empty_fields(tmp_path: Path, data: SampleData) -> None:
    file = write_requests(tmp_path, ROUTES["health"], data, [])
    assert file.path.read_text() == "GET\t/api/v1/health\t\t\n"
