"""The text file that says where the data of a directory lies when it is elsewhere."""

from pathlib import Path

from hello.connectors.embedded.account import USER
from hello.connectors.embedded.errors import EmbeddedError

NOTE = "elsewhere.txt"


def write_note(data_dir: Path, base: Path) -> None:
    """Write it anew; there is none when the data is in the directory itself."""
    note = data_dir / NOTE
    note.unlink(missing_ok=True)
    if base != data_dir:
        with note.open("x") as file:
            file.write(
                f"The servers' user {USER} cannot work in this directory, so their data is in\n{base}\n"
            )


def refuse_moved(data_dir: Path, base: Path) -> None:
    """Raise `EmbeddedError` when the note names another place, as the directory was moved or copied."""
    note = data_dir / NOTE
    noted = Path(note.read_text().splitlines()[-1]) if note.exists() else base
    if noted != base and noted.exists():
        raise EmbeddedError(
            f"{data_dir} was moved, but its data still is in {noted}: move it to {base}, or remove {note}"
        )
