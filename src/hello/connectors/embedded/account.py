"""Whom the servers run as: ourselves, but under root a user of their own, as PostgreSQL refuses root."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hello.connectors.embedded.errors import EmbeddedError

USER = "hello-embedded"
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Account:
    """The arguments of `Popen`; all `None` stands for ourselves."""

    user: int | None = None
    group: int | None = None
    extra_groups: tuple[int, ...] | None = None

    @property
    def uid(self) -> int:
        return os.geteuid() if self.user is None else self.user

    def can_reach(self, path: Path) -> bool:
        """Whether the account may enter this directory, or run this program, through all its parents."""
        if self.user is None:
            return os.access(path, os.X_OK)
        done = subprocess.run(  # noqa: S603
            ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
            check=False,
            cwd="/",
            user=self.user,
            group=self.group,
            extra_groups=self.extra_groups,
        )
        return done.returncode == 0

    def own(self, opened: int) -> None:
        """Give it an open file or directory which we have just created."""
        if self.user is not None and self.group is not None:
            os.fchown(opened, self.user, self.group)


def current_account() -> Account:
    """Raise `EmbeddedError` when we are root and the servers' user is missing and cannot be created."""
    if os.geteuid() != 0:
        return Account()
    entry = find_user() or create_user()
    return Account(entry.pw_uid, entry.pw_gid, ())


def find_user() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        return None


def create_user() -> pwd.struct_passwd:
    reason = add_user()
    if entry := find_user():
        return entry
    raise EmbeddedError(
        f"PostgreSQL does not run as root, and its user {USER} could not be created ({reason}): "
        f"create a system user of that name, or start Hello as a normal user"
    )


def add_user() -> str:
    """Say why not; another process may have been faster, so only the user's absence is an error."""
    useradd = shutil.which("useradd", path=SYSTEM_PATH)
    if useradd is None:
        return "there is no useradd"
    shell = shutil.which("nologin", path=SYSTEM_PATH) or "/bin/false"
    command = [useradd, "--system", "--no-create-home", "--shell", shell, USER]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    return " ".join(done.stderr.split())
