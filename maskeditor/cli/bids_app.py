"""`maskeditor-bids BIDS_DIR OUT participant|group`: a batch in the form of a BIDS App."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from maskeditor.cli.batches import batch_options, group_options, make_group, run_batch
from maskeditor.cli.recipe_options import jobs_option, recipe_option
from maskeditor.core.errors import FileError
from maskeditor.io import formats
from maskeditor.io.bids_dataset import DESCRIPTION
from maskeditor.version import __version__

#: (The first character keeps the lines as they are.)
_EXAMPLES = """\b
maskeditor-bids /data /out participant --recipe recipe.json --suffix bold
maskeditor-bids /data /out participant --recipe recipe.json --participant-label 01 02 --n-cpus 2
maskeditor-bids /data /out group --threshold 0.8
"""
#: Options of BIDS Apps that take several words after them.
_SEVERAL = ("--participant-label", "--session-label", "--bids-filter")


@click.command(epilog=_EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("bids_dir", type=click.Path(path_type=Path, readable=False))
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path, readable=False))
@click.argument("level", metavar="participant|group", type=click.Choice(["participant", "group"]))
@recipe_option
@click.option("--suffix", default="bold", show_default=True, help="Of the images: bold, T1w, …")
@click.option("--participant-label", "--participant_label", "labels", multiple=True, help="Only these, without sub-.")
@click.option("--session-label", "--session_label", "sessions", multiple=True, help="Only these, without ses-.")
@batch_options
@jobs_option("--n-cpus", "--n_cpus")
@group_options
@click.version_option(__version__, prog_name="maskeditor-bids", message="%(prog)s %(version)s")
def bids_app(
    bids_dir: Path,
    out: Path,
    level: str,
    recipe: Path | None,
    suffix: str,
    labels: tuple[str, ...],
    sessions: tuple[str, ...],
    threshold: float,
    grid: Path | None,
    regions: Path | None,
    signals: bool,
    **chosen: Any,
) -> int:
    """Make masks of the images of BIDS_DIR in OUT (participant), and then a group mask and group tables (group).

    It is maskeditor batch and maskeditor group in the form of a BIDS App; --threshold, --to, --regions and --signals
    are of the level group, all others of the level participant.
    """
    _check_dataset(bids_dir)
    if level == "group":
        return make_group(out, threshold=threshold, grid=grid, regions=regions, signals=signals)
    if recipe is None:
        raise click.UsageError("The level participant needs --recipe R")
    return run_batch(recipe, _images(bids_dir, suffix, labels, sessions), out, **chosen)


def _check_dataset(folder: Path) -> None:
    path = folder / DESCRIPTION
    try:
        json.loads(path.read_bytes())
    except (OSError, ValueError):
        raise FileError(f"{folder} is no dataset of BIDS: it has no {DESCRIPTION} that can be read.") from None


def _images(folder: Path, suffix: str, labels: Sequence[str], sessions: Sequence[str]) -> tuple[str, ...]:
    """Return the images of a suffix, of some subjects and sessions or of all."""
    subjects = [f"sub-{label.removeprefix('sub-')}" for label in labels] or ["sub-*"]
    missing = [name for name in subjects if not any(folder.glob(name))]
    if missing:
        raise FileError(f"{folder} has no {missing[0]}; give the label of a subject that is there.")
    visits = {f"ses-{label.removeprefix('ses-')}" for label in sessions}
    found = [
        str(path)
        for name in subjects
        for ending in formats.LISTED
        for path in sorted(folder.glob(f"{name}/**/{name}_*{suffix}{ending}"))
        if path.name.removesuffix(ending).endswith(f"_{suffix}") and (not visits or visits & set(path.parts))
    ]
    if not found:
        raise FileError(f"{folder} has no image of the suffix {suffix} of these subjects; give another --suffix.")
    return tuple(found)


def one_each(words: Sequence[str]) -> list[str]:
    """Return the words with each label after an option of its own, as BIDS Apps take several after one.

    Examples
    --------
    >>> one_each(["in", "out", "participant", "--participant-label", "01", "02", "--dry-run"])
    ['in', 'out', 'participant', '--participant-label', '01', '--participant-label', '02', '--dry-run']
    """
    found: list[str] = []
    option = ""
    for word in words:
        if word.startswith("-"):
            option = word if word.replace("_", "-") in _SEVERAL else ""
            if not option:
                found.append(word)
        elif option:
            found += [option, word]
        else:
            found.append(word)
    return found


def main() -> int:
    """Run the program with the arguments that it was started with; return its exit status."""
    from maskeditor.cli.guard import prepare_output
    from maskeditor.cli.main import run_command

    prepare_output()
    return run_command(bids_app, "maskeditor-bids", one_each(sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(main())
