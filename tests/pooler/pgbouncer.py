"""A pgbouncer in transaction pooling before a PostgreSQL, with nothing in its settings that helps us."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

from hello.connectors.embedded.account import Account, current_account
from hello.connectors.embedded.command import Command
from hello.connectors.embedded.log import Log
from tests.support.programs.debian import ensure_package
from tests.support.programs.ports import HOST, free_port
from tests.support.programs.program import Program

PROGRAM = Path("/usr/sbin/pgbouncer")
SETTINGS = """\
[databases]
hello = host={socket} port={port} dbname=hello user={user} password='{password}' pool_size={size}
[pgbouncer]
listen_addr = {host}
listen_port = {listen}
unix_socket_dir =
pool_mode = transaction
auth_type = scram-sha-256
auth_file = {users}
max_client_conn = 500
logfile =
pidfile = {pidfile}
"""


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


@contextmanager
def running_pgbouncer(database_url: str, folder: Path, size: int) -> Iterator[tuple[str, Program]]:
    """Yield its URL; it runs as the user of the embedded PostgreSQL, whose socket nobody else can open."""
    account, listen = current_account(), free_port()
    url, place = urlsplit(database_url), parse_qs(urlsplit(database_url).query)
    password = unquote(url.password or "")
    write(folder / "users.txt", f'"{url.username}" "{password}"\n', account)
    settings = SETTINGS.format(
        socket=place["host"][0],
        port=place["port"][0],
        user=url.username,
        password=password,
        size=size,
        host=HOST,
        listen=listen,
        users=folder / "users.txt",
        pidfile=folder / "pgbouncer.pid",
    )
    write(folder / "pgbouncer.ini", settings, account)
    command = Command(
        (ensure_package("pgbouncer", PROGRAM), folder / "pgbouncer.ini"), account, Log(folder / "log")
    )
    program = Program("pgbouncer", command, partial(is_listening, listen))
    try:
        program.start()
        yield f"postgresql://{url.username}:{quote(password, '')}@{HOST}:{listen}/hello", program
    finally:
        program.stop()


def write(path: Path, text: str, account: Account) -> None:
    path.write_text(text)
    with path.open("rb") as file:
        account.own(file.fileno())
