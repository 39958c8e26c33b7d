"""An nginx that ends TLS and serves the API below `/gifts/`."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import trustme

PATIENCE_S = 10
CONFIG = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/client_body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.pem;
        location /gifts/ {{
            proxy_pass {upstream};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
}}
"""


def free_port() -> int:
    """Return a port that is free now: the API must know the proxy's address before the proxy starts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_nginx(folder: Path, port: int, upstream: str) -> Iterator[Path]:
    """Yield the file of the authority that the proxy's certificate is from.

    With a slash at the end of `upstream` nginx removes the prefix from requests; without one it leaves it.
    """
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
        str(folder / "server.pem")
    )
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, port=port, upstream=upstream))
    with subprocess.Popen([program(), "-p", folder, "-e", "stderr", "-c", config]) as process:
        try:
            wait_for(process, port)
            yield folder / "ca.pem"
        finally:
            process.terminate()


def program() -> str:
    """Fail where nginx is missing: a test that is skipped would say nothing."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    assert found, "nginx is missing: `make test_proxy` installs it as root on Debian"
    return found


def wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = monotonic() + PATIENCE_S
    while process.poll() is None and monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        sleep(0.01)
    raise AssertionError("nginx did not start")
