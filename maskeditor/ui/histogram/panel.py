"""The histogram panel: a second view of the operation that is pending, with its range set on the plot or typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QKeySequence, QShortcut, QShowEvent
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from maskeditor.core.space.geometry import Geometry
from maskeditor.model.numbers_in_words import size_in_words
from maskeditor.ui.behind import Behind
from maskeditor.ui.histogram.change_row import NARROW, ChangeRow
from maskeditor.ui.histogram.count_axis import Scale
from maskeditor.ui.histogram.counting import Counting
from maskeditor.ui.histogram.ends_row import EndsRow
from maskeditor.ui.histogram.findings import Findings
from maskeditor.ui.histogram.more_menu import MoreButton
from maskeditor.ui.histogram.pictured import HINT
from maskeditor.ui.histogram.plot import HistogramPlot
from maskeditor.ui.histogram.said_row import SaidRow
from maskeditor.ui.histogram.smoothed_view import SmoothedView
from maskeditor.ui.histogram.source_bar import SourceBar
from maskeditor.ui.look.elided_box import ElidedBox

if TYPE_CHECKING:
    from collections.abc import Callable

    from maskeditor.engine.arrays import Floats
    from maskeditor.model.histogram import Reading
    from maskeditor.model.intensity_range import Bounds
    from maskeditor.model.view.viewer import Viewer
    from maskeditor.ui.histogram.bins_dialog import BinsDialog
    from maskeditor.ui.histogram.range_in_hand import Brush, RangeInHand, RangeMaker
    from maskeditor.ui.work.editor import Editor


PICK = "Ctrl+drag a rectangle in a plane to count there"


class HistogramPanel(QWidget):
    """Counts of intensities in the image and in the active mask, and the range of the operation that is pending.

    It stands empty until `attach` gives it an editor and a viewer.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor: Editor | None = None
        self._viewer: Viewer | None = None
        self._hand: RangeInHand | None = None
        # Whether the plot shows what is looked at now, and whether what is pending is just being set from here.
        self._is_drawn = self._is_setting = False
        #: The table of bins that was opened last.
        self.bins: BinsDialog | None = None
        self.plot = HistogramPlot(self)
        self.sources = SourceBar(self)
        self.scale = ElidedBox(self)
        self.scale.addItems([str(scale) for scale in Scale])
        self.scale.setAccessibleName("Scale of counts")
        self.scale.setToolTip("On a logarithmic scale, small peaks are seen beside large ones")
        self.more = MoreButton(self)
        self.ends, self.change = EndsRow(self), ChangeRow(self)
        # Narrow where planes need the room.
        self.scale.setMinimumWidth(NARROW)
        self.said = SaidRow(self)
        self._words, self._window = Behind(self, self._show_words), Behind(self, self._show_window)
        self._beside = Behind(self, self._show_beside, self._show_state)
        self._lay_out()
        self._connect()
        self._show_state()

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(3)
        top.addWidget(self.sources, 1)
        top.addWidget(self.scale)
        top.addWidget(self.more)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 6)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.said)
        layout.addWidget(self.ends)
        layout.addWidget(self.change)

    def _connect(self) -> None:
        self.scale.currentTextChanged.connect(lambda text: self.plot.set_scale(Scale(text)))
        self.plot.pointed.connect(self._light)
        self.plot.padding_clicked.connect(self._leave_out)
        self.said.left_out.clicked.connect(lambda: self._leave_out(None))
        self.sources.part_changed.connect(self._look_at_source)
        self.plot.range_dragged.connect(self._take_dragged)
        self.plot.shares_dragged.connect(self._take_shares)
        self.plot.band_dragged.connect(self._take_band)
        self.plot.window_dragged.connect(self._take_window)
        self.plot.let_go.connect(self._let_go)
        self.ends.typed.connect(self._take_typed)
        self.change.combine.currentIndexChanged.connect(self._choose_combine)
        self.change.apply_button.clicked.connect(self.apply)
        self.change.reset_button.clicked.connect(self.reset)
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            shortcut = QShortcut(QKeySequence(key), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(self._enter)

    def attach(self, editor: Editor, viewer: Viewer, maker: RangeMaker, brush: Brush | None = None) -> None:
        """Connect the panel with what it shows and changes.

        Parameters
        ----------
        editor : Editor
        viewer : Viewer
        maker : RangeMaker
            Makes an operation of a range that is drawn.
        brush : Brush, optional
            Its range is shown too.
        """
        from maskeditor.ui.histogram.range_in_hand import RangeInHand

        self._editor, self._viewer = editor, viewer
        editor.keys.explain(self.change.reset_button, "Give up what is pending, with its preview ({cancel})")
        self._hand = RangeInHand(editor.pending, maker, brush)
        if brush is not None:
            brush.changed.connect(self._follow)
        self._findings = Findings(editor.image_lanes, editor.scene, self)
        self._findings.changed.connect(self._show_found)
        editor.preview_changed.connect(self._show_state)
        editor.image_changed.connect(self._image_changed)
        editor.document_changed.connect(self._document_changed)
        editor.pending.changed.connect(self._follow)
        editor.pending.set_otherwise.connect(self._follow)
        viewer.changed.connect(self._view_changed)
        self._counting = Counting(editor, self.isVisible, self)
        self._counting.counted.connect(self._show_histogram)
        editor.image_lanes.counting.connect(self._show_progress)
        self.sources.attach(editor, viewer, self._hand)
        self._smoothed = SmoothedView(editor, viewer, self)
        self.sources.shows_smoothed.connect(self._smoothed.switch)
        self.more.fill(viewer, self._show_whole_range)
        for chosen in (self.more.range_chosen, self.said.offered):
            chosen.connect(self._take_range)
        self.said.copied.connect(editor.say)
        self.more.bins_asked.connect(self._show_bins)
        self._image_changed()

    # What is counted ----------------------------------------------------------------------------------------------

    def _image_changed(self) -> None:
        assert self._editor is not None
        assert self._hand is not None
        document = self._editor.document
        self.plot.grips.release()
        self._hand.forget()
        self._counting.forget()
        self._findings.forget()
        self._smoothed.forget()
        self.plot.show_range(None)
        self.plot.empty_text = "Counting …" if document else "Open an image to see its histogram"
        self.plot.show_histogram(None)
        self.sources.begin()
        self._show_window()
        self._document_changed()

    def _document_changed(self) -> None:
        assert self._editor is not None
        document = self._editor.document
        if document is not None:
            self.plot.show_colour(QColor(*document.roi(self._editor.active).colour))
        self.sources.renew()
        self._counting.ask()
        self._follow()

    def _view_changed(self, changed: frozenset[str]) -> None:
        assert self._viewer is not None
        if changed & {"chosen_image", "displays", "images"} and self._hand is not None:
            self._hand.look_at(self._viewer.looked_at)
        if changed & {"window", "displays"}:
            self._window.ask()
            if self.more.window_page is not None:  # at once, or it would stand in the way of what is typed there
                self.more.window_page.show_window()
        if "region" in changed:
            self._look_at_source()
            self._show_hint()
        if "picks_region" in changed:
            self._show_hint()
        if "frame" in changed and self.sources.follows_view:
            self.sources.choose_frame()

    def _show_window(self) -> None:
        """Show the window of the image that is counted."""
        assert self._viewer is not None
        assert self._hand is not None
        window = self._viewer.state.window if self._viewer.volume is not None else None
        if self._hand.image:
            display = self._viewer.display(self._hand.image)
            window = display.window if display is not None else None
        if window != self.plot.window_range:
            self.plot.show_window(window)

    def _show_hint(self) -> None:
        """Say how a region is drawn, while one is to be counted and there is none."""
        assert self._viewer is not None
        state = self._viewer.state
        self.plot.show_hint(PICK if state.picks_region and state.region is None else HINT)

    def _look_at_source(self) -> None:
        """Have other intensities counted, where others are looked at now."""
        if self._hand is not None and self._editor is not None and self._editor.document is not None:
            source = self._hand.source()
            self._counting.look_at(source, self.sources.counted_part(), self._hand.left_out)
            self._smoothed.follow(source)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Catch up with what changed meanwhile."""
        super().showEvent(event)
        if self._hand is not None:
            self._counting.catch_up()

    def _show_progress(self, fraction: float) -> None:
        """Say how much is counted, as long as the plot shows something else."""
        if self._counting.histogram is None:
            self.plot.show_progress(f"Counting … {100 * fraction:.0f} %")

    def _show_histogram(self) -> None:
        histogram = self._counting.histogram
        self.plot.show_histogram(histogram, keep_zoom=self._is_drawn)
        self._is_drawn = True
        self.more.offer_hounsfield(histogram is not None and histogram.minimum < 0)
        self.said.show_not_numbers(histogram.ignored if histogram is not None else 0)
        self._follow()

    # The range ----------------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        """Show what is pending."""
        hand = self._hand
        if hand is None:
            return
        hand.renew()
        if self._is_setting:
            return
        is_held = self.plot.grips.is_held
        if is_held:
            self._beside.ask()
            self._words.ask()
        else:
            self._show_beside()
        self.plot.show_range(hand.bounds(self.plot.histogram), hand.shares())
        self.plot.show_band(hand.band(), hand.band_is_turned)
        self._findings.follow(hand.operation())
        if not is_held:
            self._show_state()

    def _show_beside(self) -> None:
        """Show what the range is of, beside the plot: while a hand drags, a little later."""
        hand = self._hand
        if hand is None:
            return
        self._look_at_source()
        # Of other intensities, all are shown, and not those of the zoom before.
        self._is_drawn = self._counting.histogram is not None
        self.sources.follow()
        self._show_window()
        self.change.show_combine(hand)
        self.said.show_left_out(hand.left_out)

    def _let_go(self) -> None:
        """Show at once what was put off while a hand dragged."""
        if self._beside.is_due:
            self._beside.now()
        self._words.now()

    def _show_found(self) -> None:
        found = self._findings.found
        self.plot.show_found(found)
        self._words_follow()

    def _choose_combine(self) -> None:
        if self._hand is not None:
            self._hand.combine = self.change.combine.currentData()

    def _take_dragged(self) -> None:
        assert self._hand is not None
        assert self.plot.histogram is not None
        if self._hand.would_ask:
            # The question takes the button's release.
            self.plot.grips.release()
        if self.plot.bounds is None:
            self.reset()
        else:
            bounds, histogram = self.plot.bounds, self.plot.histogram
            self._set(lambda hand: hand.put(bounds, histogram))

    def _take_shares(self) -> None:
        shares = self.plot.shares
        if shares is not None:
            self._set(lambda hand: hand.put_shares(shares))

    def _take_band(self) -> None:
        band = self.plot.band
        if band is not None:
            self._set(lambda hand: hand.put_band(band))

    def _take_range(self, bounds: Bounds) -> None:
        """Set a range of intensities that was chosen by name."""
        histogram = self.plot.histogram
        if histogram is not None:
            self._set(lambda hand: hand.put(bounds, histogram))

    def _show_whole_range(self) -> None:
        if self.plot.histogram is not None:
            self._take_window(self.plot.histogram.minimum, self.plot.histogram.maximum)

    def _show_bins(self) -> None:
        """Open a table of equal bins of what is looked at."""
        from maskeditor.model.histogram_request import BinsRequest
        from maskeditor.ui.histogram.bins_dialog import BinsDialog

        source, editor = self._counting.source, self._editor
        if source is not None and editor is not None and editor.document is not None:
            self.bins = BinsDialog(editor, lambda bins: BinsRequest(editor.scene(), source, bins), self)
            self.bins.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self.bins.show()

    def _light(self, reading: Reading | None) -> None:
        """Light the voxels of the bar that is pointed at in the planes."""
        if self._editor is not None and self._hand is not None:
            self._editor.previews.light(
                self._hand.range_of(reading.lower, reading.upper) if reading is not None else None
            )

    def _leave_out(self, intensity: float | None) -> None:
        """Count without an intensity, which what is pending leaves out too if it can; None counts all again."""
        if self._hand is not None:
            self._set(lambda hand: hand.leave_out(intensity))

    def point_at(self, voxel: Floats | None) -> None:
        """Mark the intensity of a fractional voxel (3,) that is pointed at in a plane; None is none."""
        if self._hand is None or self._viewer is None:
            return
        if voxel is None:
            self.plot.show_mark(None)
        else:
            i, j, k = (round(float(index)) for index in voxel)
            self.plot.show_mark(self._smoothed.intensity((i, j, k)))

    def _take_typed(self) -> None:
        if self._hand is None:
            return
        typed = self.ends.numbers()
        if typed == (None, None) and self._hand.ends is not None:
            self.reset()
        else:
            self._set(lambda hand: hand.put_values(typed))

    def _set(self, act: Callable[[RangeInHand], None]) -> None:
        """Set what is pending, and show what became of it."""
        assert self._hand is not None
        self._is_setting = True
        try:
            act(self._hand)
        finally:
            self._is_setting = False
        self._follow()

    def _take_window(self, low: float, high: float) -> None:
        if self._viewer is None or self._hand is None:
            return
        if self._hand.image:
            self._viewer.change_display(self._hand.image, window=(low, high))
        else:
            self._viewer.set_window(low, high)

    def _enter(self) -> None:
        if not self.ends.go_on():
            self.apply()

    def apply(self) -> None:
        """Make what is pending a step."""
        if self._hand is not None and self._hand.change is not None:
            self._hand.change.apply()

    def reset(self) -> None:
        """Give up what is pending, with its preview."""
        if self._hand is not None and self._hand.change is not None:
            self._hand.change.put_away()

    # Words --------------------------------------------------------------------------------------------------------

    def _show_state(self) -> None:
        if self._is_setting:
            return  # what becomes of it is shown in the end
        document = self._editor.document if self._editor is not None else None
        for widget in (self.ends, self.change.combine, self.scale, self.sources):
            widget.setEnabled(document is not None)
        preview = self._editor.previews.state if self._editor is not None else None
        change = self._hand.change if self._hand is not None and self._hand.is_drawn else None
        self.change.show_change(change, preview is not None and bool(preview.error))
        self._words_follow()

    def _words_follow(self) -> None:
        """Show words at once, or a little later while a hand drags, and then the newest."""
        if not self.plot.grips.is_held:
            self._words.now()
        else:
            self._words.ask()

    def _show_words(self) -> None:
        """Write the ends of the range, what was found, how many voxels are in the range, and what would change."""
        if self._hand is None:
            return
        self.ends.show_ends(self._hand, self.plot.histogram)
        assert self._editor is not None
        document, change = self._editor.document, self._hand.change if self._hand.is_drawn else None
        names = {roi.id: roi.name for roi in document.rois} if document is not None else {}
        self.said.show_found(self._findings.found, self.plot.histogram, names)
        if document is None or change is None or self.plot.histogram is None:
            self.change.say("", "")
            return
        selected = self._count_in_words(document.geometry)
        state, problem = self._editor.previews.state, change.fields.problem
        if problem or state is None:
            self.change.say(selected, problem, bool(problem))
        else:
            self.change.say(selected, state.in_words(), bool(state.error))

    def _count_in_words(self, geometry: Geometry) -> str:
        """Return how many voxels lie in a range of intensities."""
        assert self._hand is not None
        assert self.plot.histogram is not None
        bounds, ends = self.plot.bounds, self._hand.ends
        if bounds is None or ends is None or ends.are_shares:
            return ""
        number = self.plot.histogram.between(*bounds)
        about = "" if self.plot.histogram.is_exact else "≈ "
        where = "" if self.plot.histogram.around is None else self.sources.where
        return f"{about}{size_in_words(number, geometry, where)}"
