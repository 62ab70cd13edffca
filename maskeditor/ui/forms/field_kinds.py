"""Which field sets which kind of parameter."""

from __future__ import annotations

from PyQt6.QtWidgets import QWidget

from maskeditor.core.operation.parameters import Kind, Parameter, Role
from maskeditor.ui.forms.field import Field, Surroundings
from maskeditor.ui.forms.fields import (
    ChoiceField,
    ConditionField,
    ConditionsField,
    FlagField,
    FrameField,
    FramesField,
    ImageField,
    NamesField,
    PointsField,
    RegionField,
    RoiField,
    RoisField,
    SeveralConditionsField,
    TextField,
    VolumesField,
    VoxelField,
)
from maskeditor.ui.forms.labels_field import LabelsField
from maskeditor.ui.forms.numeric_field import NumericField, RepetitionTimeField
from maskeditor.ui.forms.smoothing_field import SmoothingField


def field_for(parameter: Parameter, around: Surroundings, parent: QWidget | None = None) -> Field:
    """Return the field for a parameter."""
    by_role = {
        Role.ROI: RoiField,
        Role.ROIS: RoisField,
        Role.IMAGE: ImageField,
        Role.FRAME: FrameField,
        Role.FRAMES: FramesField,
        Role.CONDITIONS: ConditionsField,
        Role.CONDITION: ConditionField,
        Role.SEVERAL_CONDITIONS: SeveralConditionsField,
        Role.LABELS: LabelsField,
        Role.REPETITION_TIME: RepetitionTimeField,
        Role.VOXEL: VoxelField,
        Role.POINTS: PointsField,
        Role.SMOOTHING: SmoothingField,
        Role.REGION: RegionField,
        Role.WORDS: NamesField,
        Role.VOLUMES: VolumesField,
    }
    by_kind = {
        Kind.FLAG: FlagField,
        Kind.INTEGER: NumericField,
        Kind.NUMBER: NumericField,
        Kind.CHOICE: ChoiceField,
        Kind.OTHER: TextField,
    }
    kind: type[Field] = by_role.get(parameter.role) or by_kind[parameter.kind]
    return kind(parameter, around, parent)
