"""`hello release`: whether a release that runs now is good, by its metrics."""

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from hello.entities.errors import UnavailableError
from hello.entrypoints.cli.common import progress_bar
from hello.services.release_check import CheckRelease, Report, Verdict

DURATION = re.compile(r"(\d+)(s|m|h)")
SECONDS = {"s": 1, "m": 60, "h": 3600}
EXIT_CODES: Mapping[Verdict, int] = {Verdict.GOOD: 0, Verdict.BAD: 1, Verdict.UNKNOWN: 2}
STYLES: Mapping[Verdict, str] = {Verdict.GOOD: "green", Verdict.BAD: "red", Verdict.UNKNOWN: "yellow"}


def duration(text: str | int) -> int:
    """Return the seconds of `90s`, `5m` or `1h`; raise `BadParameter`."""
    if isinstance(text, int):
        return text
    found = DURATION.fullmatch(text)
    if found is None or not int(found[1]):
        raise typer.BadParameter("must be a duration such as 90s, 5m or 1h")
    return int(found[1]) * SECONDS[found[2]]


Url = Annotated[str, typer.Option("--prometheus", metavar="URL", help="The Prometheus that scrapes Hello.")]
For = Annotated[
    int, typer.Option("--for", parser=duration, metavar="5m", show_default="5m", help="How long to watch.")
]
Every = Annotated[
    int,
    typer.Option("--every", parser=duration, metavar="15s", show_default="15s", help="Time between looks."),
]
Version = Annotated[
    str, typer.Option("--version", help="The version or commit that every process must run in the end.")
]
BurnRate = Annotated[
    float, typer.Option(min=0, help="How fast the error budget of 30 days may be spent: at 6, in 5 days.")
]
MinEvents = Annotated[int, typer.Option(min=1, help="Requests that a verdict needs.")]
AllowIdle = Annotated[bool, typer.Option("--allow-idle", help="Too little traffic is good enough.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


def add_to(cli: typer.Typer) -> None:
    release = typer.Typer(no_args_is_help=True)
    cli.add_typer(release, name="release", help="Judge a release by its metrics.")
    release.command()(check)


def check(  # noqa: PLR0913, PLR0917  # one parameter for each option
    prometheus: Url,
    for_: For = 300,
    every: Every = 15,
    version: Version = "",
    max_burn_rate: BurnRate = 6,
    min_events: MinEvents = 100,
    allow_idle: AllowIdle = False,
    as_json: Json = False,
) -> None:
    """Watch the service level objectives and the alerts, and judge the release.

    Exits with status 0 if it is good, 1 if it is bad (as soon as that is sure), 2 if the verdict is unknown.
    """
    request = CheckRelease(
        for_s=for_,
        every_s=every,
        release=version,
        max_burn_rate=max_burn_rate,
        min_events=min_events,
        allow_idle=allow_idle,
    )
    try:
        report = asyncio.run(watched(prometheus, request))
    except UnavailableError as error:
        typer.secho(f"hello: {error.explanation}", fg="red", err=True)
        raise typer.Exit(EXIT_CODES[Verdict.UNKNOWN]) from None
    show(report, as_json=as_json)
    raise typer.Exit(EXIT_CODES[report.verdict])


async def watched(url: str, request: CheckRelease) -> Report:
    from hello.bootstrap.release_check import open_release_check  # noqa: PLC0415  # slow to import

    with progress_bar(round(request.for_s), "s") as advance:
        async with open_release_check(url, time.monotonic, asyncio.sleep) as service:
            return await service.check(request, advance)


def show(report: Report, *, as_json: bool) -> None:
    if as_json:
        typer.echo(orjson.dumps({"verdict": report.verdict, **asdict(report)}, option=orjson.OPT_INDENT_2))
        return
    table = Table("criterion", "verdict", "observed", "limit")
    for finding in report.findings:
        style = STYLES[finding.verdict]
        table.add_row(finding.criterion, f"[{style}]{finding.verdict}[/]", finding.observed, finding.limit)
    console = Console(emoji=False)
    console.print(table)
    console.print(
        f"After {report.seconds:.0f} s the release is [{STYLES[report.verdict]}]{report.verdict}[/]."
    )
