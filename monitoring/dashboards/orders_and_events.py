"""Orders on their way, and events from the outbox through the broker to their consumers."""

from monitoring.dashboards.page import Page, Row
from monitoring.dashboards.panels import HEIGHT, PanelBuilder, Query, Steps, Text, lines, number, states
from monitoring.dashboards.queries import quantile


def orders_and_events() -> Page:
    return Page(
        "orders-and-events",
        "Orders and events",
        "Orders by state, the outbox, the broker, consumers and dead letters, and the tasks of the workers.",
        (
            Row("Orders", orders()),
            Row("Publishing", (*outbox(), *broker())),
            Row("Consumers", (*consumers(), *losses())),
            Row("Workers", workers()),
        ),
    )


def orders() -> tuple[PanelBuilder, ...]:
    return (
        lines(
            Text("Orders in progress", "Orders that are not final, by state.", "OrdersStuck"),
            "none",
            Query("max by (status) (orders_in_progress)", "{{status}}"),
            stacked=True,
        ),
        lines(
            Text("Moves of orders", "Orders that moved to this state.", "OrdersStuck"),
            "ops",
            Query("sum by (status) (rate(orders_moves_total[$__rate_interval]))", "{{status}}"),
        ),
        lines(
            Text("Oldest due order", "How overdue the oldest due order is.", "OrdersStuck"),
            "s",
            Query("max(orders_oldest_due_seconds)", "overdue"),
            steps=Steps("green", ((60, "red"),)),
        ),
    )


def outbox() -> tuple[PanelBuilder, ...]:
    return (
        lines(
            Text(
                "Outbox",
                "Age of the oldest event, and how long a session has blocked the relays.",
                "OutboxLag",
            ),
            "s",
            Query("max(events_outbox_lag_seconds)", "oldest event"),
            Query("max(events_outbox_blocked_seconds)", "blocked"),
            steps=Steps("green", ((60, "red"),)),
        ),
        lines(
            Text("Waiting events", "Rows of the outbox, counted up to 10,000.", "OutboxLag"),
            "none",
            Query("max(events_outbox_depth)", "events"),
        ),
        lines(
            Text(
                "Publishing",
                "Attempts by outcome; more than the published events means repetitions.",
                "BrokerDown",
            ),
            "ops",
            Query("sum by (outcome) (rate(events_publish_tries_total[$__rate_interval]))", "{{outcome}}"),
        ),
    )


def broker() -> tuple[PanelBuilder, ...]:
    return (
        lines(
            Text("Published events", "Events that the broker acknowledged, by type.", "metrics"),
            "ops",
            Query("sum by (type) (rate(events_published_total[$__rate_interval]))", "{{type}}"),
            width=12,
            stacked=True,
        ),
        lines(
            Text("Redis stream", "Memory of the stream, if Redis is the broker.", "StreamDropped"),
            "bytes",
            Query("max(events_stream_bytes)", "stream"),
        ),
        number(
            Text("Broker full", "1 while the broker has no room.", "BrokerFull"),
            "none",
            Query("max(events_broker_full)"),
            steps=Steps("green", ((1, "red"),)),
            height=HEIGHT,
        ),
    )


def consumers() -> tuple[PanelBuilder, ...]:
    return (
        lines(
            Text(
                "Lag by consumer",
                "From an event's time to its effect, p99; the objective is 5 s.",
                "EventLagBurn",
            ),
            "s",
            Query(quantile(0.99, "events_lag_seconds_bucket", "consumer"), "{{consumer}}", exemplars=True),
            steps=Steps("green", ((5, "red"),)),
        ),
        lines(
            Text("Deliveries", "By consumer and outcome.", "DeadLetters"),
            "ops",
            Query(
                "sum by (consumer, outcome) (rate(events_consumed_total[$__rate_interval]))",
                "{{consumer}} {{outcome}}",
            ),
        ),
        states(
            Text("Consumers connected", "Down while no worker's consumer has a broker.", "BrokerDown"),
            Query("max by (consumer) (events_consumer_up)", "{{consumer}}"),
        ),
    )


def losses() -> tuple[PanelBuilder, ...]:
    return (
        number(
            Text("Dead letters", "Events that could not be handled and wait to be redriven.", "DeadLetters"),
            "none",
            Query("max by (consumer) (events_dead_letters)", "{{consumer}}"),
            width=12,
            steps=Steps("green", ((1, "red"),)),
        ),
        number(
            Text(
                "Dropped for others",
                "Events of the last hour that another application lost.",
                "StreamDropped",
            ),
            "none",
            Query("sum(increase(events_stream_dropped_total[1h]))"),
            width=12,
            steps=Steps("green", ((1, "red"),)),
        ),
    )


def workers() -> tuple[PanelBuilder, ...]:
    return (
        states(
            Text("Tasks of the workers", "Down from a failure until the next success.", "TaskDown"),
            Query("min by (task) (worker_task_up)", "{{task}}"),
        ),
        lines(
            Text("Steps", "Steps of the tasks that succeeded.", "TaskDown"),
            "ops",
            Query("sum by (task) (rate(worker_steps_total[$__rate_interval]))", "{{task}}"),
        ),
        lines(
            Text("Failures", "Steps that failed and are tried again.", "TaskDown"),
            "ops",
            Query(
                "sum by (task) (rate(worker_failures_total[$__rate_interval])) or on () vector(0)", "{{task}}"
            ),
        ),
    )
