"""Forms of every operation, and of a declaration made up for the purpose."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QTextCursor
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

import maskeditor.ops
from maskeditor.core.errors import ParameterError
from maskeditor.core.operation.declaration import Operation, find, make, operations
from maskeditor.core.operation.parameter_types import FrameParameter
from maskeditor.core.operation.parameters import Role, Unit, parameter, parameters_of
from maskeditor.core.operation.scope import EVERYWHERE, Scope
from maskeditor.model.data.signal_parameters import SignalParameters
from maskeditor.ui.forms.field import Surroundings, title_of
from maskeditor.ui.forms.fields import (
    ChoiceField,
    ConditionField,
    FlagField,
    FrameField,
    PointsField,
    RoisField,
    TextField,
    VoxelField,
)
from maskeditor.ui.forms.form import OperationForm
from maskeditor.ui.forms.form_row import FormRow
from maskeditor.ui.forms.number_field import NumberField
from maskeditor.ui.forms.numeric_field import NumericField, in_voxels
from maskeditor.ui.panels.operation_list import listed_operations
from tests.ui.drivers import PATIENCE_MS

assert maskeditor.ops  # fills the register

AROUND = Surroundings(
    zooms=(1.0, 1.0, 3.0),
    shape=(10, 20, 30),
    frames=5,
    rois=(("roi2", "White matter"), ("roi3", "Ventricles")),
    images={"T2w": 5, "mean": 1, "half": 3},
    crosshair=lambda: (4, 5, 6),
    place=lambda: (1.5, -2.0, 30.0001),
)
CORNERS = ((-10.5, 0.0, 3.125), (20.0, 0.0, 3.125), (20.0, 40.0, 3.125))
BY_FORM = listed_operations()


class Everything(BaseModel):
    """One parameter of each sort."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    flag: bool = parameter(False, title="Flag", description="Yes or no.")
    count: int = parameter(2, title="Count", description="How many.", ge=1, le=9)
    many: int = parameter(2, title="Many", description="How very many.", ge=1, le=9000)
    part: float = parameter(0.2, title="Part", description="How much of it.", ge=0, le=1)
    radius: float = parameter(2.0, title="Radius", description="How far.", gt=0, le=100, unit=Unit.MM, step=0.5)
    level: float | None = parameter(None, title="Level", description="Maybe a level.", unit=Unit.INTENSITY)
    choice: Literal["one", "two"] = parameter("one", title="Choice", description="Which.")
    only_two: int = parameter(5, title="Only two", description="For two.", when=("choice", "two"), ge=0, le=10)
    point: tuple[int, int, int] = parameter(title="Point", description="Where.", role=Role.VOXEL)
    frame: FrameParameter = parameter("mean", title="Volume", description="When.", role=Role.FRAME)
    image: str = parameter("", title="Image", description="Which image.", role=Role.IMAGE)
    roi: str = parameter("", title="Inside", description="Inside which.", role=Role.ROI)
    rois: tuple[str, ...] = parameter((), title="Others", description="Which others.", role=Role.ROIS)
    hidden: str = parameter("kept", title="Hidden", description="Not for people.", role=Role.HIDDEN)
    text: tuple[int, ...] = parameter((1, 2), title="Text", description="Anything else.")


class Needed(BaseModel):
    """Parameters without defaults."""

    model_config = ConfigDict(frozen=True)

    level: float = parameter(title="Level", description="A level.", ge=0)
    other: str = parameter(title="Other ROI", description="Which.", role=Role.ROI)


@pytest.fixture
def form(qtbot: QtBot) -> OperationForm[Everything]:
    made = OperationForm(Everything, Everything(point=(1, 2, 3)), AROUND)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.mark.parametrize("cls", BY_FORM, ids=lambda cls: cls.id)
def test_every_operation_gives_back_what_it_was_given(cls: type[Operation], qtbot: QtBot) -> None:
    samples: dict[Role, Any] = {Role.VOXEL: (1, 2, 3), Role.ROI: "roi3", Role.ROIS: ("roi3",), Role.POINTS: CORNERS}
    samples |= {Role.REGION: ((0.1, -2.0), (9.0, 0.0), (1e-30, 5.5))}
    samples |= {Role.NAME: "new", Role.CONDITIONS: ("rest", "face"), Role.CONDITION: "rest", Role.LABELS: (17,)}
    start = cls(**{declared.name: samples[declared.role] for declared in cls.parameters() if declared.required})
    form = OperationForm(cls, start, AROUND)
    qtbot.addWidget(form)
    assert form.value() == start


