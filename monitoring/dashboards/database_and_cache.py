"""How requests reach PostgreSQL and Redis, and how both servers are."""

from monitoring.dashboards.page import Page, Row
from monitoring.dashboards.panels import HEIGHT, PanelBuilder, Query, Steps, Text, lines, number
from monitoring.dashboards.queries import quantile, rate

DATABASE = '{datname!~"postgres|template.*"}'


def database_and_cache() -> Page:
    return Page(
        "database-and-cache",
        "Database and cache",
        "Pools and batches of the service, cached pages, and the servers as their exporters see them.",
        (
            Row("Pools and batches", pools()),
            Row("Cache", (*cache(), *cache_writes())),
            Row("PostgreSQL", postgres()),
            Row("Redis", redis()),
        ),
    )


def pools() -> tuple[PanelBuilder, ...]:
    return (
        lines(
            Text(
                "Connections in use",
                "Of all processes together, and the most that they may open.",
                "DatabasePoolWait",
            ),
            "none",
            Query("sum by (pool) (database_pool_in_use)", "{{pool}} in use"),
            Query("sum by (pool) (database_pool_size)", "{{pool}} at most"),
            width=6,
        ),
        lines(
            Text("Wait for a connection", "Time to get a connection from the pool, p95.", "DatabasePoolWait"),
            "s",
            Query(quantile(0.95, "database_pool_wait_seconds_bucket", "pool"), "{{pool}}"),
            width=6,
            steps=Steps("green", ((0.1, "red"),)),
        ),
        lines(
            Text("Callers per batch", "Mean number of callers that one statement serves.", "metrics"),
            "none",
            Query(
                "sum by (batch) (rate(batch_size_sum[$__rate_interval])) "
                "/ sum by (batch) (rate(batch_size_count[$__rate_interval]))",
                "{{batch}}",
            ),
            width=6,
        ),
        lines(
            Text("Wait of a batch", "From the first caller of a batch to its answer, p99.", "LatencyBurn"),
            "s",
            Query(quantile(0.99, "batch_wait_seconds_bucket", "batch"), "{{batch}}"),
            width=6,
            steps=Steps("green", ((0.05, "red"),)),
        ),
    )


def cache() -> tuple[PanelBuilder, ...]:
    hits = 'sum(rate(cache_requests_total{outcome="hit"}[5m]))'
    return (
        lines(
            Text(
                "Cache requests", "Pages of birthday lists: found, missed, or Redis not asked.", "CacheDown"
            ),
            "reqps",
            Query("sum by (outcome) (rate(cache_requests_total[$__rate_interval]))", "{{outcome}}"),
            Query(f"sum({rate('cache_fills_total')})", "filled"),
            width=12,
        ),
        number(
            Text("Hits", "Share of the last 5 minutes' requests that the cache answered.", "CacheDown"),
            "percentunit",
            Query(f"({hits} or vector(0)) / sum(rate(cache_requests_total[5m]))"),
            height=HEIGHT,
        ),
        number(
            Text("Without cache", "Processes that do not ask Redis for pages at the moment.", "CacheDown"),
            "none",
            Query("sum(cache_breaker_open)"),
            steps=Steps("green", ((1, "red"),)),
            height=HEIGHT,
        ),
        number(
            Text("Limits alone", "Processes that count limits without Redis at the moment.", "CacheDown"),
            "none",
            Query("sum(rate_limit_breaker_open)"),
            steps=Steps("green", ((1, "red"),)),
            height=HEIGHT,
        ),
    )


def cache_writes() -> tuple[PanelBuilder, ...]:
    return (
        lines(
            Text("Failed calls", "Calls of Redis that failed, for the cache and for limits.", "CacheDown"),
            "ops",
            Query(f"sum({rate('cache_errors_total')})", "cache"),
            Query(f"sum({rate('rate_limit_errors_total')})", "limits"),
        ),
        lines(
            Text("Checks of today's list", "A stale one is a bug: the list is never old.", "FreshnessBurn"),
            "ops",
            Query("sum by (outcome) (rate(birthdays_today_checks_total[$__rate_interval]))", "{{outcome}}"),
        ),
    )


def postgres() -> tuple[PanelBuilder, ...]:
    hit, read, committed, rolled_back = (
        f"sum({rate(f'pg_stat_database_{what}{DATABASE}')})"
        for what in ("blks_hit", "blks_read", "xact_commit", "xact_rollback")
    )
    return (
        lines(
            Text("Sessions", "Sessions of PostgreSQL, by state.", "connections"),
            "none",
            Query(f"sum by (state) (pg_stat_activity_count{DATABASE})", "{{state}}"),
            Query("max(pg_settings_max_connections)", "max_connections"),
            width=6,
        ),
        lines(
            Text("Transactions", "Committed and rolled back.", "LatencyBurn"),
            "ops",
            Query(committed, "committed"),
            Query(rolled_back, "rolled back"),
            width=6,
        ),
        lines(
            Text(
                "Blocks from memory",
                "Share of the blocks that PostgreSQL found in its memory.",
                "LatencyBurn",
            ),
            "percentunit",
            Query(f"{hit} / ({hit} + {read})", "hit"),
            width=6,
        ),
        lines(
            Text("Size", "Of the database on disk.", "symptoms"),
            "bytes",
            Query(f"max(pg_database_size_bytes{DATABASE})", "database"),
            width=6,
        ),
    )


def redis() -> tuple[PanelBuilder, ...]:
    return (
        lines(
            Text("Memory", "Used, and the most that Redis may use.", "BrokerFull"),
            "bytes",
            Query("max(redis_memory_used_bytes)", "used"),
            Query("max(redis_memory_max_bytes)", "maxmemory"),
            width=6,
        ),
        lines(
            Text("Commands", "Commands a second.", "CacheDown"),
            "ops",
            Query(f"sum({rate('redis_commands_processed_total')})", "commands"),
            width=6,
        ),
        lines(
            Text("Evicted and expired keys", "Evicted keys mean that maxmemory is too low.", "CacheDown"),
            "ops",
            Query(f"sum({rate('redis_evicted_keys_total')})", "evicted"),
            Query(f"sum({rate('redis_expired_keys_total')})", "expired"),
            width=6,
        ),
        lines(
            Text("Clients", "Connections of Redis.", "CacheDown"),
            "none",
            Query("max(redis_connected_clients)", "clients"),
            width=6,
        ),
    )
