"""Lists of names: what is written is what PyYAML reads, and what PyYAML writes is read."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskeditor.core.errors import FileError
from maskeditor.model.cohort.name_lists import Entry, list_of_names, names_in
from maskeditor.model.cohort.tasks import Outcome
from maskeditor.model.cohort.verdicts import Verdict, read_verdicts, write_failures, write_verdicts

yaml = pytest.importorskip("yaml")

BREAKS = ("\n", "\r", "\r\n", "\x85", "\u2028", "\u2029")
#: What a name of a file cannot hold is not here; all else is, control characters too.
NAMES = [
    *(
        f"two{between}lines.nii"
        for one in BREAKS
        for between in (one, f" {one}", f"{one}  ", one + one, f"{one} {one}")
    ),
    *(f"a{chr(code)}b.nii.gz" for code in (*range(1, 0x20), *range(0x7F, 0xA2), 0xAD, 0xFEFF, 0xFFFE, 0xFFFF, 0xDCFF)),
    *("2026", "2026-11-30", "1_000", "0x1F", "1e3", "1.5", "yes", "off", "null", "~", "a: b", "a #b", "#a", "- a", "-"),
    *(
        " a",
        "a ",
        "it's",
        'a"b',
        "a\\b",
        r"a\nb.nii",
        "'a'",
        '"a"',
        "&a",
        "*a",
        "!a",
        "{a}",
        "[a]",
        "%a",
        "@a",
        "脳.nii",
    ),
    *("\U0001f9e0.nii", "a" * 200, "word " * 40 + "end.nii", "sub-01_T1w.nii.gz", "é.nii", "a\xa0b", "a\tb.nii"),
]


@pytest.mark.parametrize("name", NAMES)
def test_pyyaml_reads_what_is_written(name: str) -> None:
    text = list_of_names([name, "sub-01_T1w.nii.gz"])
    assert text.isascii()
    assert yaml.safe_load(text) == {"FILES_SEG": [name, "sub-01_T1w.nii.gz"]}
    assert [*names_in(text, "")] == [Entry(name, ""), Entry("sub-01_T1w.nii.gz", "")]


@pytest.mark.parametrize("options", [{}, {"allow_unicode": True}, {"default_style": '"'}, {"width": math.inf}])
@pytest.mark.parametrize("name", NAMES)
def test_what_pyyaml_writes_is_read(name: str, options: dict[str, object]) -> None:
    text = yaml.dump({"FILES_SEG": [name, "last.nii"], "FILES_LABEL": ["other"]}, sort_keys=False, **options)
    meant = yaml.safe_load(text)["FILES_SEG"]
    text = re.sub('^"(FILES_[A-Z]+)"', r"\1", text, flags=re.MULTILINE)
    assert [entry.name for entry in names_in(text, "")] == [*meant, "other"]


@given(st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1))
def test_any_names_both_ways(names: list[str]) -> None:
    text = list_of_names(names)
    assert yaml.safe_load(text)["FILES_SEG"] == names
    assert [entry.name for entry in names_in(text, "")] == names


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("FILES_SEG:\n- a.nii # dark\n- 'b #.nii'  #  moved \n", [("a.nii", "dark"), ("b #.nii", "moved")]),
        ("---\nFILES_SEG: # all\n  - a.nii\n\n  # none\n  - b\n    c.nii\n...\n", [("a.nii", ""), ("b c.nii", "")]),
        ("\ufeffFILES_SEG: []\n".removeprefix("\ufeff"), []),
        # A version before wrote halves of pairs, and ends of lines as they are.
        (
            'FILES_SEG:\n- "\\ud83e\\udde0.nii"\n- "two\u2028lines.nii"\n',
            [("\U0001f9e0.nii", ""), ("two\u2028lines.nii", "")],
        ),
    ],
)
def test_what_stands_beside_names(text: str, entries: list[tuple[str, str]]) -> None:
    assert [*names_in(text, "")] == [Entry(*one) for one in entries]


@pytest.mark.parametrize(
    ("text", "line"), [("FILES_SEG:\n- a\nx y\n", 3), ('FILES_SEG:\r\n\u2028- "a\nb\n', 3), ("- a", 1)]
)
def test_what_is_no_list_is_named_by_its_line(text: str, line: int) -> None:
    with pytest.raises(
        FileError, match=rf"^qc_fail.yml, line {line}: .* is neither a key such as FILES_SEG: nor a name"
    ):
        [*names_in(text, "qc_fail.yml")]


def of(name: str, folder: Path) -> Outcome:
    return Outcome(name, str(folder / f"{name}.nii"), f"{name}_mask.nii.gz", fingerprint="blake3:0f")


@pytest.mark.parametrize("entry", ["- ", "-   ", "- # checked", '- ""', "- ''  # checked"])
def test_an_entry_without_a_name_is_told_by_its_line(entry: str) -> None:
    text = f"FILES_SEG:\n- a.nii.gz\n{entry}\n- b.nii.gz\n"
    assert yaml.safe_load(text)["FILES_SEG"][1] in (None, "")
    with pytest.raises(FileError, match=r'^qc_fail.yml, line 3: no name stands after "- "; write one there, or take'):
        list(names_in(text, "qc_fail.yml"))


def test_names_that_look_alike_stay_two(tmp_path: Path) -> None:
    outcomes = [
        of(name, tmp_path)
        for name in ("two\nlines", r"two\nlines", "two\u2028lines", r"two\u2028lines", r"a\\b", "a\\b")
    ]
    made = {
        one.key: Verdict("fail" if place % 2 else "pass", f"{place}", "blake3:0f") for place, one in enumerate(outcomes)
    }
    write_verdicts(tmp_path / "verdicts.tsv", made)
    assert read_verdicts(tmp_path / "verdicts.tsv", outcomes, tmp_path) == (made, ())
    write_failures(tmp_path / "qc_fail.yml", made, outcomes)
    failed = {key: one._replace(note="") for key, one in made.items() if one.verdict == "fail"}
    assert read_verdicts(tmp_path / "qc_fail.yml", outcomes, tmp_path) == (failed, ())
    assert yaml.safe_load((tmp_path / "qc_fail.yml").read_text())["FILES_SEG"] == sorted(f"{key}.nii" for key in failed)
    # A list has names as they are, and not as tables show them.
    (tmp_path / "keys.yml").write_text(list_of_names(made))
    assert read_verdicts(tmp_path / "keys.yml", outcomes, tmp_path)[0].keys() == made.keys()
    # A version before wrote what could be seen: where no other looks like it, that is still known.
    (tmp_path / "before.tsv").write_text("image\tverdict\ntwo\\nlines\tfail\na\\b\tfail\n")
    (found,) = read_verdicts(tmp_path / "before.tsv", outcomes[:1], tmp_path)[0]
    assert found == "two\nlines"
    assert [*read_verdicts(tmp_path / "before.tsv", outcomes[1:2], tmp_path)[0]] == [r"two\nlines"]


def test_a_note_may_hold_what_python_takes_for_the_end_of_a_line(tmp_path: Path) -> None:
    outcome = of("a", tmp_path)
    for between in ("\x0b", "\x0c", "\x1c", "\x1e", "\x85", "\u2028"):
        (tmp_path / "verdicts.tsv").write_text(f"image\tverdict\tnote\na\tfail\ttoo{between}small\n", newline="\n")
        read, doubts = read_verdicts(tmp_path / "verdicts.tsv", [outcome], tmp_path)
        assert (read["a"].note, doubts) == (f"too{between}small", ())


@pytest.mark.parametrize("line", ["FILES_SEG:{}x", "FILES_SEG: [{}x", "FILES_SEG: []{}x", "\r{}x"])
def test_blanks_take_no_square_of_their_number(line: str) -> None:
    """That would take an hour."""
    text = f"FILES_SEG:\n- a.nii\n{line.format(' ' * 500_000)}\n"
    with pytest.raises(FileError, match="is neither a key"):
        [*names_in(text, "")]