@pytest.mark.parametrize("cls", BY_FORM, ids=lambda cls: cls.id)
def test_every_field_is_named_and_explained(cls: type[Operation], qtbot: QtBot) -> None:
    form = OperationForm(cls, None, AROUND)
    qtbot.addWidget(form)
    # What labels are called follows from the labels.
    unseen = (Role.HIDDEN, Role.NAMES)
    assert list(form.fields) == [shown.name for shown in cls.parameters() if shown.role not in unseen]
    for name, field in form.fields.items():
        declared = next(parameter for parameter in cls.parameters() if parameter.name == name)
        widget = field.focusProxy()
        assert isinstance(widget, QWidget)
        assert widget.accessibleName().startswith(declared.title)
        assert widget.toolTip() == declared.description


def test_defaults_of_a_form_are_those_of_the_class(qtbot: QtBot) -> None:
    form = OperationForm(Scope, None, AROUND)
    qtbot.addWidget(form)
    assert form.value() == EVERYWHERE


def test_each_sort_has_its_field(form: OperationForm[Everything]) -> None:
    sorts = {name: type(field) for name, field in form.fields.items()}
    assert sorts["flag"] is FlagField
    assert sorts["point"] is VoxelField
    assert sorts["frame"] is FrameField
    assert sorts["rois"] is RoisField
    assert sorts["text"] is TextField
    assert issubclass(sorts["roi"], ChoiceField)
    assert "hidden" not in sorts
    sliders = {name for name, field in form.fields.items() if isinstance(field, NumericField) and field.slider}
    assert sliders == {"count", "part", "only_two"}


def test_values_go_in_and_come_out(form: OperationForm[Everything]) -> None:
    other = Everything(
        flag=True, count=9, many=8000, part=0.35, radius=4.5, level=-12.25, choice="two", only_two=7, point=(9, 19, 29),
        frame=(1, 3), image="T2w", roi="roi2", rois=("roi2", "roi3"), text=(5,),
    )  # fmt: skip
    for name, field in form.fields.items():
        field.set_value(getattr(other, name))
    assert form.value() == other


def test_a_change_is_told(form: OperationForm[Everything], qtbot: QtBot) -> None:
    number = form.fields["radius"].focusProxy()
    assert isinstance(number, NumberField)
    with qtbot.waitSignal(form.changed, timeout=PATIENCE_MS):
        number.selectAll()
        qtbot.keyClicks(number, "3.5")
    assert form.value().radius == 3.5


def test_slider_and_number_are_one(form: OperationForm[Everything]) -> None:
    field = form.fields["part"]
    assert isinstance(field, NumericField)
    assert field.slider is not None
    field.slider.setValue(0.503)
    assert (field.value(), field.number.text()) == (0.5, "0.5")
    field.number.setValue(0.25)
    assert field.slider.value() == pytest.approx(0.25)


def test_an_optional_number_can_be_blank(form: OperationForm[Everything], qtbot: QtBot) -> None:
    number = form.fields["level"].focusProxy()
    assert isinstance(number, NumberField)
    assert (number.text(), form.value().level) == ("", None)
    qtbot.keyClicks(number, "-7,5")
    assert form.value().level == -7.5
    number.selectAll()
    qtbot.keyClick(number, Qt.Key.Key_Backspace)
    assert form.value().level is None


def test_what_does_not_matter_is_hidden_and_left_at_its_default(form: OperationForm[Everything]) -> None:
    field = form.fields["only_two"]
    field.set_value(8)
    assert field.isHidden()
    assert form.value().only_two == 5
    form.fields["choice"].set_value("two")
    assert not field.isHidden()
    assert form.value().only_two == 8


def test_choosers_without_a_choice_are_hidden(qtbot: QtBot) -> None:
    form = OperationForm(find("threshold"), None, Surroundings())
    qtbot.addWidget(form)
    assert form.fields["frame"].isHidden()
    assert form.fields["image"].isHidden()
    assert not form.fields["lower"].isHidden()


