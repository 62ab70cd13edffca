"""Import: the mask of a file, kept with the step so that it can be replayed without the file."""

from __future__ import annotations

import base64
import binascii
import sys
import textwrap
import zlib
from typing import Self

import numpy as np
import zstandard
from pydantic import model_validator

from maskeditor.core.errors import OperationError
from maskeditor.core.operation.as_script import WIDTH, Python
from maskeditor.core.operation.combine import Combine, Combining
from maskeditor.core.operation.declaration import operation
from maskeditor.core.operation.parameters import Role, parameter
from maskeditor.core.operation.scene import Patch, Scene
from maskeditor.core.space.geometry import Geometry
from maskeditor.engine.arrays import BoolArray
from maskeditor.engine.box import Box, bounding_box
from maskeditor.engine.progress import Progress

#: A mask of more has no image that it could be put on.
MOST_VOXELS = 1 << 31


@operation("import_mask", title="Import mask", group="Masks", by_tool=True, synonyms=("load mask", "open mask"))
class ImportMask(Combining):
    """Take the mask of a file, whose voxels are kept with the step.

    The step replays without the file, on any image of the same shape.
    """

    file_name: str = parameter(title="File", description="The name of the file the mask came from.")
    sha256: str = parameter(
        title="SHA-256", description="The checksum of the file's bytes, in hexadecimal.", role=Role.HIDDEN
    )
    shape: tuple[int, int, int] = parameter(
        title="Shape", description="Voxels along each axis of the mask.", role=Role.HIDDEN
    )
    content: str = parameter(
        title="Content",
        description="The voxels, first axis fastest, eight a byte and lowest bit first, as zstd in base64.",
        role=Role.HIDDEN,
    )

    resampled: bool = parameter(
        False,
        title="Resampled",
        description="Whether the file lay on another grid, from which it was brought here by nearest neighbour.",
        role=Role.HIDDEN,
    )

    @classmethod
    def of(
        cls,
        mask: BoolArray,
        file_name: str,
        file_bytes_sha256: str,
        combine: Combine = "replace",
        resampled: bool = False,
    ) -> Self:
        """Return the step that brings in a mask (I, J, K) read from a file."""
        bits = np.packbits(mask.T.reshape(-1), bitorder="little")
        packed = zstandard.ZstdCompressor(level=9).compress(bits.tobytes())
        i, j, k = mask.shape
        return cls(
            file_name=file_name,
            sha256=file_bytes_sha256,
            shape=(i, j, k),
            content=base64.b64encode(packed).decode("ascii"),
            combine=combine,
            resampled=resampled,
        )

    @model_validator(mode="after")
    def _readable(self) -> ImportMask:
        # Nothing is unpacked until the grid is known to be an image's: a kilobyte may claim more than memory holds.
        self._packed()
        return self

    def _packed(self) -> bytes:
        """Return the voxels as zstd holds them, of which the size is what the shape says."""
        i, j, k = self.shape
        if min(self.shape) >= 1 and i * j * k > MOST_VOXELS:
            raise ValueError(f"the mask has {i} × {j} × {k} voxels, but may have {MOST_VOXELS} at most")
        try:
            packed = base64.b64decode(self.content, validate=True)
            if min(self.shape) >= 1 and zstandard.frame_content_size(packed) == (i * j * k + 7) // 8:
                return packed
        except (binascii.Error, zstandard.ZstdError):
            pass
        raise ValueError(f"the content does not hold {i} × {j} × {k} voxels; import the file {self.file_name} again")

    def _bits(self) -> bytes:
        """Return the voxels, eight a byte.

        Raises
        ------
        OperationError
            If what was packed is damaged.
        """
        try:
            bits: bytes = zstandard.ZstdDecompressor().decompress(self._packed())
        except zstandard.ZstdError:
            raise OperationError(
                f"The voxels of {self.file_name} that the step holds are damaged; import the file again."
            ) from None
        return bits

    def mask(self) -> BoolArray:
        """Return the mask (I, J, K) in Fortran order."""
        size = self.shape[0] * self.shape[1] * self.shape[2]
        bits = np.frombuffer(self._bits(), dtype=np.uint8)
        flags = np.unpackbits(bits, bitorder="little", count=size)
        return flags.view(bool).reshape(self.shape, order="F")

    def check_grid(self, geometry: Geometry) -> None:
        """Raise `OperationError` if the image has another shape than the mask."""
        if self.shape != geometry.shape:
            raise OperationError(
                f"The mask of {self.file_name} has the shape {self.shape}, but the image has "
                f"{geometry.shape}; import a mask made on this image."
            )

    def apply(self, scene: Scene, progress: Progress) -> Patch | None:
        """Unpack the mask and combine it with the present one.

        Raises
        ------
        OperationError
            If the image has another shape than the mask.
        """
        self.check_grid(scene.geometry)
        mask = self.mask()
        progress(0.7)
        box = bounding_box(mask) or Box((0, 0, 0), (1, 1, 1))
        return self.combined(scene, box, mask[box.slices])

    def summary(self) -> str:
        """Return the row of the history."""
        brought = ", resampled" if self.resampled else ""
        return f"Import {self.file_name}{brought}{self.combine_words}"

    def moved(self, source: Geometry, onto: Geometry) -> Self:
        """Return the import of the mask as it lies on another grid, by nearest neighbour."""
        if source.same_as(onto) or self.shape != source.shape:
            return self
        from scipy.ndimage import affine_transform

        matrix = source.inverse @ onto.affine
        # Rounded headers must not decide between two voxels that are equally near.
        matrix[:3, 3] += 1e-4
        voxels = self.mask().view(np.uint8)
        there = affine_transform(voxels, matrix, output_shape=onto.shape, order=0, mode="grid-constant")
        return self.of(there.astype(bool), self.file_name, self.sha256, self.combine, resampled=True)

    def python(self) -> Python:
        """Return the voxels, packed, and what unpacks them."""
        bits = zlib.compress(self._bits(), 9)
        lines = textwrap.wrap(base64.b64encode(bits).decode("ascii"), WIDTH - 6)
        return Python(
            (
                "content = (",
                *(f"    {line!r}" for line in lines),
                ")",
                self.python_combined(f"unpacked(content, {self.shape}, image.shape[:3])"),
            ),
            (unpacked,),
            ("import base64", "import zlib"),
        )

    def methods(self) -> str:
        """Return the sentence of a paper that says what was done."""
        brought = ", brought to the grid of the image by nearest neighbour" if self.resampled else ""
        return f"A mask made elsewhere was imported{brought}{self.methods_combined}."


def unpacked(content: str, shape: tuple[int, int, int], wanted: tuple[int, ...]) -> BoolArray:
    """Return a mask from base64 of zlib of its voxels, eight a byte, first axis fastest.

    For scripts, which have no zstd.

    Parameters
    ----------
    content : str
    shape, wanted : tuple of 3 int
        Of the mask, and of the image; where they differ, the script stops.

    Examples
    --------
    >>> unpacked(base64.b64encode(zlib.compress(bytes([5]))).decode(), (3, 1, 1), (3, 1, 1)).ravel().tolist()
    [True, False, True]
    """
    if shape != wanted:
        sys.exit(f"The imported mask has {shape} voxels, but the image {wanted}; give the image that it belongs to.")
    bits = np.frombuffer(zlib.decompress(base64.b64decode(content)), dtype=np.uint8)
    flags = np.unpackbits(bits, bitorder="little", count=shape[0] * shape[1] * shape[2])
    return flags.astype(bool).reshape(shape, order="F")
