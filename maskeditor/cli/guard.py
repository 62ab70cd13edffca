"""How the program ends: what can go wrong becomes one sentence and an exit status."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130
#: Set by --debug: tracebacks are then shown.
DEBUG = "MASKEDITOR_DEBUG"


def print_line(text: str) -> None:
    """Print one line on standard output, whatever the names in it hold."""
    from maskeditor.core.visible import visible

    print(visible(text), flush=True)


def print_error(sentence: str) -> None:
    """Print one line on standard error, whatever the names in it hold."""
    from maskeditor.core.visible import on_one_line

    print(f"maskeditor: {on_one_line(sentence)}", file=sys.stderr)


def print_warnings(sentences: Iterable[str]) -> None:
    """Print what is doubtful about a work that is done, a line each on standard error."""
    for sentence in sentences:
        print_error(f"Warning: {sentence}")


def debugging() -> bool:
    """Whether tracebacks are asked for."""
    return os.environ.get(DEBUG, "") not in ("", "0")


def prepare_output() -> None:
    """Keep what libraries warn their programmers of from the user, and print whatever letters there are."""
    if not (debugging() or sys.warnoptions):
        # What is doubtful about a file is a finding.
        warnings.simplefilter("ignore")
    if isinstance(sys.stdout, TextIOWrapper):
        # A console that lacks a letter (×, or one of a file's name) shows another in its place.
        sys.stdout.reconfigure(errors="replace")


@contextmanager
def holding_interrupts() -> Iterator[None]:
    """Hold Ctrl+C back until modules are imported.

    Pydantic would lose one, or take it for a fault of the types that it builds.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    held = []
    signal.signal(signal.SIGINT, lambda *_: held.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if held:
        raise KeyboardInterrupt


def guarded(work: Callable[[], int]) -> int:
    """Return the exit status of some work; what it raises is printed as one line on standard error.

    Parameters
    ----------
    work : callable
        Returns an exit status.

    Examples
    --------
    >>> guarded(lambda: 0)
    0
    """
    from maskeditor.engine.errors import MaskEditorError

    try:
        return work()
    except KeyboardInterrupt:
        if sys.stderr.isatty():
            print(file=sys.stderr)  # ends the line on which the terminal shows ^C
        print_error("Stopped.")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output (head, less) has seen enough; Python must not try to write the rest at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except MaskEditorError as error:
        if debugging():
            raise
        print_error(str(error))
    except MemoryError:
        if debugging():
            raise
        print_error("There is not enough memory for this; close other programs or use a smaller image.")
    except Exception as error:
        if debugging():
            raise
        what = f"{type(error).__name__}: {error}"
        print_error(f"Something unforeseen went wrong ({what}); run the same with --debug to see where, and report it.")
    return FAILED
