"""The rule of the pending change (`ui/work/pending.py`), held against every way in, for every kind of change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event

import nibabel as nib
import pytest

from maskeditor.core.history.document import Document
from maskeditor.core.operation.declaration import make
from maskeditor.core.recipe.replay import recipe_of, replay
from maskeditor.core.space.geometry import Plane
from maskeditor.model.session import Session
from maskeditor.ops.import_mask import ImportMask
from maskeditor.ui.data.entries import data_entries
from maskeditor.ui.dialogs import Answer
from maskeditor.ui.files import saving
from maskeditor.ui.files import sessions as sessions_module
from maskeditor.ui.files.saving import Saving
from maskeditor.ui.main_window import commands as commands_module
from maskeditor.ui.main_window.menus import MENUS, Entry
from maskeditor.ui.panels import steps_model
from maskeditor.ui.tools.toolbox import tools
from tests import phantoms
from tests.ui.conftest import Desk
from tests.ui.drivers import Driver

SHAPE = (30, 34, 26)
KINDS = ("range", "form", "step")
#: Actions of the menus by what a pending change has to do with them.
ASKING = {
    "save_mask", "save_mask_as", "save_labels", "save_image", "save_recipe", "save_session_as", "export_segmentation",
    "copy_python", "copy_methods", "quit",
}  # fmt: skip
BESIDE = {
    "undo", "redo", "add_roi", "copy_roi", "split_roi", "merge_rois", "mirror_roi", "previous_roi", "next_roi",
    "invert", "clear", "copy_to_next", "copy_to_previous", "fill_outline",
}  # fmt: skip
#: They open files, which asks once a file is chosen, or bring in what is one more step.
BY_FILE = {"open_file", "open_folder", "open_mask", "add_image", "add_folder", "run_recipe", "interrupted_sessions"}
OF_ITSELF = {"cancel", "delete_roi", "interpolate_slices"}
VIEW = {
    "layout_four", "layout_montage", "layout_one", "layout_three", "manual", "palette", "go_on", "tour", "preferences",
    "swap_eraser", "brush_smaller", "brush_larger", "brush_3d", "window_automatic",
    "outline",
    "mask_visible", "overlays_visible", "fainter", "stronger", "radiological", "crosshair", "smooth_pixels",
    "reset_view", "centre_view",
    "maximise", "previous_volume", "next_volume", "play_volumes", "curves", "go_to", "note_place", "shortcuts",
    "roi_walk", "usual_layout",
    "of_tool_band_of_histogram", "of_tool_band_of_voxel", "of_tool_band_turned", "of_tool_unlimited", "linked_zoom",
    "voxel_grid", "export_figure", "image_information", "about", "chosen_visible",
    "swap_images", "compare_blend", "compare_blink", "compare_swipe",
    "compare_checkerboard", "compare_side_by_side",
} | {tool.action for tool in tools()}  # fmt: skip


class Asked:
    """Answers the question about a pending change, and takes down what was asked."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.sentences: list[str] = []

    def __call__(self, sentence: str) -> Answer:
        self.sentences.append(sentence)
        return self.answer


@pytest.fixture
def opened(desk: Desk, tmp_path: Path) -> Desk:
    """A window with a small head, two ROIs, two steps of the first and one that is undone."""
    path = tmp_path / "head.nii.gz"
    nib.save(nib.Nifti1Image(phantoms.head(SHAPE, 0), phantoms.affine("anisotropic")), path)
    desk.open(path)
    desk.editor.add_roi("other")
    desk.editor.set_active("roi1")
    for id, values in (("threshold", {"lower": 400}), ("opening", {}), ("invert", {})):
        desk.editor.apply_now(make(id, values))
    desk.editor.undo()
    desk.wait()
    assert [step.operation.id for step in desk.document.timeline] == ["threshold", "opening"]
    return desk


def begin(desk: Desk, kind: str) -> None:
    """Set a change by hand, and do not apply it."""
    if kind == "range":
        desk.window.histogram.ends.low.set_number(700.0)
    elif kind == "form":
        desk.wiring.operations.choose("dilation")
        form = desk.wiring.operations.fields.form
        assert form is not None
        for times in (3, 2):
            form.fields["iterations"].set_value(times)
    else:
        desk.wiring.history.step_form.open_step(0)
        form = desk.wiring.history.step_form.fields.form
        assert form is not None
        form.fields["lower"].set_value(650.0)
    desk.wait()
    assert is_pending(desk, kind)