def test_rois_are_shown_by_name_and_kept_by_id(form: OperationForm[Everything]) -> None:
    field = form.fields["roi"]
    assert isinstance(field, ChoiceField)
    assert [field.box.itemText(place) for place in range(field.box.count())] == [
        "Anywhere",
        "White matter",
        "Ventricles",
    ]
    field.box.setCurrentText("Ventricles")
    assert form.value().roi == "roi3"


def test_the_crosshair_gives_a_voxel(form: OperationForm[Everything], qtbot: QtBot) -> None:
    field = form.fields["point"]
    assert isinstance(field, VoxelField)
    with qtbot.waitSignal(form.changed, timeout=PATIENCE_MS):
        field.button.click()
    assert form.value().point == (4, 5, 6)


@pytest.fixture
def outline(qtbot: QtBot) -> OperationForm[Operation]:
    made = OperationForm(find("polygon"), None, AROUND)
    qtbot.addWidget(made)
    made.show()
    return made


def points_of(form: OperationForm[Operation]) -> PointsField:
    field = form.fields["points"]
    assert isinstance(field, PointsField)
    return field


def test_points_are_typed_and_shown_one_a_line(outline: OperationForm[Operation], qtbot: QtBot) -> None:
    field = points_of(outline)
    with pytest.raises(ParameterError, match=r"^An outline must have at least three points\.$"):
        outline.value()
    qtbot.keyClicks(field.edit, "-10.5, 0, 3.125")
    qtbot.keyClick(field.edit, Qt.Key.Key_Return)
    qtbot.keyClicks(field.edit, "20 0 3.125; (20, 40, 3.125)")
    assert outline.value() == find("polygon")(points=CORNERS)
    field.set_value(CORNERS)
    assert field.edit.toPlainText() == "-10.5, 0, 3.125\n20, 0, 3.125\n20, 40, 3.125"


def test_a_point_that_cannot_be_read_is_named(outline: OperationForm[Operation], qtbot: QtBot) -> None:
    field = points_of(outline)
    field.set_value(CORNERS)
    field.edit.appendPlainText("20, 50")
    with pytest.raises(ParameterError) as caught:
        outline.value()
    assert str(caught.value) == (
        "Points is 20, 50, but must be points x, y, z in mm, parted by semicolons or one a line, such as "
        "10,20,30; 40,20,30."
    )
    assert outline.problem.text() == str(caught.value)
    assert field.edit.property("error")
    field.edit.moveCursor(QTextCursor.MoveOperation.End)
    qtbot.keyClicks(field.edit, ", 3.125")
    outline.value()
    assert not field.edit.property("error")


def test_the_place_of_the_crosshair_is_added(outline: OperationForm[Operation], qtbot: QtBot) -> None:
    field = points_of(outline)
    field.set_value(CORNERS)
    with qtbot.waitSignal(outline.changed, timeout=PATIENCE_MS):
        field.button.click()
    assert outline.value() == find("polygon")(points=(*CORNERS, (1.5, -2.0, 30.0)))


def test_millimetres_are_told_in_voxels(form: OperationForm[Everything]) -> None:
    field = form.fields["radius"]
    assert isinstance(field, NumericField)
    assert field.note is not None
    assert field.note.text().startswith("2 mm = 2 × 2 × 0.7 voxels: less than one along axis 2 (3 mm)")
    field.set_value(6.0)
    assert field.note.text() == "6 mm = 6 × 6 × 2 voxels"
    assert in_voxels(0, (1, 1, 1)) == ""
    assert in_voxels(1, (2, 2, 2)).endswith("along every axis, so little or no effect")


def test_what_is_missing_is_marked_and_told(qtbot: QtBot) -> None:
    form = OperationForm(Needed)
    qtbot.addWidget(form)
    with pytest.raises(ParameterError) as caught:
        form.value()
    assert str(caught.value) == (
        "Level is not given, but must be a number of at least 0. "
        "There is no other ROI; add one in the list of ROIs first."
    )
    assert form.problem.text() == str(caught.value)
    number = form.fields["level"].focusProxy()
    assert isinstance(number, NumberField)
    assert number.property("error")
    qtbot.keyClicks(number, "5")
    with pytest.raises(ParameterError, match=r"^There is no other ROI"):
        form.value()
    assert not number.property("error")


