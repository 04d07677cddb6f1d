"""Postings in, answers out, in order: each job once, on as many processes as pay."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, TypeVar

from jobcodes.answers import Answer, Answers
from jobcodes.model import Posting

if TYPE_CHECKING:
    from jobcodes.workers import Workers

R = TypeVar("R")
T = TypeVar("T")
_Piece = tuple[list[Answer[T]], list[tuple[R, Answer[T]]]]

# A worker costs a third of a second to start. Nobody knows how long a table is before its end; after a second
# of work, one more second is likely, and two processes save half of it.
PAYS_AFTER = 1.0
AT_ONCE = 32  # rows before workers start, when a number of them was asked for

# A piece of work for a worker: large enough to outweigh its passing on, small enough to bound the memory.
_JOBS = 16
_ROWS = 512
_CHARACTERS = 200_000


def answered(
    rows: Iterable[tuple[R, Posting]], work: Callable[[Posting], T], answers: Answers[T], processes: int | None = 1
) -> Iterator[tuple[R, Answer[T]]]:
    """Each row with the answer to its posting; `work` is done once for jobs that `answers` remembers.

    One process is this one alone. More, `work` being picklable, are started once there are rows for them;
    None: as many as there are processors, once it pays. The answers do not depend on it. A posting with an
    error is nobody's job and has an answer of its own.
    """
    pairs = ((row, _answer(posting, answers)) for row, posting in rows)
    count = _cores() if processes is None else processes
    began, busy, done = time.monotonic(), 0.0, 0
    with ExitStack() as stack:
        workers: Workers[Posting, T] | None = None
        for row, answer in pairs:
            if answer.said is None:
                start = time.monotonic()
                answer.said = work(answer.posting)
                busy += time.monotonic() - start
            yield row, answer
            if workers is not None:
                if workers.ready():  # until then this process goes on alone
                    break
            elif count > 1:
                done += 1
                # A slow pipe in front keeps one process waiting: more of them would only hold its rows back.
                enough = busy > PAYS_AFTER and busy > (time.monotonic() - began) / 2
                if done >= AT_ONCE if processes else enough:
                    from jobcodes.workers import Workers

                    workers = stack.enter_context(Workers(work, count))
        else:
            return
        assert workers is not None
        for piece, said in workers.each(_pieces(pairs)):
            todo, items = piece
            for answer, one in zip(todo, said, strict=True):
                answer.said = one
            yield from items


def _cores() -> int:
    from jobcodes.workers import usable_cores

    return usable_cores()


def _answer(posting: Posting, answers: Answers[T]) -> Answer[T]:
    return Answer(b"", posting) if posting.error else answers.of(posting)


def _pieces(pairs: Iterable[tuple[R, Answer[T]]]) -> Iterator[tuple[_Piece[T, R], list[Posting]]]:
    """The rows in pieces: with what has still to be answered and the rows themselves, the postings to pass on."""
    todo: list[Answer[T]] = []
    items: list[tuple[R, Answer[T]]] = []
    characters = 0
    for row, answer in pairs:
        items.append((row, answer))
        if answer.said is None and not answer.asked:
            answer.asked = True
            todo.append(answer)
        characters += len(answer.posting.text)
        if len(todo) >= _JOBS or len(items) >= _ROWS or characters >= _CHARACTERS:
            yield (todo, items), [answer.posting for answer in todo]
            todo, items, characters = [], [], 0
    yield (todo, items), [answer.posting for answer in todo]
