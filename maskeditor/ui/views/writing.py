"""What is written on a slice: letters, caption, notes, scale, legends; and where each of them stands."""

from __future__ import annotations

from PyQt6.QtCore import QRect
from PyQt6.QtGui import QColor, QImage
from PyQt6.QtWidgets import QWidget

from maskeditor.core.space.mask import Colour
from maskeditor.model.view.pixels import PREVIEW_COLOURS
from maskeditor.model.view.slices import PlaneMap
from maskeditor.ui.views.camera import Camera, Pair, Zoom
from maskeditor.ui.views.items import Item
from maskeditor.ui.views.signs import ColourKey, Label, ScaleBar

#: As long as a caption gets; in a view of less than twice its width, the top letter stands below it.
LONGEST_CAPTION = "Sagittal 0000 of 0–0000 · RAS x = -0000.0 mm"
#: Pixels between the edge of a view and what is written there.
EDGE = 4.0
#: Of the mark before what must not be overlooked.
BADGE_COLOUR = QColor(255, 200, 60)


class Writing(QWidget):
    """A view of a slice as far as it is written on; what it draws of it, and where, is left to `Canvas`.

    Parameters
    ----------
    zoom : Zoom
        The scale that all planes share.
    """

    def __init__(self, zoom: Zoom) -> None:
        super().__init__()
        self.camera = Camera(zoom)
        self.map: PlaneMap | None = None
        self._caption = ("", "")
        self.letters = tuple(Label(self.repaint_rect, 16, bold=True) for _ in range(4))
        self.caption = Label(self.repaint_rect, 13, plate=True)
        self.bar, self.bar_label = ScaleBar(self.repaint_rect), Label(self.repaint_rect, 12, plate=True)
        #: What of the settings of the tool in hand must not be overlooked.
        self.badge = Label(self.repaint_rect, 13, plate=True, mark=BADGE_COLOUR)
        #: What stands beside what the tool has drawn.
        self.words = Label(self.repaint_rect, 13, plate=True)
        self._words_at: Pair | None = None
        #: On which side left is, and whether the slices lie askew in the world; in all words, or in fewer.
        self.note = Label(self.repaint_rect, 12, plate=True)
        self._notes: tuple[str, ...] = ("",)
        #: What the colours of a preview mean.
        self.legend = (
            *(Label(self.repaint_rect, 12, plate=True, mark=QColor(*colour)) for colour in PREVIEW_COLOURS[0]),
        )
        #: What the colours of the further image on top mean.
        self.key = ColourKey(self.repaint_rect)
        #: Whether there are any.
        self.has_key = False
        #: All of it, from the lowest to the one on top.
        self.written: tuple[Item, ...] = (
            self.key,
            *self.letters,
            self.caption,
            self.bar,
            self.bar_label,
            *self.legend,
            self.badge,
            self.note,
            self.words,
        )

    def write_nothing(self) -> None:
        """Begin with what is always written alone."""
        self.key.show(False)
        self.show_legend(False)
        self.show_badge("")
        self.show_words("", (0.0, 0.0))

    @property
    def room(self) -> int:
        """Width in pixels of one picture."""
        raise NotImplementedError

    def repaint_rect(self, rect: QRect) -> None:
        """Have a part painted, in pixels of one picture: in each of them that there are."""
        raise NotImplementedError

    def show_caption(self, slice_in_words: str, place_in_words: str) -> None:
        """Write into the corner which slice it is and, where there is room for it, where that lies."""
        self._caption = (slice_in_words, place_in_words)
        self._write_caption()

    def _write_caption(self) -> None:
        whole = self.caption_in_words
        # Where there is little room, the plane and the slice alone, and at last no more than its number.
        words = self._caption[0].split(" ")
        shorter = (whole, self._caption[0], " ".join(words[:2]), " ".join(words[1:2]))
        fits = (text for text in shorter if self.caption.room(text) + 2 * EDGE <= self.room)
        self.caption.write(next(fits, shorter[-1]), self.devicePixelRatioF())

    @property
    def caption_in_words(self) -> str:
        """Which slice it is and where that lies, whether there is room for it or not."""
        return " · ".join(self._caption)

    def show_note(self, *texts: str) -> None:
        """Write below the caption how the slice lies: the first of some texts that has room, or nothing.

        The last of several leaves out what the letters say.
        """
        self._notes = texts
        if self.map is None:
            self._write_note(0, 0)
        else:  # what stands below it, too
            self._place_labels()

    def _write_note(self, beside: float, below: float) -> float:
        """Write how the slice lies beside the letter on top, or below it, and return where that is."""
        whole, free = self._notes[:-1] or self._notes, self.room / 2 - self.letters[2].size[0] / 2 - 2 * EDGE
        offers = [(text, beside, free) for text in whole]
        offers += [(whole[-1], below, self.room - 2 * EDGE), (self._notes[-1], beside, free)]
        # In a low view, the letter at the side is worth more.
        lowest = (self.height() - self.letters[0].size[1]) / 2 - self.note.line
        fits = ((text, top) for text, top, room in offers if self.note.room(text) <= room and top <= lowest)
        text, top = next(fits, ("", beside))
        self.note.write(text, self.devicePixelRatioF())
        self.note.show(bool(text))
        return top

    def show_legend(self, shown: bool) -> None:
        """Show what the colours of a preview mean, or do not."""
        for label in self.legend:
            label.show(shown)

    def colour_legend(self, colours: tuple[Colour, Colour]) -> None:
        """Give the legend the colours in which a preview is drawn."""
        for label, colour in zip(self.legend, colours, strict=True):
            label.mark(QColor(*colour))

    def show_key(
        self, words: tuple[str, str, str] | None, colours: QImage | None = None, is_diverging: bool = False
    ) -> None:
        """Show the name of a further image, its ends, and its colours (256 × 1 pixels), zero in the middle; or none."""
        before, self.has_key = (self.has_key, self.key.words), words is not None
        if words is not None and colours is not None:
            self.key.write(*words, colours, is_diverging)
        if self.map is not None and before != (self.has_key, self.key.words):
            self._place_labels()

    def _show_key(self) -> None:
        # Cut, it would be read wrongly.
        self.key.show(self.has_key and self.key.size[0] + 2 * EDGE <= self.room)

    def show_words(self, text: str, at: Pair) -> None:
        """Write a few words beside a place in mm of the slice, while it is in sight; nothing with an empty text."""
        self._words_at = at if text else None
        if text:
            self.words.write(text, self.devicePixelRatioF())
        self._place_words()

    def _place_words(self) -> None:
        x, y = (-1.0, -1.0) if self._words_at is None else self.camera.to_pixels(*self._words_at)
        self.words.show(0 <= x <= self.room and 0 <= y <= self.height())
        if not self.words.is_shown:
            return
        width, height = self.words.size
        right, down = min(x + 2 * EDGE, self.room - width), min(y + 2 * EDGE, self.height() - height)
        self.words.place(round(max(0.0, right)), round(max(0.0, down)))

    def show_badge(self, text: str) -> None:
        """Say something of the tool in hand below the caption; nothing with an empty text."""
        self.badge.show(bool(text))
        self.badge.write(text, self.devicePixelRatioF())

    def _place_bar(self) -> None:
        """Draw the bar as long as the scale has it."""
        self.bar.fit(self.camera.scale, max(20.0, self.room / 4))
        self.bar_label.write(self.bar.text, self.devicePixelRatioF())
        below, letter = self.height() - 2 * EDGE, self.letters[3].size
        if 2 * EDGE + max(self.bar.width, self.bar_label.size[0]) > (self.room - letter[0]) / 2 - EDGE:
            below -= letter[1]  # in a narrow view, above the letter
        above = round(below - EDGE - self.bar_label.size[1])
        self.bar.place(round(2 * EDGE), round(below))
        self.bar_label.place(round(2 * EDGE), above)
        # In a low view, the letter at the side is worth more.
        for item in (self.bar, self.bar_label):
            item.show(above >= (self.height() + self.letters[0].size[1]) // 2)

    def _place_labels(self) -> None:
        assert self.map is not None
        width, height, ratio = self.room, self.height(), self.devicePixelRatioF()
        for label, letter in zip(self.letters, self.map.letters, strict=True):
            label.write(letter, ratio)
        self.key.fit((width - self.letters[3].size[0]) / 2 - 3 * EDGE)
        self._show_key()
        self._write_caption()
        self._place_bar()
        for label, meaning in zip(self.legend, ("added", "removed"), strict=True):
            label.write(meaning, ratio)
        added, removed = self.legend
        legend_left = width - max(label.size[0] for label in self.legend) - EDGE
        left, right, top, bottom = self.letters
        top_edge = EDGE if width / 2 > self.caption.room(LONGEST_CAPTION) + 4 * EDGE else EDGE + self.caption.line
        # In the corner where least of a head is; where the letter is in the way, above that.
        key_left = width - self.key.size[0] - EDGE
        is_beside = key_left > (width + bottom.size[0]) / 2 + EDGE
        key_top = height - self.key.size[1] - EDGE - (0 if is_beside else bottom.size[1] + EDGE)
        is_clear = legend_left > (width + bottom.size[0]) / 2 + EDGE
        legend_bottom = key_top if self.key.is_shown else height - (0 if is_clear else bottom.size[1] + EDGE)
        note_top = self._write_note(EDGE + self.caption.line, top_edge + top.size[1] + EDGE)
        badge_top = max(note_top + (self.note.line if self.note.is_shown else 0), top_edge + top.size[1]) + EDGE
        # At whole pixels, so that the letters are sharp.
        for item, x, y in (
            (left, EDGE, (height - left.size[1]) // 2),
            (right, width - right.size[0] - EDGE, (height - right.size[1]) // 2),
            (top, (width - top.size[0]) // 2, top_edge),
            (bottom, (width - bottom.size[0]) // 2, height - bottom.size[1] - EDGE),
            (self.caption, EDGE, EDGE),
            (self.note, EDGE, note_top),
            (self.badge, EDGE, badge_top),
            (self.key, key_left, key_top),
            (added, legend_left, legend_bottom - added.size[1] - removed.size[1] - EDGE),
            (removed, legend_left, legend_bottom - removed.size[1] - EDGE),
        ):
            item.place(round(x), round(y))
        for label in (top, bottom):  # one on the other, neither would be read
            label.show(top_edge + top.size[1] <= height - bottom.size[1] - EDGE)
