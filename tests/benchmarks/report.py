"""Run the benchmarks and write what they measured into BENCHMARKS.md, and five lines of it into the README.

    python tests/benchmarks/report.py [--sizes 256 512] [--rounds 7] [--seconds 6] [--only TEXT] [--dry]

Every row is printed as it is measured; the documents get them by groups, between their two markers. A benchmark takes
part that has a function `rows(sizes, rounds, seconds, only)`, see rows.py. With `--dry`, or when only some rows are
measured, the documents stay as they are.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT))

from tests.benchmarks.rows import HEADING, Row, machine, short  # noqa: E402

MARKS = ("<!-- measured -->", "<!-- /measured -->")
#: What the README shows: what a user waits for most, by group, size and peer.
MOST_FELT = (
    ("preview of the visible planes, 16 ms", "512³", "limit"),
    ("threshold, range moved", "512³", "numpy"),
    ("opening, cross, 1 and 2 ×", "512³", "scipy"),
    ("largest component", "512³", "nilearn"),
    ("epi_mask, first time", "256³", "nilearn"),
)
FIRST = ("bench_kernels", "bench_operations", "bench_previews")
NOTES = """\
Milliseconds are medians of rounds in which both sides run in turn, in one process, and results are compared first.
maskeditor and SimpleITK may use all processors; numpy, scipy and nilearn use one, and so do SimpleITK's dilation and
erosion. In a round, a call is repeated until 40 ms have passed; short calls thus find their data in the processor's
caches, on either side. Every call makes a new result: ours in memory that earlier results have left, as in the
program; numpy's, scipy's and SimpleITK's from their own allocators. The copies beside which dilation and threshold are
measured write into memory that is there already. scipy is given masks in the order in memory that suits it, and the
images for SimpleITK and nilearn are made beforehand, so that only their work is timed. Where a line joins several
masks or numbers of iterations, the lowest and the highest are given, and it counts how many reach what is wanted. A
limit is a time wanted: its ratio is the limit divided by ours. The real head is a T1 of 384 slices brought to the
grid, the noisy one a range of its intensities (without the real scans, both are drawn); salt and pepper turns over 2 %
of the voxels of the head and of what lies around it, and salt is 2 % of a void. Ratios against nilearn's EPI mask
depend on how quickly numpy sorts on a processor. "Cutoffs moved" and "range moved" are what a slider feels: smoothing
and order, or the lowest and highest of each 8,192 values, are kept from before. A run is a whole process, from its
start to its end, beside a script by hand of nibabel, numpy, scipy and nilearn that reads and writes the same files;
rows of memory are megabytes, the peak of the process."""


def every_row(sizes: Sequence[int], rounds: int, seconds: float, only: str) -> Iterator[Row]:
    """Yield the rows of all benchmarks that give any."""
    folder = Path(__file__).parent
    found = [path.stem for path in sorted(folder.glob("bench_*.py")) if "\ndef rows(" in path.read_text("utf-8")]
    for name in sorted(found, key=lambda one: (one not in FIRST, FIRST.index(one) if one in FIRST else 0)):
        yield from importlib.import_module(f"tests.benchmarks.{name}").rows(sizes, rounds, seconds, only)


def span(values: Sequence[float]) -> str:
    """Return the lowest and the highest in words."""
    low, high = short(min(values)), short(max(values))
    return low if low == high else f"{low}–{high}"


def line(rows: Sequence[Row]) -> str:
    """Return one line for a group of rows."""
    first = rows[0]
    size = first.image.split(" ")[0]
    kinds = list(dict.fromkeys(row.image.removeprefix(size).strip() for row in rows))
    wanted = list(dict.fromkeys(short(row.wanted) for row in rows if row.wanted))
    asked = [row for row in rows if row.wanted]
    count = sum(row.is_reached for row in asked)
    reached = "" if not asked else "yes" if count == len(asked) else f"**{count} of {len(asked)}**"
    cells = (
        first.group,
        f"{size} {', '.join(kinds)}".strip(),
        span([row.ours for row in rows]),
        first.peer,
        span([row.theirs for row in rows]),
        span([row.ratio for row in rows]),
        ", ".join(wanted),
        "**no**" if asked and not count else reached,
    )
    return "| " + " | ".join(cells) + " |"


def lines(rows: Sequence[Row]) -> dict[tuple[str, str, str], str]:
    """Return a line for each group, size and peer."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.group, row.image.split(" ")[0], row.peer), []).append(row)
    return {key: line(group) for key, group in groups.items()}


def write(path: Path, *paragraphs: str) -> None:
    """Put paragraphs between the two markers of a document."""
    before, rest = path.read_text("utf-8").split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    path.write_text("\n\n".join((before + MARKS[0], *paragraphs, MARKS[1] + after)), "utf-8")


def write_documents(folder: Path, about: str, rows: Sequence[Row]) -> None:
    """Write the whole table into BENCHMARKS.md, and what is felt most into README.md."""
    found = lines(rows)
    write(folder / "BENCHMARKS.md", about, "\n".join([HEADING, *found.values()]), " ".join(NOTES.split("\n")))
    write(folder / "README.md", "\n".join([HEADING, *(found[key] for key in MOST_FELT if key in found)]))


def main() -> None:
    """Measure, print, and rewrite the documents."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512], help="edges of the volumes, in voxels")
    parser.add_argument("--rounds", type=int, default=7, help="rounds to take the median of")
    parser.add_argument("--seconds", type=float, default=6, help="at most so long for a row, three rounds at least")
    parser.add_argument("--only", default="", help="only rows whose operation, image or peer contains this")
    parser.add_argument("--dry", action="store_true", help="leave the documents as they are")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    load = (
        f" Others kept {os.getloadavg()[0]:.1f} processors busy at the beginning." if os.getloadavg()[0] > 0.5 else ""
    )
    about = f"{machine()}, {os.cpu_count()} processors.{load}"
    print(f"{about}\n\n{HEADING}")
    rows = []
    for row in every_row(options.sizes, options.rounds, options.seconds, options.only):
        print(row, flush=True)
        rows.append(row)
    asked = [row for row in rows if row.wanted]
    reached = f"{sum(row.is_reached for row in asked)} of {len(asked)} measurements reach what is wanted of them."
    print(f"\n{reached}")
    if not options.dry and not options.only:
        write_documents(CHECKOUT, f"{about} {reached}", rows)


if __name__ == "__main__":
    main()
