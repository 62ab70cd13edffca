"""What is damaged, and what may come of it: an error of our own in a sentence, or a true result."""

from __future__ import annotations

import gzip
import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple

import nibabel as nib
import numpy as np
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLSLossless,
    RLELossless,
)

import maskeditor.ops
from maskeditor.core.history.document import Document
from maskeditor.core.operation.declaration import make
from maskeditor.core.recipe.onto_another_image import Bound
from maskeditor.core.recipe.recipe_json import dumps, loads, to_record
from maskeditor.core.space.volume import Volume
from maskeditor.io.journal.leftovers import leftovers
from maskeditor.io.open import open_image, scan
from maskeditor.io.provenance import sidecar_path
from maskeditor.model.mask_files import save_mask
from maskeditor.model.recipes import carry_out, read_recipe
from maskeditor.model.restoring import restore_session
from tests.fuzz import mutations
from tests.fuzz.seals import seal
from tests.io.dicom.phantom import compress, enhanced, numbers, write, write_series
from tests.model.recovery import moved_session, random_move, session, volume, write_image

assert maskeditor.ops


class Kind(NamedTuple):
    """A kind of input.

    Parameters
    ----------
    seed : callable
        Writes what is whole into a folder.
    damage : callable
        Damages a copy of that folder.
    look : callable
        Opens what is in the folder, and asserts that it is a true result.
    """

    seed: Callable[[Path], Any]
    damage: Callable[[Path, random.Random], Any]
    look: Callable[[Path], Any]


# Images ---------------------------------------------------------------------------------------------------------------

SHAPE = (7, 6, 5)


def _save_nifti(path: Path) -> None:
    image = nib.Nifti1Image(numbers(SHAPE, "i2"), np.diag([2, 2, 3, 1]))
    header = image.header
    header.set_xyzt_units("mm", "sec")
    made = nib.Nifti1Pair(image.dataobj, image.affine, header) if path.suffix == ".img" else image
    nib.save(made, path)


def _save_mgz(path: Path) -> None:
    nib.save(nib.MGHImage(numbers(SHAPE, "i2").astype(np.int16), np.diag([2, 2, 3, 1])), path)


def _damage_file(name: str, begin: int) -> Callable[[Path, random.Random], None]:
    def damage(folder: Path, chance: random.Random) -> None:
        path = folder / name
        content = path.read_bytes()
        if content[:2] == b"\x1f\x8b" and chance.random() < 0.7:
            content = gzip.compress(mutations.of_bytes(gzip.decompress(content), chance, begin), 1, mtime=0)
        else:
            content = mutations.of_bytes(content, chance, begin)
        path.write_bytes(content)

    return damage


def _damage_pair(folder: Path, chance: random.Random) -> None:
    name = chance.choice(("image.hdr", "image.hdr", "image.img"))
    _damage_file(name, 348)(folder, chance)


def _look_at_image(volume: Volume) -> None:
    assert np.isfinite(volume.geometry.affine).all()
    for frame in range(min(volume.frames, 3)):
        assert volume.intensities(frame).shape == volume.geometry.shape


def _look_at_nifti(name: str) -> Callable[[Path], None]:
    def look(folder: Path) -> None:
        path = folder / name
        opened = open_image(path).volume
        head = path.with_suffix(".hdr") if path.suffix == ".img" else path
        raw = head.read_bytes()
        raw = _unpacked_start(raw) if raw[:2] == b"\x1f\x8b" else raw[:1024]
        if path.suffix == ".mgz":
            stated = np.frombuffer(raw[4:20], ">i4").tolist()
        else:
            # The length of the header says in which order its bytes are, and of which version it is.
            order = "<" if raw[0] in (92, 28) else ">"
            is_first = raw[:2] in (b"\x5c\x01", b"\0\0") and 348 in np.frombuffer(raw[:4], order + "i4")
            dims = np.frombuffer(raw[40:56] if is_first else raw[16:80], order + ("i2" if is_first else "i8")).tolist()
            stated = dims[1 : 1 + dims[0]]
        wanted = [size for size in stated if size not in (0, 1)]
        assert [size for size in opened.stored.shape if size != 1] == wanted, (opened.stored.shape, stated)
        _look_at_image(opened)

    return look


def _unpacked_start(raw: bytes) -> bytes:
    import zlib

    return zlib.decompressobj(31).decompress(raw, 1024)


def _nifti(name: str, begin: int = 352) -> Kind:
    save = _save_mgz if name.endswith("mgz") else _save_nifti
    damage = _damage_pair if name.endswith(".img") else _damage_file(name, begin)
    return Kind(lambda folder: save(folder / name), damage, _look_at_nifti(name))


