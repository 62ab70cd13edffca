"""The page of a cohort in a real browser: judged by the keyboard, sorted, and what it saves is read back."""

from __future__ import annotations

from pathlib import Path

import pytest

import maskeditor
from maskeditor.model.cohort.folder import outcomes_of
from maskeditor.model.cohort.ledger import Ledger
from maskeditor.model.cohort.qc import write_page
from maskeditor.model.cohort.tasks import Outcome
from maskeditor.model.cohort.verdicts import Verdict, read_verdicts
from tests.browser import browser
from tests.cohorts import cohort, recipe_in

yaml = pytest.importorskip("yaml")
pytestmark = pytest.mark.slow


def test_judged_by_the_keyboard(tmp_path: Path) -> None:
    cohort(tmp_path, 3)
    out = tmp_path / "out"
    maskeditor.batch(recipe_in(tmp_path), str(tmp_path / "ds/sub-*/func/*_bold.nii.gz"), out)
    outcomes = outcomes_of(Ledger(out))
    path = write_page(Ledger(out), outcomes, {outcomes[0].key: Verdict("pass", "", "another mask")})
    with browser(tmp_path) as page:
        page.open(path)

        def press(*keys: str) -> None:
            for key in keys:
                page.value(f"document.dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}'}}))")

        page.value("document.querySelector('[data-sort=key]').click()")
        keys = "[...document.querySelectorAll('article')].map((row) => row.dataset.key).join()"
        assert page.value(keys) == ",".join(one.key for one in outcomes)
        stale = "[...document.querySelectorAll('.stale')].map((one) => one.hidden).join()"
        assert page.value(stale) == "false,true,true"
        # The first was judged of another mask: rejecting it is of this one. Then accept, undo, down, reject the last.
        press("r", "a", "ArrowUp", "u", "ArrowDown", "r")
        page.value("noteOf(rows()[1]).value = 'too\\tsmall'")
        page.value("noteOf(rows()[1]).dispatchEvent(new Event('change', {bubbles: true}))")
        assert page.value(stale) == "true,true,true"
        assert page.value("document.getElementById('count').textContent") == "0 accepted, 2 rejected, 1 to judge"
        (tmp_path / "verdicts.tsv").write_text(page.value("table()"))
        (tmp_path / "qc_fail.yml").write_text(page.value("failures()"))
        page.value("document.querySelector('[data-sort=key]').click()")
        assert page.value(keys) == ",".join(one.key for one in reversed(outcomes))
        # What was judged on a page of an older version, and not saved, knows the mask by the digits alone.
        digits = outcomes[1].fingerprint.partition(":")[2]
        page.value(
            f"localStorage.setItem(kept, JSON.stringify({{'{outcomes[1].key}': ['fail', 'older', '{digits}']}}))"
        )
        page.open(path)
        row = f"rows().find((row) => row.dataset.key === '{outcomes[1].key}')"
        assert page.value(f"[verdictOf({row}), noteOf({row}).value].join()") == "fail,older"
        assert page.value(f"{row}.querySelector('.stale').hidden")
        assert not page.troubles
        assert all(address.startswith(("data:", "file:", "blob:")) for address in page.requests)
    first, second, third = outcomes
    failed = {one.key: Verdict("fail", "", one.fingerprint) for one in (first, third)}
    note = {second.key: Verdict("", "too small", second.fingerprint)}
    assert read_verdicts(tmp_path / "verdicts.tsv", outcomes, out) == (failed | note, ())
    assert read_verdicts(tmp_path / "qc_fail.yml", outcomes, out) == (failed, ())


