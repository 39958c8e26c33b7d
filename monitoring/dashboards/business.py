"""What the service is for: greetings, people, gifts and orders."""

from monitoring.dashboards.page import Page, Row
from monitoring.dashboards.panels import PanelBuilder, Query, Text, lines, number

GREETINGS = 'http_request_duration_seconds_count{method="GET",route="/hello/{username}",status="200"}'


def business() -> Page:
    return Page(
        "business",
        "Business",
        "Greetings, people and birthdays, gifts, orders and revenue.",
        (Row("Today", today()), Row("Over time", over_time())),
    )


def today() -> tuple[PanelBuilder, ...]:
    return (
        number(
            Text("People", "People known; an estimate above 100,000.", "metrics"),
            "locale",
            Query("max(people)"),
        ),
        number(
            Text("Birthdays today", "People whose birthday is today.", "metrics"),
            "locale",
            Query("max(birthdays_today)"),
        ),
        number(
            Text("Greetings a minute", "Of the last 5 minutes.", "metrics"),
            "none",
            Query(f"60 * sum(rate({GREETINGS}[5m]))"),
        ),
        number(
            Text("Gifts received", "Since the beginning.", "metrics"), "locale", Query("max(gifts_received)")
        ),
        number(
            Text("Orders today", "Placed since midnight.", "metrics"), "locale", Query("max(orders_today)")
        ),
        number(
            Text(
                "Revenue today",
                "Of the orders placed since midnight, in whole units of the currency.",
                "metrics",
            ),
            "locale",
            Query("max(orders_revenue_today) / 100"),
        ),
    )


def over_time() -> tuple[PanelBuilder, ...]:
    return (
        lines(
            Text("Greetings", "A second.", "metrics"),
            "ops",
            Query(f"sum(rate({GREETINGS}[$__rate_interval]))", "greetings"),
        ),
        lines(
            Text("Orders placed today", "Falls to 0 at midnight.", "metrics"),
            "locale",
            Query("max(orders_today)", "orders"),
        ),
        lines(
            Text("Gifts", "Received since the beginning.", "metrics"),
            "locale",
            Query("max(gifts_received)", "gifts"),
        ),
        lines(
            Text("Accounts and orders", "Committed changes a second.", "metrics"),
            "ops",
            Query("sum by (event) (rate(domain_events_total[$__rate_interval]))", "{{event}}"),
            width=12,
        ),
        lines(
            Text("Birthdays", "People whose birthday is today.", "metrics"),
            "locale",
            Query("max(birthdays_today)", "birthdays"),
            width=12,
        ),
    )
