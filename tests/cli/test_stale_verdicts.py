"""Verdicts on masks that have changed, or may have: `qc`, its page and `group` say so, and the queue of the window."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING

import maskeditor
from maskeditor.model.cohort.folder import outcomes_of
from maskeditor.model.cohort.ledger import Ledger
from maskeditor.model.cohort.review import Review
from maskeditor.model.cohort.verdicts import Verdict, write_verdicts
from tests.cohorts import cohort, recipe_in

if TYPE_CHECKING:
    from tests.cli.conftest import Call

#: What is said of a hash that this version does not know.
WHY = (
    "cannot be told: its fingerprint is of a kind that this version of maskeditor does not know ('blake9'); a newer "
    "one may."
)


def test_why_a_verdict_is_stale_is_said(call: Call, tmp_path: Path) -> None:
    cohort(tmp_path, 3)
    out = tmp_path / "out"
    maskeditor.batch(recipe_in(tmp_path), str(tmp_path / "ds/sub-*/func/*_bold.nii.gz"), out)
    one, two, three = outcomes_of(Ledger(out))
    judged = {
        one.key: Verdict("pass", "", "blake9:" + "0" * 64),
        two.key: Verdict("fail", "", "blake3:" + "0" * 64),
        three.key: Verdict("pass", "", three.fingerprint),
    }
    write_verdicts(out / "verdicts.tsv", judged)
    rows = {row.outcome.key: row for row in Review.open(out).rows}
    assert [rows[key].state for key in judged] == ["untold", "stale", "pass"]
    told = [rows[key].doubt for key in judged]
    assert told == [
        f"Whether the mask has changed since it was judged {WHY} Look again.",
        "Rejected before the mask changed: look again.",
        "",
    ]
    ended = call("qc", out)
    assert ended.out.endswith("3 images, 3 verdicts, 2 of them stale\n")
    assert ended.err == f"maskeditor: Warning: Whether the mask of {one.key} was changed since it was judged {WHY}\n"
    page = html.unescape((out / "qc.html").read_text())
    assert all(page.count(f'<p class="stale">{sentence}</p>') == 1 for sentence in told[:2])
    # A group leaves out what failed, though that may be another mask now; which to look at again is said.
    ended = call("group", out)
    assert "of 2 masks (3 images)" in ended.out
    stale, circular = ended.err.splitlines()
    assert stale == (
        f"maskeditor: Warning: What was judged of {one.key} and 1 more is of another mask than the one that is there "
        "now, or may be: look again."
    )
    assert "(circular)" in circular
    write_verdicts(out / "verdicts.tsv", {three.key: judged[three.key]})
    ended = call("qc", out)
    assert ended.err == ""
    assert ended.out.endswith("3 images, 1 verdict, 0 of them stale\n")
    assert "look again" not in call("group", out).err
