"""What can go wrong, worded for the person at the terminal; only the command line prints it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobcodes.model import Problem


class JobcodesError(Exception):
    """Something the user can mend: `message` says what is wrong, `hint` how to mend it (may be empty)."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(JobcodesError):
    """The call cannot work as given: a missing input, an ambiguous column, an unwritable output."""


class DataError(JobcodesError):
    """A catalogue or a vocabulary is unusable; `problems` holds every fault found, in file and line order."""

    def __init__(self, problems: Sequence[Problem], hint: str = "") -> None:
        super().__init__("\n".join(str(problem) for problem in problems), hint)
        self.problems = tuple(problems)


class UnknownCodeError(JobcodesError, KeyError):
    """No function or job has this code; `suggestions` are the nearest codes, best first."""

    def __init__(self, code: str, suggestions: Sequence[str] = ()) -> None:
        nearest = f"did you mean {' or '.join(suggestions)}?" if suggestions else "see `jobcodes list`"
        super().__init__(f"no code {code!r} in this catalogue", nearest)
        self.code = code
        self.suggestions = tuple(suggestions)

    __str__ = Exception.__str__


class InputError(JobcodesError):
    """A job description cannot be read: missing, empty, not text, in another encoding."""


class InterruptedRunError(JobcodesError):
    """Something from outside ended the run: a worker process was killed."""
