"""Strict parsing of connection URLs; error messages name the parameter and show no value."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
HOST = re.compile(r"(?P<name>\[[^\]]*\]|[^:\[\]]*)(:(?P<port>[^:]*))?")
MAX_PORT = 65535
ESCAPING = (
    "special characters of the user name and the password must be percent-encoded (/ as %2F, @ as %40, "
    ": as %3A, ? as %3F, % as %25)"
)


@dataclass(frozen=True, slots=True)
class UrlParts:
    """The decoded parts of a URL; `hosts` are names or addresses with ports, None for the default port."""

    scheme: str
    user: str
    password: str = field(repr=False)
    hosts: tuple[tuple[str, int | None], ...]
    path: str
    query: Mapping[str, str] = field(repr=False)


def split_url(url: str, schemes: Collection[str]) -> UrlParts:
    """Raise `ValueError` unless the text is a URL of one of these schemes."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in schemes:
        raise ValueError(f"must start with one of {', '.join(f'{known}://' for known in sorted(schemes))}")
    end = re.search(r"[/?]", rest)
    authority, tail = (rest[: end.start()], rest[end.start() :]) if end else (rest, "")
    path, _, query = tail.partition("?")
    if authority.count("@") > 1 or "@" in tail:
        raise ValueError(ESCAPING)
    login, _, hosts = authority.rpartition("@")
    user, _, password = login.partition(":")
    return UrlParts(
        scheme=scheme,
        user=decoded(user),
        password=decoded(password),
        hosts=read_hosts(hosts),
        path=decoded(path.removeprefix("/")),
        query=read_query(query),
    )


def read_hosts(text: str) -> tuple[tuple[str, int | None], ...]:
    return tuple(map(read_host, text.split(","))) if text else ()


def read_host(text: str) -> tuple[str, int | None]:
    """Return a host without the brackets of an IPv6 address, and its port."""
    match = HOST.fullmatch(text)
    if match is None:
        raise ValueError(f"the host is not valid; {ESCAPING}, and an IPv6 address needs brackets")
    return decoded(match["name"].strip("[]")), read_port(match["port"]) if match["port"] else None


def read_port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_PORT):
        raise ValueError(f"the port must be a number from 1 to {MAX_PORT}; {ESCAPING}")
    return int(text)


def read_query(text: str) -> dict[str, str]:
    """Parse the parameters; the last of several values wins, as in libpq."""
    values = {}
    for pair in filter(None, text.split("&")):
        name, separator, value = pair.partition("=")
        if not separator:
            raise ValueError("each parameter after the question mark needs a value: name=value")
        values[decoded(name)] = decoded(value)
    return values


def decoded(text: str) -> str:
    if BAD_ESCAPE.search(text):
        raise ValueError(f"a percent sign is not followed by two hexadecimal digits; {ESCAPING}")
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise ValueError("percent-encoded text must be UTF-8") from None


def refuse_unknown(query: Mapping[str, str], known: Collection[str], hints: Mapping[str, str]) -> None:
    """Raise `ValueError` for an unknown parameter; a hint says what to use instead."""
    for name in sorted(set(query) - set(known)):
        hint = f"; {hints[name]}" if name in hints else ""
        raise ValueError(f"the parameter {name} is not supported{hint}")


def check_file(name: str, path: str) -> None:
    """Raise `ValueError` unless this parameter's file is readable."""
    try:
        Path(path).open("rb").close()
    except OSError as error:
        raise ValueError(f"{name}: the file cannot be read ({error.strerror})") from None


def check_number(name: str, text: str, minimum: int, maximum: int) -> int:
    if not (text.isascii() and text.isdigit() and minimum <= int(text) <= maximum):
        raise ValueError(f"{name}: must be a whole number from {minimum} to {maximum}")
    return int(text)


def check_choice(name: str, text: str, choices: Collection[str]) -> None:
    if text not in choices:
        raise ValueError(f"{name}: must be one of {', '.join(sorted(choices))}")
