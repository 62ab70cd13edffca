"""A report as one page of HTML that needs neither a server nor a network, with every name escaped."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

#: The page with places for what is reported, and the program that leafs through its pictures.
TEMPLATE, SCRIPT = (Path(__file__).with_name(name) for name in ("report.html", "report.js"))


def page(**told: Any) -> bytearray:
    """Return the page in UTF-8; what it shows is named in its template."""
    from jinja2 import Environment, StrictUndefined

    from maskeditor.model.data.report_plots import colour_words

    script = SCRIPT.read_text("utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"colour": colour_words, "number": _number, "leaves": _leaves}
    template = environment.from_string(TEMPLATE.read_text("utf-8"))
    # The browser runs this very script and no other, whatever else might get into the page.
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # Piece by piece: as one text, the pictures would be held several times, and twice as wide for one letter beyond ÿ.
    made = bytearray()
    for piece in template.generate(script=script, allowed=allowed, **told):
        made += piece.encode("utf-8", "backslashreplace")
    return made


def _number(value: Any) -> str:
    return "–" if value is None else f"{value:.5g}" if isinstance(value, float) else str(value)


def _leaves(leaves: Any) -> str:
    """Return pictures and places as JSON that can stand in a page."""
    text = json.dumps([[leaf.address, leaf.place] for leaf in leaves], separators=(",", ":"))
    return text.replace("<", "\\u003c")
