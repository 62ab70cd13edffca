"""`maskeditor info` and `maskeditor convert`: what a path holds, and the same as NIfTI files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection
from pathlib import Path

import click

from maskeditor.cli.console import progress_bar, width
from maskeditor.cli.guard import print_line, print_warnings
from maskeditor.cli.options import series_option
from maskeditor.cli.output import check_folder, make_folder
from maskeditor.core.errors import FileError
from maskeditor.core.plain_number import plain_number
from maskeditor.core.visible import visible
from maskeditor.engine.errors import MaskEditorError
from maskeditor.io import formats
from maskeditor.io.info import LEFT_OUT, NO_IMAGE
from maskeditor.io.open import ImageInfo, Opened, inspect, open_image, open_images
from maskeditor.io.save import check_place, save_volume
from maskeditor.io.streams import looking
from maskeditor.io.targets import image_target, keep_source

#: What a file name of any system can hold.
_UNSAFE = re.compile(r"[^\w.+-]+")
_LONGEST_NAME = 80


@click.command()
@click.argument("path", type=click.Path(path_type=Path, readable=False))
@click.option("--json", "as_json", is_flag=True, help='Print {"images": [...]} with affines and all findings.')
def info(path: Path, as_json: bool) -> None:
    """Tell what images or DICOM series PATH holds, and what is doubtful about them."""
    with progress_bar("Reading headers") as progress:
        images = inspect(path, progress, check=True)
    if as_json:
        print(json.dumps({"images": [image.to_json() for image in images]}, indent=2))
        return
    shared = _shared(images)
    for image in images:
        _print(image.description or "(no description)", _facts(image, shared))
    if shared:
        _print("all of these", [("finding", finding) for finding in shared])


def _shared(images: list[ImageInfo]) -> dict[str, None]:
    """Return the findings that all of several images have, such as of files beside them; each is shown once."""
    if len(images) < 2:
        return {}
    return {finding: None for finding in images[0].findings if all(finding in image.findings for image in images)}


def _facts(image: ImageInfo, shared: Collection[str]) -> list[tuple[str, str]]:
    facts = [
        ("series", image.key if image.series_uid else ""),
        ("kind", ", ".join(text for text in (image.modality, image.kind) if text)),
        ("shape", " × ".join(str(count) for count in image.shape)),
        ("zooms", " × ".join(f"{zoom:.4g}" for zoom in image.zooms) + " mm" if image.zooms else ""),
        ("axis codes", "".join(image.axis_codes)),
        ("values", image.dtype),
        ("file", image.title) if image.title == image.key else ("files", str(len(image.files))),
        *(("finding", finding) for finding in image.findings if finding not in shared),
    ]
    return [(name, value) for name, value in facts if value]


def _print(title: str, facts: list[tuple[str, str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    print_line(title)
    table = Table(box=None, show_header=False, padding=(0, 0, 0, 2))
    for row in facts:
        table.add_row(*map(visible, row))
    console = Console(width=width(), highlight=False, emoji=False, markup=False)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        print(line.rstrip())


@click.command()
@click.argument("path", type=click.Path(path_type=Path, readable=False))
@click.argument("out")
@series_option
def convert(path: Path, out: str, series: str | None) -> None:
    """Write the image in PATH as the NIfTI file OUT.

    If OUT is a folder (ends in /), every image found in PATH is written into it, one file each; what cannot be read
    as one image is named at the end, a line each.
    """
    target = Path(out)
    with looking(target):
        is_folder = out.endswith(("/", os.sep)) or target.is_dir()
    if is_folder:
        _convert_all(path, target, series)
        return
    if not formats.can_write(target):
        raise FileError(f"{out} should end in {formats.WRITTEN_ENDINGS}, or in / for a folder; choose such a name.")
    check_folder(target.parent)
    with looking(target):
        if path.exists() and target.exists() and target.samefile(path):
            raise FileError(f"{out} is the image itself; choose another name.")
    keep_source(path, target)
    check_place(image_target(target))
    with progress_bar(f"Opening {path.name}") as progress:
        opened = open_image(path, series, progress)
    _write(opened, target)


def _write(opened: Opened, target: Path, shared: Collection[str] = ()) -> None:
    print_warnings(finding for finding in opened.volume.findings if finding not in shared)
    with progress_bar(f"Writing {target.name}") as progress:
        save_volume(opened.volume, image_target(target), opened.header, report=progress)
    shape = " × ".join(str(count) for count in opened.volume.stored.shape)
    print_line(f"{target}: {shape}, {opened.volume.stored.dtype}")


def _convert_all(path: Path, folder: Path, series: str | None) -> None:
    check_folder(folder.parent)
    with progress_bar("Reading headers") as progress:
        images = inspect(path, progress, series)
    names = file_names([image.description for image in images], path)
    targets = [folder / f"{name}{formats.WRITTEN.written[0]}" for name in names]
    sources = {os.path.realpath(file) for image in images for file in image.files}
    for target in targets:
        if os.path.realpath(target) in sources:
            raise FileError(f"{target} is itself an image to convert; choose another folder.")
    make_folder(folder)
    for target in targets:
        check_place(image_target(target))
    # The first search serves all images until one cannot be opened; those after it are then searched one by one.
    searched = open_images(path, series)
    shared = _shared(images)
    failed = []
    for image, target in zip(images, targets, strict=True):
        try:
            with progress_bar(f"Opening {image.description}") as progress:
                opened = next(searched, None) or open_image(path, image.key, progress)
            _write(opened, target, shared)
        except MaskEditorError as error:
            failed.append(f"{image.title or image.key}: {error}")
    # Files of a folder that cannot be read are among what should be converted; what is no image is not.
    beside = {finding: None for image in images for finding in image.findings if series is None}
    left_out = [finding.removeprefix(LEFT_OUT) for finding in beside if finding.startswith(LEFT_OUT)]
    others = shared | {finding: None for finding in beside if finding.startswith(NO_IMAGE)}
    print_warnings(finding for finding in others if not finding.startswith(LEFT_OUT))
    print_warnings([*failed, *left_out])
    if lost := len(failed) + len(left_out):
        every = plain_number(len(images) + len(left_out), "image")
        raise FileError(
            f"{lost} of {every} could not be converted, for the reasons above; mend them, or move them elsewhere."
        )


def file_names(descriptions: list[str], path: Path) -> list[str]:
    """Return names for files of images, without ending: safe on every system, and each unlike the others.

    Parameters
    ----------
    descriptions : list of str
        What the images are called.
    path : Path
        Where they are; its name serves where an image has none.

    Examples
    --------
    >>> file_names(["T1/MPRAGE", "t1 mprage", ""], Path("a/b"))
    ['T1_MPRAGE', 't1_mprage_2', 'b']
    """
    names: list[str] = []
    for description in descriptions:
        plain = _UNSAFE.sub("_", description).strip("._")[:_LONGEST_NAME]
        plain = plain or _UNSAFE.sub("_", formats.stem(path)).strip("._") or "image"
        name, count = plain, 2
        # Some systems take capitals and small letters for the same.
        while name.lower() in {other.lower() for other in names}:
            name, count = f"{plain}_{count}", count + 1
        names.append(name)
    return names
