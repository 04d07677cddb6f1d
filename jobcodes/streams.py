"""Where data comes from and where it goes: a file, a pipe, or a terminal that data cannot steer."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, TextIO, cast

from jobcodes.errors import UsageError


@contextmanager
def input_stream(path: str, say: Callable[[str], None]) -> Iterator[BinaryIO]:
    """A file to read, or stdin for `-`; `say` tells whoever sits at the keyboard that they are waited for.

    Raises UsageError for a file that cannot be opened.
    """
    if path != "-":
        try:
            file = open(path, "rb")  # noqa: SIM115
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            raise UsageError(f"{path}: {getattr(error, 'strerror', None) or error}") from None
        with file:
            yield file
        return
    if sys.stdin is None:
        raise UsageError("standard input is closed", "name a file")
    if sys.stdin.isatty():
        say("reading from the terminal; end with Ctrl-D")
    yield sys.stdin.buffer


@contextmanager
def output_stream(path: str | None) -> Iterator[TextIO]:
    """A file that appears whole or not at all, or stdout for None and `-`. Raises UsageError."""
    if path is not None and path != "-":
        from jobcodes.outputs import whole_file

        with whole_file(path) as file:
            yield file
    elif sys.stdout is None:
        raise UsageError("standard output is closed", "write to a file with -o")
    elif sys.stdout.isatty():
        yield cast(TextIO, Screen(sys.stdout))
    else:
        yield sys.stdout


class Screen:
    """A terminal for data as it comes: line breaks and tabs stay, no other control character gets through."""

    def __init__(self, terminal: TextIO) -> None:
        self.terminal = terminal

    def write(self, text: str) -> int:
        from jobcodes.render import printable

        return self.terminal.write(re.sub(r"[^\n\t]+", lambda found: printable(found[0]), text))

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)


def set_up() -> None:
    """Makes stdout behave in pipes and on terminals; called once, before anything is written."""
    import io
    import signal

    if hasattr(signal, "SIGPIPE"):
        # Python turns a closed pipe into an exception; `jobcodes list | head -1` is no error.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A pipe gets UTF-8 in whole lines, whatever the locale. What a terminal cannot show, and half a
        # surrogate pair from a file name, come out as an escape.
        encoding = None if sys.stdout.isatty() else "utf-8"
        sys.stdout.reconfigure(encoding=encoding, errors="backslashreplace", newline="\n", line_buffering=True)
