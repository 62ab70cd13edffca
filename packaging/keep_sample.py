"""Make the T1-weighted sample anew and keep it where the program looks for it.

    python packaging/keep_sample.py

To be run after a change of the sample; a test says when.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


def main() -> None:
    """Write the file."""
    from maskeditor.sample.images import sample_t1
    from maskeditor.sample.kept import FILE, packed

    FILE.write_bytes(packed(sample_t1().data))
    print(f"{FILE}: {FILE.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
