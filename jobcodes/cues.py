"""Finds a vocabulary's cues in a clause: words side by side, and parts that stand together in one clause.

The time per clause grows with what is found in it, not with the size of the vocabulary: a clause's words lead
to the phrases that begin with them, and each cue is looked at only where its rarest part stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import NamedTuple

from jobcodes.text import BREAKS, plain, stem

# Parts of one cue may be this many words apart: about the length of a plain sentence.
REACH = 10
# Bounds for reading a misspelt word as a word of the trade: short words are never corrected, one edit from
# MIN_FUZZY letters on, two from LONG_FUZZY; the first letter must agree.
MIN_FUZZY, LONG_FUZZY = 6, 10
SKIPPED = "\0"  # stands for an article, which no phrase minds
BREAK = "\n"  # stands for the end of a clause
_MEMO_LIMIT = 200_000  # distinct words kept, so that memory stays flat however long a batch is


class Words(dict[str, str]):
    """Maps a word as it stands in a text to the vocabulary word it is a form of, "" if it is none.

    Looks up inflections, spelling variants, abbreviations and misspellings once per distinct word.
    `corrected` tells which of the words were read as another word that is not just a form of them.
    """

    def __init__(
        self,
        known: Iterable[str],
        variants: Mapping[str, str],
        articles: Iterable[str] = (),
        spelling: Iterable[str] = (),
        exact: Iterable[str] = (),
    ) -> None:
        super().__init__()
        self.known = frozenset(known)
        self.variants = {name: word for name, word in variants.items() if " " not in name and " " not in word}
        self.articles = frozenset(articles)
        self.exact = frozenset(exact)
        self.corrected: dict[str, str] = {}
        self.spelling = {base: word for word in spelling if (base := stem(word)) in self.known}
        self.targets: dict[str, list[str]] = {}
        for base in sorted(self.spelling):
            self.targets.setdefault(base[0], []).append(base)

    def __missing__(self, word: str) -> str:
        if len(self) >= _MEMO_LIMIT:
            self.clear()
            self.corrected.clear()
        self[word] = found = self._look_up(word)
        return found

    def _look_up(self, word: str) -> str:
        if word[0] in BREAKS:
            return BREAK
        form = plain(word)
        if form in self.articles or not form:
            return SKIPPED
        base = stem(form)
        base = self.variants.get(form) or self.variants.get(base, base)
        if base in self.known:
            return base
        if len(form) < MIN_FUZZY or not form.isascii() or not form.isalpha() or {form, base} & self.exact:
            return ""
        return self._nearest(word, base)

    def _nearest(self, word: str, base: str) -> str:
        bound = 2 if len(base) >= LONG_FUZZY else 1
        letters = set(base)
        # An edit takes one letter and brings one at most: most words are too far away to be looked at closely.
        targets = [
            target
            for target in self.targets.get(base[0], ())
            if abs(len(target) - len(base)) <= bound and len(letters.symmetric_difference(target)) <= 2 * bound
        ]
        if not targets:
            return ""
        from rapidfuzz import process  # 8 ms, which a job without a doubtful word does not pay
        from rapidfuzz.distance import OSA

        found = process.extractOne(base, targets, scorer=OSA.distance, score_cutoff=bound)
        if found is None:
            return ""
        target: str = found[0]
        self.corrected[word] = self.spelling[target]
        return target


class Cue(NamedTuple):
    """A cue of an index: whose it is, what it weighs (0 to 1), and its parts, the one it is anchored at first.

    `sign` is -1 for what speaks against the key.
    """

    key: str
    weight: float
    sign: int
    parts: list[int]


Span = tuple[int, int]  # words of a clause, from and to
Hit = tuple[Cue, tuple[Span, ...]]  # a cue found in a clause, and the words that its parts were found in
Check = tuple[Cue, int, list[frozenset[int]]]  # a cue, its number, and the phrases of its parts if it has several
Start = tuple[int, list[tuple[int, dict[str, int]]]]  # the phrase of one word (or -1), those of more by size


@dataclass(slots=True)
class CueIndex:
    """The cues of one field, as plain data that can be kept as JSON and used as it is.

    Phrases are numbered: `single` has those of one stemmed word, `longer` those of more, by their first word
    and then the rest. A part of a cue is any of its phrases: `parts` has their numbers, `alternatives` the
    part as the vocabulary writes it and, phrase by phrase, which of the alternatives it comes from. `cues`
    holds all cues; `anchored` says for each phrase which of them to look at where it stands.
    """

    single: dict[str, int] = field(default_factory=dict)
    longer: dict[str, dict[str, int]] = field(default_factory=dict)
    parts: list[list[int]] = field(default_factory=list)
    alternatives: list[tuple[list[str], list[int]]] = field(default_factory=list)
    cues: list[Cue] = field(default_factory=list)
    anchored: list[list[int]] = field(default_factory=list)
    # What `find` makes of these for a phrase or a word, once it meets it.
    _checks: dict[int, list[Check]] = field(default_factory=dict, repr=False)
    _starts: dict[str, Start] = field(default_factory=dict, repr=False)

    def add_part(self, alternatives: Mapping[str, Iterable[Sequence[str]]]) -> int:
        """The number of a new part: each alternative as written, with the phrases it stands for."""
        self._starts.clear()
        found: dict[int, int] = {}
        for i, phrases in enumerate(alternatives.values()):
            for first, *rest in phrases:
                known = self.longer.setdefault(first, {}) if rest else self.single
                number = known.setdefault(" ".join(rest) or first, len(self.anchored))
                if number == len(self.anchored):
                    self.anchored.append([])
                found.setdefault(number, i)
        self.parts.append(list(found))
        self.alternatives.append((list(alternatives), list(found.values())))
        return len(self.parts) - 1

    def add_cue(self, key: str, weight: float, sign: int, parts: Sequence[int]) -> None:
        """A cue for a key; it is looked at only where the first of its parts stands."""
        self._checks.clear()
        for phrase in self.parts[parts[0]]:
            self.anchored[phrase].append(len(self.cues))
        self.cues.append(Cue(key, weight, sign, list(parts)))

    def words(self) -> set[str]:
        """Every word of every phrase."""
        rests = (rest for rests in self.longer.values() for rest in rests)
        return {*self.single, *self.longer, *(word for rest in rests for word in rest.split())}

    def copy(self) -> CueIndex:
        """An index of its own that can be added to."""
        return deepcopy(self)

    def find(self, words: Sequence[str]) -> list[Hit]:
        """The cues in a clause, given its vocabulary words with "" for all others.

        A cue of one part is found wherever it stands; one of several parts once, without overlap, all within
        REACH words of the first, the earliest first.
        """
        places = self._places(words)
        present = set(places)
        hits: list[Hit] = []
        found = set()
        for phrase, spans in places.items():
            checks = self._checks.get(phrase)
            for cue, number, parts in self._check(phrase) if checks is None else checks:
                if number in found:
                    continue
                for part in reversed(parts):  # the first is there: it is the one that led here
                    if part.isdisjoint(present):
                        break
                else:
                    if parts:
                        together = _together([_of(part & present, places) for part in parts])
                        if together:
                            hits.append((cue, together))
                            found.add(number)
                    else:
                        hits += [(cue, (span,)) for span in spans]
        return hits

    def _check(self, phrase: int) -> list[Check]:
        self._checks[phrase] = checks = [
            (cue, number, [frozenset(self.parts[part]) for part in cue.parts] if len(cue.parts) > 1 else [])
            for number in self.anchored[phrase]
            for cue in (self.cues[number],)
        ]
        return checks

    def _places(self, words: Sequence[str]) -> dict[int, list[Span]]:
        """Where each phrase stands in a clause, overlaps included."""
        places: dict[int, list[Span]] = {}
        starts = self._starts
        count = len(words)
        for i, word in enumerate(words):
            if not word:
                continue
            number, rests = starts.get(word) or self._start(word)
            if number >= 0:
                if number in places:
                    places[number].append((i, i + 1))
                else:
                    places[number] = [(i, i + 1)]
            for size, longer in rests:
                end = i + 1 + size
                if end <= count:
                    rest = words[i + 1] if size == 1 else " ".join(words[i + 1 : end])
                    if rest in longer:
                        places.setdefault(longer[rest], []).append((i, end))
        return places

    def _start(self, word: str) -> Start:
        by_size: dict[int, dict[str, int]] = {}
        for rest, number in self.longer.get(word, {}).items():
            by_size.setdefault(rest.count(" ") + 1, {})[rest] = number
        self._starts[word] = start = (self.single.get(word, -1), sorted(by_size.items()))
        return start

    def terms(self, hit: Hit, words: Sequence[str]) -> list[str]:
        """The parts of a hit as the vocabulary writes the alternatives that were found, in text order."""
        cue, spans = hit
        found = []
        for part, (start, end) in zip(cue.parts, spans, strict=True):
            rest = " ".join(words[start + 1 : end])
            number = self.longer[words[start]][rest] if rest else self.single[words[start]]
            texts, origins = self.alternatives[part]
            found.append((start, texts[origins[self.parts[part].index(number)]]))
        return [text for _, text in sorted(found)]


def _of(phrases: Iterable[int], places: Mapping[int, list[Span]]) -> list[Span]:
    """Where any of the phrases stand."""
    spans = [places[phrase] for phrase in phrases]
    return spans[0] if len(spans) == 1 else sorted(span for found in spans for span in found)


def _together(places: Sequence[Sequence[Span]], chosen: tuple[Span, ...] = ()) -> tuple[Span, ...]:
    """One place for each part, none overlapping another, all within REACH words of the first; () if none.

    Each part takes the place nearest to the first part's that leaves one for the parts after it.
    """
    if len(chosen) == len(places):
        return chosen
    spans, start = places[len(chosen)], chosen[0][0] if chosen else 0
    if len(spans) > 1:
        spans = sorted(spans, key=lambda span: (abs(span[0] - start), span))
    for span in spans:
        if chosen and abs(span[0] - start) > REACH:
            break
        if all(span[1] <= other[0] or other[1] <= span[0] for other in chosen) and (
            found := _together(places, (*chosen, span))
        ):
            return found
    return ()


def short_forms(variants: Mapping[str, str]) -> Mapping[str, list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    """By first word: each run of words that has an abbreviation or another joining, with the other form."""
    found: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = defaultdict(list)
    for name, words in variants.items():
        if " " in name or " " in words:
            run = tuple(words.split())
            found[run[0]].append((run, tuple(name.split())))
    return found
