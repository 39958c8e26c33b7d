"""`hello create-admin`, `delete-account` and `signing-key`: accounts for operators."""

import sys
from typing import Annotated

import typer
from pydantic import ValidationError

from hello.connectors.tokens.pem import new_signing_key
from hello.entities.accounts import Role
from hello.entities.errors import InvalidError
from hello.entrypoints.cli.common import HERE, DataDir, with_use_cases
from hello.interface.http.schemas.accounts import RegisterRequest
from hello.services.accounts import Register

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
FullName = Annotated[str, typer.Option(help="Shown as the owner of items.")]


def add_to(cli: typer.Typer) -> None:
    cli.command("create-admin")(create_admin)
    cli.command("delete-account")(delete_account)
    cli.command("signing-key")(signing_key)


def create_admin(email: str, full_name: FullName = "Administrator", data_dir: DataDir = HERE) -> None:
    """Create an administrator's account; prompt for the password, or read it from standard input."""
    command = checked(email, full_name, read_password())
    with_use_cases(data_dir, lambda use_cases: use_cases.accounts.register(command))
    typer.echo(f"{email} is an administrator now.")


def delete_account(email: str, *, yes: Yes = False, data_dir: DataDir = HERE) -> None:
    """Delete an account with its orders, items and sessions, as when its owner asks for erasure."""
    if not yes:
        typer.confirm(f"Delete the account of {email} with all its orders and items?", abort=True)
    with_use_cases(data_dir, lambda use_cases: use_cases.account_deletion.delete_by_email(email))
    typer.echo(f"The account of {email} is deleted.")


def signing_key() -> None:
    """Print a new private key for TOKEN_SIGNING_KEY, on one line as in `.env`; keep it secret."""
    typer.echo(new_signing_key().strip().replace("\n", "\\n"))


def read_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password


def checked(email: str, full_name: str, password: str) -> Register:
    """Validate as the API does; raise `InvalidError`."""
    fields = {"email": email, "full_name": full_name, "password": password}
    try:
        request = RegisterRequest.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidError(f"{first['loc'][0]}: {first['msg']}", field=str(first["loc"][0])) from None
    return request.to_command(Role.ADMIN)
