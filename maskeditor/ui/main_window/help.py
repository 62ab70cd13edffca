"""What the Help menu shows."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from PyQt6.QtCore import QUrl
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import QWidget

from maskeditor.core.operation.declaration import find
from maskeditor.engine.progress import Progress
from maskeditor.ui.dialogs import show_rows
from maskeditor.ui.look.keys import Keys
from maskeditor.ui.main_window.gestures import GESTURES
from maskeditor.ui.main_window.menus import MENUS, Entry
from maskeditor.ui.work.jobs import Jobs

#: What starts or is the mouse's way to something, what it does, and more about it.
KeyRow = tuple[str, str, str]
#: Writes the manual into a folder, with keys as they are, and returns its first page.
WriteManual = Callable[[Path, Sequence[KeyRow]], Path]


def key_rows(keys: Keys) -> list[KeyRow]:
    """Return every key, as it is now, and every mouse gesture."""
    rows = [
        (", ".join(keys.of(id)), one.title, keys.in_words(one.tip)) for id, one in keys.keyed.items() if keys.of(id)
    ]
    return rows + [(keys.in_words(how), keys.in_words(what[0].upper() + what[1:]), "") for how, what in GESTURES]


def show_shortcuts(parent: QWidget, keys: Keys) -> None:
    """Show every key and every mouse gesture."""
    show_rows(parent, "Keys and mouse", ("Keys and mouse", "What it does", "More"), key_rows(keys))


def roi_walk() -> tuple[tuple[str, str, str], ...]:
    """Return the stages from a statistic to regions to a box plot for each condition: what is done, where, and why."""
    smooth, t_test, threshold, combine, dilation = (
        find(id).title for id in ("smooth", "t_test", "threshold", "boolean", "dilation")
    )
    brain = find("epi_mask").title
    # What menus say is read from them.
    there = {
        entry.id: f"{menu} ▸ {entry.text}".replace("&", "")
        for menu, members in MENUS.items()
        for entry in members
        if isinstance(entry, Entry)
    }
    return (
        (
            "1  The series",
            there["open_file"],
            "Open a series (4D) of one run.",
        ),
        ("2  Smooth", f"Operations ▸ {smooth}, 4 to 6 mm; Apply", "Noise goes, and neighbours that act alike stay."),
        (
            "3  Statistic",
            f"Operations ▸ {t_test}, of the smoothed image; Table… takes the events or labels of the run",
            "A map of how the volumes of two conditions differ. As −log10 p, cut at 10, it is easy to look at.",
        ),
        ("4  Threshold", f"Operations ▸ {threshold}, of the map", "The voxels that differ most become the mask."),
        (
            "5  Brain",
            f"{there['add_roi']}; Operations ▸ {brain}, of the open image; then {combine}, intersection, in the first "
            "ROI",
            "What lies outside the brain goes.",
        ),
        ("6  Mend", f"Operations ▸ {dilation}", "Regions lose their ragged edges."),
        ("7  Regions", there["split_roi"], "Each connected piece becomes an ROI; delete those that are too small."),
        (
            "8  Other data",
            there["add_image"],
            "Add another run of the same grid: in the data that chose the voxels, their differences are biased "
            "(circular). The panel says so where it is.",
        ),
        (
            "9  Signals",
            f"{there['data_signals'].rstrip('…')}: the other run as Series, its events under Conditions; Take signals",
            "A signal for each ROI, and a box for each condition.",
        ),
        (
            "10  Keep",
            f"Save… and Save plot… in the panel; {there['save_labels'].rstrip('…')}",
            "A table with JSON beside it, a drawing (SVG), and all ROIs as one image of labels with their steps. Every "
            "stage is a step: change one, and take the signals again.",
        ),
        (
            "By command",
            "maskeditor run bold.nii.gz -o roi.nii.gz --recipe R, then maskeditor signals run2.nii.gz roi.nii.gz -o "
            "roi_timeseries.tsv --conditions events.tsv --box-plot roi.svg",
            "The same numbers, for many subjects.",
        ),
    )


def show_roi_walk(parent: QWidget) -> None:
    """Show the way from a statistic to a box plot."""
    show_rows(parent, "From a statistic to a box plot", ("Stage", "What to do", "Why"), roi_walk())


def show_manual(jobs: Jobs, keys: Keys, write: WriteManual) -> None:
    """Write the manual anew, as it follows what is declared, and open it in the browser."""
    import platformdirs

    rows = key_rows(keys)

    def work(progress: Progress) -> Path:
        try:
            return write(platformdirs.user_cache_path("maskeditor") / "manual", rows)
        except OSError:  # no room for it there
            return write(Path(tempfile.mkdtemp(prefix="maskeditor-manual-")), rows)

    def done(page: Path) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(page))):
            jobs.failed.emit(f"No browser could be started; open {page} in one.")

    jobs.run("Writing the manual", work, done, brief=True)
