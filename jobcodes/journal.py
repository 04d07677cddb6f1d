"""A table out, whole or not at all, that an interrupted run leaves in a state from which the next one goes on.

Rows go to `OUT.partial`. Beside it, `OUT.partial.journal` says in a line of JSON what run this is, and then,
line by line, how many rows were safely written, up to which byte, what they were answered and their seal. A
process that is killed can leave half a row in the one and half a line in the other: both are cut back to the
last whole line of the journal. The journal is locked, so that two runs never write to one output.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from jobcodes.batch import Coded, Done
from jobcodes.errors import UsageError
from jobcodes.model import Decision
from jobcodes.outputs import UNWRITABLE

EVERY = 0.25  # seconds between two lines of the journal: what a killed run loses
_MOST_BYTES = 1 << 20  # held back until they are written

Finish = Callable[[Path, Path], None]


class Journal:
    """The output of one run; `done` is what it goes on from. Made by `journalled`."""

    def __init__(self, target: Path, run: Mapping[str, Any], resume: bool) -> None:
        self.target = target
        self.partial = Path(f"{target}.partial")
        self.journal = Path(f"{target}.partial.journal")
        self.rows = 0
        self.done: Done | None = None
        self._run = dict(run)
        self._bytes = 0
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._answers: list[tuple[Decision, str | None]] = []
        self._seal = b""
        self._written = time.monotonic()
        self._finished = False
        self._log_end = 0
        self._out = -1
        self._log = _locked(self.journal, target)
        try:
            self._out = os.open(self.partial, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
            if resume:
                self._go_on()
            if self.done is None:
                os.ftruncate(self._log, 0)
                os.ftruncate(self._out, 0)
                self._note({"run": self._run})
        except BaseException:
            self.close()
            raise

    def _go_on(self) -> None:
        """Finds the last line of the journal whose rows are all there, and cuts both files back to it."""
        size = os.fstat(self._out).st_size
        last: dict[str, Any] = {}
        end = start = 0
        with open(self.journal, "rb") as lines:
            for number, line in enumerate(lines):
                end += len(line)
                try:
                    entry = json.loads(line) if line.endswith(b"\n") else None
                except ValueError:
                    entry = None
                if not isinstance(entry, dict):
                    break
                if number == 0:
                    self._refuse_another(entry.get("run") or {})
                    start = end
                elif entry["bytes"] > size:
                    break
                else:
                    last, self._log_end = entry, end
        if not end and size:
            raise UsageError(f"{self.partial} was not left by a run that can go on", "start anew, without --resume")
        if not last:
            return
        self.rows, self._bytes, self._seal = last["rows"], last["bytes"], bytes.fromhex(last["seal"])
        os.ftruncate(self._log, self._log_end)
        os.ftruncate(self._out, self._bytes)
        os.lseek(self._log, self._log_end, os.SEEK_SET)
        os.lseek(self._out, self._bytes, os.SEEK_SET)
        self.done = Done(self.rows, _answers(self.journal, start, self._log_end), self._seal)

    def _refuse_another(self, earlier: Mapping[str, Any]) -> None:
        changed = [name for name in {**earlier, **self._run} if earlier.get(name) != self._run.get(name)]
        if changed:
            names = " and ".join([", ".join(changed[:-1]), changed[-1]]) if changed[1:] else changed[0]
            raise UsageError(
                f"cannot resume {self.target}: changed since the earlier run: {names}",
                "start anew, without --resume, or restore what was changed",
            )

    def header(self, line: str) -> None:
        """The first line, written by the run that began the output."""
        if self.done is None and line:
            self._hold(line.encode())

    def add(self, row: Coded) -> None:
        """A whole row."""
        self._hold(row.line.encode())
        self.rows += 1
        self._answers.append((row.decision, row.code))
        self._seal = row.seal
        if self._held_bytes > _MOST_BYTES or time.monotonic() - self._written > EVERY:
            self.save()

    def _hold(self, data: bytes) -> None:
        self._held.append(data)
        self._held_bytes += len(data)

    def save(self) -> None:
        """Writes what was added so far, and then that it is there."""
        if not self._held:
            return
        data = b"".join(self._held)
        self._held.clear()  # what could not be written now will not be later
        _write(self._out, data)
        self._bytes += len(data)
        self._held_bytes = 0
        entry = {"rows": self.rows, "bytes": self._bytes, "seal": self._seal.hex(), "answers": self._answers}
        self._note(entry)
        self._answers = []
        self._written = time.monotonic()

    def _note(self, entry: dict[str, Any]) -> None:
        _write(self._log, json.dumps(entry, separators=(",", ":")).encode() + b"\n")

    def finish(self, rows: int, make: Finish | None) -> None:
        """Puts the output in its place; `make` turns the rows, a file of lines, into it.

        Raises RuntimeError, and leaves the place as it is, when not all of `rows` were written.
        """
        self.save()
        if self.rows != rows or os.fstat(self._out).st_size != self._bytes:
            raise RuntimeError(f"{rows} rows read, but {self.rows} written")
        os.fsync(self._out)
        ready = self.partial
        if make:
            ready = Path(f"{self.target}.partial.made")
            try:
                make(self.partial, ready)
            except BaseException:
                ready.unlink(missing_ok=True)
                raise
        if sys.platform == "win32":  # an open file cannot be moved there
            os.close(self._out)
            self._out = -1
        os.replace(ready, self.target)
        self._finished = True
        if make:
            self.partial.unlink()
        self._remove_journal()

    def give_up(self) -> None:
        """Keeps the rows that are done, unless there are none; does nothing once the output is in its place."""
        if self._finished:
            return
        with suppress(OSError):
            self.save()
        with suppress(OSError):
            os.ftruncate(self._out, self._bytes)  # half a row, if the disk is full
        if not self.rows:
            with suppress(OSError):
                self.partial.unlink()
            self._remove_journal()

    def _remove_journal(self) -> None:
        if sys.platform == "win32":
            os.close(self._log)
            self._log = -1
        with suppress(OSError):
            self.journal.unlink()

    def close(self) -> None:
        for file in (self._out, self._log):
            if file >= 0:
                os.close(file)


@contextmanager
def journalled(
    path: str, run: Mapping[str, Any], *, resume: bool, rows: Callable[[], int], make: Finish | None = None
) -> Iterator[Journal]:
    """A journal for the output `path`, which takes its place when the block ends well.

    `run` names all that the output depends on: with `resume` the rows of an earlier run of the same are kept,
    else they are lost. `rows()` is how many there must be in the end. Raises UsageError when it cannot be
    written, when another run writes it, or when the earlier run was another one.
    """
    journal: Journal | None = None
    try:
        target = Path(os.path.realpath(path))  # a link stays a link, and what it points to is replaced
        journal = Journal(target, run, resume)
        yield journal
        journal.finish(rows(), make)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        if journal is not None and getattr(error, "errno", None) not in UNWRITABLE:
            raise
        reason = getattr(error, "strerror", None) or error
        if journal is None or not journal.rows:
            raise UsageError(f"cannot write {path}: {reason}", "name another file with -o") from None
        raise UsageError(
            f"cannot write {path}: {reason}; {journal.partial} keeps the rows that are done",
            "make room, then go on with --resume",
        ) from None
    finally:
        if journal is not None:
            journal.give_up()
            journal.close()


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def _answers(path: Path, start: int, end: int) -> Iterator[tuple[Decision, str | None]]:
    """The answers in the lines of a journal from one byte to another."""
    with open(path, "rb") as lines:
        lines.seek(start)
        while start < end:
            line = lines.readline()
            start += len(line)
            yield from json.loads(line)["answers"]


def _locked(path: Path, target: Path) -> int:
    """The journal, opened and locked until it is closed or this process ends."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        try:
            _lock(file)
        except OSError as error:
            os.close(file)
            if error.errno in (errno.EACCES, errno.EAGAIN):
                raise UsageError(f"another run is writing {target}", "wait for it, or name another file") from None
            raise
        # Whoever held it has removed it meanwhile, with its output in place: this lock is worth nothing.
        with suppress(OSError):
            if os.path.samestat(os.fstat(file), os.stat(path)):
                return file
        os.close(file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        os.lseek(file, 1 << 30, os.SEEK_SET)  # far behind what is written: such a lock keeps others from reading
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(file: int) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):  # some network file systems
                raise
