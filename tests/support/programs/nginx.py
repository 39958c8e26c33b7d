"""An nginx that ends TLS with a certificate of its own authority."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import trustme

from tests.support.programs.debian import ensure_package
from tests.support.programs.ports import HOST
from tests.support.programs.program import Program
from tests.support.programs.running import running

PROGRAM = Path("/usr/sbin/nginx")
CONFIG = """\
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
    {before}
    server {{
        listen {host}:{port} ssl;
        ssl_certificate {folder}/server.pem;
        ssl_certificate_key {folder}/server.pem;
        {inside}
    }}
}}
"""


@contextmanager
def running_nginx(folder: Path, port: int, inside: str, before: str = "") -> Iterator[Path]:
    """Run it with these directives inside and before its server, as `https://localhost:PORT`.

    Yield the file of its certificate's authority. Raise `ProgramError` when it is missing or does not start.
    """
    authority = write_certificate(folder)
    config = folder / "nginx.conf"
    config.write_text(CONFIG.format(folder=folder, host=HOST, port=port, inside=inside, before=before))
    argv = (ensure_nginx(), "-p", folder, "-e", "stderr", "-c", config)
    with running(Program.within(folder, "nginx", argv, partial(is_listening, port))):
        yield authority


def write_certificate(folder: Path) -> Path:
    """Return the file of the authority that signed it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    certificate = authority.issue_cert("localhost", "127.0.0.1").private_key_and_cert_chain_pem
    certificate.write_to_path(str(folder / "server.pem"))
    return folder / "ca.pem"


def ensure_nginx() -> Path:
    found = shutil.which("nginx")
    return Path(found) if found else ensure_package("nginx-light", PROGRAM)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
