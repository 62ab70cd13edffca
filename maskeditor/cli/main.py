"""The commands, and how they end."""

from __future__ import annotations

import gc
from collections.abc import Sequence

import click

from maskeditor.cli.commands import COMMANDS
from maskeditor.cli.guard import DONE, WRONG_USAGE, guarded, holding_interrupts, print_error
from maskeditor.version import __version__

HELP = """Make and edit masks of MRI and CT volumes.

\b
maskeditor [PATH] [--mask M] [--recipe R] [--cohort DIR]
opens the window on a NIfTI file or a DICOM folder, and without a PATH on a
sample; with DIR, to judge the masks of a batch. The commands below do their work without a window.
"""

EPILOG = """
Exit status: 0 done; 1 could not be done, with one sentence on standard error; 2 wrong usage. With --debug (or
MASKEDITOR_DEBUG=1) an error shows where it came from.
"""


class _Program(click.Group):
    """The commands; each is imported when it is called, as what they need takes a while."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name, or None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        with holding_interrupts():
            command = COMMANDS[cmd_name].load()
        if not gc.isenabled():  # in a process of its own
            # All that was imported stays to the end, and need not be looked at again, then neither.
            gc.freeze()
            gc.enable()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.summary) for name, command in COMMANDS.items()])


@click.group(
    cls=_Program,
    help=HELP,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
    options_metavar="",
    subcommand_metavar="COMMAND …",
)
@click.version_option(__version__, prog_name="maskeditor", message="%(prog)s %(version)s")
def program() -> None:
    """Hold the commands together."""


def main(words: Sequence[str]) -> int:
    """Run a command and return the exit status.

    Parameters
    ----------
    words : sequence of str
        The command and its arguments.
    """
    return run_command(program, "maskeditor", words)


def run_command(command: click.Command, name: str, words: Sequence[str]) -> int:
    """Run a command of some name and return the exit status.

    Parameters
    ----------
    command : click.Command
    name : str
    words : sequence of str
        Its arguments.
    """
    return guarded(lambda: _run(command, name, words))


def _run(command: click.Command, name: str, words: Sequence[str]) -> int:
    try:
        # Not `command.main`, which has ways of its own to end.
        with command.make_context(name, list(words)) as context:
            status = command.invoke(context)
    except click.exceptions.Exit as shown:  # --help and --version
        return shown.exit_code
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx is not None else name
        print_error(f"{error.format_message().rstrip('.')}; see {where} --help.")
        return WRONG_USAGE
    # A command that goes on past failures returns how it ended.
    return status if isinstance(status, int) else DONE
