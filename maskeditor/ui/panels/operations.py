"""The operations panel: choose one, set it, see what it would do, apply it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtGui import QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from maskeditor.core.operation.declaration import Operation
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.core.operation.intensity_input import IntensityInput
from maskeditor.core.operation.parameters import Role
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.engine.errors import MaskEditorError
from maskeditor.model.view.viewer import Viewer
from maskeditor.ui.forms.field import Surroundings
from maskeditor.ui.look.scrolled import Scrolled
from maskeditor.ui.panels.declaration import PanelDeclaration
from maskeditor.ui.panels.docks import come_up
from maskeditor.ui.panels.form_context import surroundings_of
from maskeditor.ui.panels.operation_list import OperationList, listed_operations
from maskeditor.ui.panels.step_fields import StepFields
from maskeditor.ui.qt import mark_error
from maskeditor.ui.work.editor import Editor
from maskeditor.ui.work.pending import Then, nothing

#: Characters that are beside one another in a form: a title, a number and its unit.
CHARACTERS = 48
#: Why a preview is not seen.
HIDDEN = "Masks are hidden; {mask_visible} shows them."
IMAGES_HIDDEN = "Further images are hidden; {overlays_visible} shows them."


class OperationsPanel(QWidget):
    """The list of operations, and the form of the one that is chosen, which is a pending change.

    Choosing an operation previews it, and so does every change of its form; after Apply nothing is previewed until
    the form is touched again, so that what was done is not taken for undone. "Preview" is ticked while one is shown;
    whoever takes the tick away wants none until it is set again.
    """

    of_step = False

    def __init__(self, editor: Editor, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self._viewer = viewer
        # What was set last in which form, by the image that was chosen for it.
        self._kept: dict[tuple[str, str], Operation] = {}
        self._image = ""
        self._chosen: type[Operation] | None = None
        self._around = Surroundings()
        # Whether previews are wanted, whether there is something to preview, and whether any of it was set by hand.
        self._wanted = True
        self._live = False
        self._by_hand = False
        # Whether what is set was carried out as it is.
        self._is_done = False
        # What is being applied, as long as nothing else was set meanwhile.
        self._applied: tuple[Operation, Scope] | None = None
        self.list = OperationList(self)
        self.heading = QLabel(self)
        self.description = QLabel(self)
        self.fields = StepFields(self, keeps_width=True)
        self.live = QCheckBox("Preview", self)
        self.counts = QLabel(self)
        self.reset_button = QPushButton("Reset", self)
        self.apply_button = QPushButton("Apply", self)
        self._lay_out()
        self._connect()
        # The form that was opened from elsewhere last, and the one that was there before.
        self._opened: tuple[type[Operation], type[Operation] | None] | None = None
        editor.pending.open_form, editor.pending.close_form = self.begin_with, self.close_opened
        self._image_changed()

    # Choosing -----------------------------------------------------------------------------------------------------

    def choose(self, id: str) -> None:
        """Choose an operation and show the panel."""
        self.list.choose(id)
        come_up(self)
        self.fields.focus_first()

    def begin_range(self, values: Mapping[Role, Any]) -> bool:
        """Choose the operation that a range on the histogram makes, and set parameters of some roles by hand.

        Return whether it is the pending change now, and not another that is to stay.
        """
        cls = next(cls for cls in listed_operations() if cls.of_range)
        names = {parameter.role: parameter.name for parameter in cls.parameters()}
        return self.begin_with(cls, {names[role]: value for role, value in values.items()})

    def begin_with(self, cls: type[Operation], values: Mapping[str, Any]) -> bool:
        """Choose an operation, and set some of its parameters by hand; return whether it is the pending change now."""
        if self._editor.document is None or not self._begins():
            return False
        self._opened = (cls, self._chosen)
        if self._chosen is not cls:
            self.list.search.clear()
            self._choose(cls)
            self.list.show_chosen(cls)
        self.fields.set_values(values, {})
        return True

    def close_opened(self) -> None:
        """Show the form again that was there before one was opened from elsewhere, unless anything was done to that."""
        opened, self._opened = self._opened, None
        if opened is not None and opened[0] is self._chosen is not opened[1] and not self._is_pending:
            self._forget_place()
            self._chosen = opened[1]
            self._show_form()
            self.list.show_chosen(self._chosen)

    def fill_menu(self, menu: QMenu) -> None:
        """Add every operation to a menu, by group."""
        groups: dict[str, QMenu] = {}
        for cls in listed_operations():
            if cls.group not in groups:
                made = menu.addMenu(cls.group)
                assert made is not None
                groups[cls.group] = made
            action = groups[cls.group].addAction(f"{cls.title} …")
            assert action is not None
            action.setObjectName(f"operation_{cls.id}")
            action.setStatusTip(cls.summary_line())
            action.triggered.connect(lambda _=False, id=cls.id: self.choose(id))

    def _take_chosen(self, cls: type[Operation]) -> None:
        if not self._begins():
            self.list.show_chosen(self._chosen)
            return
        self._choose(cls)
        self._show_fresh()

    def _choose(self, cls: type[Operation]) -> None:
        if self._by_hand:
            self._editor.say(f"{self.describe()} was not applied; its values are kept.")
        elif self._is_done:
            self._forget_place()
        self._chosen, self._is_done = cls, False
        self._show_form()

    def _forget_place(self) -> None:
        """Have a form with a voxel open next on the one that is looked at then, with what fits it."""
        if self._chosen is not None and any(declared.role is Role.VOXEL for declared in self._chosen.parameters()):
            self._kept.pop((self._chosen.id, self._image), None)

    # The form -----------------------------------------------------------------------------------------------------

    def _show_form(self, fresh: bool = False, scope: Scope = EVERYWHERE) -> None:
        """Show the chosen operation's form, with the values it had last unless fresh ones are wanted.

        What looks at intensities opens on the image that is chosen in the list of images.
        """
        cls = self._chosen
        if cls is None or self._editor.document is None:
            self.fields.close_forms()
            self._show_state()
            return
        self.heading.setText(cls.title)
        manual = inspect.cleandoc(cls.__doc__ or "").replace("``", "")
        self.description.setText(manual.split("\n\n")[0].replace("\n", " "))
        self.description.setToolTip(manual)
        self._image = self._viewer.looked_at if issubclass(cls, IntensityInput) else ""
        start = None if fresh else self._kept.get((cls.id, self._image))
        self.fields.open(cls, start or self._suggested(cls), scope, self._around)
        if start is None and self._image and self.fields.form is not None:
            self.fields.form.look_at(self._image)
        self._show_state()

    def _suggested(self, cls: type[Operation]) -> Operation | None:
        try:
            return cls.suggest(self._editor.scene())
        except (MaskEditorError, ValueError):
            # Something has to be given that nothing suggests, such as another ROI.
            return None

    def _asked(self) -> tuple[Operation, Scope] | None:
        """Return what is set; None if there is nothing, or it is not allowed (the form then says so)."""
        asked = self.fields.asked()
        if asked is not None:
            self._kept[asked[0].id, self._image] = asked[0]
        return asked

    def reset(self) -> None:
        """Go back to the values that the operation suggests, everywhere."""
        if self._begins():
            self._show_form(fresh=True)
            self._show_fresh()

    def _fresh_name(self, cls: type[Operation]) -> str:
        suggested = self._suggested(cls)
        assert isinstance(suggested, ImageOperation)
        return suggested.name

    # The pending change -------------------------------------------------------------------------------------------

    @property
    def is_by_hand(self) -> bool:
        """Whether a field was changed since the operation was chosen or applied."""
        return self._by_hand

    @property
    def is_due(self) -> bool:
        """Whether the operation is previewed, or was changed by hand."""
        return self._by_hand or self._is_shown

    @property
    def _is_shown(self) -> bool:
        return self._is_pending and self._editor.previews.state is not None and not self._is_hidden

    @property
    def _is_hidden(self) -> bool:
        state = self._viewer.state
        return state.overlays_hidden if self._makes_image else state.masks_hidden

    @property
    def _is_refused(self) -> bool:
        """Whether the preview says already that it cannot be carried out, and why."""
        state = self._editor.previews.state
        return self._is_pending and state is not None and bool(state.error)

    @property
    def _makes_image(self) -> bool:
        """Whether the chosen operation makes an image, and no mask."""
        return self._chosen is not None and self._chosen.makes_image

    @property
    def _is_pending(self) -> bool:
        return self._editor.pending.change is self

    def _begins(self) -> bool:
        """Make this the pending change, another one than is being applied; return whether it is."""
        self._applied = None
        return self._editor.pending.begin(self)

    def describe(self) -> str:
        """Return the operation with its values in words, or by its title where these do not do."""
        asked = self._asked()
        if asked is not None and not self._is_refused:
            return asked[0].summary()
        return self._chosen.title if self._chosen is not None else ""

    def apply(self, then: Then = nothing) -> None:
        """Carry the operation out as one step."""
        asked = self._asked()
        if asked is not None and not self._is_refused and self._begins():
            known = self._editor.previews.image
            self._applied = asked

            def done() -> None:
                # Hands may have gone on to the next one meanwhile.
                is_last = self._applied is asked
                if is_last:
                    self.put_away()
                    self._is_done = True
                else:
                    self.renew()
                if isinstance(asked[0], ImageOperation):
                    # Whoever makes an image wants to see it; and the next one wants another name.
                    self._editor.displays.show_made(asked[0].name, known)
                    self._kept[asked[0].id, ""] = asked[0].model_copy(update={"name": self._fresh_name(type(asked[0]))})
                    if is_last:
                        self._show_form()
                then()

            self._editor.apply(*asked, then=done)

    def put_away(self) -> None:
        """Preview nothing until the form is touched again."""
        self._live = self._by_hand = False
        if self._is_pending:
            self._editor.pending.end(self)
            self._editor.previews.hide()
        self._show_state()

    def renew(self) -> None:
        """Preview what is set, if that is wanted."""
        if self._is_pending:
            asked = self._asked()
            if asked is not None and self._live and self._wanted:
                self._editor.previews.show(*asked)
            else:
                self._editor.previews.hide()
            self._editor.pending.set_otherwise.emit()
        self._show_state()

    def _show_fresh(self) -> None:
        """Preview an operation of which nothing is set by hand; without a preview, it is no change yet."""
        self._by_hand, self._live = False, True
        if self._wanted:
            self.renew()
        else:
            self.put_away()

    def _take_changed(self) -> None:
        if self._begins():
            self._by_hand, self._live, self._is_done = True, True, False
            self.renew()

    def _switch_preview(self, on: bool) -> None:
        self._wanted = on
        if on and self.fields.form is not None and self._begins():
            self._live = True
            self.renew()
        elif self._by_hand:
            self.renew()
        else:
            self.put_away()

    # What happens elsewhere ---------------------------------------------------------------------------------------

    def _image_changed(self) -> None:
        self._kept.clear()
        self._around = self._surroundings()
        self._show_form()

    def _document_changed(self) -> None:
        around = self._surroundings()
        if around != self._around:
            asked = self._asked()
            self._around = around
            self._show_form(scope=asked[1] if asked is not None else EVERYWHERE)
        self._show_state()

    def _surroundings(self) -> Surroundings:
        return surroundings_of(self._editor, self._viewer, self._editor.active)

    # Looks --------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.heading.setProperty("heading", True)
        self.description.setWordWrap(True)
        self.description.setProperty("quiet", True)
        self._detail = QWidget(self)
        self._detail_layout = QVBoxLayout(self._detail)
        self._detail_layout.setContentsMargins(2, 2, 6, 2)
        for widget in (self.heading, self.description, self.fields):
            self._detail_layout.addWidget(widget)
        # The list takes what room the form leaves.
        scroll = Scrolled(self._detail, 120, fills=False, parent=self)
        self.live.setChecked(True)
        self.live.setToolTip("Show in the views what would be added and removed, before it is applied")
        self.counts.setWordWrap(True)
        self.counts.setMinimumHeight(2 * self.counts.fontMetrics().lineSpacing())
        self.counts.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.counts.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.reset_button.setToolTip("Back to the values suggested for this image")
        self.apply_button.setToolTip("Carry it out as one step (Enter)")
        buttons = QHBoxLayout()
        buttons.addWidget(self.live)
        buttons.addStretch(1)
        buttons.addWidget(self.reset_button)
        buttons.addWidget(self.apply_button)
        # As wide as the forms, so that nothing beside it moves when one is opened.
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * CHARACTERS)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.list, 1)
        layout.addWidget(scroll)
        layout.addWidget(self.counts)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        self.list.chosen.connect(self._take_chosen)
        self.list.pressed.connect(self._press)
        self.fields.changed.connect(self._take_changed)
        self.live.toggled.connect(self._switch_preview)
        self.reset_button.clicked.connect(self.reset)
        self.apply_button.clicked.connect(lambda: self.apply())
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            shortcut = QShortcut(QKeySequence(key), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda: self.apply())
        self._editor.image_changed.connect(self._image_changed)
        self._editor.document_changed.connect(self._document_changed)
        for signal in (self._editor.jobs.busy_changed, self._editor.preview_changed, self._editor.pending.changed):
            signal.connect(self._show_state)
        self._viewer.changed.connect(self._view_changed)

    def _press(self) -> None:
        # After Apply, a click on the same operation is as good as choosing it.
        if not self._is_pending and self._begins():
            self._show_fresh()

    def _view_changed(self, changed: frozenset[str]) -> None:
        if changed & {"masks_hidden", "overlays_hidden"}:
            self._show_state()
        if "crosshair" in changed and self._makes_image and self._live and self._wanted and self._is_pending:
            self._follow_crosshair()

    def _follow_crosshair(self) -> None:
        """Preview the image that would be made where one looks; Apply fixes the place."""
        if self.fields.form is not None and self.fields.form.move_to(self._viewer.state.crosshair):
            self.renew()

    def _show_state(self) -> None:
        document = self._editor.document
        has_form = self.fields.form is not None
        ready = has_form and not self._editor.jobs.busy
        self._detail.setVisible(has_form)
        # One change is pending at a time, with one Apply.
        is_free = self._editor.pending.change in (None, self)
        self.apply_button.setEnabled(ready and is_free and not self._is_refused)
        self.live.setEnabled(has_form)
        if has_form:
            with QSignalBlocker(self.live):
                self.live.setChecked(self._is_shown)
        self.reset_button.setEnabled(ready)
        if document is None or self._chosen is None:
            self._say("Choose an operation to see what it would do." if document else "Open an image first.")
            return
        state = self._editor.previews.state if self._is_pending else None
        if state is None:
            self._say(self._why_no_preview())
        else:
            hidden = ""
            if self._is_hidden:
                hidden = self._editor.keys.in_words(f" {IMAGES_HIDDEN if self._makes_image else HIDDEN}")
            self._say(state.in_words(document.geometry.voxel_volume) + hidden, bool(state.error))

    def _why_no_preview(self) -> str:
        """Return why nothing is previewed, though nobody has taken the tick away."""
        if not self._wanted or self._editor.jobs.running or self.fields.asked() is None:
            return ""
        if self._editor.pending.change not in (None, self):
            return "Another change is previewed; apply or reset that first."
        if self._editor.previews.state is not None:
            return "What the tool in hand makes is previewed; change a value to preview this instead."
        return "Nothing is previewed now; change a value, or tick Preview."

    def _say(self, text: str, error: bool = False) -> None:
        self.counts.setText(text)
        mark_error(self.counts, error)


PANEL = PanelDeclaration(
    id="operations",
    title="Operations",
    area=Qt.DockWidgetArea.LeftDockWidgetArea,
    order=1,
    make=lambda editor: OperationsPanel(editor, editor.viewer),
)
