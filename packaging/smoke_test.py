"""Try the bundle in dist/, as on a machine that has neither Python nor settings: it does what the source tree does.

The operations are the same, with the same scripts and the same template masks; signals can be taken by nilearn; the
resources are there. Prints how large it is and how long its window takes.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

FOLDER = ROOT / "dist" / "maskeditor"
SUFFIX = ".exe" if os.name == "nt" else ""
BUNDLE, SOURCE = [str(FOLDER / f"maskeditor{SUFFIX}")], [sys.executable, "-m", "maskeditor"]
#: Of all files, unpacked.
LARGEST = 430_000_000
#: How often the window is started.
STARTS = 5

SIGNALS = """
import nibabel
import numpy as np
from nilearn import maskers, masking, signal

data = np.random.default_rng(0).normal(size=(6, 7, 5, 40)).astype(np.float32)
image, mask = (nibabel.Nifti1Image(voxels, np.eye(4)) for voxels in (data, (data[..., 0] > 0).astype(np.uint8)))
print(maskers.NiftiMasker(mask, standardize=None).fit_transform(image).sum())
print(maskers.NiftiLabelsMasker(mask, standardize=None).fit_transform(image).sum())
print(masking.apply_mask(image, mask).sum(), signal.clean(data[0, 0].T, standardize=None).sum())
"""


def main() -> int:
    """Print what is amiss; return 0 if nothing is."""
    with tempfile.TemporaryDirectory() as folder:
        same_output("operations", "operations", "--json", folder=folder)
        same_output("scripts", "script", recipe_of_all(Path(folder)), folder=folder)
        same_template_masks(Path(folder))
        same_bias_field(Path(folder))
        same_data(Path(folder))
        same_compressed_dicom(Path(folder))
        same_by_hand(Path(folder))
        same_when_installed(Path(folder))
        python = [str(shutil.copy(ROOT / "build" / "maskeditor" / f"run_code{SUFFIX}", FOLDER))]
        try:
            differ("signals", *(output([*start, SIGNALS], folder) for start in (python, [sys.executable, "-c"])))
            print_start(python)
        finally:
            Path(python[0]).unlink()
    resources = {path.relative_to(ROOT) for path in (ROOT / "resources").rglob("*")}
    if missing := [str(path) for path in resources if not (FOLDER / "_internal" / path).exists()]:
        sys.exit("The bundle misses " + ", ".join(missing))
    size = sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file() and not path.is_symlink())
    print(f"The bundle in {FOLDER} does what the source does, in {size / 1e6:.0f} MB (at most {LARGEST / 1e6:.0f}).")
    return int(size > LARGEST)


def recipe_of_all(folder: Path) -> str:
    """Write a recipe with all examples of every operation, as their tests have them; return its path."""
    from maskeditor.core.history.timelines import Step
    from maskeditor.core.operation.declaration import operations
    from maskeditor.core.recipe.recipe import Recipe
    from maskeditor.core.recipe.recipe_json import dumps
    from maskeditor.core.space.mask import Roi
    from tests import phantoms
    from tests.ops.test_battery import examples

    scene = phantoms.scene()
    steps = tuple(Step(example, "roi1") for cls in operations() for example in examples(cls.id, scene))
    rois = tuple(Roi(id, id) for id in ("roi1", *scene.others))
    path = folder / "recipe.json"
    path.write_text(dumps(Recipe(steps, rois, "roi1")), "utf-8")
    return str(path)


def same_template_masks(folder: Path) -> None:
    """Make each template mask of a grid by both, and leave if they differ."""
    import numpy as np

    from maskeditor import api

    image, bundled, source = (folder / f"{name}.nii.gz" for name in ("image", "bundled", "source"))
    affine = np.array([[-4.0, 0, 0.3, 90], [0, 4, 0, -126], [0.2, 0, 4, -72], [0, 0, 0, 1]])
    api.save_image(api.Image.of(np.zeros((45, 54, 45), np.uint8), affine), image)
    for mask_type in ("whole-brain", "gm", "wm"):
        for program, made in ((BUNDLE, bundled), (SOURCE, source)):
            step = f"template_mask mask_type={mask_type}"
            output([*program, "run", str(image), "-o", str(made), "--do", step], str(folder))
        compared = api.compare(bundled, source)
        if compared.differing or not compared.both:
            sys.exit(f"The bundle's template mask ({mask_type}) differs from the source's: {compared}.")


def same_bias_field(folder: Path) -> None:
    """Correct an image by both, and leave if they differ."""
    from maskeditor import api
    from tests import phantoms

    image = folder / "uneven.nii.gz"
    api.save_image(api.Image.of(phantoms.head((24, 30, 20)), phantoms.affine("oblique")), image)
    corrected = {}
    for name, program in (("bundled", BUNDLE), ("source", SOURCE)):
        made = folder / f"{name}.nii"
        step = "bias_correction name=even"
        output([*program, "run", str(image), "-o", str(made), "--do", step, "--save", "even"], str(folder))
        corrected[name] = made.read_bytes()
    if corrected["bundled"] != corrected["source"]:
        sys.exit("The bundle corrects the bias of an image otherwise than the source.")


#: What a mask of the series below is made by.
STEPS = ("epi_mask opening=1", "keep_largest")


def series(folder: Path) -> Path:
    """Write a short series, and return its file."""
    import numpy as np

    from maskeditor import api
    from tests import phantoms

    head = phantoms.head((32, 36, 24))
    noise = np.random.default_rng(0).normal(0, 5, (*head.shape, 6))
    path = folder / "bold.nii.gz"
    api.save_image(api.Image.of((head[..., None] + noise).astype(np.int16), phantoms.affine("oblique")), path)
    return path


def same_data(folder: Path) -> None:
    """Make a mask by a recipe, and signals and a report of it, by both, and leave if they differ."""
    image = series(folder)
    made: dict[str, list[bytes]] = {}
    for name, program in (("bundled", BUNDLE), ("source", SOURCE)):
        place = folder / name
        place.mkdir()
        mask, again = place / "mask.nii.gz", place / "again.nii.gz"
        do = [word for step in STEPS for word in ("--do", step)]
        output([*program, "run", str(image), "-o", str(mask), *do], str(folder))
        output([*program, "run", str(image), "-o", str(again), "--recipe", str(mask)], str(folder))
        table, page = place / "signals.tsv", place / "report.html"
        output([*program, "signals", str(image), str(mask), "-o", str(table)], str(folder))
        output([*program, "report", str(image), str(mask), "-o", str(page)], str(folder))
        if "<html" not in page.read_text("utf-8"):
            sys.exit(f"The report of {program[0]} is no page.")
        made[name] = [path.read_bytes() for path in (mask, again, table)]
    if made["bundled"] != made["source"]:
        sys.exit("The bundle's mask, the recipe's mask or the signals differ from the source's.")


def same_compressed_dicom(folder: Path) -> None:
    """Convert a compressed DICOM series by both, and leave if they differ."""
    import numpy as np
    from pydicom.uid import JPEG2000Lossless, JPEGLSLossless

    from tests.io.dicom import phantom

    for syntax in (JPEG2000Lossless, JPEGLSLossless):
        place = folder / syntax.name.replace(" ", "").replace("/", "")[:24]
        phantom.write_series(place, phantom.numbers((64, 48, 4)))
        for path in sorted(place.iterdir()):
            phantom.compress(path, syntax)
        converted = {}
        for name, program in (("bundled", BUNDLE), ("source", SOURCE)):
            made = folder / f"{place.name}-{name}.nii"
            output([*program, "convert", str(place), str(made)], str(folder))
            converted[name] = made.read_bytes()
        if converted["bundled"] != converted["source"] or not np.any(np.frombuffer(converted["source"], np.uint8)):
            sys.exit(f"The bundle reads {syntax.name} otherwise than the source.")


def same_by_hand(folder: Path) -> None:
    """Save the mask of a recipe in the bundle's window, and leave if it is another than the command line's."""
    from smoke_by_hand import is_possible, saved_by_hand

    from maskeditor import api

    if not is_possible():
        print("There is no X server to try the window on; it was not used by hand.")
        return
    place = folder / "by hand"
    place.mkdir()
    image = series(place)
    mask = saved_by_hand(BUNDLE[0], image, folder / "bundled" / "mask.json", folder / "home")
    compared = api.compare(mask, folder / "source" / "mask.nii.gz")
    if compared.differing or not compared.both:
        sys.exit(f"The mask saved in the bundle's window differs from the source's: {compared}.")
    output([*BUNDLE, "info", str(mask)], str(folder))


def same_when_installed(folder: Path) -> None:
    """Unpack the archive, install it without root, and ask what was installed."""
    if not sys.platform.startswith("linux"):
        return
    (archive,) = FOLDER.parent.glob("maskeditor-*.tar.xz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder / "unpacked", filter="data")
    (place,) = (folder / "unpacked").iterdir()
    home = folder / "somebody"
    home.mkdir()
    subprocess.run(["sh", str(place / "install.sh")], env=os.environ | {"HOME": str(home)}, check=True)
    installed = [str(home / ".local" / "bin" / "maskeditor")]
    differ("operations when installed", *(output([*one, "operations"], str(folder)) for one in (installed, SOURCE)))


def print_start(python: list[str]) -> None:
    """Print how long the bundle's window takes to its first paint, and to the embedded sample."""
    from tests.benchmarks.bench_startup import OURS, run

    painted, shown = map(statistics.median, zip(*(run(OURS, python) for _ in range(STARTS)), strict=True))
    print(f"The bundle's window is painted after {painted:.2f} s and shows the sample after {shown:.2f} s.")


def same_output(what: str, *arguments: str, folder: str) -> None:
    """Leave if a command prints one thing in the bundle and another in the source tree."""
    differ(what, *(output([*program, *arguments], folder) for program in (BUNDLE, SOURCE)))


def differ(what: str, bundled: str, source: str) -> None:
    """Leave if two texts differ, showing both."""
    if bundled != source:
        sys.exit(f"The bundle's {what}:\n{bundled}\ndiffer from the source's:\n{source}")


def output(command: list[str], folder: str) -> str:
    """Return what a command prints, started in a folder that is its home too, with no other program in reach."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP", "TMP") if name in os.environ}
    homes = dict.fromkeys(("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"), folder)
    result = subprocess.run(
        command,
        cwd=folder,
        env={**kept, **homes, "PATH": "", "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if result.returncode or not result.stdout.strip():
        sys.exit(f"{' '.join(command)} ended with status {result.returncode}:\n{result.stdout}{result.stderr}")
    return result.stdout


if __name__ == "__main__":
    sys.exit(main())