def _dicom(seed: Callable[[Path], Any]) -> Kind:
    def damage(folder: Path, chance: random.Random) -> None:
        name = chance.choice(sorted(path.name for path in folder.glob("*.dcm")))
        _damage_file(name, 2000)(folder, chance)

    def look(folder: Path) -> None:
        opened = open_image(folder)
        assert opened.info.shape == opened.volume.stored.shape
        assert opened.volume.stored.size <= sum(path.stat().st_size for path in folder.iterdir())
        _look_at_image(opened.volume)

    return Kind(seed, damage, look)


def _compressed(syntax: UID, *others: str) -> Kind:
    """Return a kind of a compressed series, and of files that pydicom brings along, each put in a place."""

    def seed(folder: Path) -> None:
        write_series(folder / "series", numbers((64, 48, 3), "u1", 8), bits=8)
        for path in (folder / "series").iterdir():
            compress(path, syntax)
        for name in others:
            _put_in_place(Path(get_testdata_file(name, download=False)), folder / name / name)

    def damage(folder: Path, chance: random.Random) -> None:
        chosen = chance.choice(("series", *others))
        for one in ("series", *others):
            if one != chosen:
                shutil.rmtree(folder / one)
        path = chance.choice(sorted((folder / chosen).iterdir()))
        _damage_file(path.name, 2000)(path.parent, chance)

    def look(folder: Path) -> None:
        for found in scan(folder)[:3]:
            opened = found.open()
            assert opened.info.shape == opened.volume.stored.shape
            _look_at_image(opened.volume)

    return Kind(seed, damage, look)


def _put_in_place(given: Path, target: Path) -> None:
    """Write the pixels of a file as those of a slice of which it is known where it lies."""
    placed = dcmread(given)
    placed.ImageOrientationPatient, placed.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0, 0, 0]
    placed.PixelSpacing, placed.SliceThickness = [1, 1], 1
    target.parent.mkdir()
    placed.save_as(target)


def _write_enhanced(folder: Path) -> None:
    values = numbers((6, 5, 4, 2))
    write(enhanced(values, [(k, t) for t in range(2) for k in range(4)]), folder / "enhanced.dcm")


# Recipes --------------------------------------------------------------------------------------------------------------


def _save_with_recipe(folder: Path) -> None:
    here = session(write_image(folder))
    document = here.document
    document.do(make("threshold", {"lower": 4, "fwhm": 2}), "roi1")
    chance = random.Random(1)
    while len(document.timeline) < 12:
        random_move(document, chance)
    save_mask(here, "roi1", folder / "mask.nii")
    (folder / "recipe.json").write_text(dumps(here.recipe("roi1")))


def _damage_json(name: str) -> Callable[[Path, random.Random], None]:
    def damage(folder: Path, chance: random.Random) -> None:
        text = mutations.of_json((folder / name).read_text(), chance)
        (folder / name).write_text(text, errors="replace")

    return damage


def _damage_embedded(folder: Path, chance: random.Random) -> None:
    content = (folder / "mask.nii").read_bytes()
    start, stop = content.index(b"{"), content.rindex(b"}") + 1
    text = mutations.of_json(content[start:stop].decode(), chance).encode(errors="replace")
    if chance.random() < 0.8:
        text = text[: stop - start].ljust(stop - start)
    else:
        text = mutations.of_bytes(content[start:stop], chance)
    head = mutations.of_bytes(content[:start], chance, 0) if chance.random() < 0.1 else content[:start]
    (folder / "mask.nii").write_bytes(head + text + content[stop:])


def _look_at_recipe(name: str) -> Callable[[Path], None]:
    def look(folder: Path) -> None:
        recipe = read_recipe(folder / name)
        record = to_record(recipe)
        assert json.dumps(to_record(loads(dumps(recipe)))) == json.dumps(record)
        carry_out(Document(volume()), recipe, Bound.KEEP, "keep")

    return look


def _recipe(name: str, damage: Callable[[Path, random.Random], None] | None = None) -> Kind:
    return Kind(_save_with_recipe, damage or _damage_json(name), _look_at_recipe(name))


# Sessions and journals ------------------------------------------------------------------------------------------------


def _damage_rows(folder: Path, chance: random.Random) -> None:
    """Change values in rows, and make their checksums fit."""
    path = folder / "work.maskeditor"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        run = database.execute
        for _ in range(chance.choice((1, 1, 2, 3))):
            table, column = chance.choice(_COLUMNS)
            keys = [row[0] for row in run(f"SELECT {_KEYS[table]} FROM {table}").fetchall()]
            if not keys:
                continue
            key = chance.choice(keys)
            (value,) = run(f'SELECT "{column}" FROM {table} WHERE {_KEYS[table]} = ?', (key,)).fetchone()
            if isinstance(value, bytes):
                value = mutations.of_bytes(value, chance)
            elif isinstance(value, str) and column != "title" and chance.random() < 0.9:
                with suppress(ValueError):
                    value = mutations.of_json(value, chance).encode(errors="replace").decode()
            else:
                value = chance.choice((None, 0, 1, -1, 2**40, 2**62, 1e300, "text", b"\xff", ""))
            with suppress(sqlite3.IntegrityError):
                run(f'UPDATE {table} SET "{column}" = ? WHERE {_KEYS[table]} = ?', (value, key))
    seal(path)


