"""The text file that names where a directory's data is when it is outside the directory."""

from pathlib import Path

from hello.connectors.embedded.account import USER
from hello.connectors.embedded.errors import EmbeddedError

LOCATION_FILE = "elsewhere.txt"


def write_location(data_dir: Path, base: Path) -> None:
    """Rewrite the file, or remove it when the data is in the directory itself."""
    file_path = data_dir / LOCATION_FILE
    file_path.unlink(missing_ok=True)
    if base != data_dir:
        with file_path.open("x") as file:
            file.write(
                f"The servers' user {USER} cannot access this directory, so their data is in\n{base}\n"
            )


def refuse_moved(data_dir: Path, base: Path) -> None:
    """Raise `EmbeddedError` if the file names another place: the directory was moved or copied."""
    file_path = data_dir / LOCATION_FILE
    recorded = Path(file_path.read_text().splitlines()[-1]) if file_path.exists() else base
    if recorded != base and recorded.exists():
        raise EmbeddedError(
            f"{data_dir} was moved, but its data is still in {recorded}: "
            f"move it to {base}, or remove {file_path}"
        )
