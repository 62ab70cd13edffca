"""Run benchmarks and write what they measured into BENCHMARKS.md, and five lines of it into the README.

    python tests/benchmarks/report.py [PART …] [--sizes 256 512] [--rounds 7] [--seconds 6] [--only TEXT] [--dry]

A part is a benchmark without its "bench_", such as kernels; without any, all are measured, each in a process of its
own. Every row is printed as it is measured; the documents get them by groups, and only the sections of what was
measured are replaced. A benchmark takes part that has a function `rows(sizes, rounds, seconds, only)`, see rows.py.
With `--dry`, or when only some rows are measured, the documents stay as they are.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import os
import subprocess
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT))

from tests.benchmarks.rows import HEADING, Row, machine, short  # noqa: E402

#: What the README shows: what a user waits for most, by group, size and peer.
MOST_FELT = (
    ("preview of the visible planes, 16 ms", "512³", "limit"),
    ("threshold, range moved", "512³", "numpy"),
    ("opening, cross, 1 and 2 ×", "512³", "scipy"),
    ("largest component", "512³", "nilearn"),
    ("epi_mask, first time", "256³", "nilearn"),
)
FIRST = ("kernels", "operations", "previews")
#: Around the sections of BENCHMARKS.md, and around the lines in the README.
ALL = "measured"
NOTES = """\
Milliseconds are medians of rounds in which both sides run in turn, in one process, and results are compared first; a
peer whose call takes longer than all rounds of a row may is timed once.
maskeditor and SimpleITK may use all processors; numpy, scipy and nilearn use one, and so do SimpleITK's dilation and
erosion. There are seven rounds, or as many as begin within six seconds, but two. In a round, a call is repeated until
40 ms have passed; short calls thus find their data in the processor's caches, on either side. Every call makes a new
result: ours in memory that earlier results have left, as in the program; numpy's, scipy's and SimpleITK's from their
own allocators. The copies beside which dilation and threshold are measured write into memory that is there already.
scipy is given masks in the order in memory that suits it, and the images for SimpleITK and nilearn are made beforehand,
so that only their work is timed. Where a line joins several masks or numbers of iterations, the lowest and the highest
are given, and it counts how many reach what is wanted. A limit is a time wanted: its ratio is the limit divided by
ours. Windows, ours and those of a peer, stand on a screen of Xvfb's, so that a frame ends when it has been painted
there. The real head is a T1 of 384 slices brought to the grid, the noisy one a range of its intensities (without the
real scans, both are drawn); salt and pepper turns over 2 % of the voxels of the head and of what lies around it, and
salt is 2 % of a void. Ratios against nilearn's EPI mask depend on how quickly numpy sorts on a processor. "Cutoffs
moved" and "range moved" are what a slider feels: smoothing and order, or the lowest and highest of each 8,192 values,
are kept from before. A run is a whole process, from its start to its end, beside a script by hand of nibabel, numpy,
scipy and nilearn that reads and writes the same files; rows of memory are megabytes, the peak of the process."""


def parts() -> dict[str, str]:
    """Return the benchmarks that give rows, and what each measures: the first line of its file."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        text = path.read_text("utf-8")
        if "\ndef rows(" in text:
            found[path.stem.removeprefix("bench_")] = (
                (ast.get_docstring(ast.parse(text)) or "").split("\n")[0].rstrip(".")
            )
    first = {name: found[name] for name in FIRST}
    return first | found


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


def marks(name: str) -> tuple[str, str]:
    """Return what stands before and after a part of a document."""
    return f"<!-- {name} -->", f"<!-- /{name} -->"


def between(text: str, name: str) -> str:
    """Return a part of a document; empty if it is not there."""
    begin, end = marks(name)
    return text.partition(begin)[2].partition(end)[0].strip()


