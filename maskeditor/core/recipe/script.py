"""A recipe as stand-alone Python, for readers of a methods section: it makes the same mask without maskeditor."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from types import FunctionType
from typing import Any

from maskeditor.core.errors import RecipeError
from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.as_script import WIDTH, Python, quoted
from maskeditor.core.operation.scope import EVERYWHERE
from maskeditor.core.recipe import script_functions
from maskeditor.core.recipe.methods_text import methods_text
from maskeditor.core.recipe.recipe import Recipe, opened_images
from maskeditor.version import __version__

#: What a name in a script needs to be imported.
_IMPORTS = {
    "sys": "import sys",
    "nibabel": "import nibabel",
    "np": "import numpy as np",
    "masking": "from nilearn import masking",
    "threshold_stats_img": "from nilearn.glm import threshold_stats_img",
    "ndimage": "from scipy import ndimage",
    "resample_to_img": "from nilearn.image import resample_to_img",
}
#: What is installed to import a package.
_PACKAGES = {name: name for name in ("numpy", "scipy", "nibabel", "nilearn", "niimath")} | {"skimage": "scikit-image"}
#: Names that lines may use, and what binds them.
_BINDINGS = {
    "data": "data = volume_of(image)",
    "affine": "affine = image.affine",
    "zooms": "zooms = nibabel.affines.voxel_sizes(image.affine)",
}
#: A string or comment, or a name that is no attribute.
_TOKEN = re.compile(r"""("[^"]*"|'[^']*'|#.*)|(?<![\w.])([^\W\d]\w*)""")
_SAVING = (
    "header = image.header.copy()",
    "header.set_data_dtype(np.uint8)",
    "header.set_slope_inter(1, 0)",
    "mask = mask.astype(np.uint8).reshape(loaded.shape[:3])",
    "nibabel.save(type(image)(mask, image.affine, header), mask_path)",
)
_OWN = {name: value for name, value in vars(script_functions).items() if isinstance(value, FunctionType)}


def to_python(recipe: Recipe) -> str:
    """Return a recipe as a script of nibabel, numpy, scipy and nilearn; its arguments are the image and the mask.

    Parameters
    ----------
    recipe : Recipe

    Returns
    -------
    str
        The same recipe gives the same script. Further images are arguments after the two.

    Raises
    ------
    RecipeError
        If it makes an image and no mask.
    """
    if recipe.image is not None:
        raise RecipeError(
            "The recipe makes an image, of which there is no script; carry it out by maskeditor run --recipe, or give "
            "that of a mask."
        )
    steps = recipe.needed
    codes = [step.operation.python() if step.enabled else Python(()) for step in steps]
    further = sorted(opened_images(steps))
    body = list(_body(recipe, steps, codes))
    used = _names_in(body)
    bound = [line for name, line in _BINDINGS.items() if name in used]
    arguments = ["image_path", "mask_path", *(f"further_{place}_path" for place, _ in enumerate(further, 1))]
    start = [
        f"if len(sys.argv) != {len(arguments) + 1}:",
        "    sys.exit(__doc__)",
        "sys.excepthook = stop",
        f"{', '.join(arguments)} = sys.argv[1:]",
        "if sys.argv.count(mask_path) > 1:",
        '    sys.exit(f"{mask_path} is the image itself; choose another name for the mask.")',
        "loaded = opened(nibabel.load, image_path)",
        "image = three_axes(loaded)",
    ]
    if further:
        start.append("images = {")
        for name, path in zip(further, arguments[2:], strict=True):
            how = recipe.images.get(name, {}).get("interpolation")
            resampled = f", resample_to_img, {quoted(str(how))}" if how else ""
            start.append(f"    {quoted(name)}: on_grid(three_axes(opened(nibabel.load, {path})), image{resampled}),")
        start.append("}")
    elif any(step.makes is not None for step in steps):
        start.append("images = {}")
    helpers = _helpers(used | _names_in([*start, *bound]), {helper for code in codes for helper in code.helpers})
    sources = "".join(f"\n\n{source}\n" for source in helpers.values())
    names = used | _names_in([*start, *bound, *_SAVING]) | _names_of(sources)
    imports = [line for name, line in _IMPORTS.items() if name in names]
    imports += [line for made in codes for line in made.imports]
    return "\n".join(
        [
            f'"""{_docstring(recipe, arguments, further, imports)}\n"""',
            "",
            *_sorted_imports(imports),
            *([sources.rstrip("\n"), "", ""] if sources else [""]),
            *start,
            *bound,
            *body,
            "",
            "# The mask lies where the image lies.",
            *_SAVING,
            "",
        ]
    )


