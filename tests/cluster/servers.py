"""A server of the cluster as a program of this machine, with its log in the cache."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.cluster.places import LOGS
from tests.cluster.programs import environment
from tests.support.programs.program import Program

UMASK = ("sh", "-c", 'umask 022; exec "$@"', "sh")
"""Pods run as other users, and read files that the kubelet writes."""


def server(
    name: str,
    options: Sequence[str | Path],
    is_ready: Callable[[], bool],
    *,
    log: str = "",
    prefix: Sequence[str] = (),
) -> Program:
    """`prefix` begins its command; `log` is the name of its log if several run."""
    variables = environment()
    program = shutil.which(name, path=variables["PATH"]) or name
    argv = (*prefix, *UMASK, program, *options)
    return Program.within(LOGS, log or name, argv, is_ready, {"PATH": variables["PATH"]})
