"""Tests of conditions from a BIDS table of events, timed by the header: equal to pandas and scipy."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pandas
import pytest
from scipy import stats
from sklearn.feature_selection import f_classif

from maskeditor import api
from maskeditor.core.operation.conditions import labels_of_events
from maskeditor.core.recipe.script import to_python
from maskeditor.engine.errors import MaskEditorError
from tests.core.recipe.scripts import run_scripts

FRAMES, SECONDS = 60, 0.7


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A series of 0.7 s a volume, and the events of three conditions that touch one another."""
    data = np.random.default_rng(4).normal(100, 5, (4, 5, 3, FRAMES)).astype(np.float32)
    image = nibabel.Nifti1Image(data, np.diag([3, 3, 3, 1]))
    image.header.set_zooms((3, 3, 3, SECONDS))
    image.header.set_xyzt_units("mm", "sec")
    nibabel.save(image, tmp_path / "bold.nii")
    image.header.set_xyzt_units("mm", "unknown")
    nibabel.save(image, tmp_path / "untimed.nii")
    onsets = np.arange(0, 42, 2.1).round(1)
    names = np.resize(["face", "house", "rest"], len(onsets))
    table = pandas.DataFrame({"onset": onsets, "duration": 2.1, "trial_type": names, "response_time": "n/a"})
    table.to_csv(tmp_path / "events.tsv", sep="\t", index=False)
    return tmp_path


def conditions(study: Path, delay: float = 0.0) -> np.ndarray:
    """The condition of each volume, by pandas: that of the event during which it begins."""
    events = pandas.read_csv(study / "events.tsv", sep="\t")
    times = pandas.Series((np.arange(FRAMES) * SECONDS - delay).round(6))
    spans = pandas.IntervalIndex.from_arrays(events.onset, (events.onset + events.duration).round(6), closed="left")
    found = spans.get_indexer(times)
    return np.where(found >= 0, events.trial_type.to_numpy()[found], "")


def mapped(study: Path, line: str, image: str = "bold.nii") -> np.ndarray:
    steps = [f"{line} conditions={study / 'events.tsv'}", "threshold lower=100"]
    mask = api.run(api.open_image(study / image), steps)
    return np.asarray(mask.image("m").data)


@pytest.mark.parametrize("delay", [0.0, 4.2])
def test_tests_of_events_equal_pandas_and_scipy(study: Path, delay: float) -> None:
    data, names = nibabel.load(study / "bold.nii").get_fdata(), conditions(study, delay)
    assert {name: int((names == name).sum()) for name in ("face", "house", "rest")} == (
        {"face": 21, "house": 21, "rest": 18} if not delay else {"face": 18, "house": 18, "rest": 18}
    )
    face, house = (data[..., names == name] for name in ("face", "house"))
    for equal in (True, False):
        expected = stats.ttest_ind(face, house, axis=3, equal_var=equal)
        line = f"t_test name=m a=face b=house equal_variances={equal} delay={delay}"
        assert np.allclose(mapped(study, line), expected.statistic, rtol=1e-11)
        assert np.allclose(mapped(study, f"{line} result=p"), expected.pvalue, rtol=1e-12, atol=0)
    f, _ = f_classif(data[..., names != ""].reshape(-1, int((names != "").sum())).T, names[names != ""])
    assert np.allclose(mapped(study, f"f_test name=m delay={delay}").ravel(), f, rtol=1e-9)


def test_the_time_of_the_header_is_recorded_and_may_be_given(study: Path) -> None:
    line = f"t_test name=m a=face b=house conditions={study / 'events.tsv'}"
    look = "threshold image=m lower=0.5"
    image = api.open_image(study / "bold.nii")
    mask = api.run(image, [line, look])
    assert mask.recipe.steps[0].operation.repetition_time == SECONDS
    (again,) = run_scripts([to_python(mask.recipe)], study / "bold.nii", study)
    assert np.array_equal(again, mask.data)
    # Of a smoothed image too, which has all volumes; given by hand, that counts.
    smoothed = api.run(image, ["smooth name=s fwhm=3", f"{line} image=s", look])
    assert smoothed.recipe.steps[1].operation.repetition_time == SECONDS
    given = api.run(image, [f"{line} repetition_time=1.4", look])
    assert given.recipe.steps[0].operation.repetition_time == 1.4
    assert not np.array_equal(given.data, mask.data)
    # The steps of labels, which want no time, stay as they were.
    by_labels = api.run(image, [f"t_test name=m a=a b=b conditions={','.join('ab' * 30)}", look])
    assert by_labels.recipe.steps[0].operation.repetition_time == 0


@pytest.mark.parametrize("steps", [[], ["smooth name=s fwhm=3 frame=10-59"]], ids=["no unit", "some volumes"])
def test_a_time_that_no_header_states_is_not_guessed(study: Path, steps: list[str]) -> None:
    image = api.open_image(study / ("bold.nii" if steps else "untimed.nii"))
    line = f"t_test name=m a=face b=house conditions={study / 'events.tsv'}{' image=s' if steps else ''}"
    look = "threshold image=m lower=0.5"
    with pytest.raises(MaskEditorError, match=r"Events want the repetition time .* states none for its volumes"):
        api.run(image, [*steps, line, look])
    assert api.run(image, [*steps, f"{line} repetition_time=0.7", look]).image("m").data.any()


def test_a_volume_that_begins_with_an_event_belongs_to_it() -> None:
    """Three times 0.7 are 2.0999999999999996, and 0.1 + 0.2 is 0.30000000000000004."""
    assert labels_of_events([(2.1, 0.7, "a")], 6, 0.7, 0.0) == [set(), set(), set(), {"a"}, set(), set()]
    assert labels_of_events([(0.1, 0.2, "a")], 5, 0.1, 0.0) == [set(), {"a"}, {"a"}, set(), set()]
    assert labels_of_events([(-1.0, 1.5, "a"), (0.4, 0.1, "b")], 3, 0.25, 0.0) == [{"a"}, {"a"}, set()]