_KEYS = {"about": "key", "deltas": "number", "steps": "number", "visits": "place"}
_COLUMNS = [
    *[("about", "value")] * 4, *(("deltas", column) for column in ("box", "added", "removed", "bits", "number")),
    *[("steps", "record")] * 4, *(("steps", column) for column in ("delta", "extent", "voxels", "number")),
    *(("visits", column) for column in ("place", "first", "keep", "left", "entered", "title")),
]  # fmt: skip


def _look_at_session(folder: Path) -> None:
    _restore(folder / "work.maskeditor", folder / "journals")


def _restore(path: Path, journals: Path) -> None:
    here = restore_session(path, folder=journals)
    document = here.document
    try:
        _look_at_masks(document)
        while document.undo():
            pass
        while document.redo():
            pass
        assert document.rois
        _look_at_masks(document)
    finally:
        here.close(discard=True)


def _look_at_masks(document: Document) -> None:
    for roi in document.rois:
        mask = document.mask(roi.id)[...]
        assert mask.shape == document.geometry.shape
        document.voxels(roi.id)


def _write_journal(folder: Path) -> None:
    here = session(write_image(folder))
    here.keep_journal(folder / "journals")
    chance = random.Random(5)
    for _ in range(30):
        random_move(here.document, chance)
    assert here.recording.path is not None
    for ending in ("", "-wal"):
        shutil.copyfile(f"{here.recording.path}{ending}", folder / f"left.maskeditor{ending}")
    here.close(discard=True)
    for ending in ("", "-wal"):
        (folder / f"left.maskeditor{ending}").rename(folder / "journals" / f"left.maskeditor{ending}")


def _damage_journal(folder: Path, chance: random.Random) -> None:
    name = chance.choice(("left.maskeditor", "left.maskeditor-wal"))
    _damage_file(name, 200)(folder / "journals", chance)


def _look_at_journal(folder: Path) -> None:
    path = folder / "journals" / "left.maskeditor"
    content = {one.name: one.read_bytes() for one in path.parent.iterdir()}
    found = leftovers(path.parent, ".maskeditor")
    # If nothing is left of the log, in which all moves were, but its header (32 bytes), there is no work.
    assert path.exists() or len(content["left.maskeditor-wal"]) <= 32, "a journal that holds work was removed"
    lost = [one for one in found if one.path == path and one.problem]
    if lost and "log" in lost[0].problem:
        assert {one.name: one.read_bytes() for one in path.parent.iterdir()} == content
    for one in found:
        assert len(one.problem) < 2000
    _restore(path, path.parent)


KINDS: dict[str, Kind] = {
    "nii": _nifti("image.nii"),
    "nii.gz": _nifti("image.nii.gz"),
    "hdr and img": _nifti("image.img"),
    "mgz": _nifti("image.mgz", 284),
    "dicom": _dicom(lambda folder: write_series(folder, numbers((6, 5, 4)))),
    "dicom, implicit": _dicom(
        lambda folder: write_series(folder, numbers((6, 5, 3, 2)), syntax=ImplicitVRLittleEndian)
    ),
    "dicom, big endian": _dicom(lambda folder: write_series(folder, numbers((6, 5, 3)), syntax=ExplicitVRBigEndian)),
    "dicom, enhanced": _dicom(_write_enhanced),
    "dicom, RLE": _compressed(RLELossless, "MR_small_RLE.dcm", "rtdose_rle_1frame.dcm"),
    "dicom, JPEG": _compressed(JPEGBaseline8Bit, "JPGExtended.dcm"),
    "dicom, JPEG-LS": _compressed(JPEGLSLossless, "MR_small_jpeg_ls_lossless.dcm", "JPEGLSNearLossless_16.dcm"),
    "dicom, JPEG 2000": _compressed(JPEG2000Lossless, "MR_small_jp2klossless.dcm", "JPEG2000.dcm"),
    "recipe": _recipe("recipe.json"),
    "sidecar": _recipe(sidecar_path(Path("mask.nii")).name),
    "recipe in a mask": _recipe("mask.nii", _damage_embedded),
    "session, forged": Kind(moved_session, _damage_rows, _look_at_session),
    "session, damaged": Kind(moved_session, _damage_file("work.maskeditor", 100), _look_at_session),
    "journal": Kind(_write_journal, _damage_journal, _look_at_journal),
}
