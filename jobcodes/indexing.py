"""Makes the index of a vocabulary's cues, once for each vocabulary: what is made is kept (see `cache`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from jobcodes.cues import Cue, CueIndex

Index = TypeVar("Index", bound=CueIndex)
Phrase = tuple[str, ...]  # stemmed words that stand side by side


def fill(index: Index, parts: Iterable[Mapping[str, Iterable[Phrase]]], cues: Iterable[Cue]) -> Index:
    """The empty index with these parts, each alternative as written with the phrases it stands for, and cues.

    A cue is looked at only where the first of its parts stands. A phrase of several alternatives of a part is the
    first one's.
    """
    numbers: dict[Phrase, int] = {}
    members: list[dict[int, int]] = []  # the phrases of each part, with the place of the alternative that each is of
    for alternatives in parts:
        found: dict[int, int] = {}
        for place, phrases in enumerate(alternatives.values()):
            for phrase in phrases:
                found.setdefault(numbers.setdefault(phrase, len(numbers)), place)
        members.append(found)
        groups = [[number for number, of in found.items() if of == place] for place in range(len(alternatives))]
        index.parts.append(" | ".join(map(_text, groups)))
        index.alternatives.append("|".join(alternatives))
    anchored: list[list[int]] = [[] for _ in numbers]
    within: list[list[int]] = [[] for _ in numbers]
    for cue in cues:
        for number in members[cue.parts[0]]:
            anchored[number].append(len(index.cues))
        index.cues.append(cue)
    for part in sorted({part for cue in index.cues if len(cue.parts) > 1 for part in cue.parts}):
        for number in members[part]:
            within[number].append(part)
    index.anchored += map(_text, anchored)
    index.within += map(_text, within)
    for (first, *rest), number in numbers.items():
        if rest:
            begun = f"{index.longer[first]}|" if first in index.longer else ""
            index.longer[first] = f"{begun}{' '.join(rest)} {number}"
        else:
            index.single[first] = number
    return index


def _text(numbers: Sequence[int]) -> str:
    return " ".join(map(str, numbers))