def owner(desk: Desk, kind: str) -> object:
    wiring = desk.wiring
    # The histogram has no change of its own: it is a second view of the form.
    return {"range": wiring.operations, "form": wiring.operations, "step": wiring.history.step_form}[kind]


def is_pending(desk: Desk, kind: str) -> bool:
    """Whether the change is pending, and seen."""
    return desk.editor.pending.change is owner(desk, kind) and desk.editor.layers.preview is not None


def is_gone(desk: Desk) -> bool:
    """Whether nothing is pending, set or seen."""
    return (
        desk.editor.pending.change is None
        and desk.editor.layers.preview is None
        and desk.window.histogram.plot.bounds is None
        and not desk.wiring.history.step_form.is_open
        and not (desk.wiring.operations.live.isEnabled() and desk.wiring.operations.live.isChecked())
    )


def ids(desk: Desk) -> list[str]:
    return [step.operation.id for step in desk.document.timeline]


def applied(kind: str) -> list[str]:
    """The steps once the change is applied."""
    return ["threshold", "opening"] + {"range": ["threshold"], "form": ["dilation"], "step": []}[kind]


def test_every_action_is_thought_of() -> None:
    actions = {entry.id for menu in MENUS.values() for entry in menu if isinstance(entry, Entry)}
    # Those of the Data menu show a panel, or write a file; what makes a step of it is one of the others.
    assert actions - {entry.action for entry in data_entries()} == ASKING | BESIDE | BY_FILE | OF_ITSELF | VIEW


# What asks ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def gone_on(opened: Desk, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was gone on with, once nothing was pending; it is not carried out."""
    made: list[str] = []

    def note(name: str) -> Callable[..., None]:
        return lambda *given: made.append(name)

    wiring = opened.wiring
    monkeypatch.setattr(wiring.files.saving, "save_mask", note("save_mask"))
    monkeypatch.setattr(wiring.files.saving, "save_mask_as", note("save_mask_as"))
    monkeypatch.setattr(wiring.files.saving_labels, "save_as", note("save_labels"))
    monkeypatch.setattr(wiring.files.saving_images, "save_as", note("save_image"))
    monkeypatch.setattr(wiring.files, "save_recipe", note("save_recipe"))
    monkeypatch.setattr(wiring.sessions, "save_as", note("save_session_as"))
    monkeypatch.setattr(commands_module, "export_segmentation", note("export_segmentation"))
    monkeypatch.setattr(wiring.commands, "_copy", note("copy"))
    monkeypatch.setattr(Saving, "_after_saving", note("left"))
    # There is no such session; what cannot be opened would ask nothing.
    monkeypatch.setattr(sessions_module, "check_session", lambda path: None)
    return made


def asking_ways(desk: Desk) -> dict[str, Callable[[], None]]:
    """Every way that takes a mask out of the window, or the window from the mask."""
    wiring = desk.wiring
    ways: dict[str, Callable[[], None]] = {
        id: lambda id=id: wiring.commands.carry_out(id)  # type: ignore[misc]
        for id in sorted(ASKING)
    }
    ways["open an image"] = lambda: wiring.files.open_path(desk.editor.session.path)
    ways["open a session"] = lambda: wiring.files.open_path(Path("some.maskeditor"))
    ways["open the sample"] = lambda: wiring.files.open_sample("t1")
    ways["close"] = lambda: desk.window.close()  # type: ignore[assignment, return-value]
    return ways


@pytest.mark.parametrize("answer", list(Answer))
@pytest.mark.parametrize("kind", KINDS)
def test_what_takes_the_mask_out_of_the_window_asks(
    opened: Desk, gone_on: list[str], kind: str, answer: Answer
) -> None:
    for name, way in asking_ways(opened).items():
        gone_on.clear()
        asked = Asked(answer)
        opened.editor.pending.ask = asked
        begin(opened, kind)
        way()
        opened.wait()
        assert len(asked.sentences) == 1, name
        assert asked.sentences[0].endswith(" is not applied."), name
        assert len(gone_on) == (answer is not Answer.CANCEL), name
        if answer is Answer.CANCEL:
            assert is_pending(opened, kind), name
            opened.editor.clear_preview()
        assert is_gone(opened), name
        assert ids(opened) == (applied(kind) if answer is Answer.YES else ["threshold", "opening"]), name
        if answer is Answer.YES:
            opened.editor.undo()
            opened.wait()


