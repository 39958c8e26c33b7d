"""`python -m tests.rehearsal` rehearses a release on this machine in less than three minutes."""

import argparse
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.rehearsal.fitting import fitting_rate
from tests.rehearsal.loading import loading
from tests.rehearsal.releases import bad_release, next_release, this_release
from tests.rehearsal.report import Result, draw, show
from tests.rehearsal.short import ShortRehearsal, judge
from tests.rehearsal.stage import Stage, open_stage
from tests.rehearsal.steps import steps_of
from tests.support.paths import REPOSITORY
from tests.support.programs.errors import ProgramError
from tests.support.programs.progress import say

FOLDER = REPOSITORY / ".rehearsal" / "short"
PICTURE = REPOSITORY / "docs" / "rehearsal-short.svg"
TITLE = "A release, three kills, a bad release and a roll-back under load, on one machine"


def main() -> int:
    options = parser().parse_args()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    (FOLDER.parent / ".gitignore").write_text("*\n")
    try:
        with TemporaryDirectory() as data, open_stage(FOLDER, Path(data), this_release()) as stage:
            result = rehearse(stage, options.rate, options.pause)
    except ProgramError as error:
        say(str(error))
        return 1
    draw(result, TITLE, PICTURE if options.write else FOLDER / PICTURE.name)
    say(f"the logs are in {FOLDER}")
    return show(result)


def rehearse(stage: Stage, wanted: float, pause_s: float) -> Result:
    new, bad = next_release(FOLDER / "release-b"), bad_release(FOLDER / "release-c")
    url = stage.haproxy.url
    rate = fitting_rate(url, FOLDER / "tries", wanted)
    say(f"rehearsing at {rate:g} requests/s")
    with loading(url, FOLDER / "load", rate) as load:
        rehearsal = ShortRehearsal(
            stage=stage, load=load, old=this_release(), new=new, bad=bad, pause_s=pause_s
        )
        stopped_by = rehearsal.run()
        verdict = judge(stage, load)
    stage.stop()
    return Result(
        rate=rate,
        wanted=wanted,
        steps=steps_of(load.marks(), load.seconds()),
        known=load.facts(),
        verdict=verdict,
        stopped_by=stopped_by,
    )


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.rehearsal", description=__doc__)
    parser.add_argument("--rate", type=float, default=500, help="requests a second, if they fit")
    parser.add_argument("--pause", type=float, default=2, help="seconds of load after each step")
    parser.add_argument("--write", action="store_true", help=f"draw it into {PICTURE.name} of the docs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
