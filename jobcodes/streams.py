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


def end_on_signals() -> None:
    """Makes SIGTERM and the end of the terminal interrupt a run as Ctrl-C does, so that it leaves things tidy."""
    import signal

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:  # nohup ignores SIGHUP
            signal.signal(number, interrupt)


@contextmanager
def closed_pipe_ends_it() -> Iterator[None]:
    """Within, a closed pipe is no sudden death by SIGPIPE: it may be the one to a worker that was killed.

    When it is that of the output, the program ends as others do whose reader went away.
    """
    import os
    import signal

    has_signal = hasattr(signal, "SIGPIPE")
    if has_signal:
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        yield
    except BrokenPipeError:
        if has_signal:
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGPIPE)
        os._exit(141)  # nothing is left to flush to


def position_and_size(stream: BinaryIO) -> tuple[Callable[[], int] | None, int | None]:
    """How far a regular file is read, and its size in bytes; None for a pipe."""
    import os
    import stat

    try:
        found = os.fstat(stream.fileno())
    except OSError:
        return None, None
    return (stream.tell, found.st_size) if stat.S_ISREG(found.st_mode) else (None, None)
