"""One run of the load generator against one route."""

import json
import random
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from benchmarks.commands import Words, path_of, run
from benchmarks.errors import BenchError
from benchmarks.listeners import HOST
from benchmarks.load import ERRORS, FAIR, GRACE_S, SEEDS, TIMEOUT_S
from benchmarks.places import HERE
from benchmarks.routes.catalogue import NO_ACCOUNT, Route
from benchmarks.routes.data import SampleData

SCRIPT = HERE / "routes" / "routes.lua"
BAD_STATUS = 400


@dataclass(frozen=True, slots=True)
class RequestFile:
    """The requests of a route, one a line, as `routes.lua` reads them."""

    route: Route
    path: Path
    count: int


@dataclass(frozen=True, slots=True)
class Load:
    requests: int
    per_s: float
    p50_ms: float
    p99_ms: float


def write_requests(folder: Path, route: Route, data: SampleData, tokens: list[str]) -> RequestFile:
    folder.mkdir(parents=True, exist_ok=True)
    path, lines = folder / f"{route.name}.tsv", []
    for draw in route.requests(data):
        authorization = "" if draw.account == NO_ACCOUNT else f"Bearer {tokens[draw.account]}"
        body = "" if draw.body is None else json.dumps(draw.body)
        lines.append(f"{route.method}\t{draw.path}\t{authorization}\t{body}\n")
    path.write_text("".join(lines))
    return RequestFile(route, path, len(lines))


def load(port: int, file: RequestFile, connections: int, seconds: int) -> Load:
    """Raise `BenchError` when one answer was not a good one, or one did not come."""
    shape: Words = ["--threads", "1", "--connections", str(connections), "--duration", f"{seconds}s"]
    script: Words = ["--timeout", f"{TIMEOUT_S}s", "--script", SCRIPT, f"http://{HOST}:{port}", "--"]
    seed = str(random.SystemRandom().randrange(SEEDS))
    keys = f"{token_hex(8)}-" if file.route.keyed else ""
    printed = run([path_of("wrk"), *shape, *script, file.path, seed, keys], timeout_s=seconds + GRACE_S)
    return load_of(json.loads(printed.splitlines()[-1]), file)


def load_of(counted: dict[str, int], file: RequestFile) -> Load:
    check_answers(counted, file.route)
    check_variety(counted, file.count)
    seconds = counted["duration_us"] / 1e6
    return Load(
        counted["requests"],
        counted["requests"] / seconds,
        counted["p50_us"] / 1e3,
        counted["p99_us"] / 1e3,
    )


def check_answers(counted: dict[str, int], route: Route) -> None:
    """Raise `BenchError` for an error, and for a success where the route is to fail."""
    expected = counted["requests"] if route.status >= BAD_STATUS else 0
    wrong = {name: counted[name] for name in ERRORS} | {"error_status": counted["error_status"] - expected}
    errors = ", ".join(f"{count} {name}" for name, count in wrong.items() if count)
    if errors:
        raise BenchError(f"of {counted['requests']} requests some failed: {errors}")


def check_variety(counted: dict[str, int], draws: int) -> None:
    """Raise `BenchError` when requests repeat more than by chance: repeats make life easy for batches."""
    expected = draws * (1 - (1 - 1 / draws) ** counted["requests"])
    if counted["distinct"] < FAIR * expected:
        raise BenchError(f"only {counted['distinct']} draws in {counted['requests']} requests: they repeat")
