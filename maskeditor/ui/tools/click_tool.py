"""What tools have in common that act where they are clicked."""

from __future__ import annotations

from maskeditor.ui.views.tool import PointerEvent, Tool


class ClickTool(Tool):
    """A tool that does its work when the button is let go: as long as it is held, Escape gives the click up."""

    double_click_maximises = False

    _pressed: PointerEvent | None = None

    def click(self, event: PointerEvent) -> None:
        """Do what is asked for where the button was pressed."""
        raise NotImplementedError

    def press(self, event: PointerEvent) -> bool:
        """Take note of the place."""
        self._pressed = event
        return True

    def release(self, event: PointerEvent) -> None:
        """Do what is asked for there."""
        pressed, self._pressed = self._pressed, None
        if pressed is not None:
            self.click(pressed)

    def forget(self) -> None:
        """Let go of a place in the image that was open."""
        self._pressed = None

    def cancel(self) -> bool:
        """Give the click up; return whether there was one."""
        pressed, self._pressed = self._pressed, None
        return pressed is not None