def test_what_was_judged_of_another_mask_is_judged_again(tmp_path: Path) -> None:
    cohort(tmp_path, 4)
    out = tmp_path / "out"
    maskeditor.batch(recipe_in(tmp_path), str(tmp_path / "ds/sub-*/func/*_bold.nii.gz"), out)
    outcomes = outcomes_of(Ledger(out))
    known = {one.key: Verdict("pass", "", "blake3:0") for one in outcomes}
    path = write_page(Ledger(out), outcomes, known)
    with browser(tmp_path) as page:
        page.open(path)
        row = "rows().find((row) => row.dataset.key === '{}')"
        first, second, third, fourth = (row.format(one.key) for one in outcomes)
        count = "document.getElementById('count').textContent"
        assert page.value(count) == "0 accepted, 0 rejected, 4 to judge"
        # Accepted once more, it is accepted; by a key as by a click. A note alone judges nothing.
        page.value(f"choose({first})")
        page.value("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'a'}))")
        page.value(f"{second}.querySelector('.pass').click()")
        page.value(f"noteOf({third}).value = 'dark'")
        page.value(f"noteOf({third}).dispatchEvent(new Event('change', {{bubbles: true}}))")
        page.value(f"choose({fourth})")
        page.value("document.dispatchEvent(new KeyboardEvent('keydown', {key: 'u'}))")
        assert page.value(count) == "2 accepted, 0 rejected, 2 to judge"
        stale = ", ".join(f"{one}.querySelector('.stale').hidden" for one in (first, second, third, fourth))
        assert page.value(f"[{stale}].join()") == "true,true,false,true"
        (tmp_path / "verdicts.tsv").write_text(page.value("table()"))
        assert not page.troubles
    made = [Verdict("pass", "", one.fingerprint) for one in outcomes[:2]]
    judged = dict(zip((one.key for one in outcomes), [*made, Verdict("pass", "dark", "blake3:0")], strict=False))
    assert read_verdicts(tmp_path / "verdicts.tsv", outcomes, out) == (judged, ())


def test_what_was_judged_elsewhere_since_is_not_undone_by_what_the_page_remembers(tmp_path: Path) -> None:
    cohort(tmp_path, 3)
    out = tmp_path / "out"
    maskeditor.batch(recipe_in(tmp_path), str(tmp_path / "ds/sub-*/func/*_bold.nii.gz"), out)
    one, two, three = outcomes = outcomes_of(Ledger(out))
    row = "rows().find((row) => row.dataset.key === '{}')"
    seen = f"[{', '.join(f'verdictOf({row.format(other.key)})' for other in outcomes)}].join()"
    path = write_page(Ledger(out), outcomes, {one.key: Verdict("pass", "", one.fingerprint)})
    with browser(tmp_path) as page:
        page.open(path)
        for other in (two, three):
            page.value(f"judge({row.format(other.key)}, 'pass')")
        assert page.value(seen) == "pass,pass,pass"
        # In the window, two are rejected meanwhile; what was judged here of the third is not saved yet.
        rejected = {other.key: Verdict("fail", "", other.fingerprint) for other in (one, two)}
        write_page(Ledger(out), outcomes, rejected)
        page.open(path)
        assert page.value(seen) == "fail,fail,pass"
        assert not page.troubles


def test_names_that_break_lines_come_back(tmp_path: Path) -> None:
    names = ("two\u2028lines", "two\nlines", r"two\nlines", "two\x85lines", "\U0001f9e0 \udcff")
    outcomes = [Outcome(name, str(tmp_path / name), f"{name}.nii.gz", problem="It is damaged.") for name in names]
    path = write_page(Ledger(tmp_path), outcomes, {})
    with browser(tmp_path) as page:
        page.open(path)
        page.value("rows().forEach((row) => judge(row, 'fail'))")
        page.value("rows().forEach((row) => { noteOf(row).value = 'too\\x85\\x1csmall'; })")
        (tmp_path / "qc_fail.yml").write_text(page.value("failures()"))
        (tmp_path / "verdicts.tsv").write_text(page.value("table()"))
        assert not page.troubles
    assert sorted(yaml.safe_load((tmp_path / "qc_fail.yml").read_text())["FILES_SEG"]) == sorted(names)
    failed = {name: Verdict("fail") for name in names}
    assert read_verdicts(tmp_path / "qc_fail.yml", outcomes, tmp_path) == (failed, ())
    noted = {name: Verdict("fail", "too small") for name in names}
    assert read_verdicts(tmp_path / "verdicts.tsv", outcomes, tmp_path) == (noted, ())
