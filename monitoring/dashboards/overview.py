"""The home of operators: objectives and budgets, rate, errors and duration, and what is down."""

from monitoring.dashboards.page import Page, Row
from monitoring.dashboards.panels import PanelBuilder, Query, Steps, Text, lines, name, number, states
from monitoring.dashboards.queries import quantile, rate

ENTRIES = {
    "availability": "AvailabilityBurn",
    "latency": "LatencyBurn",
    "freshness": "FreshnessBurn",
    "event_lag": "EventLagBurn",
}
BUDGET = Steps("red", ((0, "orange"), (0.25, "green")))
BURN = Steps("green", ((1, "yellow"), (14.4, "red")))
RISING = Steps("green", ((1, "red"),))
SOME = Steps("red", ((1, "green"),))
REQUESTS = 'http_request_duration_seconds_count{job="hello-api"}'
HELLO = '{job="hello-api",method=~"GET|PUT",route="/hello/{username}"}'


def overview() -> Page:
    return Page(
        "overview",
        "Overview",
        "Whether the service keeps its promises, what it does, and what is down.",
        (
            Row("Now", (*processes(), *alerts_and_version())),
            Row("Objectives", objectives()),
            Row("Requests", requests()),
            Row("Parts", parts()),
        ),
    )


def processes() -> tuple[PanelBuilder, ...]:
    return (
        number(
            Text("API", "API processes that answer Prometheus.", "TargetDown"),
            "none",
            Query('sum(up{job="hello-api"})'),
            steps=SOME,
            width=3,
        ),
        number(
            Text("Workers", "Workers that answer Prometheus.", "WorkerMissing"),
            "none",
            Query('sum(up{job="hello-worker"})'),
            steps=SOME,
            width=3,
        ),
        number(
            Text("Not ready", "Processes whose readiness is 503.", "Unready"),
            "none",
            Query("count(hello_ready == 0) or vector(0)"),
            steps=RISING,
            width=3,
        ),
    )


def alerts_and_version() -> tuple[PanelBuilder, ...]:
    return (
        number(
            Text("Pages", "Alerts that fire for the person on call."),
            "none",
            Query('count(ALERTS{alertstate="firing",severity="page"}) or vector(0)'),
            steps=RISING,
            width=3,
        ),
        number(
            Text("Tickets", "Alerts that fire for the next working day."),
            "none",
            Query('count(ALERTS{alertstate="firing",severity="ticket"}) or vector(0)'),
            steps=Steps("green", ((1, "yellow"),)),
            width=3,
        ),
        name(
            Text("Version", "Releases that run, with the revision of the schema.", "deploy"),
            Query(
                "max by (version, commit, schema) (hello_build_info)",
                "{{version}} · {{commit}} · schema {{schema}}",
            ),
            width=9,
        ),
    )


def objectives() -> tuple[PanelBuilder, ...]:
    budgets = (budget(slo, entry) for slo, entry in ENTRIES.items())
    return (
        *budgets,
        lines(
            Text(
                "Burn rate, 1 hour",
                "How many times too fast the error budget of 30 days burns; 14.4 is a page.",
                "AvailabilityBurn",
            ),
            "none",
            Query("slo:burn_rate:rate1h", "{{slo}}"),
            width=12,
            steps=BURN,
        ),
        lines(
            Text(
                "Burn rate, 3 days",
                "Above 1 the error budget does not last for 30 days: a ticket.",
                "AvailabilityBurn",
            ),
            "none",
            Query("slo:burn_rate:rate3d", "{{slo}}"),
            width=12,
            steps=Steps("green", ((1, "yellow"),)),
        ),
    )


def budget(slo: str, entry: str) -> PanelBuilder:
    title = slo.replace("_", " ")
    return number(
        Text(
            f"Budget of {title}",
            f"Share of the error budget of 30 days that is left for {title}; negative if more is spent.",
            entry,
        ),
        "percentunit",
        Query(f'slo:budget_left:ratio{{slo="{slo}"}}'),
        width=6,
        steps=BUDGET,
    )


def requests() -> tuple[PanelBuilder, ...]:
    return (
        lines(
            Text("Requests", "Answered requests of the API, by status.", "metrics"),
            "reqps",
            Query(f"sum by (status) ({rate(REQUESTS)})", "{{status}}"),
            stacked=True,
        ),
        lines(
            Text("Errors", "Share of requests that failed or were refused.", "AvailabilityBurn"),
            "percentunit",
            Query('slo:error_ratio:rate5m{slo="availability"}', "5 minutes"),
            Query('slo:error_ratio:rate1h{slo="availability"}', "1 hour"),
            steps=Steps("green", ((0.001, "yellow"), (0.0144, "red"))),
        ),
        lines(
            Text(
                "Duration of /hello", "GET and PUT /hello/{username}; the objective is 50 ms.", "LatencyBurn"
            ),
            "s",
            *(duration(q) for q in (0.5, 0.95, 0.99)),
            steps=Steps("green", ((0.05, "red"),)),
        ),
    )


def duration(q: float) -> Query:
    expr = quantile(q, f"http_request_duration_seconds_bucket{HELLO}")
    return Query(expr, f"p{100 * q:g}", exemplars=True)


def parts() -> tuple[PanelBuilder, ...]:
    return (
        states(
            Text(
                "Checks of readiness",
                "What the processes need: database, cache, broker and others.",
                "Unready",
            ),
            Query("min by (job, check) (health_check_up)", "{{job}} {{check}}"),
            width=12,
        ),
        states(
            Text("Targets", "What Prometheus gets metrics from.", "TargetDown"),
            Query("min by (job) (up)", "{{job}}"),
            width=12,
        ),
    )
