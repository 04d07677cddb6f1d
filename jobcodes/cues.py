"""Finds a vocabulary's cues in a clause: words side by side, and parts that stand together in one clause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from jobcodes.text import plain, stem

# Parts of one cue may be this many words apart: about the length of a plain sentence.
REACH = 10
# Bounds for reading a misspelt word as a vocabulary word: short words are never corrected, one edit from
# MIN_FUZZY letters on, two from LONG_FUZZY; the first letter must agree.
MIN_FUZZY, LONG_FUZZY = 6, 10
SKIPPED = "\0"  # stands for an article, which no phrase minds
_MEMO_LIMIT = 200_000  # distinct words kept, so that memory stays flat however long a batch is


class Words(dict[str, str]):
    """Maps a word as it stands in a text to the vocabulary word it is a form of, "" if it is none.

    Looks up inflections, spelling variants, abbreviations and misspellings once per distinct word.
    `corrected` tells which of the words were read as another word that is not just a form of them.
    """

    def __init__(
        self, known: Iterable[str], variants: Mapping[str, str], articles: Iterable[str], exact: Iterable[str]
    ) -> None:
        super().__init__()
        self.known = frozenset(known)
        self.variants = {name: word for name, word in variants.items() if " " not in name and " " not in word}
        self.articles = frozenset(articles)
        self.exact = frozenset(exact)
        self.corrected: dict[str, str] = {}
        self.targets: dict[str, list[str]] = {}

    def __missing__(self, word: str) -> str:
        if len(self) >= _MEMO_LIMIT:
            self.clear()
            self.corrected.clear()
        self[word] = found = self._look_up(word)
        return found

    def _look_up(self, word: str) -> str:
        form = plain(word)
        if form in self.articles:
            return SKIPPED
        base = stem(form)
        base = self.variants.get(form) or self.variants.get(base, base)
        if base in self.known:
            return base
        if len(form) < MIN_FUZZY or not form.isascii() or not form.isalpha() or {form, base} & self.exact:
            return ""
        return self._nearest(word, base)

    def _nearest(self, word: str, base: str) -> str:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        if not self.targets:
            for known in sorted(self.known):
                if len(known) >= MIN_FUZZY - 1 and known.isalpha():
                    self.targets.setdefault(known[0], []).append(known)
        bound = 2 if len(base) >= LONG_FUZZY else 1
        found = process.extractOne(base, self.targets.get(base[0], ()), scorer=OSA.distance, score_cutoff=bound)
        if found is None:
            return ""
        target: str = found[0]
        self.corrected[word] = target
        return target


@dataclass(frozen=True, slots=True)
class Hit:
    """A cue found in a clause: whose it is, what it weighs, and the words (index from, to) of its parts.

    `sign` is -1 for what speaks against the key. `terms` are the parts as the vocabulary writes them.
    """

    key: str
    weight: float
    sign: int
    spans: tuple[tuple[int, int], ...]
    terms: tuple[str, ...]


@dataclass(slots=True)
class CueIndex:
    """The cues of one field, ready to be looked for in a clause in time proportional to the clause.

    Plain data, so that it can be kept as JSON. A part is what must stand in a clause: any of its phrases.
    `parts` holds each part's alternatives as written; `phrases` maps a phrase (stemmed words and a space) to
    the parts it fills, as [part, alternative]; `lengths` the first word of phrases to their lengths;
    `cues` has, for each part, the cues looked at where it stands: [key, weight, sign, other parts].
    """

    parts: list[list[str]] = field(default_factory=list)
    phrases: dict[str, list[list[int]]] = field(default_factory=dict)
    lengths: dict[str, list[int]] = field(default_factory=dict)
    cues: list[list[list[Any]]] = field(default_factory=list)

    def add_part(self, alternatives: Mapping[str, Iterable[Sequence[str]]]) -> int:
        """The number of a new part: each alternative as written, and the phrases it stands for."""
        number = len(self.parts)
        self.parts.append(list(alternatives))
        self.cues.append([])
        for i, phrases in enumerate(alternatives.values()):
            for phrase in phrases:
                found = self.phrases.setdefault(" ".join(phrase), [])
                if not found or found[-1][0] != number:
                    found.append([number, i])
                lengths = self.lengths.setdefault(phrase[0], [])
                if len(phrase) not in lengths:
                    lengths.append(len(phrase))
        return number

    def add_cue(self, key: str, weight: float, sign: int, parts: Sequence[int]) -> None:
        """A cue for a key; it is looked at only where the first of its parts stands."""
        self.cues[parts[0]].append([key, weight, sign, list(parts[1:])])

    def words(self) -> set[str]:
        """Every word of every phrase."""
        return {word for phrase in self.phrases for word in phrase.split()}

    def copy(self) -> CueIndex:
        """An index of its own that can be added to."""
        return CueIndex(**asdict(self))

    def find(self, words: Sequence[str]) -> list[Hit]:
        """The cues in a clause, given its vocabulary words with "" for all others; overlaps included."""
        seen: dict[int, list[tuple[int, int, int]]] = {}
        for i, word in enumerate(words):
            for length in self.lengths.get(word, ()):
                phrase = word if length == 1 else " ".join(words[i : i + length])
                for part, alternative in self.phrases.get(phrase, ()) if i + length <= len(words) else ():
                    seen.setdefault(part, []).append((i, i + length, alternative))
        hits: list[Hit] = []
        for part, places in seen.items():
            for key, weight, sign, others in self.cues[part]:
                if not others:
                    hits += [self._hit(key, weight, sign, [part], [place]) for place in places]
                elif all(other in seen for other in others):
                    found = _together([places, *(seen[other] for other in others)])
                    if found:
                        hits.append(self._hit(key, weight, sign, [part, *others], found))
        return hits

    def _hit(
        self, key: str, weight: float, sign: int, parts: Sequence[int], places: Sequence[tuple[int, int, int]]
    ) -> Hit:
        terms = tuple(self.parts[part][place[2]] for part, place in zip(parts, places, strict=True))
        return Hit(key, weight, sign, tuple(place[:2] for place in places), terms)


def _together(places: Sequence[Sequence[tuple[int, int, int]]]) -> list[tuple[int, int, int]]:
    """One place for each part, none overlapping another, all within REACH words of the first; [] if none."""
    for first in places[0]:
        chosen = [first]
        for spans in places[1:]:
            near = [
                span
                for span in spans
                if abs(span[0] - first[0]) <= REACH and all(span[1] <= c[0] or c[1] <= span[0] for c in chosen)
            ]
            if not near:
                break
            chosen.append(min(near, key=lambda span: (abs(span[0] - first[0]), span)))
        else:
            return chosen
    return []


def short_forms(variants: Mapping[str, str]) -> Mapping[str, list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    """By first word: each run of words that has an abbreviation or another joining, with the other form."""
    found: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = defaultdict(list)
    for name, words in variants.items():
        if " " in name or " " in words:
            run = tuple(words.split())
            found[run[0]].append((run, tuple(name.split())))
    return found
