"""TLS and credentials before a search server, whose own security Maven does not have: `running_front`."""

import json
import re
import secrets
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.search.engine import Engine
from tests.support.programs.nginx import running_nginx
from tests.support.programs.ports import free_port

MAP = """
map $http_authorization $known {{
    default 0;
    "~^(?i:Basic) {basic}$" 1;
    "~^(?i:ApiKey) {api_key}$" 1;
}}
"""
LOCATION = """
default_type application/json;
client_max_body_size 100m;
location / {{
    if ($known = 0) {{
        add_header WWW-Authenticate 'Basic realm="security", ApiKey' always;
        return 401 '{refusal}';
    }}
    proxy_pass {upstream};
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header Authorization "";
    proxy_request_buffering off;
}}
"""
REFUSAL = {"error": {"type": "security_exception", "reason": "unknown credentials"}, "status": 401}


@dataclass(frozen=True, slots=True)
class Front:
    url: str
    authority: Path
    """The file of the certificate authority that clients must trust."""
    user: str
    password: str = field(repr=False)
    api_key: str = field(repr=False)
    """As clients send it: the id and the secret in Base64."""


@contextmanager
def running_front(engine: Engine, folder: Path) -> Iterator[Front]:
    """Raise `ProgramError` when nginx is missing or does not start; it passes on what has credentials."""
    user, password, port = "hello", secrets.token_urlsafe(16), free_port()
    api_key = base64(f"{secrets.token_urlsafe(15)}:{secrets.token_urlsafe(16)}")
    known = MAP.format(basic=re.escape(base64(f"{user}:{password}")), api_key=re.escape(api_key))
    folder.mkdir(parents=True, exist_ok=True)
    location = LOCATION.format(upstream=engine.url, refusal=json.dumps(REFUSAL))
    with running_nginx(folder.resolve(), port, location, known) as authority:
        yield Front(f"https://localhost:{port}", authority, user, password, api_key)


def base64(text: str) -> str:
    return b64encode(text.encode()).decode()
