"""A report in a real browser: opened, leafed through by the keyboard, scrolled, turned dark, printed and looked at."""

from __future__ import annotations

import io
from pathlib import Path

import imageio.v3 as imageio
import numpy as np
import pytest

from maskeditor.core.history.timelines import Step
from maskeditor.core.operation.declaration import from_text
from maskeditor.core.recipe.recipe import of_operations
from maskeditor.core.space.geometry import Geometry
from maskeditor.core.space.mask_bits import MaskBits
from maskeditor.core.space.volume import Volume
from maskeditor.engine.progress import Progress
from maskeditor.model.data.report import Reported, report_of
from tests import phantoms
from tests.browser import Page, browser

EVIL = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
COLOURS = ((230, 60, 60), (86, 180, 233))

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    head = phantoms.head((60, 66, 50))
    series = np.asfortranarray(np.stack([head, head + 9, head + 3], axis=3))
    volume = Volume(series, Geometry(head.shape, np.diag([-2.0, 2.0, 3.0, 1.0])), name=EVIL)
    recipe = of_operations([Step(from_text("threshold lower=300"), "roi1", name=EVIL, note=EVIL)])
    masks = [Reported(EVIL, COLOURS[0], MaskBits.of(head > 300), recipe, EVIL, (EVIL,))]
    masks.append(Reported("part", COLOURS[1], MaskBits.of(head > 800)))
    path = tmp_path_factory.mktemp("report") / "report #1 ä.html"
    path.write_bytes(report_of(volume, EVIL, masks, Progress()).html)
    return path


def look(page: Page, **more: object) -> np.ndarray:
    """Return what is seen, (H, W, 3)."""
    return imageio.imread(io.BytesIO(page.picture(**more)), extension=".png")[..., :3]


def test_a_report_is_opened_read_and_printed(report: Path, tmp_path: Path) -> None:
    with browser(tmp_path) as page:
        page.open(report)
        # Nothing from elsewhere, nothing wrong, and nothing runs that came in by a name.
        assert not page.troubles
        assert all(address.startswith(("file:", "data:image/png")) for address in page.requests)
        assert page.value("document.title").endswith(EVIL)
        assert page.value("[...document.images].every(one => one.complete && one.naturalWidth > 0)")
        assert page.value("document.images.length") == 4

        # Each slider is reached and moved by the keyboard, and shows another picture and place.
        for name, way in (("axial", "ArrowRight"), ("coronal", "ArrowLeft"), ("sagittal", "Home"), ("surface", "End")):
            figure = f"document.getElementById('{name}')"
            shown = f"[{figure}.querySelector('img').src, {figure}.querySelector('output').textContent]"
            before = page.value(shown)
            page.value(f"{figure}.querySelector('input').focus()")
            page.press(way)
            after = page.value(shown)
            assert all(one != other for one, other in zip(before, after, strict=True)), name
        assert page.value("document.querySelector('#axial input').getAttribute('aria-valuetext')").startswith("z ")

        # Both masks are seen, by light and by dark; the text stands out from its ground either way.
        grounds = []
        for scheme in ("light", "dark"):
            page.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            seen = look(page, captureBeyondViewport=True)
            grounds.append(int(seen[0, 0].max()))
            for colour in COLOURS:
                assert (np.abs(seen.astype(int) - colour).max(axis=2) < 12).any()
        assert grounds[0] == 255
        assert grounds[1] < 40

        # It is longer than the window, scrolls, and is no wider, on a telephone neither.
        page.send("Input.dispatchMouseEvent", type="mouseWheel", x=600, y=450, deltaX=0, deltaY=700)
        page.value("window.scrollTo(0, 700)")
        assert page.value("window.scrollY") > 0
        width = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.value(width) <= 0
        page.send("Emulation.setDeviceMetricsOverride", width=400, height=800, deviceScaleFactor=1, mobile=False)
        assert page.value(width) <= 0

        # On a page of A4 within its margins, no column of a table is cut off.
        page.send("Emulation.setEmulatedMedia", media="print")
        page.send("Emulation.setDeviceMetricsOverride", width=680, height=960, deviceScaleFactor=1, mobile=False)
        assert page.value("[...document.querySelectorAll('.wide')].every(one => one.scrollWidth <= one.clientWidth)")
        printed = page.printed(tmp_path / "report.pdf")
        assert printed.startswith(b"%PDF")
        assert printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") >= 3
        assert not page.troubles


def test_headings_and_tables_are_found_by_a_screen_reader(report: Path, tmp_path: Path) -> None:
    with browser(tmp_path) as page:
        page.open(report)
        nodes = page.send("Accessibility.getFullAXTree")["nodes"]
        named = {(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if "role" in node}
        assert {("heading", "Warnings"), ("slider", "Axial"), ("columnheader", "Voxels")} <= named
        assert ("navigation", "Contents") in named
        pictures = [name for role, name in named if role in ("image", "img")]
        assert pictures
        assert all(pictures)
