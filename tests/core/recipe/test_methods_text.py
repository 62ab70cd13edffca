"""The text for a paper tells every parameter, merges what is alike, and tells nothing of the patient."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import Operation, find, from_text, make, operations
from maskeditor.core.operation.image_operation import ImageOperation
from maskeditor.core.operation.parameters import Role
from maskeditor.core.operation.scope import Scope
from maskeditor.core.recipe.methods_text import methods_text
from maskeditor.core.recipe.recipe import Recipe, of_operations
from maskeditor.core.space.mask import Roi
from tests import phantoms
from tests.ops.test_battery import examples

IDS = [cls.id for cls in operations()]
SCENE = phantoms.scene(phantoms.volume(affine_name="anisotropic"))


def matters(operation: Operation, name: str) -> bool:
    declared = next(one for one in operation.parameters() if one.name == name)
    # Without a range there is no side of it.
    return declared.matters(partial(getattr, operation)) and (name != "side" or getattr(operation, "has_range", True))


@pytest.mark.parametrize("id", IDS)
def test_every_parameter_is_told(id: str) -> None:
    first, *others = examples(id, SCENE)
    for operation in (first, *others):
        sentence = operation.methods()
        assert sentence[0].isupper() or sentence[0] == "“"
        assert sentence.endswith(".")
        assert "  " not in sentence
    for other in others:
        (changed,) = (n for n in type(first).model_fields if getattr(first, n) != getattr(other, n))
        if matters(other, changed):
            assert other.methods() != first.methods(), changed


def test_numbers_and_inputs_are_told() -> None:
    told = make("threshold", {"lower": 0.12345678, "frame": (2, 5), "fwhm": 4, "image": "flair"}).methods()
    for part in ("0.12345678", "volumes 2 to 5", "4 mm FWHM", "flair"):
        assert part in told


def test_no_volume_is_named_of_an_image_that_has_one() -> None:
    lines = ("mean name=m frame=1-3", "smooth name=s image=m frame=0-0", "threshold image=s frame=0 lower=4", "otsu")
    recipe = of_operations([Step(from_text(line), "roi1") for line in lines])
    # Nothing is known of the image.
    assert "volume 0 (counted from 0) of the derived image m was smoothed" in methods_text(recipe).lower()
    recipe = replace(recipe, source={"shape": [4, 5, 6, 9], "affine": np.eye(4).tolist()})
    text = methods_text(recipe)
    assert "The derived image m was smoothed" in text
    assert "volumes 1 to 3 (counted from 0) of the image" in text
    assert "volume 0" not in text
    assert text.count("(of a series, its mean)") == 1
    flat = replace(recipe, source={"shape": [4, 5, 6], "affine": np.eye(4).tolist()})
    assert "(of a series" not in methods_text(flat)


def test_an_operation_that_says_nothing_is_told_by_its_declaration() -> None:
    class Bare(type(make("paint", {"points": ((0, 0, 0),)}))):  # type: ignore[misc]
        methods = Operation.methods

    assert Bare(points=((1, 2, 3),), radius=4).methods() == (
        "“Paint” was carried out (radius 4 mm, shape disc, plane axial, mode add, range inside)."
    )


def test_citations_are_named_and_listed() -> None:
    for id in IDS:
        for operation in examples(id, SCENE)[:2]:
            steps = [Step(operation, "roi1")]
            if isinstance(operation, ImageOperation):
                steps.append(Step(make("threshold", {"image": operation.name}), "roi1"))
            text = methods_text(of_operations(steps)) if not operation.references() else ""
            for citation in operation.citations() if text else ():
                paragraph, _, listed = text.partition("\n\nReferences\n")
                assert citation.short in paragraph
                assert citation.full in listed.splitlines()
    assert {citation.short for citation in make("otsu", {"classes": 3}).citations()} >= {"Otsu 1979"}
    assert "Raya and Udupa 1990" in {citation.short for citation in make("interpolate_slices", {}).citations()}
    assert "Abraham et al. 2014" in {citation.short for citation in make("epi_mask", {}).citations()}


def _stroke(x: float) -> Step:
    return Step(make("paint", {"points": ((x, 0, 0),), "radius": 2}), "roi1", name="Jane Doe", note="Jane Doe, *1970")


def test_nothing_identifying() -> None:
    imported = find("import_mask").of(SCENE.mask, "jane_doe.nii", "0" * 64)  # type: ignore[attr-defined]
    recipe = Recipe(
        (Step(imported, "roi1"), _stroke(1)), (Roi("roi1", "Jane Doe"),), "roi1", {"name": "jane_doe.nii.gz"}
    )
    assert "jane" not in methods_text(recipe).lower()


def test_many_strokes_are_told_once() -> None:
    recipe = of_operations([*(_stroke(x) for x in range(1000)), Step(make("invert", {}), "roi1"), _stroke(1)])
    text = methods_text(recipe)
    stroke = "Voxels within 2 mm in an axial slice of a stroke drawn by hand were added to the mask"
    assert f" in 1002 steps. {stroke} (1000 times). The mask was inverted within the volume. {stroke}.\n" in text


def test_scopes_and_rois_are_told_and_disabled_steps_are_not() -> None:
    recipe = Recipe(
        (
            Step(make("invert", {}), "b", Scope(axis=2, first=1, last=3, lower=5)),
            Step(make("clear", {}), "a", enabled=False),
            Step(make("boolean", {"other": "b"}), "a", Scope(inside="b")),
        ),
        (Roi("a", "one"), Roi("b", "two")),
        "a",
        program="maskeditor 7.1",
    )
    assert methods_text(recipe).splitlines()[0] == (
        "The mask (mask A) was made with maskeditor 7.1 (NumPy, Harris et al. 2020; SciPy, Virtanen et al. 2020), by "
        "way of mask B in 2 steps. For mask B: the mask was inverted within the volume, changing only voxels in slices "
        "1 to 3 of voxel axis 2 (counted from 0) and with an intensity of at least 5. For mask A: the mask was "
        "replaced by its union with mask B, changing only voxels inside mask B."
    )
    one = methods_text(replace(recipe, steps=recipe.steps[:1], target="b")).splitlines()[0]
    assert " in 1 step. The mask was inverted" in one


def test_hidden_parameters_stay_hidden() -> None:
    for id in IDS:
        for declared in find(id).parameters():
            if declared.role is Role.HIDDEN:
                operation = examples(id, SCENE)[0]
                assert str(getattr(operation, declared.name)) not in Operation.methods(operation)
