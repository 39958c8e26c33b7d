"""An nginx that ends TLS and serves the API below `/gifts/`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.programs.nginx import running_nginx

LOCATION = """
location /gifts/ {{
    proxy_pass {upstream};
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
}}
"""


@contextmanager
def running_proxy(folder: Path, port: int, upstream: str) -> Iterator[Path]:
    """Yield the file of the authority that the proxy's certificate is from.

    With a slash at the end of `upstream` nginx removes the prefix from requests; without one it leaves it.
    """
    with running_nginx(folder, port, LOCATION.format(upstream=upstream)) as authority:
        yield authority
