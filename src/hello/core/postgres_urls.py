"""Parses `postgresql://` URLs as libpq does (PostgreSQL documentation, 34.1.1 and 34.1.2).

A parameter that the driver cannot honour is refused at the start: a silently ignored
`channel_binding=require` would be less secure than requested.
"""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, urlencode

from hello.core.urls import UrlParts, check_choice, check_file, check_number, refuse_unknown, split_url

SCHEMES = {"postgres", "postgresql", "postgresql+asyncpg"}
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
VERIFYING = {"verify-ca", "verify-full"}
DRIVER = {
    *("passfile", "service", "sslmode", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslcrl"),
    *("sslnegotiation", "ssl_min_protocol_version", "ssl_max_protocol_version", "target_session_attrs"),
    *("krbsrvname", "gsslib"),
}
"""Parameters that asyncpg understands itself."""
OURS = {
    *("host", "hostaddr", "port", "user", "password", "dbname", "application_name"),
    *("fallback_application_name", "connect_timeout", "options", "client_encoding"),
    *("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"),
}
# Values that match what happens anyway; others are refused, as asyncpg has no equivalent.
HARMLESS: Mapping[str, frozenset[str]] = {
    "channel_binding": frozenset({"prefer", "disable"}),
    "gssdelegation": frozenset({"0"}),
    "gssencmode": frozenset({"prefer", "disable"}),
    "load_balance_hosts": frozenset({"disable"}),
    "max_protocol_version": frozenset({"3.0", "3.2", "latest"}),
    "min_protocol_version": frozenset({"3.0"}),
    "replication": frozenset({"0", "false", "off", "no"}),
    "sslcertmode": frozenset({"allow"}),
    "sslcompression": frozenset({"0"}),
    "sslsni": frozenset({"1"}),
}
HINTS = {
    "database": "use dbname, or the path of the URL",
    "pool_size": "use DATABASE_POOL_SIZE",
    "pgbouncer": "use DATABASE_POOLER=transaction",
    "prepared_statement_cache_size": "use DATABASE_POOLER=transaction",
    "require_auth": "asyncpg takes any method that the server asks for; use sslmode=verify-full",
    "schema": "use options=-csearch_path%3DNAME",
    "servicefile": "set PGSERVICEFILE",
    "ssl": "use sslmode",
    "statement_cache_size": "use DATABASE_POOLER=transaction",
}
TARGETS = {"any", "primary", "standby", "read-write", "read-only", "prefer-standby"}
FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")
OPTION = re.compile(r"(?:-c\s*|--)([A-Za-z0-9_.]+)=((?:\\.|[^\s\\])*)")
SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepAlive:
    """TCP keepalive: seconds until the first probe and between probes, and how many may be lost."""

    enabled: bool = True
    idle_s: int = 10
    interval_s: int = 5
    count: int = 3
    user_timeout_ms: int = 0


DEFAULT = KeepAlive()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresUrl:
    """`dsn` is for asyncpg; the other fields are what asyncpg does not understand, with times in seconds."""

    dsn: str = field(repr=False)
    application_name: str | None
    connect_timeout_s: int | None
    server_settings: Mapping[str, str]
    keep_alive: KeepAlive


@lru_cache(maxsize=100)
def read_postgres_url(url: str) -> PostgresUrl:
    """Raise `ValueError` with one line that names the parameter and shows no value."""
    parts = split_url(url, SCHEMES)
    query = {name: value for name, value in parts.query.items() if value}
    refuse_unknown(query, DRIVER | OURS | set(HARMLESS), HINTS)
    refuse_unsupported(query)
    check_tls(query)
    timeout_s = check_number("connect_timeout", query.get("connect_timeout", "0"), 0, 3600)
    return PostgresUrl(
        dsn=dsn_of(parts, query),
        application_name=query.get("application_name") or query.get("fallback_application_name"),
        connect_timeout_s=timeout_s or None,
        server_settings=read_options(query.get("options", "")),
        keep_alive=read_keep_alive(query),
    )


def refuse_unsupported(query: Mapping[str, str]) -> None:
    for name, values in HARMLESS.items():
        if name in query and query[name] not in values:
            raise ValueError(f"{name}: only {' or '.join(sorted(values))} is supported")
    if query.get("client_encoding", "utf8").lower().replace("-", "") not in {"utf8", "unicode", "auto"}:
        raise ValueError("client_encoding: only UTF8 is supported")
    check_choice("target_session_attrs", query.get("target_session_attrs", "any"), TARGETS)
    check_choice("sslnegotiation", query.get("sslnegotiation", "postgres"), {"postgres", "direct"})


def check_tls(query: Mapping[str, str]) -> None:
    mode, root = query.get("sslmode", "prefer"), query.get("sslrootcert")
    check_choice("sslmode", mode, SSL_MODES)
    default = Path("~/.postgresql/root.crt").expanduser()
    if mode in VERIFYING and root is None and not default.is_file():
        raise ValueError(f"sslmode={mode} needs sslrootcert: a file of certificates, or {SYSTEM}")
    if root == SYSTEM and mode != "verify-full":
        raise ValueError(f"sslrootcert={SYSTEM} needs sslmode=verify-full")
    for name in FILES:
        if name in query and query[name] != SYSTEM:
            check_file(name, query[name])
    check_certificates(query)


def check_certificates(query: Mapping[str, str]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    root, certificate = query.get("sslrootcert", SYSTEM), query.get("sslcert")
    try:
        if root != SYSTEM:
            context.load_verify_locations(root)
    except ssl.SSLError:
        raise ValueError("sslrootcert: the file holds no certificate in PEM") from None
    try:
        if certificate:
            context.load_cert_chain(certificate, query.get("sslkey"), query.get("sslpassword", ""))
    except ssl.SSLError:
        raise ValueError("sslcert, sslkey: not a certificate and its private key in PEM") from None


def dsn_of(parts: UrlParts, query: Mapping[str, str]) -> str:
    """Write everything as query parameters, where special characters are unambiguous to asyncpg."""
    values = {name: query[name] for name in sorted(DRIVER & set(query))}
    if values.get("sslrootcert") == SYSTEM:
        values["sslrootcert"] = system_certificates()
    values |= address_of(parts, query)
    login = {
        "user": query.get("user") or parts.user,
        "password": query.get("password") or parts.password,
        "dbname": query.get("dbname") or parts.path,
    }
    values |= {name: value for name, value in login.items() if value}
    return f"postgresql://?{urlencode(values, quote_via=quote)}"


def system_certificates() -> str:
    path = ssl.get_default_verify_paths()
    certificates = path.cafile or path.openssl_cafile
    check_file("sslrootcert", certificates)
    return certificates


def address_of(parts: UrlParts, query: Mapping[str, str]) -> dict[str, str]:
    """Return as many ports as hosts; leave the defaults to asyncpg if no host is given."""
    hosts = [name for name, _ in parts.hosts if name] or list(filter(None, query.get("host", "").split(",")))
    if address := query.get("hostaddr"):
        if query.get("sslmode") == "verify-full":
            raise ValueError("hostaddr: not supported together with sslmode=verify-full")
        hosts = address.split(",")
    ports = [str(port or 5432) for _, port in parts.hosts]
    if "port" in query:
        ports = [str(check_number("port", port, 1, 65535)) for port in query["port"].split(",")]
    if not hosts:
        return {"port": ports[0]} if ports else {}
    ports = ports * len(hosts) if len(ports) == 1 else ports or ["5432"] * len(hosts)
    if len(ports) != len(hosts):
        raise ValueError(f"port: {len(ports)} ports for {len(hosts)} hosts")
    return {"host": ",".join(map(bracketed, hosts)), "port": ",".join(ports)}


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("/") else host


def read_options(text: str) -> dict[str, str]:
    """Return the server settings of `-c name=value` and `--name=value`, with a backslash before a space."""
    values, rest = {}, text.strip()
    while rest:
        option = OPTION.match(rest)
        if option is None:
            raise ValueError("options: only -c name=value and --name=value are supported")
        values[option[1]] = re.sub(r"\\(.)", r"\1", option[2])
        rest = rest[option.end() :].strip()
    return values


def read_keep_alive(query: Mapping[str, str]) -> KeepAlive:
    """Use our default for 0, which stands for the default in libpq."""

    def number(name: str, default: int, maximum: int = 32_767) -> int:
        return check_number(name, query.get(name, "0"), 0, maximum) or default

    return KeepAlive(
        enabled=check_number("keepalives", query.get("keepalives", "1"), 0, 1) == 1,
        idle_s=number("keepalives_idle", DEFAULT.idle_s),
        interval_s=number("keepalives_interval", DEFAULT.interval_s),
        count=number("keepalives_count", DEFAULT.count, maximum=127),
        user_timeout_ms=number("tcp_user_timeout", 0, maximum=2**31 - 1),
    )
