"""A few hundred damaged files of each kind: errors of our own in a sentence, or true results; see run.py."""

from __future__ import annotations

import sys

import pytest

COUNT = 200


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux limits a process as this is measured.")
def test_damaged_files_are_refused_in_a_sentence_or_opened_as_they_are() -> None:
    from tests.fuzz.kinds import KINDS
    from tests.fuzz.run import look_at_all

    found = look_at_all((kind, number) for kind in KINDS for number in range(COUNT))
    assert len(found) == COUNT * len(KINDS)
    assert {given: said for given, said in found.items() if said not in ("opened", "refused")} == {}
    for kind in KINDS:
        # Some of each, else too much or too little is damaged.
        said = [outcome for (one, _), outcome in found.items() if one == kind]
        assert said.count("opened") > COUNT // 10, kind
