"""Work shared between processes, its results in the order of the work."""

from __future__ import annotations

import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from jobcodes.errors import InterruptedRunError

A = TypeVar("A")
B = TypeVar("B")
X = TypeVar("X")

_AHEAD = 2  # pieces of work that a worker has at a time: one to do, one so that it need not wait for the next
_READY = 4  # pieces for each worker, done or not, that may wait for an earlier one: this bounds the memory


def usable_cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Workers(Generic[A, B]):
    """Processes that each hold `work`, a function that can be pickled. Close it; a `with` block does.

    They are started anew (spawn), so that no thread or lock of this process is copied, and end with this
    process, however it ends.
    """

    def __init__(self, work: Callable[[A], B], count: int) -> None:
        context = get_context("spawn")
        payload = pickle.dumps(work, pickle.HIGHEST_PROTOCOL)
        self._pending: dict[Connection, deque[_Piece[Any, A, B]]] = {}
        self._processes = []
        with _interrupts_ignored():
            for _ in range(count):
                ours, theirs = context.Pipe()
                process = context.Process(target=_serve, args=(theirs,), daemon=True)
                process.start()
                theirs.close()  # so that a worker's end is noticed
                self._processes.append(process)
                self._pending[ours] = deque()
        for connection in self._pending:
            self._send(connection, payload)

    def __enter__(self) -> Workers[A, B]:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._pending:
            connection.close()
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()

    def ready(self) -> bool:
        """Whether all have started; none has to be waited for any more."""
        return all(connection.poll() for connection in self._pending)

    def each(self, pieces: Iterable[tuple[X, list[A]]]) -> Iterator[tuple[X, list[B]]]:
        """For each piece of work what came with it and its results, in order; reads a few pieces ahead.

        Raises InterruptedRunError when a worker was killed.
        """
        for connection in self._pending:
            self._received(connection)
        waiting: deque[_Piece[X, A, B]] = deque()
        for label, tasks in pieces:
            piece = _Piece[X, A, B](label, None if tasks else [])
            waiting.append(piece)
            if tasks:
                while all(len(pending) >= _AHEAD for pending in self._pending.values()):
                    self._receive()
                idlest = min(self._pending, key=lambda connection: len(self._pending[connection]))
                self._pending[idlest].append(piece)
                self._send(idlest, pickle.dumps(tasks, pickle.HIGHEST_PROTOCOL))
            while waiting and (waiting[0].results is not None or len(waiting) > _READY * len(self._pending)):
                yield self._first(waiting)
        while waiting:
            yield self._first(waiting)

    def _first(self, waiting: deque[_Piece[X, A, B]]) -> tuple[X, list[B]]:
        while waiting[0].results is None:
            self._receive()
        piece = waiting.popleft()
        return piece.label, piece.results or []

    def _send(self, connection: Connection, data: bytes) -> None:
        try:
            connection.send_bytes(data)
        except OSError:
            raise _killed() from None

    def _receive(self) -> None:
        busy = [connection for connection, pending in self._pending.items() if pending]
        for connection in wait(busy):
            assert isinstance(connection, Connection)
            self._pending[connection].popleft().results = self._received(connection)

    def _received(self, connection: Connection) -> Any:
        try:
            found = connection.recv()
        except (EOFError, OSError):
            raise _killed() from None
        if isinstance(found, Exception):
            raise found
        return found


class _Piece(Generic[X, A, B]):
    __slots__ = ("label", "results")

    def __init__(self, label: X, results: list[B] | None) -> None:
        self.label = label
        self.results = results


def _killed() -> InterruptedRunError:
    return InterruptedRunError(
        "a worker process was killed, perhaps for want of memory",
        "with -o FILE the rows that are done are kept: go on with --resume; --jobs 1 needs no workers",
    )


def _serve(connection: Connection) -> None:
    """What a worker does: takes in `work`, then lists of tasks, and sends back their results."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent ends its workers
    inbox: SimpleQueue[Any] = SimpleQueue()

    def read() -> None:
        # A thread of its own: the parent is never kept waiting to send, and its end is noticed at once.
        try:
            while True:
                inbox.put(connection.recv())
        except (EOFError, OSError):
            os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    work = inbox.get()
    connection.send("ready")
    while True:
        tasks = inbox.get()
        try:
            results: Any = [work(task) for task in tasks]
        except Exception as error:
            results = RuntimeError(f"{type(error).__name__}: {error}")
        connection.send(results)


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """A process started meanwhile ignores Ctrl-C from its first moment on."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
