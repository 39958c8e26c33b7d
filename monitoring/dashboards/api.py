"""Rate, errors and duration of each route, and what limits the processes of the API."""

from monitoring.dashboards.page import Page, Row
from monitoring.dashboards.panels import PanelBuilder, Query, Steps, Text, lines
from monitoring.dashboards.queries import quantile, rate

JOB = 'job="hello-api",instance=~"$instance"'
BUCKET = "http_request_duration_seconds_bucket"
HELLO = f'{BUCKET}{{{JOB},method=~"GET|PUT",route="/hello/{{username}}"}}'
OF_JOB = f"{{{JOB}}}"
STREAMS = 'route!~".*/events"'


def api() -> Page:
    return Page(
        "api",
        "API",
        "Requests by route, refusals, connections, limits and the event loop.",
        (
            Row("Routes", routes()),
            Row("Duration", durations()),
            Row("Load", load()),
            Row("Clients", clients()),
            Row("After the answer", background()),
        ),
        instances_of="hello-api",
    )


def routes() -> tuple[PanelBuilder, ...]:
    rejected, failed = counted('status=~"4.."'), counted('status=~"5.."')
    return (
        lines(
            Text("Requests by route", "Answered requests, the ten busiest routes.", "metrics"),
            "reqps",
            Query(f"topk(10, sum by (method, route) ({rate(counted())}))", "{{method}} {{route}}"),
        ),
        lines(
            Text(
                "Errors by route",
                "Answers with 5xx; refused requests are not among them.",
                "AvailabilityBurn",
            ),
            "reqps",
            Query(
                f"sum by (method, route, status) ({rate(failed)}) or on () vector(0)",
                "{{method}} {{route}} {{status}}",
            ),
        ),
        lines(
            Text("Rejected by status", "Answers with 4xx: what clients do wrong.", "symptoms"),
            "reqps",
            Query(f"sum by (status) ({rate(rejected)}) or on () vector(0)", "{{status}}"),
            stacked=True,
        ),
    )


def counted(*more: str) -> str:
    return f"http_request_duration_seconds_count{{{','.join((JOB, *more))}}}"


def durations() -> tuple[PanelBuilder, ...]:
    slowest = quantile(0.99, f"{BUCKET}{{{JOB},{STREAMS}}}", "method", "route")
    total = rate(f"http_request_duration_seconds_sum{{{JOB},{STREAMS}}}")
    by = "sum by (method, route)"
    return (
        lines(
            Text(
                "Duration of /hello", "GET and PUT /hello/{username}; the objective is 50 ms.", "LatencyBurn"
            ),
            "s",
            *(Query(quantile(q, HELLO), f"p{100 * q:g}", exemplars=True) for q in (0.5, 0.95, 0.99)),
            steps=Steps("green", ((0.05, "red"),)),
        ),
        lines(
            Text("Slowest routes", "p99 of the ten slowest routes, without event streams.", "LatencyBurn"),
            "s",
            Query(f"topk(10, {slowest})", "{{method}} {{route}}"),
        ),
        lines(
            Text("Mean duration", "The ten slowest routes, without event streams.", "LatencyBurn"),
            "s",
            Query(f"topk(10, {by} ({total}) / {by} ({rate(counted(STREAMS))}))", "{{method}} {{route}}"),
        ),
    )


def load() -> tuple[PanelBuilder, ...]:
    return (
        lines(
            Text(
                "Refused requests", "Answered 503 at once, because the process cannot take more.", "Overload"
            ),
            "reqps",
            Query(
                f"sum by (reason) ({rate(f'http_requests_refused_total{OF_JOB}')}) or on () vector(0)",
                "{{reason}}",
            ),
            stacked=True,
        ),
        lines(
            Text("Event loop lag", "How late timers fire in each process, p99.", "EventLoopLag"),
            "s",
            Query(quantile(0.99, f"event_loop_lag_seconds_bucket{OF_JOB}", "instance"), "{{instance}}"),
            steps=Steps("green", ((0.1, "red"),)),
        ),
        lines(
            Text("Connections", "Open connections of each process.", "limits-of-a-connection"),
            "none",
            Query(f"connections{OF_JOB}", "{{instance}}"),
        ),
    )


def clients() -> tuple[PanelBuilder, ...]:
    return (
        lines(
            Text("Closed connections", "By reason; `client` is the usual one.", "symptoms"),
            "cps",
            Query(f"sum by (reason) ({rate(f'connections_closed_total{OF_JOB}')})", "{{reason}}"),
            stacked=True,
        ),
        lines(
            Text("Log-ins", "Succeeded, refused (wrong e-mail or password) and limited.", "PasswordGuessing"),
            "ops",
            Query(f"sum by (outcome) ({rate(f'log_ins_total{OF_JOB}')})", "{{outcome}}"),
            stacked=True,
        ),
        lines(
            Text("Limits", "Requests that a limit allowed or refused, by group.", "PasswordGuessing"),
            "reqps",
            Query(
                f"sum by (group, outcome) ({rate(f'rate_limit_requests_total{OF_JOB}')})",
                "{{group}} {{outcome}}",
            ),
        ),
    )


def background() -> tuple[PanelBuilder, ...]:
    jobs = rate(f"background_jobs_total{OF_JOB}")
    listeners = rate(f"domain_event_failures_total{OF_JOB}")
    return (
        lines(
            Text("Background jobs", "Done, retried, or lost: failed, refused or dropped.", "metrics"),
            "ops",
            Query(f"sum by (outcome) ({jobs}) or on () vector(0)", "{{outcome}}"),
            width=12,
        ),
        lines(
            Text(
                "Failed listeners",
                "Domain events that a listener failed on; the log has the reason.",
                "metrics",
            ),
            "ops",
            Query(f"sum by (event) ({listeners}) or on () vector(0)", "{{event}}"),
            width=12,
        ),
    )