def test_what_is_suggested_for_a_voxel_follows_it(qtbot: QtBot) -> None:
    def suggested(cls: type[Operation], voxel: tuple[int, int, int], image: str) -> Operation:
        return cls(seed=voxel, lower=voxel[0], upper=voxel[0] + 10)  # type: ignore[call-arg]

    grow = find("region_grow")
    form = OperationForm(grow, suggested(grow, (1, 1, 1), ""), Surroundings(shape=(99, 9, 9), suggested=suggested))
    qtbot.addWidget(form)
    seed = form.fields["seed"]
    assert isinstance(seed, VoxelField)
    seed.spins[0].setValue(40)
    assert form.value() == suggested(grow, (40, 1, 1), "")
    # What was set by hand stays.
    form.fields["upper"].set_value(77.0)
    seed.spins[0].setValue(50)
    assert (form.fields["lower"].value(), form.fields["upper"].value()) == (50, 77)


def test_bounds_of_one_image_are_not_kept_for_another(qtbot: QtBot) -> None:
    lowest = {"": 700.0, "t": 2.5}

    def suggested(cls: type[Operation], voxel: object, image: str) -> Operation | None:
        return cls(lower=lowest[image]) if image in lowest else None  # type: ignore[call-arg]

    around = Surroundings(images={"t": 1, "not worked out yet": 1}, suggested=suggested)
    form = OperationForm(find("threshold"), find("threshold")(lower=800, upper=900), around)  # type: ignore[call-arg]
    qtbot.addWidget(form)
    image = form.fields["image"]
    assert isinstance(image, ChoiceField)
    for place, bounds in ((1, (2.5, None)), (2, (None, None)), (0, (700.0, None))):
        heard: list[int] = []
        form.changed.connect(lambda heard=heard: heard.append(1))
        image.box.setCurrentIndex(place)
        assert (form.fields["lower"].value(), form.fields["upper"].value()) == bounds
        assert heard == [1]


@pytest.mark.parametrize(
    "number", [204.5, 0.64, 1 / 3, 1.25e-8, -3e-20, 12345678.875, 7.0, 1e20, -1e15, 2.0**63 + 2048, 1e300, 7e-290]
)
def test_a_field_shows_what_is_used(qtbot: QtBot, number: float) -> None:
    field = NumberField(blank="none")
    qtbot.addWidget(field)
    field.set_number(number)
    assert field.number() == number
    assert float(field.text()) == number
    # Leaving the field reads its text again.
    field.interpretText()
    assert field.number() == number


@pytest.mark.parametrize("optional", [True, False])
@pytest.mark.parametrize("text", ["1e20", "-3.4028234663852886e38", "18446744073709551615", "1,7e308", "-1e16"])
def test_a_number_of_any_size_is_typed(qtbot: QtBot, text: str, optional: bool) -> None:
    field = NumberField(blank="none" if optional else None)
    qtbot.addWidget(field)
    usual = field.sizeHint(), field.minimumSizeHint()
    field.selectAll()
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.number() == float(text.replace(",", "."))
    field.stepBy(1)
    assert field.number() == float(text.replace(",", "."))  # by less than the digits of such a number
    assert (field.sizeHint(), field.minimumSizeHint()) == usual
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Backspace)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert (field.number() is None) is optional


def test_more_than_any_number_is_not_typed(qtbot: QtBot) -> None:
    field = NumberField(blank="none")
    qtbot.addWidget(field)
    qtbot.keyClicks(field, "1e309")
    assert field.number() == 1e30


def test_a_number_that_this_image_does_not_have_is_shown_as_it_is(qtbot: QtBot) -> None:
    form = OperationForm(Everything, None, Surroundings(shape=(4, 5, 6), frames=3))
    qtbot.addWidget(form)
    for field, value in ((next(f for f in form.fields.values() if isinstance(f, VoxelField)), (9, 9, 9)),):
        field.set_value(value)
        assert field.value() == value
    frame = next(f for f in form.fields.values() if isinstance(f, FrameField))
    frame.set_value((1, 8))
    assert frame.value() == (1, 8)


def test_volumes_are_those_of_the_image_that_is_looked_at(qtbot: QtBot) -> None:
    form = OperationForm(Everything, Everything(point=(0, 0, 0), image="half", frame=(1, 2)), AROUND)
    qtbot.addWidget(form)
    frame, image = form.fields["frame"], form.fields["image"]
    assert isinstance(frame, FrameField)
    assert (frame.value(), frame.first.maximum(), frame.last.maximum()) == ((1, 2), 2, 2)
    image.set_value("")
    assert (frame.value(), frame.last.maximum()) == ((1, 2), 4)
    frame.set_value((0, 4))
    image.set_value("half")
    assert frame.value() == (0, 2)
    # One of one volume has none to be chosen.
    image.set_value("mean")
    assert not frame.is_of_use
    assert form.value().frame == "mean"


