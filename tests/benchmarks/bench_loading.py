"""Opening images and saving masks beside the peers: times, ratios and memory.

    python tests/benchmarks/bench_loading.py [--data FOLDER] [--rounds 7] [--only TEXT]

FOLDER holds the real scans (default: MASKEDITOR_TEST_DATA, else ../shared/data beside the checkout). Each row runs
ours and the peers in turn in one process and gives medians, for the machine's speed drifts and only ratios hold.
Memory (Linux) is the peak of a process of its own, less what it had before it read.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import dcm2niix
import nibabel as nib
import numpy as np
import pydicom
import SimpleITK
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from maskeditor.core.space.geometry import Geometry
from maskeditor.io.nifti.header import Header
from maskeditor.io.nifti.read import read_image
from maskeditor.io.open import open_image, scan
from maskeditor.io.save import save_mask
from tests import real_scans

CHECKOUT = Path(__file__).resolve().parents[2]
Work = Callable[[], object]
#: A row: what is measured, ours, and peers with the ratio (theirs to ours) that is wanted, if any.
Row = tuple[str, Work, dict[str, tuple[Work, float | None]]]
LONG_SLICES, LONG_VOLUMES = 42, 130
#: Of a round that takes more seconds than this, one must do.
SLOW = 20.0

PEAK = """
import json, sys
from pathlib import Path
from maskeditor.io.open import open_image
from maskeditor.io.dicom.search import find_images  # so that modules do not count

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

