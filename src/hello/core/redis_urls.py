"""Validates Redis and Valkey URLs at the start: redis-py reports an unknown parameter much later."""

from collections.abc import Mapping

from hello.core.urls import UrlParts, check_choice, check_file, check_number, refuse_unknown, split_url

SCHEMES = {"redis", "rediss", "redis+cluster", "rediss+cluster", "unix"}
TLS = {"rediss", "rediss+cluster"}
FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
TLS_PARAMETERS = {*FILES, "ssl_ca_path", "ssl_cert_reqs", "ssl_check_hostname", "ssl_keyfile_password"}
PARAMETERS = {
    "client_name",
    "db",
    "health_check_interval",
    "password",
    "protocol",
    "socket_keepalive",
    "username",
}
HINTS = {
    "max_connections": "it is fixed",
    "socket_connect_timeout": "use REDIS_TIMEOUT_S",
    "socket_timeout": "use REDIS_TIMEOUT_S",
    "ssl": "use rediss://",
    "timeout": "use REDIS_TIMEOUT_S",
} | dict.fromkeys(TLS_PARAMETERS, "it needs rediss://")
BOOLEANS = {"true", "false", "True", "False", "1", "0", "yes", "no", "Yes", "No"}
MAX_DATABASE = 2**31 - 1


def check_redis_url(url: str) -> None:
    """Raise `ValueError` with one line that names the parameter and shows no value."""
    parts = split_url(url, SCHEMES)
    query = parts.query
    known = PARAMETERS | TLS_PARAMETERS if parts.scheme in TLS else PARAMETERS
    refuse_unknown(query, known, HINTS)
    check_place(parts)
    check_values(query)


def check_place(parts: UrlParts) -> None:
    """Refuse a path that is not a number: redis-py would use database 0 instead."""
    if parts.scheme == "unix":
        if not parts.path or parts.hosts:
            raise ValueError("needs the path of a socket: unix:///run/valkey.sock?db=0")
        return
    if len(parts.hosts) != 1 or not parts.hosts[0][0]:
        raise ValueError("needs the name or address of one server")
    if parts.path:
        max_database = 0 if "cluster" in parts.scheme else MAX_DATABASE
        check_number("the path, the number of a database", parts.path.removesuffix("/"), 0, max_database)


def check_values(query: Mapping[str, str]) -> None:
    if "db" in query:
        check_number("db", query["db"], 0, MAX_DATABASE)
    if "health_check_interval" in query:
        check_number("health_check_interval", query["health_check_interval"], 0, 3600)
    check_choice("protocol", query.get("protocol", "2"), {"2", "3"})
    check_choice("ssl_cert_reqs", query.get("ssl_cert_reqs", "none"), {"none", "optional", "required"})
    for name in ("socket_keepalive", "ssl_check_hostname"):
        check_choice(name, query.get(name, "true"), BOOLEANS)
    for name in FILES:
        if name in query:
            check_file(name, query[name])
