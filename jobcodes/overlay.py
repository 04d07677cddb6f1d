"""A vocabulary of one's own over ours: which of two listings of the same words counts, and titles that decide.

`data/vocabulary/README.md` states the rules. Only a vocabulary that is laid over another needs this module.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from jobcodes.cues import CueIndex, Hit
from jobcodes.model import Problem
from jobcodes.yamlnodes import Node

MEANS = 1.0  # the weight of a title that decides; what only speaks for a code weighs less
# Signals that a title's other words may give, and those that decide do not: "Director of Delight" may be a clerk.
RANKS = ("executive", "generalist")
FOR = ("titles", "duties")  # the fields whose cues speak for a code


@dataclass(frozen=True, slots=True)
class Listed:
    """A cue as a file lists it: whose it is, in which of its fields, how strong, where, and in whose layer.

    `rival`: it speaks for a code or a kind of work outside, and not for a signal or a band.
    """

    key: str
    field: str
    weight: float
    text: str
    node: Node
    own: bool
    rival: bool

    @property
    def place(self) -> str:
        return f"{self.node.path}:{self.node.line}"


Form = object  # what is equal for the same words
Forms = Callable[[str], list[tuple[str, Form]]]  # of each alternative of a cue that can stand alone, else of the cue


def laid_over(listed: Iterable[Listed], drops: Iterable[Listed], forms: Forms, notes: list[Problem]) -> list[Listed]:
    """What counts of both layers, in the order given: all of one's own, and of ours what that leaves.

    Gone is what is dropped, what one's own lists in the same field of the same code, speaking for any other code,
    or on the other side. A drop of what is not there is one of the `notes`.
    """
    listed = list(listed)
    taken: set[tuple[str | None, str, Form]] = set()  # None: of whatever code
    for one in listed:
        for _, form in forms(one.text) if one.own else ():
            taken.add((one.key, one.field, form))
            if one.rival and one.field in FOR:
                taken.add((None, one.field, form))
            if other := {"duties": "against", "against": "duties"}.get(one.field):
                taken.add((one.key, other, form))
    ours = {(one.key, form) for one in listed if not one.own for _, form in forms(one.text)}
    for drop in drops:
        for text, form in forms(drop.text):
            taken |= {(drop.key, field, form) for field in (*FOR, "against", "needs")}
            if (drop.key, form) not in ours:
                notes.append(drop.node.problem(f"{drop.key} has no phrase {text!r}"))
    kept = []
    for one in listed:
        if not one.own:
            left = [
                text
                for text, form in forms(one.text)
                if (one.key, one.field, form) not in taken and not (one.rival and (None, one.field, form) in taken)
            ]
            if not left:
                continue
            one = replace(one, text="|".join(left))
        kept.append(one)
    return kept


def contradictions(listed: Iterable[Listed], forms: Forms) -> Iterable[Problem]:
    """Titles that mean two codes."""
    first: dict[Form, Listed] = {}
    for one in listed:
        for text, form in forms(one.text) if one.field == "means" else ():
            other = first.setdefault(form, one)
            if other.key != one.key:
                yield one.node.problem(f"{text!r} means {other.key} already ({other.place})")


@dataclass(slots=True)
class TitleIndex(CueIndex):
    """The cues of titles, some of which decide: where one stands, no other code is spoken for.

    Of several the longest decides, then the first. `general` are the keys that stay beside it.
    """

    general: list[str] = field(default_factory=list)

    def find(self, words: Sequence[str]) -> list[Hit]:
        # By name: a dataclass with slots is another class than the one that super() would remember.
        hits = CueIndex.find(self, words)
        spans = [hit[1][0] for hit in hits if hit[0].weight == MEANS]
        if not spans:
            return hits
        start, end = min(spans, key=lambda span: (span[0] - span[1], span))
        return [
            (cue, found)
            for cue, found in hits
            if (cue.weight == MEANS and found[0] == (start, end))
            or (cue.weight < MEANS and cue.key in self.general and not (cue.key in RANKS and _meet(found, start, end)))
        ]


def _meet(spans: Iterable[tuple[int, int]], start: int, end: int) -> bool:
    return any(first < end and start < last for first, last in spans)
