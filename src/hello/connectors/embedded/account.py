"""The account of the servers: the current user, or a separate one under root, which PostgreSQL refuses."""

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
    """The arguments of `Popen`; all `None` means the current user."""

    user: int | None = None
    group: int | None = None
    extra_groups: tuple[int, ...] | None = None

    @property
    def uid(self) -> int:
        return os.geteuid() if self.user is None else self.user

    def can_reach(self, path: Path) -> bool:
        """Return whether the account may enter this directory, or run this program, through all parents."""
        if self.user is None:
            return os.access(path, os.X_OK)
        result = subprocess.run(  # noqa: S603
            ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
            check=False,
            cwd="/",
            user=self.user,
            group=self.group,
            extra_groups=self.extra_groups,
        )
        return result.returncode == 0

    def own(self, opened: int) -> None:
        """Make the account the owner of an open file or directory that was just created."""
        if self.user is not None and self.group is not None:
            os.fchown(opened, self.user, self.group)


def current_account() -> Account:
    """Raise `EmbeddedError` when root cannot create the servers' missing user."""
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
    """Return the error text; another process may win the race, so only the user's absence is an error."""
    useradd = shutil.which("useradd", path=SYSTEM_PATH)
    if useradd is None:
        return "useradd is not installed"
    shell = shutil.which("nologin", path=SYSTEM_PATH) or "/bin/false"
    command = [useradd, "--system", "--no-create-home", "--shell", shell, USER]
    result = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    return " ".join(result.stderr.split())
