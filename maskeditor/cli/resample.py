"""`maskeditor resample`: an image, a mask or labels on another grid."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from maskeditor.cli.console import progress_bar
from maskeditor.cli.guard import print_line, print_warnings
from maskeditor.cli.options import series_option
from maskeditor.cli.output import check_output
from maskeditor.core.errors import ParameterError
from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.arrays import Array
from maskeditor.io.labels import named_beside_file
from maskeditor.io.open import open_image
from maskeditor.io.resample import Interpolation
from maskeditor.model.data.resampled import Grid, grid_by_numbers, resampled, save_resampled
from maskeditor.model.further import INTERPOLATIONS

#: (The first character keeps the lines as they are.)
_EXAMPLES = """\b
maskeditor resample mask.nii.gz --to bold.nii.gz -o mask_on_bold.nii.gz
maskeditor resample T1w.nii.gz --zooms 2,2,2 --interpolation linear -o T1w_2mm.nii.gz
maskeditor resample T1w.nii.gz --affine 2,0,0,-90,0,2,0,-126,0,0,2,-72 --shape 91,109,91 -o T1w_MNI.nii.gz
"""


@click.command(epilog=_EXAMPLES)
@click.argument("path", type=click.Path(path_type=Path, readable=False))
@click.option(
    "--to",
    "like",
    metavar="IMAGE",
    type=click.Path(path_type=Path, readable=False),
    help="The image whose grid is wanted.",
)
@click.option("--zooms", metavar="X,Y,Z", help="The grid by its zooms in mm, along the axes of PATH.")
@click.option("--affine", metavar="A,B,…", help="The grid by its affine: 9, 12 or 16 numbers, row by row.")
@click.option("--shape", metavar="I,J,K", help="With --affine, the voxels along each axis; else PATH just fits in.")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="OUT.nii.gz",
    type=click.Path(path_type=Path, readable=False),
    help="The image to write; a .json file beside it names its sources and the interpolation.",
)
@click.option(
    "--interpolation",
    type=click.Choice(INTERPOLATIONS),
    help="Default: nearest for masks and labels, which take nothing else, continuous (cubic splines) for images.",
)
@series_option
def resample(
    path: Path,
    like: Path | None,
    zooms: str | None,
    affine: str | None,
    shape: str | None,
    output: Path,
    interpolation: Interpolation | None,
    series: str | None,
) -> None:
    """Bring the image, mask or labels in PATH to another grid, as nilearn does.

    Equal to nilearn's resample_to_img (--to), or resample_img (--zooms, --affine).
    """
    if sum(one is not None for one in (like, zooms, affine)) != 1:
        raise click.UsageError("Give the grid by one of --to, --zooms and --affine")
    if shape is not None and affine is None:
        raise click.UsageError("--shape goes with --affine")
    check_output(output, (path, like) if like is not None else (path,), "image")
    with progress_bar(f"Opening {path.name}") as progress:
        opened = open_image(path, series, progress)
    print_warnings(opened.volume.findings)
    if like is not None:
        with progress_bar(f"Opening {like.name}") as progress:
            other = open_image(like, None, progress, [0])
        print_warnings(f"{like.name}: {finding}" for finding in other.volume.findings)
        grid = Grid(other.volume.geometry, other.header, like.name, like)
    else:
        grid = grid_by_numbers(
            opened.volume.geometry,
            opened.header,
            zooms=_numbers("--zooms", zooms, (3,)),
            affine=_affine(affine),
            shape=_shape(shape),
        )
    named = named_beside_file(path)
    with progress_bar("Resampling") as progress:
        made = resampled(opened.volume, grid, interpolation, named, progress)
    with progress_bar(f"Saving {output.name}") as progress:
        save_resampled(made, output, path, progress)
    print_warnings(made.findings)
    print_line(f"{output}: {' × '.join(map(str, made.volume.shape))}, {made.volume.dtype}, {made.how}")


def _numbers(option: str, text: str | None, counts: tuple[int, ...]) -> Array | None:
    """Return the numbers that an option gives, (N,) of float."""
    if text is None:
        return None
    try:
        numbers = np.array([float(part) for part in text.replace(",", " ").split()])
    except ValueError:
        numbers = np.empty(0)
    if len(numbers) not in counts:
        raise ParameterError(f"{option} is {text!r}, but must be {' or '.join(map(str, counts))} numbers, with commas.")
    return numbers


def _affine(text: str | None) -> Array | None:
    numbers = _numbers("--affine", text, (9, 12, 16))
    if numbers is None:
        return None
    if len(numbers) == 12:
        numbers = np.append(numbers, (0, 0, 0, 1))
    return numbers.reshape(3 if len(numbers) == 9 else 4, -1)


def _shape(text: str | None) -> tuple[int, ...] | None:
    numbers = _numbers("--shape", text, (3,))
    if numbers is None:
        return None
    if (numbers < 1).any() or (numbers != np.rint(numbers)).any():
        raise ParameterError(f"--shape is {text!r}, but must be three whole numbers of at least 1.")
    return Geometry(tuple(int(number) for number in numbers), np.eye(4)).shape
