"""Runs mutmut in a folder of its own, in a process of its own: `engine.py SUITE ONLY SEED`."""

import json
import os
import random
import signal
import sys
from collections.abc import Container, Iterator, Mapping
from functools import _lru_cache_wrapper
from pathlib import Path
from types import FrameType

from hypothesis import settings
from mutmut import __main__ as mutmut
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files

SKIPPED = 34


def main(options: Mapping[str, object]) -> None:
    generate()
    wanted = choose(options)
    os.register_at_fork(after_in_child=clear_caches)
    signal.signal(signal.SIGALRM, stop)
    signal.alarm(int(float(str(options["minutes"])) * 60))
    try:
        mutmut._run((), 1)  # noqa: SLF001
    finally:
        signal.alarm(0)
        Path("results.json").write_text(json.dumps(list(results(wanted)), indent=1))


def clear_caches() -> None:
    """Forget what unbroken code returned: each mutant runs in a fork of the process of the first test run."""
    modules = [module for name, module in sys.modules.items() if name.startswith("hello.")]
    for found in (value for module in modules for value in vars(module).values()):
        if isinstance(found, _lru_cache_wrapper):
            found.cache_clear()


def stop(_number: int, _frame: FrameType | None) -> None:
    """End as at Ctrl-C: what is known stays known."""
    raise KeyboardInterrupt


def generate() -> None:
    Path("mutants").mkdir(exist_ok=True)
    with mutmut.CatchOutput(spinner_title="Generating mutants"):
        mutmut.copy_src_dir()
        mutmut.copy_also_copy_files()
        mutmut.setup_source_paths()
        mutmut.create_mutants(1)


def choose(options: Mapping[str, object]) -> set[str]:
    """Return what is asked for: of these, killed mutants stay killed, and all others are tried once more."""
    files = [loaded(path) for path in walk_mutatable_files()]
    only, sample = str(options["only"]), int(str(options["sample"]))
    wanted = [key for file in files if str(file.path).startswith(only) for key in file.exit_code_by_key]
    if sample and not only.endswith(".py"):
        chance = random.Random(str(options["seed"]))  # noqa: S311
        wanted = chance.sample(wanted, min(sample, len(wanted)))
    for file in files:
        mark(file, set(wanted))
    return set(wanted)


def mark(file: SourceFileMutationData, wanted: set[str]) -> None:
    for key, code in file.exit_code_by_key.items():
        if status_by_exit_code[code] != "killed":
            file.exit_code_by_key[key] = None if key in wanted else SKIPPED
    file.save()


def loaded(path: Path) -> SourceFileMutationData:
    file = SourceFileMutationData(path=path)
    file.load()
    return file


def results(wanted: Container[str]) -> Iterator[dict[str, str]]:
    for path in walk_mutatable_files():
        for key, code in loaded(path).exit_code_by_key.items():
            status = status_by_exit_code[code] if key in wanted else "skipped"
            is_quiet = status in {"killed", "timeout", "skipped", "not checked"}
            diff = "" if is_quiet else get_diff_for_mutant(key, path=path)
            yield {"module": str(path), "name": key, "status": status, "diff": diff}


if __name__ == "__main__":
    from operators import install  # type: ignore[import-not-found]  # beside this file, outside of `tests`

    os.nice(max(0, 19 - os.nice(0)))
    settings.register_profile("mutation", max_examples=25, derandomize=True, database=None, deadline=None)
    settings.load_profile("mutation")  # the same examples for every mutant, and few
    install()
    main(json.loads(sys.argv[1]))
