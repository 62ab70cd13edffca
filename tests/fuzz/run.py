"""Damaged files, each opened by a process of few means: an error of our own in a sentence, or a true result.

`python tests/fuzz/run.py 2000` opens two thousand of each kind and prints the counts; names of kinds may follow.
The input of a kind and a number is always the same: `python tests/fuzz/run.py --keep FOLDER nii 17` writes one.
"""

from __future__ import annotations

import multiprocessing
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

from maskeditor.engine.errors import MaskEditorError
from tests.fuzz.kinds import KINDS

#: What an input may take beyond what its seed takes: bytes of address space, and seconds of a processor.
MEMORY, SECONDS = 1 << 30, 10
LONGEST = 2000
PROCESSES = 2

Input = tuple[str, int]


def look_at_all(inputs: Iterable[Input]) -> dict[Input, str]:
    """Open damaged files, and return what became of each: "opened", "refused", or what is wrong."""
    left, found = list(inputs)[::-1], {}
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        for kind in {kind for kind, _ in left}:
            (folder / "seeds" / kind).mkdir(parents=True)
            KINDS[kind].seed(folder / "seeds" / kind)
        at_work: dict[Connection, tuple[multiprocessing.process.BaseProcess, Input | None]] = {}

        def start() -> None:
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, folder), daemon=True)
            process.start()
            theirs.close()
            at_work[ours] = (process, None)

        for _ in range(min(PROCESSES, len(left))):
            start()
        while at_work:
            for pipe in wait(list(at_work)):
                assert isinstance(pipe, Connection)
                process, given = at_work[pipe]
                try:
                    said = pipe.recv()
                except EOFError:
                    process.join()
                    said = f"the process ended ({process.exitcode})"
                    del at_work[pipe]
                    if left:
                        start()
                if given is not None:
                    found[given] = said
                if pipe in at_work:
                    following = left.pop() if left else None
                    at_work[pipe] = (process, following)
                    pipe.send(following)
                    if following is None:
                        del at_work[pipe]
                        process.join()
    return found


def _serve(pipe: Connection, folder: Path) -> None:
    warnings.simplefilter("ignore")
    seeds = sorted(path.name for path in (folder / "seeds").iterdir())
    for kind in seeds:
        # What is imported or made once belongs to the seed, not to what is made of it.
        with _copy(folder, kind) as copy:
            KINDS[kind].look(Path(copy))
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + MEMORY, -1))
    pipe.send("ready")
    while (given := pipe.recv()) is not None:
        kind, number = given
        with _copy(folder, kind) as copy:
            damage(kind, number, Path(copy))
            resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + SECONDS + 1, -1))
            said = _outcome(kind, Path(copy))
        pipe.send(said)


def damage(kind: str, number: int, folder: Path) -> None:
    """Damage a copy of a seed, for a number always in the same way."""
    KINDS[kind].damage(folder, random.Random(f"{kind} {number}"))


def _outcome(kind: str, folder: Path) -> str:
    try:
        KINDS[kind].look(folder)
    except MaskEditorError as error:
        return (
            "refused" if len(str(error)) < LONGEST else f"a message of {len(str(error))} characters: {str(error)[:80]}"
        )
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {str(error)[:200]} ({Path(last.filename).name}, line {last.lineno})"
    return "opened"


def _copy(folder: Path, kind: str) -> tempfile.TemporaryDirectory[str]:
    copy = tempfile.TemporaryDirectory(dir=folder)
    shutil.copytree(folder / "seeds" / kind, copy.name, dirs_exist_ok=True)
    return copy


def _address_space() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * resource.getpagesize()


def keep(folder: Path, kind: str, number: int) -> None:
    """Write one input into a new folder, to be looked at."""
    folder.mkdir(parents=True)
    KINDS[kind].seed(folder)
    with suppress(FileNotFoundError):
        damage(kind, number, folder)


def main(count: int, kinds: list[str]) -> int:
    """Print what became of so many inputs of each kind; return how many went wrong."""
    inputs = [(kind, number) for kind in kinds or KINDS for number in range(count)]
    found = look_at_all(inputs)
    wrong = 0
    for kind in kinds or KINDS:
        of_kind = {number: said for (one, number), said in found.items() if one == kind}
        counts = Counter(said if said in ("opened", "refused") else "wrong" for said in of_kind.values())
        print(f"{kind:20} {counts['opened']:6} opened {counts['refused']:6} refused {counts['wrong']:6} wrong")
        for number, said in sorted(of_kind.items()):
            if said not in ("opened", "refused"):
                print(f"    {number}: {said}")
                wrong += 1
    return wrong


if __name__ == "__main__":
    if sys.argv[1] == "--keep":
        keep(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
    else:
        sys.exit(bool(main(int(sys.argv[1]), sys.argv[2:])))
