"""The nouns of survey job matching, as frozen dataclasses that import nothing of ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

Kind = Literal["discipline", "benchmark"]
Role = Literal["discipline", "generalist", "residual", "executive"]
Decision = Literal["match", "review", "none", "error"]


class Problem(NamedTuple):
    """A fault in a data file: where it is, what was found, how to mend it. `line` counts from 1; 0 = the file."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}" if self.line else f"{self.path}: {self.message}"


@dataclass(frozen=True, slots=True)
class Band:
    """A career band: EX Executive, M Supervisory/Management, P Professional, T Technical Support, …"""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Job:
    """A survey job: a discipline (`AMT010`) or an executive benchmark (`AMT000-EX`) of one function.

    `responsibilities` joined by a space are the survey house's description, word for word.
    `role` says what part the job plays in its function (see `catalogue.role_of`): a generalist stands for
    several disciplines of the function together, a residual for "in the function, in no discipline".
    `attributes` are (name, value) pairs that the survey house gives besides, in its order.
    """

    code: str
    kind: Kind
    function: str
    title: str
    responsibilities: tuple[str, ...]
    reports: tuple[str, ...] = ()
    role: Role = "discipline"
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def description(self) -> str:
        return " ".join(self.responsibilities)


@dataclass(frozen=True, slots=True)
class Function:
    """A survey function (`AMT`) with its jobs in catalogue order. No `bands`: the source does not state them."""

    code: str
    title: str
    description: str
    bands: tuple[str, ...] = ()
    reports: tuple[str, ...] = ()
    jobs: tuple[Job, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A survey house's table of functions and jobs, of one edition.

    `sha256` is over the bytes of its files in name order, so it names exactly what was read.
    Iterating gives every job, in catalogue order; look-ups live in `jobcodes.catalogue`.
    """

    name: str
    edition: str
    bands: tuple[Band, ...]
    functions: tuple[Function, ...]
    sha256: str
    path: str = ""

    def __iter__(self) -> Iterator[Job]:
        return (job for function in self.functions for job in function.jobs)

    def __len__(self) -> int:
        return sum(len(function.jobs) for function in self.functions)


@dataclass(frozen=True, slots=True)
class Posting:
    """A job to be matched: its text, its title when known, and where it came from.

    `error` says why it could not be read; such a posting becomes a match with the decision `error`.
    """

    source: str
    text: str = ""
    title: str | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words of the job that speak for the code.

    `start` and `end` are Unicode code points into `field` ("title" or "text") as it was given, so that
    `field[start:end] == text`. `term` is the vocabulary's phrase, `kind` how it was found (title, keyword,
    fuzzy, definition), `weight` how much it counts: the share of one duty, 0 to 1.
    """

    field: str
    text: str
    start: int
    end: int
    term: str
    kind: str
    weight: float


@dataclass(frozen=True, slots=True)
class Alternative:
    """A code in the ranking, with the probability that an expert would accept it."""

    code: str
    confidence: float


@dataclass(frozen=True, slots=True)
class BandMatch:
    """The career band of a match: a decision of its own, with the words that speak for it."""

    code: str
    confidence: float
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """The answer for one job. `code` and `title` are None for the decisions none and error.

    `confidence` is the probability (0 to 1) that the stated answer, none included, is one an expert accepts;
    None for an error. `coverage` is the share (0 to 1) of the job's duty clauses that speak for the code;
    None without text or code. `alternatives` rank codes, best first, also when the decision is none.
    `notes` are sentences for the analyst.
    """

    decision: Decision
    code: str | None = None
    title: str | None = None
    confidence: float | None = None
    coverage: float | None = None
    band: BandMatch | None = None
    alternatives: tuple[Alternative, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    notes: tuple[str, ...] = field(default=())
