"""The page on which the masks of a cohort are judged: a row of pictures each, in one file that needs no other."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from maskeditor.core.fingerprints import digest_in
from maskeditor.core.space.geometry import Plane
from maskeditor.core.space.mask import COLOURS
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.visible import shell_word, visible
from maskeditor.engine.errors import MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.io.png import ENDING, data_address, png
from maskeditor.io.provenance import PROGRAM
from maskeditor.io.replacing import replacing
from maskeditor.io.save import write_text
from maskeditor.model.cohort.ledger import PAGE, Ledger
from maskeditor.model.cohort.name_lists import SEGMENTATIONS, as_entry
from maskeditor.model.cohort.outliers import LIMIT, MOST, Standing, read_mask, standings
from maskeditor.model.cohort.processes import here, in_processes
from maskeditor.model.cohort.tasks import Outcome, Task
from maskeditor.model.cohort.verdicts import COLUMNS, Verdict, Verdicts, key_in_table
from maskeditor.model.data.montage import MontageParameters
from maskeditor.model.data.report import Reported
from maskeditor.model.data.report_files import drawn_slices
from maskeditor.model.session import Session
from maskeditor.model.view.pixels import Levels

TEMPLATE, SCRIPT = (Path(__file__).with_name(name) for name in ("qc.html", "qc.js"))
#: The pictures of a row: the plane, and how many slices.
_SHOWN = ((Plane.AXIAL, 4), (Plane.CORONAL, 2), (Plane.SAGITTAL, 2))
#: Pixels along the longer side of a slice.
_SIDE = 160
#: Pixels between the planes.
_GAP = 6


def write_page(
    ledger: Ledger,
    outcomes: Sequence[Outcome],
    verdicts: Verdicts,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Path:
    """Draw what is not drawn yet, and write the page; return where.

    Parameters
    ----------
    ledger : Ledger
    outcomes : sequence of Outcome
    verdicts : mapping of str to Verdict
        That are shown at first.
    jobs : int
        Processes that draw.
    progress : Progress, optional

    Raises
    ------
    FileError
        If a mask cannot be read, or the page cannot be written.
    """
    progress = progress or Progress()
    tasks = [_drawing(ledger, one) for one in outcomes if not one.problem and not picture_path(ledger, one).exists()]
    drawn = in_processes(tasks, jobs, draw) if jobs > 1 and len(tasks) > jobs else here(tasks, draw)
    problems = {}
    for count, outcome in enumerate(drawn, 1):
        problems[outcome.key] = outcome.problem
        progress(0.8 * count / len(tasks))
    where = standings(outcomes, ledger.out, progress.within(0.8, 1.0))
    rows = [_row(ledger, one, where.get(one.key), verdicts.get(one.key), problems.get(one.key, "")) for one in outcomes]
    # What failed comes first, then what is furthest from the others.
    rows.sort(key=lambda row: (not row["problem"], -row["most"], row["key"]))
    path = ledger.out / PAGE
    write_text(path, _page(visible(ledger.out.absolute().name), rows))
    return path


def _page(name: str, rows: list[dict[str, Any]]) -> str:
    from jinja2 import Environment, StrictUndefined

    script = SCRIPT.read_text("utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(TEMPLATE.read_text("utf-8"))
    # The browser runs this very script and no other, whatever else might get into the page.
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    facts = json.dumps({"columns": COLUMNS, "name": name, "list": SEGMENTATIONS}).replace("<", "\\u003c")
    return template.render(
        script=script, allowed=allowed, program=PROGRAM, name=name, rows=rows, limit=LIMIT, most=MOST, facts=facts
    )


def _row(
    ledger: Ledger, outcome: Outcome, standing: Standing | None, verdict: Verdict | None, problem: str
) -> dict[str, Any]:
    picture = picture_path(ledger, outcome)
    return {
        "key": key_in_table(outcome.key),
        "entry": as_entry(Path(outcome.image).name),
        "problem": outcome.problem or problem,
        "picture": data_address(picture.read_bytes()) if not outcome.problem and picture.exists() else "",
        "millilitres": None if outcome.problem else outcome.millilitres,
        "dice": standing.dice if standing is not None else None,
        "border": None if outcome.problem else outcome.border_voxels,
        "most": standing.most if standing is not None else 0.0,
        "why": standing.why if standing is not None else (),
        "corrected": outcome.corrected,
        "warnings": outcome.warnings,
        "fingerprint": outcome.fingerprint,
        "verdict": verdict.verdict if verdict is not None else "",
        "note": verdict.note if verdict is not None else "",
        "judged": verdict.fingerprint if verdict is not None else "",
        "stale": verdict.doubt(outcome) if verdict is not None else "",
        "command": opening_command(ledger.out, outcome.image),
    }


def opening_command(out: Path, image: str) -> str:
    """Return the command that opens an image of a cohort in the window."""
    return f"maskeditor {shell_word(image)} --cohort {shell_word(str(out.absolute()))}"


# Pictures -------------------------------------------------------------------------------------------------------------


def picture_path(ledger: Ledger, outcome: Outcome) -> Path:
    """Return where the picture of a mask is kept: by what is drawn, so that that of another mask is another."""
    drawn = json.dumps([digest_in(outcome.fingerprint), outcome.image, outcome.marks.get("image"), _SIDE, _SHOWN])
    return ledger.pictures / f"{hashlib.sha256(drawn.encode()).hexdigest()[:32]}{ENDING}"


@dataclass(frozen=True)
class Drawing(Task):
    """A picture that is to be drawn of an image and its mask.

    Parameters
    ----------
    picture : str
        The path of the file to be.
    """

    picture: str = ""


def _drawing(ledger: Ledger, outcome: Outcome) -> Drawing:
    out = str(ledger.out.absolute())
    picture = str(picture_path(ledger, outcome))
    return Drawing(outcome.key, outcome.image, out, outcome.target, recipe="", mark="", picture=picture)


def side_by_side(pictures: Sequence[Levels]) -> Levels:
    """Return pictures beside one another, each in the middle of the height.

    Examples
    --------
    >>> side_by_side([np.ones((3, 1), np.uint8), np.ones((1, 2), np.uint8)]).shape
    (3, 9)
    """
    height, width = max(one.shape[0] for one in pictures), sum(one.shape[1] + _GAP for one in pictures) - _GAP
    made = np.zeros((height, width), np.uint8)
    at = 0
    for one in pictures:
        top = (height - one.shape[0]) // 2
        made[top : top + one.shape[0], at : at + one.shape[1]] = one
        at += one.shape[1] + _GAP
    return made


def draw(task: Task, progress: Progress | None = None) -> Outcome:
    """Draw the picture of a mask; what cannot be done is in the outcome."""
    assert isinstance(task, Drawing)
    progress = progress or Progress()
    try:
        session = Session.open(Path(task.image), None, progress.within(0.0, 0.6), ["mean"])
        volume = session.document.volume
        shown = [Reported(task.target, COLOURS[0], MaskBits.of(read_mask(task.output)), None)]
        sheets = [
            drawn_slices(volume, shown, MontageParameters(plane=plane, rows=1, columns=count), progress, _SIDE)
            for plane, count in _SHOWN
        ]
        session.close()
        file = Path(task.picture)
        file.parent.mkdir(parents=True, exist_ok=True)
        with replacing([file]) as (beside,):
            # Without letters, which would hide small pictures.
            beside.write_bytes(png(side_by_side([sheet.pixels for sheet in sheets]), sheets[0].palette))
    except MaskEditorError as error:
        return Outcome.failed(task, str(error))
    return Outcome(task.key, task.image, task.target)


def keep_pictures(ledger: Ledger, outcomes: Iterable[Outcome]) -> None:
    """Remove the pictures of masks that are not there any more."""
    wanted = {picture_path(ledger, one).name for one in outcomes}
    for path in ledger.pictures.glob(f"*{ENDING}"):
        if path.name not in wanted:
            path.unlink(missing_ok=True)