def _body(recipe: Recipe, steps: tuple[Step, ...], codes: list[Python]) -> Iterator[str]:
    """Yield the lines that make the mask, from the empty one."""
    names = recipe.names
    used = [roi for step in steps for roi in (step.roi, *sorted(step.references)) if roi]
    rois = list(dict.fromkeys([recipe.target, *used]))
    now = next((step.roi for step in steps if step.enabled and step.roi), recipe.target)
    if len(rois) == 1:
        yield "mask = np.zeros(image.shape[:3], dtype=bool)"
    else:
        yield "masks = {"
        for roi in rois:
            yield f"    {quoted(roi)}: np.zeros(image.shape[:3], dtype=bool),  # {_one_line(names.get(roi, roi))}"
        yield "}"
        yield f"mask = masks[{quoted(now)}]"
    for place, (step, code) in enumerate(zip(steps, codes, strict=True), 1):
        yield ""
        title = f"{place}. {step.title}" + (f": {step.note}" if step.note else "")
        for line in (title if step.enabled else f"{title} (disabled, left out)").splitlines():
            yield from textwrap.wrap(_one_line(line), WIDTH, initial_indent="# ", subsequent_indent="# ")
        if not step.enabled:
            continue
        if step.roi not in (now, ""):
            yield f"masks[{quoted(now)}] = mask"
            yield f"mask = masks[{quoted(step.roi)}]"
            now = step.roi
        if step.scope == EVERYWHERE:
            yield from code.lines
        else:
            yield "before = mask"
            yield from code.lines
            yield from step.scope.python()
            yield "mask = np.where(allowed, mask, before)"
    if now != recipe.target:
        yield ""
        yield f"mask = masks[{quoted(recipe.target)}]"


def _names_in(lines: Iterable[str]) -> set[str]:
    """Return the names that lines use. Line by line, as ten thousand strokes are millions of numbers to parse."""
    return {name for line in lines for _, name in _TOKEN.findall(line) if name}


def _names_of(source: str) -> set[str]:
    """Return the names that functions use, docstrings apart."""
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def _helpers(used: set[str], given: Iterable[Callable[..., Any]]) -> dict[str, str]:
    """Return the source of the functions that are called, and of those that they call, each before its callers."""
    known = _OWN | {helper.__name__: helper for helper in given}
    found: dict[str, str] = {}

    def add(names: set[str], known: dict[str, Any]) -> None:
        for name in sorted(names & known.keys()):
            function = known[name]
            own = isinstance(function, FunctionType) and function.__module__.startswith("maskeditor.")
            if own and name not in found:
                source = source_of(function)
                add(_names_of(source) - {name}, function.__globals__)
                found[name] = source

    add(used, known)
    return found


def source_of(function: FunctionType) -> str:
    """Return the source of a function without annotations, and of its docstring the summary alone."""
    source = textwrap.dedent(inspect.getsource(function))
    lines = source.splitlines()
    cuts: list[tuple[int, int, list[str]]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            cuts += _plainer(node)
        elif isinstance(node, ast.AnnAssign):
            first, last = node.lineno - 1, node.annotation.end_lineno or node.lineno
            start = lines[first].encode()[: node.target.end_col_offset].decode()
            rest = lines[last - 1].encode()[node.annotation.end_col_offset :].decode()
            cuts.append((first, last, [start + rest]))
    for first, last, instead in sorted(cuts, reverse=True):
        lines[first:last] = instead
    return "\n".join(lines)


def _plainer(node: ast.FunctionDef) -> list[tuple[int, int, list[str]]]:
    """Return which lines of a function are replaced by what: its signature, and its docstring."""
    for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
        argument.annotation = None
    indent = " " * node.col_offset
    text = ast.get_docstring(node)
    assert text, f"{node.name} needs a docstring."
    summary = f'"""{" ".join(text.split(chr(10) * 2)[0].split())}"""'
    body = textwrap.wrap(summary, WIDTH, initial_indent=indent + " " * 4, subsequent_indent=indent + " " * 4)
    signature = f"{indent}def {node.name}({ast.unparse(node.args)}):"
    return [(node.lineno - 1, node.body[0].end_lineno or 0, [signature, *body])]


def _docstring(recipe: Recipe, arguments: list[str], further: list[str], imports: list[str]) -> str:
    name = next((roi.name for roi in recipe.rois if roi.id == recipe.target), recipe.target)
    packages = {_PACKAGES[package] for line in imports if (package := _package(line)) in _PACKAGES}
    usage = " ".join(argument.removesuffix("_path").upper() for argument in arguments)
    paragraphs = [
        f"Make the mask “{name}” of an image.",
        f"    python SCRIPT {usage}",
        "IMAGE is a NIfTI file; of a DICOM series, the one that dcm2niix makes. MASK is written."
        + "".join(f" FURTHER_{place} is the image {name!r}." for place, name in enumerate(further, 1)),
        f"Written by maskeditor {__version__}, which makes the same mask; needs {', '.join(sorted(packages))}.",
        *methods_text(recipe).splitlines(),
    ]
    text = "\n\n".join(
        line if line.startswith(" ") else textwrap.fill(_one_line(line), WIDTH, break_on_hyphens=False)
        for line in paragraphs
        if line.strip()
    )
    return text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _one_line(text: str) -> str:
    """Return text that cannot leave its line, whatever somebody called a step."""
    return re.sub(r"\s+", " ", "".join(sign if sign.isprintable() else " " for sign in text)).strip()


def _sorted_imports(imports: list[str]) -> list[str]:
    standard = [line for line in dict.fromkeys(imports) if _package(line) not in _PACKAGES]
    others = [line for line in dict.fromkeys(imports) if line not in standard]

    def order(line: str) -> tuple[bool, str]:
        return line.startswith("from"), _package(line)

    return [*sorted(standard, key=order), "", *sorted(others, key=order)]


def _package(line: str) -> str:
    return line.split()[1].split(".")[0]
