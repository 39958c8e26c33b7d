"""Namespaces of our own: the processes, mounts and network of what runs in them end with it."""

import signal
import subprocess
import sys
from tempfile import TemporaryDirectory

from hello.core.processes import die_with_parent

NAMESPACES = ("--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


def in_namespaces(package: str, action: str, *arguments: str, own_network: bool) -> int:
    """Run an action of the package as the first process there, and remove the folder that it works in.

    The action's first argument is the folder. SIGTERM ends all of it in order, as Ctrl-C does.
    """
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    network = ("--net",) if own_network else ()
    prefix = f"hello-{package.rpartition('.')[2]}-"
    with TemporaryDirectory(prefix=prefix) as folder:
        command = (sys.executable, "-m", package, action, folder, *arguments)
        return subprocess.run(
            ["unshare", *NAMESPACES, *network, *command],
            check=False,
            preexec_fn=die_with_parent(signal.SIGKILL),
        ).returncode
