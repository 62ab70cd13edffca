"""What the tests of the command line share."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from maskeditor.__main__ import main


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str

    def failed(self, status: int, *parts: str) -> None:
        """Check that it ended with this status and one sentence that holds these parts."""
        assert self.status == status
        assert self.err.startswith("maskeditor: ")
        assert self.err.count("\n") == 1
        for part in parts:
            assert part in self.err


Call = Callable[..., Ended]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run the program with some arguments."""
    monkeypatch.delenv("MASKEDITOR_DEBUG", raising=False)

    def run(*words: object) -> Ended:
        status = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Ended(status, out, err)

    return run
