"""What is taken for an image by mistake: pictures, archives, pages and pointers that were saved in place of a file."""

from __future__ import annotations

from maskeditor.io.format import Format, begins


def _is_page(data: bytes) -> bool:
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<!doctype html", b"<html"))


def _is_text(data: bytes) -> bool:
    """Whether there is nothing but text, in UTF-8 or an older 8-bit code."""
    controls = set(range(32)) - {9, 10, 12, 13, 27}
    return bool(data) and not controls.intersection(data)


_UNPACK = "unpack it, and give the file or folder that was in it"
_PICTURE = "give the images that it was made from, which know their place in space"

FORMATS = (
    Format(
        title="TIFF",
        name="a TIFF picture",
        recognise=begins(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
        endings=(".tif", ".tiff"),
        remedy=f"{_PICTURE}, or make NIfTI of its slices with their size in mm",
    ),
    Format(
        title="PNG",
        name="a PNG picture",
        recognise=begins(b"\x89PNG\r\n\x1a\n"),
        endings=(".png",),
        remedy=_PICTURE,
    ),
    Format(
        title="JPEG",
        name="a JPEG picture",
        recognise=begins(b"\xff\xd8\xff", b"\0\0\0\x0cjP  "),
        endings=(".jpg", ".jpeg", ".jp2"),
        remedy=_PICTURE,
    ),
    Format(
        title="MATLAB",
        name="a MATLAB file",
        recognise=begins(b"MATLAB 5.0 MAT-file", b"MATLAB 7.3 MAT-file"),
        endings=(".mat",),
        remedy="give the image that it belongs to, or write its array with niftiwrite in MATLAB",
    ),
    Format(
        title="NumPy",
        name="an array of NumPy, which does not say where its voxels lie",
        recognise=begins(b"\x93NUMPY"),
        endings=(".npy", ".npz"),
        remedy="save it as NIfTI with its affine, through nibabel",
    ),
    Format(
        title="ZIP",
        name="a ZIP archive",
        recognise=begins(b"PK\x03\x04", b"PK\x05\x06"),
        endings=(".zip",),
        remedy=_UNPACK,
    ),
    Format(
        title="7z",
        name="a 7z archive",
        recognise=begins(b"7z\xbc\xaf\x27\x1c"),
        endings=(".7z",),
        remedy=_UNPACK,
    ),
    Format(
        title="RAR",
        name="a RAR archive",
        recognise=begins(b"Rar!\x1a\x07"),
        endings=(".rar",),
        remedy=_UNPACK,
    ),
    Format(
        title="tar",
        name="a tar archive",
        recognise=lambda data: data[257:262] == b"ustar",
        endings=(".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.zst"),
        remedy=_UNPACK,
    ),
    Format(
        title="xz",
        name="packed with xz or compress",
        recognise=begins(b"\xfd7zXZ\0", b"\x1f\x9d"),
        endings=(".xz", ".z"),
        remedy="unpack it with unxz or gunzip",
    ),
    Format(
        title="HTML",
        name="an HTML page, as a download saves it that asks for a password or fails",
        recognise=_is_page,
        remedy="download it again",
        in_place=True,
    ),
    Format(
        title="Git LFS",
        name="a pointer of Git LFS to a file that was not fetched",
        recognise=begins(b"version https://git-lfs.github.com/spec/"),
        remedy="get it with git lfs pull",
        in_place=True,
    ),
    Format(
        title="git-annex",
        name="a pointer of git-annex (DataLad) to a file that was not fetched",
        recognise=begins(b"/annex/objects/"),
        remedy="get it with datalad get or git annex get",
        in_place=True,
    ),
    Format(
        title="Text",
        name="a text file",
        recognise=_is_text,
        general=True,
        remedy="recipes are opened by Run recipe… or --recipe, and of a pair of files give that of the header",
    ),
)
