"""Validates `SEARCH_URL`: the servers of Elasticsearch or OpenSearch."""

from hello.core.urls import UrlParts, check_file, refuse_unknown, split_url

SCHEMES = {"http", "https"}
FILES = ("cafile", "certfile", "keyfile")


def read_search_url(url: str) -> UrlParts:
    """Raise `ValueError` with one line that names the parameter and shows no value."""
    parts = split_url(url, SCHEMES)
    if not parts.hosts or not all(name for name, _ in parts.hosts):
        raise ValueError("needs the name or address of a server")
    if bool(parts.user) != bool(parts.password):
        raise ValueError("a user name and a password belong together")
    refuse_unknown(parts.query, FILES if parts.scheme == "https" else (), {"timeout": "use SEARCH_TIMEOUT_S"})
    for name in parts.query:
        check_file(name, parts.query[name])
    if "keyfile" in parts.query and "certfile" not in parts.query:
        raise ValueError("keyfile needs certfile")
    return parts