def replaced(text: str, name: str, paragraphs: Sequence[str]) -> str:
    """Return a document with other paragraphs in one of its parts."""
    begin, end = marks(name)
    before, rest = text.split(begin)
    return "\n\n".join((before + begin, *paragraphs, end + rest.split(end)[1]))


def write_documents(folder: Path, part: str, about: str, rows: Sequence[Row]) -> None:
    """Write the section of one benchmark into BENCHMARKS.md, and what is felt most of all sections into README.md."""
    path, readme = folder / "BENCHMARKS.md", folder / "README.md"
    text = path.read_text("utf-8")
    known = parts()
    sections = {name: between(text, name) for name in known}
    sections[part] = "\n\n".join((about, "\n".join([HEADING, *lines(rows).values()])))
    written = [
        f"## {known[name]}\n\n{marks(name)[0]}\n\n{section}\n\n{marks(name)[1]}"
        for name, section in sections.items()
        if section
    ]
    text = replaced(text, ALL, [*written, "## How", " ".join(NOTES.split("\n"))])
    path.write_text(text, "utf-8")
    felt = [row for key in MOST_FELT if (row := line_in(text, key))]
    readme.write_text(replaced(readme.read_text("utf-8"), ALL, ["\n".join([HEADING, *felt])]), "utf-8")


def line_in(text: str, key: tuple[str, str, str]) -> str:
    """Return the line of a group, size and peer in a document; empty if there is none."""
    for row in text.splitlines():
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        if len(cells) > 3 and (cells[0], cells[1].split(" ")[0], cells[3]) == key:
            return row
    return ""


def measure(part: str, options: argparse.Namespace) -> None:
    """Measure one benchmark, print its rows, and rewrite its section."""
    warnings.simplefilter("ignore")
    load = os.getloadavg()[0]
    busy = f" Others kept {load:.1f} processors busy at the beginning." if load > 0.5 else ""
    about = f"{machine()}, {os.cpu_count()} processors.{busy}"
    print(f"{part}: {about}\n\n{HEADING}", flush=True)
    rows = []
    module = importlib.import_module(f"tests.benchmarks.bench_{part}")
    for row in module.rows(options.sizes, options.rounds, options.seconds, options.only):
        print(row, flush=True)
        rows.append(row)
    asked = [row for row in rows if row.wanted]
    reached = f"{sum(row.is_reached for row in asked)} of {len(asked)} measurements reach what is wanted of them."
    print(f"\n{reached}\n", flush=True)
    if rows and not options.dry and not options.only:
        write_documents(CHECKOUT, part, f"{about} {reached}", rows)


def main() -> int:
    """Measure, print, and rewrite the documents; return 1 if a benchmark ended before its time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", metavar="PART", nargs="*", help=f"which benchmarks: {', '.join(parts())}")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512], help="edges of the volumes, in voxels")
    parser.add_argument("--rounds", type=int, default=7, help="rounds to take the median of")
    parser.add_argument("--seconds", type=float, default=6, help="no round of a row is begun later, two at least")
    parser.add_argument("--only", default="", help="only rows whose operation, image or peer contains this")
    parser.add_argument("--dry", action="store_true", help="leave the documents as they are")
    options = parser.parse_args()
    wanted = options.parts or [*parts()]
    if unknown := sorted({*wanted} - parts().keys()):
        parser.error(f"there is no part {', '.join(unknown)}; there are {', '.join(parts())}")
    if len(wanted) == 1:
        measure(wanted[0], options)
        return 0
    # What one leaves in memory, and the window that it opened, are no matter of the next.
    given = ("--sizes", *options.sizes, "--rounds", options.rounds, "--seconds", options.seconds)
    words = [*map(str, given), "--only", options.only, *(["--dry"] if options.dry else [])]
    ended = {part: subprocess.run([sys.executable, __file__, part, *words], check=False) for part in wanted}
    failed = [part for part, process in ended.items() if process.returncode]
    if failed:
        print(f"Ended before their time: {', '.join(failed)}.")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
