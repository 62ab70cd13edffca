"""The table of what was measured: its lines, and where they are written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.benchmarks import rows as table
from tests.benchmarks.report import ALL, MOST_FELT, between, lines, marks, parts, write_documents
from tests.benchmarks.rows import HEADING, Case, Row

CHECKOUT = Path(__file__).resolve().parents[2]


def rows() -> list[Row]:
    felt = [Row(group, group, f"{size} int16", 2, peer, 10, 4) for group, size, peer in MOST_FELT]
    return [
        Row("closing", "closing 1 ×", "256³ head", 2, "scipy", 60, 25),
        Row("closing", "closing 2 ×", "256³ salt", 4, "scipy", 80, 25),
        *felt,
    ]


def test_a_line_joins_what_belongs_together() -> None:
    assert lines(rows())["closing", "256³", "scipy"] == (
        "| closing | 256³ head, salt | 2–4 | scipy | 60–80 | 20–30 | 25 | **1 of 2** |"
    )


def test_the_documents_are_written_part_by_part(tmp_path: Path) -> None:
    begin, end = marks(ALL)
    for name in ("README.md", "BENCHMARKS.md"):
        (tmp_path / name).write_text(f"# Before\n\n{begin}\n\nbefore this run\n\n{end}\n\nafter\n", "utf-8")
    chooser = [Row("list", "list", "NIfTI", 20, "limit", 50, 1)]
    for part, found in (("chooser", chooser), ("kernels", []), ("kernels", rows())):  # the last of a part stands
        write_documents(tmp_path, part, "A machine.", found)
    readme, whole = ((tmp_path / name).read_text("utf-8") for name in ("README.md", "BENCHMARKS.md"))
    for text in (readme, whole):
        assert text.startswith(f"# Before\n\n{begin}\n\n")
        assert text.endswith(f"\n\n{end}\n\nafter\n")
        assert "before this run" not in text
    table = lines(rows())
    assert between(readme, ALL) == "\n".join([HEADING, *(table[key] for key in MOST_FELT)])
    for part, found in (("kernels", rows()), ("chooser", chooser)):
        assert between(whole, part) == "\n\n".join(("A machine.", "\n".join([HEADING, *lines(found).values()])))
    titles = [row.removeprefix("## ") for row in whole.splitlines() if row.startswith("## ")]
    assert titles == [parts()["kernels"], parts()["chooser"], "How"]


def test_the_readme_shows_lines_of_the_whole_table() -> None:
    readme, whole = (between((CHECKOUT / name).read_text("utf-8"), ALL) for name in ("README.md", "BENCHMARKS.md"))
    shown = readme.splitlines()
    assert len(shown) == 2 + len(MOST_FELT)
    assert set(shown) <= set(whole.splitlines())
    for row, (group, size, peer) in zip(shown[2:], MOST_FELT, strict=True):
        cells = row.split(" | ")
        assert (cells[0], cells[1].split(" ")[0], cells[3]) == (f"| {group}", size, peer)


def test_every_benchmark_with_rows_is_a_part() -> None:
    assert {"kernels", "brush", "chooser", "headless", "history", "images", "rois"} <= parts().keys()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that only the calls that are timed move on."""
    now = [0.0]
    monkeypatch.setattr(table.time, "perf_counter", lambda: now[0])
    return now


@pytest.mark.parametrize(
    ("ours", "theirs", "calls", "rounds"),
    [
        (0.25, 0.5, 8, 7),  # the comparison, and seven rounds
        (0.5, 0.75, 5, 5),  # the comparison is the first; the fifth begins after five seconds
        (1, 30, 2, 2),
        (0.5, None, 8, 7),
        (2, None, 3, 3),
        (30, None, 2, 2),
    ],
)
def test_a_row_takes_rounds_for_so_many_seconds(
    clock: list[float], ours: float, theirs: float | None, calls: int, rounds: int
) -> None:
    made: list[float] = []

    def lasting(seconds: float) -> Callable[[], None]:
        def call() -> None:
            # Each round takes a thousandth longer than the one before.
            clock[0] += seconds + made.count(seconds) / 1000
            made.append(seconds)

        return call

    peer = 100.0 if theirs is None else lasting(theirs)
    row = Case("group", "operation", "image", lasting(ours), "peer", peer, same=lambda *_: True).measured(7, 6)
    assert made.count(ours) == calls
    middle = calls - 1 - (rounds - 1) / 2
    assert row.ours == pytest.approx(1000 * ours + middle)
    assert row.theirs == pytest.approx(100 if theirs is None else 1000 * theirs + middle)


def test_results_that_differ_are_not_measured() -> None:
    with pytest.raises(SystemExit, match="sum, image: the results of maskeditor and numpy differ"):
        Case("sums", "sum", "image", lambda: 1, "numpy", lambda: 2).measured(7, 6)
