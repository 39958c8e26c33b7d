"""An API, a worker and their servers, each of which a test can break, watched as in production."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.processes import Process, open_fork_server
from tests.monitoring.alertmanager import running_alertmanager
from tests.monitoring.load import under_load
from tests.monitoring.prometheus import Prometheus, running_prometheus
from tests.monitoring.servers import ReachableServers, reachable_servers
from tests.monitoring.short_windows import short_routes, short_rules
from tests.monitoring.toxiproxy import Toxiproxy, running_toxiproxy
from tests.monitoring.webhook import Webhook, open_webhook
from tests.support.http.orders import ADMIN_TOKEN
from tests.support.polling import until
from tests.support.programs.ports import HOST, free_port

SETTINGS = {
    "ADMIN_TOKEN": ADMIN_TOKEN,
    "ORDER_CONFIRM_DELAY_S": "0.5",
    "ORDER_SHIP_DELAY_S": "0.5",
    **{f"RATE_LIMIT_{group}": "off" for group in ("ACCOUNTS", "AUDIT", "ITEMS", "ORDERS", "SEARCH")},
    **{f"RATE_LIMIT_LOGIN_{by}": "off" for by in ("PAIR", "ADDRESS", "ACCOUNT")},
}
PATIENT = {
    **{f"DATABASE_{what}_S": "20" for what in ("DEADLINE", "CONNECT_TIMEOUT", "LOCK_TIMEOUT")},
    "DATABASE_POOL_SIZE": "64",
    "DATABASE_POOL_OVERFLOW": "0",
}
"""A slow database is to be slow only: a fast one that gives up would be a second fault."""
QUICK = {"PUBLISH_TIMEOUT_S": "1", "FIGURES_POLL_S": "1"}
"""A session that holds a lock of the outbox is a fault after four times the first."""
START_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoredSystem:
    """`proxy` stands between the API and PostgreSQL; the worker has none."""

    api: Process
    api_url: str
    worker: Process
    servers: ReachableServers
    proxy: Toxiproxy
    prometheus: Prometheus
    webhook: Webhook


@contextmanager
def open_monitored_system(folder: Path, thresholds: Mapping[str, str]) -> Iterator[MonitoredSystem]:
    """Log into the folder; return when everything is up, under load, and no alert is active."""
    api_at, worker_at = (f"{HOST}:{free_port()}" for _ in range(2))
    targets = {"hello-api": [api_at], "hello-worker": [worker_at]}
    with (
        reachable_servers(folder) as servers,
        running_toxiproxy(folder, servers.address) as proxy,
        open_fork_server(folder, {}) as fork_server,
        open_webhook() as webhook,
        running_alertmanager(folder, short_routes(folder, webhook.url)) as alertmanager,
    ):
        urls = {"REDIS_URL": servers.cache.url, "BROKER_URL": servers.broker.url}
        environments = {
            "api": SETTINGS | urls | PATIENT | {"DATABASE_URL": servers.service_url_at(proxy.port)},
            "worker": SETTINGS | urls | QUICK | {"DATABASE_URL": servers.database_url},
        }
        processes = {
            name: Process(
                fork_server=fork_server,
                arguments=(name, "--port", address.partition(":")[2]),
                environment=environments[name],
                log=folder / f"{name}.log",
            )
            for name, address in (("api", api_at), ("worker", worker_at))
        }
        rules = short_rules(folder, thresholds)
        with (
            started(processes.values()),
            running_prometheus(folder, targets, rules, alertmanager) as prometheus,
        ):
            up = {api_at: "up", worker_at: "up"}
            until(lambda: prometheus.health() == up, START_S)
            with under_load(f"http://{api_at}", {"ADMIN_TOKEN": ADMIN_TOKEN}, "--quiet"):
                yield MonitoredSystem(
                    **processes,
                    api_url=f"http://{api_at}",
                    servers=servers,
                    proxy=proxy,
                    prometheus=prometheus,
                    webhook=webhook,
                )


@contextmanager
def started(processes: Collection[Process]) -> Iterator[None]:
    try:
        for process in processes:
            process.start()
        yield
    finally:
        for process in processes:
            process.kill()
