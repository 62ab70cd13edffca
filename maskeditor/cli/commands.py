"""The commands there are, known before anything is imported that they need."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import click


class Command(NamedTuple):
    """Where a command is, in this folder, and what it does."""

    module: str
    function: str
    summary: str

    def load(self) -> click.Command:
        """Import it."""
        command: click.Command = getattr(import_module(f"maskeditor.cli.{self.module}"), self.function)
        return command


#: By name, in the order in which help shows them.
COMMANDS = {
    "apply": Command("applying", "apply", "Write an image inside a mask."),
    "batch": Command("batch", "batch", "Make the masks of many images by a recipe."),
    "clusters": Command("clusters", "clusters", "Print the clusters of a statistical map and their peaks."),
    "compare": Command("compare", "compare", "Show how far masks agree."),
    "convert": Command("images", "convert", "Write images as NIfTI."),
    "group": Command("qc", "group", "Make a group mask and group tables of a batch."),
    "info": Command("images", "info", "Tell what images a path holds."),
    "montage": Command("report", "montage", "Draw slices side by side, with outlines of masks."),
    "operations": Command("operations", "show", "List the operations, or explain one."),
    "qc": Command("qc", "qc", "Write a page to judge the masks of a batch."),
    "report": Command("report", "report", "Write a page that shows masks and all that is known of them."),
    "resample": Command("resample", "resample", "Bring an image, a mask or labels to another grid."),
    "run": Command("run", "run", "Make a mask by a recipe or by steps."),
    "statistics": Command("statistics", "statistics", "Print what the intensities in ROIs and labels are like."),
    "script": Command("script", "script", "Print a recipe as Python, or as text for a paper."),
    "signals": Command("signals", "signals", "Take signals over time from a series."),
    "unmask": Command("applying", "unmask", "Write values of a mask's voxels as an image."),
}


#: The options of `run` that take no value.
FLAGS_OF_RUN = ("--split",)


def image_of_run(words: Sequence[str]) -> str | None:
    """Return the image among the words of a `run`, or None for another command.

    Examples
    --------
    >>> image_of_run(["run", "-o", "mask.nii.gz", "bold.nii", "--do=epi_mask"])
    'bold.nii'
    """
    if not words or words[0] != "run":
        return None
    takes_value = False
    for word in words[1:]:
        if word in FLAGS_OF_RUN and not takes_value:
            continue
        if takes_value or word.startswith("-"):
            # (-oMASK and --output=MASK hold it.)
            takes_value = not takes_value and (len(word) == 2 or (word.startswith("--") and "=" not in word))
            continue
        return word
    return None