def test_conditions_are_offered_by_name(qtbot: QtBot) -> None:
    table = ((0.0, 2.0, "house"), (4.0, 2.0, "face"))
    form = OperationForm(find("t_test"), None, replace(AROUND, table=lambda: table))
    qtbot.addWidget(form)
    first = form.fields["a"]
    assert isinstance(first, ConditionField)
    first.set_value("cat")  # typed before there is a table
    assert first.box.count() == 0
    qtbot.mouseClick(form.fields["conditions"].button, Qt.MouseButton.LeftButton)  # type: ignore[attr-defined]
    assert [first.box.itemText(place) for place in range(first.box.count())] == ["face", "house"]
    assert first.value() == "cat"
    first.box.setCurrentIndex(1)
    assert first.value() == "house"
    for half_typed in ("[", "[1, 2]", '[[1, 2, "a"', "[[1, 2]]", "[[1, 2, 3]]", "5", ""):
        form.fields["conditions"].edit.setText(half_typed)  # type: ignore[attr-defined]
        assert first.value() == "house"
    # A step that is opened again offers them too, and keeps what it has.
    start = make("t_test", {"name": "t", "conditions": table, "a": "face", "b": "house"})
    again = OperationForm(find("t_test"), start, AROUND)
    qtbot.addWidget(again)
    assert again.value() == start
    assert again.fields["b"].box.count() == 2  # type: ignore[attr-defined]
    several = OperationForm(find("f_test"), make("f_test", {"name": "f", "conditions": table}), AROUND)
    qtbot.addWidget(several)
    assert several.fields["among"].edit.placeholderText() == "face, house"  # type: ignore[attr-defined]
    assert several.value().among == ()


def test_a_range_of_volumes_fits_beside_its_title(qtbot: QtBot) -> None:
    form = OperationForm(Everything, None, Surroundings(frames=400))
    qtbot.addWidget(form)
    frame = next(f for f in form.fields.values() if isinstance(f, FrameField))
    frame.set_value((100, 399))
    assert frame.minimumSizeHint().width() <= 180


def test_rules_over_several_fields_are_told(qtbot: QtBot) -> None:
    form = OperationForm(Scope, Scope(lower=1, upper=5))
    qtbot.addWidget(form)
    form.fields["lower"].set_value(9.0)
    with pytest.raises(ParameterError, match=r"^Intensity to \(5\) must not be below intensity from \(9\)\.$"):
        form.value()
    form.fields["upper"].set_value(None)
    assert form.value() == Scope(lower=9)
    assert form.problem.text() == ""


def test_a_number_field_steps_from_nothing_as_from_0(qtbot: QtBot) -> None:
    field = NumberField(digits=0, blank="none")
    qtbot.addWidget(field)
    field.setSingleStep(10)
    field.stepBy(1)
    assert field.number() == 10


def test_a_row_notes_no_millimetres_of_a_field_that_is_hidden(qtbot: QtBot) -> None:
    row = FormRow(find("opening"), None, AROUND)
    qtbot.addWidget(row)
    row.show()
    for structure, is_noted in (("cross", False), ("ball", True), ("cross", False)):
        row.set_values({"structure": structure})
        assert row.fields["radius"].isVisible() is is_noted
        assert bool(row._notes.text()) is is_noted
        note = row.fields["radius"].note
        assert note is not None
        assert not note.isVisible()  # a line of its own would make the row higher


def test_what_has_no_vowel_is_written_as_an_abbreviation() -> None:
    """FDR and GM are read as such, mL as the unit that it is, and the t of a t test as the letter."""
    shown = {
        title_of(choice)
        for declared in (*operations(), SignalParameters)
        for parameter in parameters_of(declared)
        for choice in parameter.choices
    }
    assert {"FPR", "FDR", "Bonferroni", "GM", "WM", "PSC", "mL", "t", "3D", "Axial"} <= shown
    words = {word for title in shown for word in re.findall(r"[^\W\d_]{2,}", title)}
    assert {word for word in words if not re.search("[aeiouy]", word, re.IGNORECASE) and word.istitle()} == set()