def test_what_cannot_be_opened_asks_nothing(opened: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.nii.gz").write_bytes((tmp_path / "head.nii.gz").read_bytes()[:900])
    monkeypatch.setattr(saving, "ask", lambda *_, **__: pytest.fail("It asked about masks that stay."))
    asked = opened.editor.pending.ask = Asked(Answer.YES)
    opened.editor.failed.disconnect()
    failed: list[str] = []
    opened.editor.failed.connect(failed.append)
    begin(opened, "form")
    opened.wiring.files.open_path(tmp_path / "broken.nii.gz")
    opened.wait()
    assert len(failed) == 1
    assert not asked.sentences
    assert is_pending(opened, "form")


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_applied_is_not_gone_on_without(opened: Desk, gone_on: list[str], kind: str) -> None:
    begin(opened, kind)
    opened.editor.failed.disconnect()  # nobody is there to close the box
    said: list[str] = []
    opened.editor.failed.connect(said.append)
    opened.editor.change_roi("roi1", locked=True)
    opened.editor.pending.ask = Asked(Answer.YES)
    opened.wiring.commands.carry_out("save_mask")
    opened.wait()
    assert said == ["'mask' is locked; unlock it in the list of ROIs to change it."]
    assert gone_on == []
    assert is_pending(opened, kind)


def test_an_operation_that_is_only_shown_is_asked_about_too(opened: Desk, gone_on: list[str]) -> None:
    opened.wiring.operations.choose("clear")
    opened.wait()
    asked = opened.editor.pending.ask = Asked(Answer.NO)
    opened.wiring.commands.carry_out("save_mask")
    assert asked.sentences == ["Clear is not applied."]
    assert gone_on == ["save_mask"]
    assert is_gone(opened)


# What goes on beside it -----------------------------------------------------------------------------------------------


def stroke(desk: Desk, driver: Driver) -> None:
    desk.wiring.toolbox.choose("eraser")
    canvas = desk.window.views.views[Plane.AXIAL].canvas
    x, y = canvas.width() / 2, canvas.height() / 2
    driver.move(canvas, (x, y))
    driver.press()
    assert desk.editor.layers.stroke is not None
    driver.move(canvas, (x + 10, y + 5))
    driver.release()


@pytest.mark.parametrize("kind", KINDS)
def test_strokes_and_steps_go_on_beside_it(opened: Desk, driver: Driver, kind: str) -> None:
    asked = opened.editor.pending.ask = Asked(Answer.CANCEL)
    begin(opened, kind)
    stroke(opened, driver)
    opened.wait()
    assert ids(opened) == ["threshold", "opening", "paint"]
    assert is_pending(opened, kind)
    opened.wiring.commands.carry_out("invert")
    opened.wait()
    assert ids(opened)[-1] == "invert"
    assert is_pending(opened, kind)
    assert asked.sentences == []


@pytest.mark.parametrize("kind", ["range", "form"])
def test_undo_redo_and_looking_go_on_beside_it(opened: Desk, kind: str) -> None:
    asked = opened.editor.pending.ask = Asked(Answer.CANCEL)
    begin(opened, kind)
    for action, wanted in (("redo", 3), ("undo", 2), ("undo", 1), ("redo", 2)):
        opened.wiring.commands.carry_out(action)
        opened.wait()
        assert len(ids(opened)) == wanted
        assert is_pending(opened, kind), action
    panel = opened.wiring.history
    panel.list.clicked.emit(panel.model.index(1))
    opened.wait()
    assert ids(opened) == ["threshold"]
    assert is_pending(opened, kind)
    # What is applied now is put in there.
    (opened.window.histogram.change if kind == "range" else opened.wiring.operations).apply_button.click()
    opened.wait()
    assert ids(opened) == ["threshold", applied(kind)[-1]]
    assert [step.operation.id for step in opened.document.later] == ["opening"]
    assert is_gone(opened)
    assert asked.sentences == []


@pytest.mark.parametrize("kind", KINDS)
def test_other_rois_go_on_beside_it(opened: Desk, kind: str) -> None:
    asked = opened.editor.pending.ask = Asked(Answer.CANCEL)
    begin(opened, kind)
    for action in ("next_roi", "previous_roi", "add_roi"):
        opened.wiring.commands.carry_out(action)
        opened.wait()
        assert is_pending(opened, kind), action
    assert asked.sentences == []


@pytest.mark.parametrize("answer", list(Answer))
@pytest.mark.parametrize("way", ["undo", "redo", "row", "switch", "remove", "other form", "delete the ROI"])
def test_what_may_take_the_step_away_asks_about_its_form(opened: Desk, way: str, answer: Answer) -> None:
    asked = opened.editor.pending.ask = Asked(answer)
    begin(opened, "step")
    panel = opened.wiring.history
    timeline = opened.document.present
    ways: dict[str, Callable[[], object]] = {
        "undo": opened.editor.undo,
        "redo": opened.editor.redo,
        "row": lambda: panel.list.clicked.emit(panel.model.index(1)),
        "switch": lambda: panel.steps.toggle(1),
        "remove": lambda: panel.steps.remove(0),
        "other form": lambda: panel.steps.change(1),
        "delete the ROI": lambda: opened.wiring.commands.carry_out("delete_roi"),
    }
    ways[way]()
    opened.wait()
    assert asked.sentences == ["The change of step 1 (Threshold from 400) is not applied."]
    if answer is Answer.CANCEL:
        assert is_pending(opened, "step")
        assert opened.document.timeline is timeline
    else:
        assert not is_pending(opened, "step")


# One at a time --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", list(Answer))
@pytest.mark.parametrize(("first", "second"), [("range", "step"), ("form", "step"), ("step", "form")])
def test_another_change_that_begins_asks(opened: Desk, first: str, second: str, answer: Answer) -> None:
    asked = opened.editor.pending.ask = Asked(answer)
    begin(opened, first)
    if answer is Answer.CANCEL:
        with pytest.raises(AssertionError):
            begin(opened, second)
        assert is_pending(opened, first)
    else:
        begin(opened, second)
        assert is_pending(opened, second)
    assert len(asked.sentences) == 1
    assert ids(opened)[:3] == (applied(first) if answer is Answer.YES else ["threshold", "opening"])


@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_applied_stays_though_another_change_begins(opened: Desk, kind: str) -> None:
    begin(opened, kind)
    opened.document.change_roi("roi1", locked=True)
    asked = opened.editor.pending.ask = Asked(Answer.YES)
    failed: list[str] = []
    opened.editor.failed.disconnect()
    opened.editor.failed.connect(failed.append)
    if kind == "step":
        opened.wiring.operations.choose("closing")
    else:
        opened.wiring.history.step_form.open_step(1)
    opened.wait()
    assert len(asked.sentences) == 1
    assert failed == ["'mask' is locked; unlock it in the list of ROIs to change it."]
    assert is_pending(opened, kind)
    assert opened.wiring.history.step_form.is_open is (kind == "step")


def test_the_form_of_a_step_that_could_not_be_worked_out_goes_on_where_it_was_left(opened: Desk) -> None:
    opened.editor.apply_now(make("region_grow", {"seed": (15, 17, 13), "lower": 0, "upper": 1000}))
    step_form, operations = opened.wiring.history.step_form, opened.wiring.operations
    step_form.open_step(2)
    form = step_form.fields.form
    assert form is not None
    form.fields["lower"].set_value(900.0)
    opened.wait()
    failed: list[str] = []
    opened.editor.failed.disconnect()
    opened.editor.failed.connect(failed.append)
    opened.editor.pending.ask = Asked(Answer.YES)
    operations.choose("closing")
    opened.wait()
    assert "widen the range" in failed[0]
    assert opened.editor.pending.change is operations
    form.fields["lower"].set_value(100.0)
    opened.wait()
    assert opened.editor.pending.change is step_form
    step_form.apply()
    opened.wait()
    assert opened.document.present[2].operation.lower == 100.0  # type: ignore[attr-defined]
    assert not step_form.is_open


def test_a_drag_in_the_histogram_asks_before_it_goes_on(opened: Desk, driver: Driver) -> None:
    plot = opened.window.histogram.plot
    asked = opened.editor.pending.ask = Asked(Answer.CANCEL)
    opened.wiring.history.step_form.open_step(1)
    form = opened.wiring.history.step_form.fields.form
    assert form is not None
    form.fields["iterations"].set_value(2)
    opened.wait()
    viewport = plot.viewport()
    way = [(viewport.width() * part, viewport.height() * 0.5) for part in (0.4, 0.5, 0.6)]
    driver.drag(viewport, way)
    opened.wait()
    assert len(asked.sentences) == 1
    assert plot.bounds is None
    assert is_pending(opened, "step")
    asked.answer = Answer.NO
    driver.drag(viewport, way)
    opened.wait()
    assert asked.sentences == ["The change of step 2 (Opening 1 ×) is not applied."] * 2
    assert plot.bounds is not None
    assert is_pending(opened, "range")


def test_a_drag_in_the_histogram_is_the_form_of_its_operation(opened: Desk, driver: Driver) -> None:
    """Chosen in the list or dragged, it is one pending change, and each view shows what the other sets."""
    said: list[str] = []
    opened.editor.message.connect(said.append)
    opened.editor.pending.ask = Asked(Answer.CANCEL)
    begin(opened, "form")
    panel, plot = opened.window.histogram, opened.window.histogram.plot
    viewport = plot.viewport()
    driver.drag(viewport, [(viewport.width() * part, viewport.height() * 0.5) for part in (0.4, 0.5, 0.6)])
    opened.wait()
    assert said == ["Dilation 2 × was not applied; its values are kept."]
    operations = opened.wiring.operations
    assert operations.heading.text() == "Threshold"
    form = operations.fields.form
    assert form is not None
    shown = (form.fields["lower"].value(), form.fields["upper"].value())
    assert shown == plot.bounds == (panel.ends.low.number(), panel.ends.high.number())
    assert None not in shown
    form.fields["lower"].set_value(123.0)
    assert plot.bounds == (123.0, shown[1])
    assert panel.ends.low.number() == 123.0
    form.fields["combine"].set_value("add")
    assert panel.change.combine.currentData() == "add"
    driver.key("Esc")
    assert is_gone(opened)
    operations.choose("otsu")
    operations.choose("threshold")
    assert plot.bounds == (123.0, shown[1])


def test_the_range_of_a_step_is_dragged_in_the_histogram(opened: Desk, driver: Driver) -> None:
    panel = opened.window.histogram
    opened.wiring.history.step_form.open_step(0)
    opened.wait()
    assert panel.plot.bounds == (400.0, None)
    assert panel.change.apply_button.text() == "Change step"
    viewport = panel.plot.viewport()
    # To the right of the one handle: the second end.
    driver.click(viewport, (viewport.width() * 0.8, viewport.height() * 0.5))
    low, high = panel.plot.bounds
    assert low == 400.0
    assert high is not None
    panel.ends.high.setFocus()
    driver.key("Return")
    opened.wait()
    assert ids(opened) == ["threshold", "opening"]
    assert opened.document.timeline[0].operation == make("threshold", {"lower": 400.0, "upper": high})
    assert is_gone(opened)


@pytest.mark.parametrize("place", ["from", "plot", "form", "history", "plane", "list"])
@pytest.mark.parametrize("key", ["Return", "Esc"])
def test_enter_and_escape_do_the_same_wherever_the_keyboard_is(
    opened: Desk, driver: Driver, place: str, key: str
) -> None:
    begin(opened, "range")
    wiring, panel = opened.wiring, opened.window.histogram
    form = wiring.operations.fields.form
    assert form is not None
    focus = {
        "from": panel.ends.low,
        "plot": panel.plot,
        "form": form.fields["combine"].focusProxy(),
        "history": wiring.history.list,
        "plane": opened.window.views.views[Plane.AXIAL].canvas,
        "list": wiring.operations.list.list,
    }[place]
    focus.setFocus()
    if place == "from" and key == "Return":
        driver.key(key)
        assert panel.ends.high.hasFocus()
        assert is_pending(opened, "range")
    driver.key(key)
    opened.wait()
    assert ids(opened) == (applied("range") if key == "Return" else ["threshold", "opening"])
    assert is_gone(opened)


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_one_apply(opened: Desk, kind: str) -> None:
    opened.wiring.operations.choose("dilation")
    begin(opened, kind)
    window, wiring = opened.window, opened.wiring
    buttons = [
        window.histogram.change.apply_button,
        wiring.operations.apply_button,
        wiring.history.step_form.apply_button,
    ]
    usable = [button for button in buttons if button.isVisible() and button.isEnabled()]
    # Of a range there are two views, each with a button for the one Apply.
    of_form = [wiring.history.step_form if kind == "step" else wiring.operations]
    views = of_form if kind == "form" else [window.histogram.change, *of_form]
    assert usable == [view.apply_button for view in views]
    usable[0].click()
    opened.wait()
    assert ids(opened) == applied(kind)
    assert is_gone(opened)


@pytest.mark.parametrize("kind", KINDS)
def test_escape_ends_it_and_leads_back_to_where_one_was(opened: Desk, driver: Driver, kind: str) -> None:
    said: list[str] = []
    opened.editor.message.connect(said.append)
    line, mask = opened.document.timeline, opened.mask()
    begin(opened, kind)
    opened.window.views.setFocus()
    driver.key("Esc")
    assert is_gone(opened)
    assert said[-1].endswith("was not applied.")
    assert opened.document.timeline is line
    assert (opened.mask() == mask).all()
    assert opened.document.history.can_redo


# Looking --------------------------------------------------------------------------------------------------------------


def test_a_form_that_was_only_opened_leads_back_with_undone_steps_undone(opened: Desk, driver: Driver) -> None:
    line, mask = opened.document.timeline, opened.mask()
    panel = opened.wiring.history
    place = panel.list.visualRect(panel.model.index(1)).center()
    driver.click(panel.list.viewport(), (place.x(), place.y()))
    driver.double_click(panel.list.viewport(), (place.x(), place.y()))
    assert panel.step_form.is_open
    driver.key("Esc")
    assert opened.document.timeline == line
    assert (opened.mask() == mask).all()
    assert opened.document.history.redo_title == "Invert"
    assert [bool(panel.model.index(row).data(steps_model.UNDONE)) for row in range(4)] == [False, False, False, True]


def test_a_double_click_opens_the_form_though_the_look_takes_a_moment(
    opened: Desk, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maskeditor.ui.work.travels.AT_ONCE", 0)
    panel = opened.wiring.history
    place = panel.list.visualRect(panel.model.index(1)).center()
    panel.list.clicked.emit(panel.model.index(1))
    assert opened.editor.jobs.running
    driver.double_click(panel.list.viewport(), (place.x(), place.y()))
    opened.wait()
    assert panel.step_form.is_open
    assert len(opened.document.timeline) == 2


def test_escape_leaves_the_row_that_is_looked_at(opened: Desk, driver: Driver) -> None:
    line, mask = opened.document.timeline, opened.mask()
    panel = opened.wiring.history
    for row in (1, 3, 0):
        place = panel.list.visualRect(panel.model.index(row)).center()
        driver.click(panel.list.viewport(), (place.x(), place.y()))
        assert len(opened.document.timeline) == row
        assert panel.looking.isVisible()
        assert opened.window.isWindowModified()
    driver.key("Esc")
    assert opened.document.timeline == line
    assert (opened.mask() == mask).all()
    assert not panel.looking.isVisible()
    assert opened.document.history.redo_title == "Invert"


def test_a_stroke_at_an_earlier_row_is_put_in_there(opened: Desk, driver: Driver) -> None:
    said: list[str] = []
    opened.editor.message.connect(said.append)
    line, mask = opened.document.timeline, opened.mask()
    panel = opened.wiring.history
    panel.list.clicked.emit(panel.model.index(1))
    stroke(opened, driver)
    opened.wait()
    # One goes on looking at the row, with the stroke: a second one is drawn there too.
    assert ids(opened) == ["threshold", "paint"]
    assert said[-1].endswith(" Put in as step 2, with 1 after it. 1 undone step was dropped.")
    assert panel.looking.isVisible()
    canvas = opened.window.views.views[Plane.AXIAL].canvas
    x, y = canvas.width() / 2, canvas.height() / 2
    driver.drag(canvas, [(x, y + 30), (x + 10, y + 30)])
    opened.wait()
    assert ids(opened) == ["threshold", "paint", "paint"]
    driver.key("Ctrl+Z")
    opened.wait()
    assert ids(opened) == ["threshold", "paint"]
    driver.key("Esc")
    assert ids(opened) == ["threshold", "paint", "opening"]
    assert not panel.looking.isVisible()
    opened.editor.undo()
    opened.wait()
    assert opened.document.timeline == line
    assert (opened.mask() == mask).all()


def test_a_stroke_that_a_later_step_takes_away_again_is_named_with_that_step(opened: Desk, driver: Driver) -> None:
    said: list[str] = []
    opened.editor.message.connect(said.append)
    opened.editor.apply_now(make("clear", {}))
    opened.wait()
    panel = opened.wiring.history
    panel.list.clicked.emit(panel.model.index(1))
    opened.wiring.toolbox.choose("brush")
    canvas = opened.window.views.views[Plane.AXIAL].canvas
    x, y = canvas.width() / 2, canvas.height() / 2
    driver.drag(canvas, [(x, y), (x + 10, y)], "right")
    opened.wait()
    driver.drag(canvas, [(x, y), (x + 10, y)])
    opened.wait()
    assert ids(opened) == ["threshold", "paint", "paint"]
    assert said[-1].endswith(" with 2 after it. Step 5 (Clear) takes all of it back again.")


def test_masks_and_recipes_that_are_brought_in_at_an_earlier_row_are_put_in_there(opened: Desk) -> None:
    document, editor = opened.document, opened.editor
    before, recipe = opened.mask(), recipe_of(document, "roi1", {}, {}, "")
    brought = ImportMask.of(before, "m.nii", "0" * 64)
    editor.go_to(())
    # The active ROI is empty at this row, and yet it is the later steps'.
    editor.bringing_in.masks({"brought": brought})
    opened.wait()
    assert ids(opened) == ["import_mask"]
    editor.come_back()
    assert ids(opened) == ["import_mask", "threshold", "opening"]
    assert document.roi(document.timeline[0].roi).name == "brought"
    assert (document.mask("roi1")[...] == before).all()
    editor.go_to(document.timeline[:1])
    editor.bringing_in.recipe(recipe)
    opened.wait()
    assert ids(opened) == ["import_mask", "threshold", "opening"]
    editor.come_back()
    assert ids(opened) == ["import_mask", "threshold", "opening", "threshold", "opening"]
    for roi in ("roi1", document.timeline[1].roi):
        assert (document.mask(roi)[...] == before).all()
    editor.undo()
    editor.undo()
    opened.wait()
    assert ids(opened) == ["threshold", "opening"]


@pytest.mark.parametrize("meanwhile", ["undo", "other ROI", "job", "image"])
def test_a_stroke_is_put_on_what_it_was_drawn_on(opened: Desk, driver: Driver, meanwhile: str) -> None:
    """Keys go on while the mouse draws; the step must make the same mask when it is replayed."""
    editor, document = opened.editor, opened.document
    opened.wiring.toolbox.choose("eraser")
    canvas = opened.window.views.views[Plane.AXIAL].canvas
    x, y = canvas.width() / 2, canvas.height() / 2
    driver.move(canvas, (x, y))
    driver.press()
    if meanwhile == "undo":
        editor.undo()
    elif meanwhile == "other ROI":
        editor.set_active("roi2")
    elif meanwhile == "job":
        editor.apply(make("dilation", {}))
        assert editor.jobs.busy
    else:
        editor.jobs.run("Opening", lambda progress: 0, lambda _: editor.set_session(Session.sample("t1")))
    driver.move(canvas, (x + 10, y + 5))
    driver.release()
    opened.wait()
    if meanwhile == "image":
        assert opened.document is not document
        assert opened.document.timeline == ()
        return
    before = {"undo": ["threshold"], "other ROI": ["threshold", "opening"], "job": ["threshold", "opening", "dilation"]}
    assert ids(opened) == [*before[meanwhile], "paint"]
    assert document.timeline[-1].roi == "roi1"
    fresh = Document(document.volume)
    replay(fresh, recipe_of(document, "roi1", {}, {}, ""))
    assert (fresh.mask(fresh.rois[0].id)[...] == document.mask("roi1")[...]).all()
    assert not document.mask("roi2")[...].any()


def test_undone_steps_are_not_changed(opened: Desk) -> None:
    said: list[str] = []
    opened.editor.message.connect(said.append)
    line, steps = opened.document.timeline, opened.wiring.history.steps
    for act in (steps.change, steps.toggle, steps.duplicate, steps.remove, steps.move_up, steps.rename, steps.annotate):
        act(2)
        opened.wait()
        assert said.pop() == "Step 3 is undone; redo it before it is changed."
    assert opened.document.timeline is line
    assert opened.document.history.redo_title == "Invert"
    menu = steps.menu(2)
    assert not any(action.isEnabled() for action in menu.actions() if action.text())
    menu.deleteLater()


# What is hidden -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["M", "opacity", "eye"])
def test_what_is_drawn_on_a_hidden_mask_is_seen(opened: Desk, driver: Driver, way: str) -> None:
    viewer = opened.window.viewer
    if way == "M":
        viewer.change(masks_hidden=True)
    elif way == "opacity":
        viewer.change(opacity=0.0)
    else:
        opened.editor.change_roi("roi1", visible=False)
    said: list[str] = []
    opened.editor.message.connect(said.append)
    stroke(opened, driver)
    assert ids(opened)[-1] == "paint"
    assert not viewer.state.masks_hidden
    assert viewer.state.opacity > 0
    assert opened.document.roi("roi1").visible
    assert any("shown again" in sentence for sentence in said)


def test_preview_is_ticked_while_one_is_seen(opened: Desk, driver: Driver, tmp_path: Path) -> None:
    panel, editor = opened.wiring.operations, opened.editor

    def agree() -> bool:
        seen = editor.layers.preview is not None and not opened.window.viewer.state.masks_hidden
        return panel.live.isChecked() == seen

    panel.choose("dilation")
    opened.wait()
    assert panel.live.isChecked()
    opened.window.viewer.change(masks_hidden=True)
    assert not panel.live.isChecked()
    panel.live.click()
    opened.wait()
    assert panel.live.isChecked()
    assert agree()
    driver.key("Esc")
    assert not panel.live.isChecked()
    assert agree()
    panel.live.click()
    opened.wait()
    assert panel.live.isChecked()
    panel.apply_button.click()
    opened.wait()
    assert not panel.live.isChecked()
    assert agree()
    panel.choose("erosion")
    opened.wait()
    assert panel.live.isChecked()
    # Whoever takes the tick away wants none from the next operation either.
    panel.live.click()
    panel.choose("opening")
    opened.wait()
    assert not panel.live.isChecked()
    assert agree()
    panel.live.click()
    other = tmp_path / "other.nii.gz"
    nib.save(nib.Nifti1Image(phantoms.head(SHAPE, 1), phantoms.affine("anisotropic")), other)
    opened.wait()
    assert panel.live.isChecked()
    editor.set_session(Session.open(other))
    opened.wait()
    assert not panel.live.isChecked()
    assert agree()


def test_what_cannot_be_carried_out_yet_is_named_by_its_title(opened: Desk, driver: Driver) -> None:
    said: list[str] = []
    opened.editor.message.connect(said.append)
    opened.wiring.operations.choose("t_test")
    opened.wait()
    opened.window.views.setFocus()
    driver.key("Esc")
    # Its conditions are blank, and a sentence with blanks in it says nothing.
    assert said[-1] == "t test was not applied."


def test_what_is_set_while_another_is_applied_is_pending_and_previewed(opened: Desk) -> None:
    """The form of an operation that is being worked out may be left for another one, whose preview comes after it."""
    operations = opened.wiring.operations
    operations.choose("dilation")
    opened.wait()
    operations.apply()
    assert opened.editor.jobs.running
    operations.choose("keep_largest")
    operations.fields.form.fields["count"].set_value(2)
    opened.wait()
    assert [step.operation.id for step in opened.document.present][-1] == "dilation"
    assert opened.editor.pending.change is operations
    assert operations.is_by_hand
    shown = opened.editor.previews.known_mask
    assert shown is not None
    assert shown.operation.id == "keep_largest"
    assert shown.revision == opened.document.revision


def test_what_is_set_while_something_runs_is_previewed_after_it(opened: Desk) -> None:
    operations, goes_on = opened.wiring.operations, Event()
    operations.choose("dilation")
    opened.wait()
    opened.editor.jobs.run("Waiting", lambda progress: goes_on.wait(), lambda _: None)
    operations.fields.form.fields["iterations"].set_value(3)
    goes_on.set()
    opened.wait()
    shown = opened.editor.previews.known_mask
    assert shown is not None
    assert shown.operation == make("dilation", {"iterations": 3})
