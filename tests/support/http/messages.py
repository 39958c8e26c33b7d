"""Parts of HTTP messages: the header that bodies share, and the check of a problem."""

from typing import Any

import httpx

JSON = {"Content-Type": "application/json"}


def assert_problem(response: httpx.Response, status: int) -> dict[str, Any]:
    problem: dict[str, Any] = response.json()
    assert response.headers["Content-Type"] == "application/problem+json"
    assert (response.status_code, problem["status"]) == (status, status)
    assert problem["instance"] == response.request.url.raw_path.decode().split("?")[0]
    assert problem["request_id"] == response.headers["X-Request-ID"]
    assert problem.keys() - {"errors"} == {"type", "title", "status", "detail", "instance", "request_id"}
    return problem
