"""What voxels are known again by: a hash that says of itself which one it is, such as "blake3:af1349b9f5f9…".

All kinds are named here, and what they were called in records of older versions. Of JSON and of whole files, which
are small or packed, the program takes SHA-256 itself; that is no affair of this module.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from blake3 import blake3

#: What a fingerprint is called in a record, and what it was called when all were SHA-256, without saying so.
KEY, _OLD_KEY = KEYS = "fingerprint", "sha256"


class Hasher(Protocol):
    """What bytes are given to, one piece after the other."""

    @property
    def name(self) -> str:
        """Which hash it is."""

    def update(self, data: memoryview, /) -> object:
        """Take more bytes."""

    def hexdigest(self) -> str:
        """Return the hash of all bytes so far."""


#: The hashes that can be worked out, given how many threads may do so.
_KINDS: dict[str, Callable[[int], Hasher]] = {
    "blake3": lambda threads: blake3(max_threads=threads),
    "sha256": lambda _: hashlib.sha256(),
}
#: How much of the name of a kind is shown; a record may be anybody's.
_LONGEST_KIND = 20
#: What voxels are known by from now on: as safe as SHA-256 and worked out several times as fast, on any processor.
KIND = "blake3"


def hasher(kind: str = KIND, threads: int = 1) -> Hasher:
    """Return what works out the hash of a known kind."""
    return _KINDS[kind](threads)


def fingerprint_of(hashed: Hasher) -> str:
    """Return the fingerprint of the bytes that a hasher was given.

    Examples
    --------
    >>> fingerprint_of(hasher())[:19]
    'blake3:af1349b9f5f9'
    """
    return f"{hashed.name}:{hashed.hexdigest()}"


def kind_of(fingerprint: str) -> str | None:
    """Return the kind of a fingerprint; None for one that cannot be worked out here, of which nothing is known to be.

    Examples
    --------
    >>> kind_of("sha256:0f"), kind_of("md5:0f")
    ('sha256', None)
    """
    kind = fingerprint.partition(":")[0]
    return kind if kind in _KINDS else None


def why_not_compared(fingerprint: str) -> str:
    """Return why a recorded fingerprint cannot be compared, as the end of a sentence; "" where it can, or is none.

    Examples
    --------
    >>> why_not_compared("md5:0f")
    "its fingerprint is of a kind that this version of maskeditor does not know ('md5'); a newer one may"
    """
    if not fingerprint or kind_of(fingerprint) is not None:
        return ""
    kind = fingerprint.partition(":")[0][:_LONGEST_KIND]
    return f"its fingerprint is of a kind that this version of maskeditor does not know ({kind!r}); a newer one may"


def digest_in(fingerprint: str) -> str:
    """Return the hexadecimal digits of a fingerprint.

    Examples
    --------
    >>> digest_in("blake3:0f"), digest_in("")
    ('0f', '')
    """
    return fingerprint.rpartition(":")[2]


def recorded_in(record: Mapping[str, Any], whose: str = "") -> str:
    """Return the fingerprint that a record holds, of any version of the program; "" without one.

    Parameters
    ----------
    record : mapping
        Such as the source or the result of a recipe.
    whose : str
        Of several in a record, how the key begins, such as "image_".

    Examples
    --------
    >>> recorded_in({"fingerprint": "blake3:0f"}), recorded_in({"mask_sha256": "0f"}, "mask_"), recorded_in({})
    ('blake3:0f', 'sha256:0f', '')
    """
    known, old = record.get(f"{whose}{KEY}"), record.get(f"{whose}{_OLD_KEY}")
    if isinstance(known, str) and known:
        return known
    return f"sha256:{old}" if isinstance(old, str) and old else ""