before = peak()
opened = open_image(sys.argv[1])
print(json.dumps([peak() - before, opened.volume.stored.nbytes]))
"""


def nifti_rows(data: Path, dicom: Path, folder: Path) -> Iterator[Row]:
    """Yield rows for packed NIfTI images: real T1 and T2 heads, and a noisy 512³ head."""
    by_dcm2niix(dicom / "in" / "t1_sag_384", folder)
    nib.save(nib.load(folder / "out.nii"), folder / "t1_sag_384.nii.gz")
    big = folder / "big.nii.gz"
    axis = np.linspace(-1, 1, 512, dtype=np.float32)
    rng = np.random.default_rng(0)
    values = np.empty((512, 512, 512), np.int16, order="F")
    for k, z in enumerate(axis):
        head = (axis[:, None] ** 2 + axis[None] ** 2 * 1.3 + z * z < 0.6) * 800
        values[:, :, k] = head + rng.integers(0, 30, (512, 512))
    nib.save(nib.Nifti1Image(values, np.eye(4)), big)
    del values
    # nibabel's get_fdata is what most programs call; dataobj is the least that it can do.
    wanted = {
        folder / "t1_sag_384.nii.gz": (None, 3.0),
        data / "nifti" / "spm152.nii.gz": (None, 3.0),
        data / "nifti" / "T1_head_ext2.nii.gz": (None, None),
        data / "nifti" / "T2w.nii.gz": (None, None),
        big: (1.5, 1.5),
    }
    for path, (dataobj, fdata) in wanted.items():
        yield (
            f"open {path.name}",
            lambda path=path: read_image(path),
            {
                "nibabel dataobj": (lambda path=path: np.asanyarray(nib.load(path).dataobj), dataobj),
                "nibabel get_fdata": (lambda path=path: nib.load(path).get_fdata(), fdata),
            },
        )


def save_rows(folder: Path) -> Iterator[Row]:
    """Yield rows for saving masks; ours are read back and compared, too."""
    for size in (256, 512):
        axis = np.linspace(-1, 1, size, dtype=np.float32)
        mask = np.asfortranarray(axis[:, None, None] ** 2 + axis[:, None] ** 2 * 1.3 + axis**2 < 0.6)
        header = Header.from_geometry(Geometry(mask.shape, np.eye(4)))

        def theirs(mask: np.ndarray = mask) -> None:
            nib.save(nib.Nifti1Image(mask.view(np.uint8), np.eye(4)), folder / "theirs.nii.gz")

        yield (
            f"save and check a {size}³ mask",
            lambda mask=mask, header=header: save_mask(mask, folder / "ours.nii.gz", header),
            {"nibabel": (theirs, 2.0)},
        )


def by_dcm2niix(source: Path, folder: Path) -> None:
    """Convert a folder with dcm2niix, to unpacked NIfTI."""
    command = [dcm2niix.bin, "-z", "n", "-b", "n", "-w", "1", "-f", "out", "-o", str(folder), str(source)]
    subprocess.run(command, check=True, capture_output=True)


def dicom_rows(dicom: Path, folder: Path) -> Iterator[Row]:
    """Yield rows for a T1 of 384 files, and for 5,460 files of a 4D series with deep private headers."""
    t1 = dicom / "in" / "t1_sag_384"

    def by_pydicom(source: Path = t1) -> None:
        slices = [pydicom.dcmread(path) for path in source.iterdir()]
        slices.sort(key=lambda ds: ds.ImagePositionPatient[0])
        np.stack([ds.pixel_array for ds in slices])

    def by_simpleitk(source: Path = t1) -> None:
        reader = SimpleITK.ImageSeriesReader()
        reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(source)))
        reader.Execute()

    yield (
        "open 384 DICOM slices",
        lambda: open_image(t1),
        {
            "dcm2niix": (lambda: by_dcm2niix(t1, folder), 1 / 2.5),
            "pydicom": (by_pydicom, None),
            "SimpleITK": (by_simpleitk, None),
        },
    )
    long = write_long_series(dicom, folder / "long")
    yield (
        f"open {LONG_SLICES * LONG_VOLUMES} DICOM slices",
        lambda: open_image(long),
        {
            "dcm2niix": (lambda: by_dcm2niix(long, folder), 1 / 4),
            "pydicom": (lambda: by_pydicom(long), None),
            "SimpleITK": (lambda: by_simpleitk(long), 7.0),
        },
    )


def write_long_series(dicom: Path, folder: Path) -> Path:
    """Write a 4D series from one real Philips slice, with as many private elements as such files have."""
    originals = sorted((dicom / "in/dcm_qa_philips/Magdeburg_2014/fmri").iterdir())
    ds = pydicom.dcmread(next(path for path in originals if path.suffix not in (".nii", ".json")))
    orientation = np.array(ds.ImageOrientationPatient, float)
    normal, first = np.cross(orientation[:3], orientation[3:]), np.array(ds.ImagePositionPatient, float)
    ds.add_new(0x20070010, "LO", "PHANTOM")
    for number in range(20):
        item = Dataset()
        item.add_new(0x20070010, "LO", "PHANTOM")
        for entry in range(15):
            item.add_new(0x20071000 + entry, "LO", f"value {entry}")
        ds.add_new(0x20071000 + number, "SQ", [item])
    folder.mkdir()
    for t in range(LONG_VOLUMES):
        for k in range(LONG_SLICES):
            ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
            ds.ImagePositionPatient = [round(float(x), 5) for x in first + normal * k * 3.3]
            ds.InstanceNumber, ds.TemporalPositionIdentifier = 1 + t + k * LONG_VOLUMES, t + 1
            ds.save_as(folder / f"{ds.InstanceNumber:05d}.dcm")
    return folder


def first_rows(folder: Path) -> bool:
    """Print when the first rows of a long list of images stand, and return whether that is within a second."""
    told: list[float] = []
    start = time.perf_counter()
    found = scan(folder, None, lambda images: told.append(time.perf_counter() - start))
    files, end = sum(one.files for one in found), time.perf_counter() - start
    print(f"search of {files} headers{'':12} first rows after {told[0]:.2f} s, all after {end:.2f} s")
    return told[0] < 1.0


def measured(row: Row, rounds: int) -> bool:
    """Run a row, print it, and return whether every ratio wanted was reached."""
    what, ours, peers = row
    works = [ours, *(work for work, _ in peers.values())]
    times: list[list[float]] = []
    for _ in range(rounds + 1):
        if len(times) > 1 and sum(times[-1]) > SLOW:
            break
        times.append([])
        for work in works:
            start = time.perf_counter()
            work()
            times[-1].append(time.perf_counter() - start)
    times = times[1:]  # the first round warms up
    print(f"{what:32} {statistics.median(one[0] for one in times) * 1000:9.1f} ms")
    reached = True
    for number, (name, (_, wanted)) in enumerate(peers.items(), 1):
        ratio = statistics.median(one[number] / one[0] for one in times)
        verdict = "" if wanted is None else f"wanted {wanted:.2g} ×: {'yes' if ratio >= wanted else 'NO'}"
        median = statistics.median(one[number] for one in times) * 1000
        print(f"  {name:30} {median:9.1f} ms {ratio:6.2f} × ours  {verdict}")
        reached &= wanted is None or ratio >= wanted
    return reached


def memory(what: str, path: Path) -> bool:
    """Print the peak memory of opening a path, and return whether it is at most 1.2 times the array."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    run = subprocess.run(
        [sys.executable, "-c", PEAK, str(path)], check=True, capture_output=True, text=True, env=environment
    )
    grown, array = json.loads(run.stdout)
    print(f"{what:32} peak {grown >> 20} MB for an array of {array >> 20} MB, {grown / array:.2f} ×")
    return bool(grown <= 1.2 * array)


def main() -> int:
    """Print the table; exit status 1 if a ratio that is wanted was not reached."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=real_scans.folder())
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", default="", help="rows whose name contains this text")
    asked = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with tarfile.open(asked.data / "dicom.tar.xz") as archive:
            archive.extractall(folder, filter="data")
        for rows in (
            nifti_rows(asked.data, folder / "dicom", folder),
            save_rows(folder),
            dicom_rows(folder / "dicom", folder),
        ):
            for row in rows:
                if asked.only in row[0]:
                    good &= measured(row, asked.rounds)
        if sys.platform == "linux":
            good &= memory("memory of a 512³ image", folder / "big.nii.gz")
            if (folder / "long").is_dir():
                good &= first_rows(folder / "long")
                memory("memory of 5460 DICOM slices", folder / "long")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
