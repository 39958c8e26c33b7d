"""Searches of items: what answers them, how fast, and how late the index is."""

from monitoring.dashboards.page import Page, Row
from monitoring.dashboards.panels import HEIGHT, PanelBuilder, Query, Steps, Text, lines, number
from monitoring.dashboards.queries import quantile, rate

ROUTES = 'job="hello-api",route=~"/api/v1/search/items.*"'


def search() -> Page:
    return Page(
        "search",
        "Search",
        "Rate and duration of searches and completions, the engine, and the lag of its index.",
        (Row("Searches", searches()), Row("Index", index())),
    )


def searches() -> tuple[PanelBuilder, ...]:
    answered = rate(f"http_request_duration_seconds_count{{{ROUTES}}}")
    return (
        lines(
            Text("Searches", "Searches and completions, by status.", "search"),
            "reqps",
            Query(f"sum by (route, status) ({answered})", "{{route}} {{status}}"),
        ),
        lines(
            Text("Duration of searches", "p50 and p99 of searches and completions.", "search"),
            "s",
            *(duration(q) for q in (0.5, 0.99)),
        ),
        lines(
            Text(
                "Answers by engine",
                "Only with SEARCH_URL: `postgresql` means that the engine did not answer.",
                "SearchDown",
            ),
            "reqps",
            Query("sum by (engine) (rate(search_answers_total[$__rate_interval]))", "{{engine}}"),
            stacked=True,
        ),
    )


def duration(q: float) -> Query:
    buckets = f"http_request_duration_seconds_bucket{{{ROUTES}}}"
    return Query(quantile(q, buckets, "route"), f"{{{{route}}}} p{100 * q:g}", exemplars=True)


def index() -> tuple[PanelBuilder, ...]:
    return (
        number(
            Text("Engine", "1 while the search engine answers; only with SEARCH_URL.", "SearchDown"),
            "none",
            Query("min(search_engine_up)"),
            steps=Steps("red", ((1, "green"),)),
            height=HEIGHT,
        ),
        lines(
            Text(
                "Lag of the index",
                "From the change of an item until it is in the engine's index.",
                "SearchLag",
            ),
            "s",
            *(lag(q) for q in (0.5, 0.95)),
            width=10,
            steps=Steps("green", ((30, "red"),)),
        ),
        lines(
            Text(
                "Changes of the index",
                "Events of items that the consumer `search` handled, by outcome.",
                "SearchLag",
            ),
            "ops",
            Query(
                'sum by (outcome) (rate(events_consumed_total{consumer="search"}[$__rate_interval]))',
                "{{outcome}}",
            ),
            width=10,
        ),
    )


def lag(q: float) -> Query:
    return Query(quantile(q, 'events_lag_seconds_bucket{consumer="search"}'), f"p{100 * q:g}")
