"""Several files at once, as they are dropped on the window: what each is, asked once, and then taken in turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PyQt6.QtCore import QSignalBlocker
from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from maskeditor.core.operation.as_script import joined
from maskeditor.engine.errors import Cancelled, MaskEditorError
from maskeditor.engine.progress import Progress
from maskeditor.io import formats
from maskeditor.io.formats.session import SESSION
from maskeditor.io.open import scan
from maskeditor.io.provenance import sidecar_path
from maskeditor.model.recipes import few, read_recipe, recipe_with
from maskeditor.ui.qt import sure
from maskeditor.ui.work.editor import Editor

#: What a file may be to the window, in the order in which they are taken.
SESSION_ROLE, IMAGE, OVERLAY, MASK, RECIPE, NOTHING = "Session", "Image", "Overlay", "Mask", "Recipe", "Leave out"
_ORDER = (SESSION_ROLE, IMAGE, OVERLAY, MASK, RECIPE)
#: How names of masks end in BIDS.
_MASK_ENDINGS = ("mask", "roi")
#: Files of which it is told one by one what is wrong with them; of more, the names.
_EACH_TOLD = 3
#: Rows that are seen without scrolling.
_MOST_ROWS = 12


@dataclass(frozen=True)
class Dropped:
    """A file or folder that can be taken.

    Parameters
    ----------
    path : Path
    roles : tuple of str
        What it may be; the first is what it is taken for.
    """

    path: Path
    roles: tuple[str, ...]


class Refused(NamedTuple):
    """A file that cannot be taken: its name, and why, where it was meant as something; else ""."""

    name: str
    why: str = ""


class Looked(NamedTuple):
    """What was found among the files: those that can be taken, and those that cannot."""

    taken: list[Dropped]
    refused: list[Refused]


def look(paths: Sequence[Path], has_image: bool, progress: Progress, is_sample: bool = False) -> Looked:
    """Look what some files and folders are; for a worker.

    Parameters
    ----------
    paths : sequence of Path
    has_image : bool
        Whether an image is open that they may go with.
    progress : Progress
    is_sample : bool
        Whether that is the embedded sample, which nobody's images lie over.
    """
    images = [path for path in paths if path.is_dir() or formats.is_image_name(path)]
    beside = {sidecar_path(path) for path in images}
    taken: list[Dropped] = []
    refused: list[Refused] = []
    has_session = False
    for place, path in enumerate(paths):
        part = progress.within(place / len(paths), (place + 1) / len(paths))
        if path in beside:
            continue  # it is read with its image
        if SESSION.ending(path) and not has_session:
            has_session = True
            taken.append(Dropped(path, (SESSION_ROLE, NOTHING)))
            continue
        try:
            taken.append(Dropped(path, (*_roles(path, part), NOTHING)))
        except Cancelled:
            raise
        except MaskEditorError as error:
            refused.append(Refused(path.name, str(error) if _is_meant(path) else ""))
    if has_session:
        # It brings its image along.
        taken = [Dropped(one.path, tuple(role for role in one.roles if role != IMAGE)) for one in taken]
    elif not has_image or (is_sample and any(one.roles[0] == OVERLAY for one in taken)):
        taken = _with_an_image(taken)
    return Looked(taken, refused)


def _roles(path: Path, progress: Progress) -> tuple[str, ...]:
    """Return what a file may be, what it most likely is first.

    Raises
    ------
    MaskEditorError
        If it cannot be taken.
    """
    if path.suffix.lower() == ".json":
        read_recipe(path)
        return (RECIPE,)
    scan(path, progress)
    if path.is_dir() or not formats.is_image_file(path):
        return (OVERLAY, IMAGE)
    is_mask = formats.stem(path).lower().endswith(_MASK_ENDINGS) or recipe_with(path) is not None
    return (MASK, OVERLAY, IMAGE) if is_mask else (OVERLAY, IMAGE, MASK)


def _is_meant(path: Path) -> bool:
    """Whether somebody took it for what can be opened, so that it is worth telling what is wrong with it."""
    return not path.is_file() or formats.is_image_name(path) or path.suffix.lower() == ".json"


def _with_an_image(taken: list[Dropped]) -> list[Dropped]:
    """Return the files with the one that is to be the image: the first that is no mask, else the first that can be."""
    able = [one for one in taken if IMAGE in one.roles]
    chosen = next((one for one in able if one.roles[0] != MASK), able[0] if able else None)
    return [
        Dropped(one.path, (IMAGE, *(role for role in one.roles if role != IMAGE))) if one is chosen else one
        for one in taken
    ]


def refused_in_words(refused: Sequence[Refused]) -> str:
    """Return what is wrong with the first of those that were not taken, and a sentence that names the others.

    Examples
    --------
    >>> refused_in_words([Refused("notes.txt"), Refused("a.pdf")])
    'notes.txt and a.pdf were not taken: an image, a mask, a recipe or one session is wanted.'
    >>> refused_in_words([Refused("a.nii", "a.nii does not exist; give a file.")])
    'a.nii does not exist; give a file.'
    """
    told = [one for one in refused if one.why][:_EACH_TOLD]
    others = [one.name for one in refused if one not in told]
    sentences = [one.why for one in told]
    if others:
        verb = "was" if len(others) == 1 else "were"
        sentences.append(
            f"{joined(few(others))} {verb} not taken: an image, a mask, a recipe or one session is wanted."
        )
    return " ".join(sentences)


class RolesDialog(QDialog):
    """Lists files, each with what it is taken for, which can be changed.

    Parameters
    ----------
    parent : QWidget
    looked : Looked
    has_image : bool
        Whether an image is open.
    """

    def __init__(self, parent: QWidget, looked: Looked, has_image: bool) -> None:
        super().__init__(parent)
        self.setWindowTitle("Open several files")
        self._dropped = looked.taken
        self._has_image = has_image or any(SESSION_ROLE in one.roles for one in looked.taken)
        question = QLabel("What are they? They are opened in this order: image, overlays, masks, recipes.")
        question.setWordWrap(True)
        self.table = QTableWidget(len(self._dropped), 2)
        self.table.setAccessibleName("Files")
        self.table.setHorizontalHeaderLabels(["File", "Open as"])
        self.table.setShowGrid(False)
        sure(self.table.verticalHeader()).hide()
        header = sure(self.table.horizontalHeader())
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.boxes: list[QComboBox] = []
        for row, one in enumerate(self._dropped):
            name = QTableWidgetItem(one.path.name)
            name.setFlags(name.flags() & ~name.flags().ItemIsEditable)
            name.setToolTip(str(one.path))
            self.table.setItem(row, 0, name)
            box = QComboBox()
            box.setAccessibleName(f"What {one.path.name} is")
            box.addItems(one.roles)
            box.currentTextChanged.connect(partial(self._one_image, row))
            self.table.setCellWidget(row, 1, box)
            self.boxes.append(box)
        self.table.resizeRowsToContents()
        line = self.table.rowHeight(0) if self._dropped else 0
        self.table.setMinimumHeight(header.sizeHint().height() + line * min(len(self._dropped), _MOST_ROWS) + 6)
        refused = QLabel(refused_in_words(looked.refused))
        refused.setWordWrap(True)
        refused.setVisible(bool(looked.refused))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.agree = sure(buttons.addButton("Open", QDialogButtonBox.ButtonRole.AcceptRole))
        self.agree.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (question, self.table, refused, buttons):
            layout.addWidget(widget)
        self.setMinimumWidth(28 * self.fontMetrics().height())
        self._update()

    @property
    def roles(self) -> list[tuple[Path, str]]:
        """What each is opened as, in the order in which they are taken."""
        chosen = [(one.path, box.currentText()) for one, box in zip(self._dropped, self.boxes, strict=True)]
        return sorted((one for one in chosen if one[1] != NOTHING), key=lambda one: _ORDER.index(one[1]))

    def _one_image(self, row: int, role: str) -> None:
        """Let no two be the image: the one that was it lies over the new one."""
        if role == IMAGE:
            for other, box in enumerate(self.boxes):
                if other != row and box.currentText() == IMAGE:
                    with QSignalBlocker(box):
                        box.setCurrentText(OVERLAY)
        self._update()

    def _update(self) -> None:
        chosen = [box.currentText() for box in self.boxes]
        has_image = self._has_image or IMAGE in chosen
        self.agree.setEnabled(has_image and any(role != NOTHING for role in chosen))
        self.agree.setToolTip("" if has_image else "Choose which of them is the image.")


class Dropping:
    """Takes several files for the window.

    Parameters
    ----------
    editor : Editor
    parent : QWidget
        Whose dialog it is.
    begin : callable of Path and callable
        Opens an image or a session, and then calls what goes on.
    take : mapping of str to callable of Path
        What is done with a file that goes with the image, by its role.
    """

    def __init__(
        self,
        editor: Editor,
        parent: QWidget,
        begin: Callable[[Path, Callable[[], None]], None],
        take: Mapping[str, Callable[[Path], None]],
    ) -> None:
        self._editor, self._parent = editor, parent
        self._begin, self._take = begin, take

    def drop(self, paths: Sequence[Path]) -> None:
        """Look what they are, ask once, and take them."""
        session = self._editor.session
        has_image, is_sample = session is not None, session is not None and session.path is None
        self._editor.jobs.run(
            f"Looking into {len(paths)} files",
            lambda progress: look(paths, has_image, progress, is_sample),
            lambda looked: self._ask(looked, has_image),
        )

    def _ask(self, looked: Looked, has_image: bool) -> None:
        if not looked.taken:
            self._editor.failed.emit(refused_in_words(looked.refused))
            return
        dialog = RolesDialog(self._parent, looked, has_image)
        agreed, roles = bool(dialog.exec()), dialog.roles
        dialog.deleteLater()
        if not agreed or not roles:
            return
        if roles[0][1] in (SESSION_ROLE, IMAGE):
            self._begin(roles[0][0], lambda: self._go_on(roles[1:]))
        else:
            self._go_on(roles)

    def _go_on(self, roles: Sequence[tuple[Path, str]]) -> None:
        """Take one after the other, each once the one before is done with."""
        for path, role in roles:
            self._editor.turns.once_idle(partial(self._take[role], path))
