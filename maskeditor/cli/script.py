"""`maskeditor script`: a recipe as Python that needs no maskeditor, or as the paragraph of a paper."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from maskeditor.cli.guard import print_warnings
from maskeditor.core.recipe.methods_text import methods_text
from maskeditor.core.recipe.prov import to_prov
from maskeditor.core.recipe.script import to_python
from maskeditor.model.datalad import datalad_doubts, datalad_line
from maskeditor.model.label_files import left_out
from maskeditor.model.recipes import recipe_and_doubts

#: (The first character keeps the lines as they are.)
_EXAMPLES = """\b
maskeditor script brain.nii.gz > brain.py
python brain.py bold.nii.gz brain_again.nii.gz
maskeditor script brain.nii.gz --methods
maskeditor script brain.nii.gz --datalad
"""


@click.command(epilog=_EXAMPLES)
@click.argument("recipe", metavar="R", type=click.Path(path_type=Path, readable=False))
@click.option("--methods", is_flag=True, help="Print a paragraph for a paper, with references, instead.")
@click.option("--prov", is_flag=True, help="Print the provenance (W3C PROV, as the draft BEP028 of BIDS) instead.")
@click.option("--datalad", is_flag=True, help="Print the datalad run that makes the mask and records how, instead.")
def script(recipe: Path, methods: bool, prov: bool, datalad: bool) -> None:
    """Print Python that makes the mask of R without maskeditor: by nibabel, numpy, scipy and nilearn alone.

    R is a recipe, a mask's .json file, or a mask that carries its recipe. The script takes the image and the mask to
    write, and makes the same mask to the bit, or stops where nibabel reads another image.
    """
    if methods + prov + datalad > 1:
        raise click.UsageError("Give one of --methods, --prov and --datalad")
    wanted, doubts = recipe_and_doubts(recipe)
    print_warnings((*doubts, *left_out(wanted)))
    findings = wanted.source.get("findings", ())
    if isinstance(findings, list):
        print_warnings(f"of the image that the recipe was made on: {finding}" for finding in findings)
    if datalad:
        print_warnings(datalad_doubts(recipe))
        text = datalad_line(wanted, recipe) + "\n"
    else:
        text = methods_text(wanted) if methods else to_prov(wanted) if prov else to_python(wanted)
    if sys.stdout.isatty():
        print(text, end="")
    else:
        # In a file it is UTF-8, as Python reads it, whatever the console speaks.
        click.echo(text.encode("utf-8", "backslashreplace"), nl=False)
