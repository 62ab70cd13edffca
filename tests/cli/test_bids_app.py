"""maskeditor-bids: a batch in the form of a BIDS App, accepted by the BIDS validator; and a real cluster."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import nibabel
import numpy as np
import pytest

import maskeditor
from maskeditor.cli import bids_app
from maskeditor.core.errors import FileError
from maskeditor.model.cohort.batch import Asked, Outcome, carry_out_batch, plan
from tests.cohorts import cohort, image_of, is_whole, recipe_in


def run(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["maskeditor-bids", *map(str, words)])
    return bids_app.main()


def test_both_levels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    cohort(tmp_path, 3)
    ds, out, recipe = tmp_path / "ds", tmp_path / "out", recipe_in(tmp_path)
    words = (ds, out, "participant", "--recipe", recipe, "--n_cpus", "1", "--name", "brain")
    assert run(monkeypatch, *words, "--participant_label", "01", "sub-03") == 0
    made = sorted(path.name for path in out.rglob("*_mask.nii.gz"))
    assert made == [f"sub-0{number}_task-rest_desc-brain_mask.nii.gz" for number in (1, 3)]
    assert run(monkeypatch, *words) == 0
    assert "1 image to do (2 done already)" in capsys.readouterr().out
    assert run(monkeypatch, ds, out, "group", "--threshold", "0.9") == 0
    masks = [nibabel.load(path).dataobj[...] for path in out.glob("sub-*/func/*_mask.nii.gz")]
    together = nibabel.load(out / "group/group_desc-brain_mask.nii.gz").dataobj[...]
    assert not (together & ~(sum(masks) == 3)).any()
    assert len((out / "group/statistics.tsv").read_text().splitlines()) == 4
    warned = capsys.readouterr().err.splitlines()
    assert [line.partition(" (Threshold)")[0] for line in warned] == [
        "maskeditor: Warning: 3 images: The voxels were chosen by the very intensities that are measured"
    ]
    # Errors.
    assert run(monkeypatch, tmp_path / "none", out, "participant", "--recipe", recipe) == 1
    assert run(monkeypatch, ds, out, "participant") == 2
    assert run(monkeypatch, ds, out, "participant", "--recipe", recipe, "--suffix", "T1w") == 1
    assert run(monkeypatch, ds, out, "participant", "--recipe", recipe, "--participant-label", "9") == 1
    said = capsys.readouterr().err.splitlines()
    assert [line[: line.find("; ")] for line in said if "is no dataset" not in line] == [
        "maskeditor: The level participant needs --recipe R",
        f"maskeditor: {ds} has no image of the suffix T1w of these subjects",
        f"maskeditor: {ds} has no sub-9",
    ]


@pytest.mark.slow
def test_the_bids_validator_accepts_the_folder(tmp_path: Path) -> None:
    validator = shutil.which("bids-validator-deno", path=str(Path(sys.executable).parent))
    if validator is None:
        pytest.skip("bids-validator-deno is not installed")
    cohort(tmp_path, 2)
    out = tmp_path / "out"
    maskeditor.batch(recipe_in(tmp_path), str(tmp_path / "ds/sub-*/func/*_bold.nii.gz"), out, name="brain")
    (out / "qc.html").write_text("")
    ended = subprocess.run([validator, str(out), "--json"], capture_output=True, text=True)
    issues = json.loads(ended.stdout)["issues"]["issues"]
    assert not [issue for issue in issues if issue["severity"] == "error"]


@pytest.mark.slow
def test_a_cluster_makes_the_same_bits_though_a_worker_is_killed(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    cohort(tmp_path, 6)
    recipe, images = recipe_in(tmp_path), str(tmp_path / "ds/sub-*/func/*_bold.nii.gz")
    maskeditor.batch(recipe, images, tmp_path / "one")
    file = tmp_path / "scheduler.json"
    environment = os.environ | {"PYTHONWARNINGS": "ignore"}
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--no-nanny", "--no-dashboard", "--nthreads", "1"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment, "cwd": tmp_path}
    programs = [subprocess.Popen([*scheduler, "--scheduler-file", str(file)], **quiet)]
    programs += [subprocess.Popen([*worker, "--scheduler-file", str(file)], **quiet) for _ in range(2)]
    killed: list[Outcome] = []

    def kill(outcome: Outcome, done: int, total: int) -> None:
        if not killed:
            killed.append(outcome)
            programs[1].send_signal(signal.SIGKILL)

    try:
        wait_for_workers(file, 2)
        asked = Asked(maskeditor.recipe(recipe), (images,), tmp_path / "two", scheduler=str(file))
        made = carry_out_batch(asked, plan(asked), kill)
    finally:
        for program in programs:
            program.kill()
            program.wait()
    assert killed
    assert not made.failures
    assert is_whole(tmp_path / "two")
    for path in (tmp_path / "one").rglob("*_mask.nii.gz"):
        other = tmp_path / "two" / path.relative_to(tmp_path / "one")
        assert path.read_bytes() == other.read_bytes()
    assert np.asarray(nibabel.load(other).dataobj).any()


def wait_for_workers(file: Path, count: int) -> None:
    from distributed import Client

    while not file.exists():
        pass
    with Client(scheduler_file=str(file)) as client:
        client.wait_for_workers(count)


#: What stands for SLURM: a job is started at once, and ended when it is cancelled.
SBATCH = """#!/bin/sh
cp "$1" jobs/script
setsid sh jobs/script >jobs/log 2>&1 &
echo $! >jobs/$!
echo "Submitted batch job $!"
"""
SCANCEL = """#!/bin/sh
kill -- -"$1"
rm jobs/"$1"
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="the commands of SLURM are scripts of a shell here")
def test_on_slurm_as_the_readme_has_it(tmp_path: Path) -> None:
    # Not imported here: it takes Ctrl+C for itself.
    if find_spec("dask_jobqueue") is None:
        pytest.skip("dask-jobqueue is not installed")
    text = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    (documented,) = (block for block in re.findall(r"```python\n(.*?)```", text, re.S) if "SLURMCluster" in block)
    cohort(tmp_path, 2)
    (tmp_path / "ds").rename(tmp_path / "study")
    recipe_in(tmp_path).rename(tmp_path / "brain.json")
    for name, script in (("sbatch", SBATCH), ("scancel", SCANCEL)):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "jobs").mkdir()
    # One worker in place of forty, and it is spoken with on this computer alone.
    documented = documented.replace("scale(40)", "scale(1)")
    environment = os.environ | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "DASK_JOBQUEUE__SLURM__INTERFACE": "lo",
    }
    subprocess.run([sys.executable, "-c", documented], cwd=tmp_path, env=environment, check=True, capture_output=True,
                   timeout=60)  # fmt: skip
    script = (tmp_path / "jobs/script").read_text().splitlines()
    assert {"#SBATCH --cpus-per-task=1", "#SBATCH --mem=2G", "#SBATCH -t 02:00:00"} <= set(script)
    (started,) = (line for line in script if line and not line.startswith("#"))
    assert f"{sys.executable} -m distributed.cli.dask_worker tcp://127.0.0.1:" in started
    assert " --nthreads 1 " in started
    assert {path.name for path in (tmp_path / "jobs").iterdir()} == {"script", "log"}  # all were cancelled
    maskeditor.batch(tmp_path / "brain.json", str(tmp_path / "study/sub-*/func/*_bold.nii.gz"), tmp_path / "one")
    made = sorted((tmp_path / "masks").rglob("*_mask.nii.gz"))
    assert len(made) == 2
    for path in made:
        assert path.read_bytes() == (tmp_path / "one" / path.relative_to(tmp_path / "masks")).read_bytes()


def test_no_scheduler_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cohort(tmp_path, 1)
    asked = Asked(
        maskeditor.recipe("threshold lower=30"), (str(image_of(tmp_path, 1)),), tmp_path / "out", scheduler="x"
    )
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(FileError, match=r"pip install 'maskeditor\[cluster\]'"):
        carry_out_batch(asked, plan(asked))
