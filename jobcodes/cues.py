"""Finds a vocabulary's cues in a clause: words side by side, and parts that stand together in one clause.

The time per clause grows with what is found in it, not with the size of the vocabulary: a clause's words lead
to the phrases that begin with them, and each cue is looked at only where its rarest part stands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from jobcodes.text import BREAKS, plain, stem

# Parts of one cue may be this many words apart: about the length of a plain sentence.
REACH = 10
# Bounds for reading a misspelt word as a word of the trade: short words are never corrected, one edit from
# MIN_FUZZY letters on, two from LONG_FUZZY; the first letter must agree.
MIN_FUZZY, LONG_FUZZY = 6, 10
SKIPPED = "\0"  # stands for an article, which no phrase minds
BREAK = "\n"  # stands for the end of a clause
_MEMO_LIMIT = 200_000  # distinct words kept, so that memory stays flat however long a batch is


Found = TypeVar("Found")


class Memo(dict[str, Found]):
    """Remembers what `look_up` makes of each word, so that it is worked out once; forgets all when it is full."""

    def __missing__(self, word: str) -> Found:
        if len(self) >= _MEMO_LIMIT:
            self.clear()
        self[word] = found = self.look_up(word)
        return found

    def look_up(self, word: str) -> Found:
        raise NotImplementedError


class Words(Memo[str]):
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

    def clear(self) -> None:
        super().clear()
        self.corrected.clear()

    def look_up(self, word: str) -> str:
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
            if abs(len(target) - len(base)) <= bound
            and len(letters.symmetric_difference(target)) <= 2 * bound
            and (Counter(base) - Counter(target)).total() <= bound
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
Check = tuple[Cue, int, int]  # a cue of several parts, its number, and the bits of its parts
# What a phrase leads to where it stands: the cues it makes up alone, the bits of the parts it belongs to, and
# the cues of several parts to look at. A part's bit is 1 << its number.
Lead = tuple[list[Cue], int, list[Check]]
# What a word begins: the phrase of one word (or -1), and those of more by their second word, each with the words
# after that one and its number.
Start = tuple[int, dict[str, list[tuple[list[str], int]]]]


@dataclass(slots=True)
class CueIndex:
    """The cues of one field, as plain data that can be kept as JSON and used as it is; `indexing` makes it.

    Most of it is text until a job needs it: what a job does not need is not taken apart. Phrases of stemmed words are
    numbered. `single` has those of one word; `longer` those of more by their first word, as in "desk agent 7|desk 9":
    the words after it and the number. A part of a cue is any of its phrases: `alternatives` has the part as the
    vocabulary writes it, "call|<customer>", and `parts` the phrases of each alternative, "3 | 8 12". `cues` holds all
    cues; for each phrase `anchored` has the cues to look at where it stands, as in "4 17", and `within` those parts
    of cues with several that it belongs to.
    """

    single: dict[str, int] = field(default_factory=dict)
    longer: dict[str, str] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    alternatives: list[str] = field(default_factory=list)
    cues: list[Cue] = field(default_factory=list)
    anchored: list[str] = field(default_factory=list)
    within: list[str] = field(default_factory=list)
    # What `find` makes of these for a phrase, a word or a part, once it meets it.
    _leads: dict[int, Lead] = field(default_factory=dict, repr=False)
    _starts: dict[str, Start] = field(default_factory=dict, repr=False)
    _members: dict[int, frozenset[int]] = field(default_factory=dict, repr=False)

    def words(self) -> set[str]:
        """Every word of every phrase."""
        rests = (rest.split()[:-1] for text in self.longer.values() for rest in text.split("|"))
        return {*self.single, *self.longer, *(word for rest in rests for word in rest)}

    def find(self, words: Sequence[str]) -> list[Hit]:
        """The cues in a clause, given its vocabulary words with "" for all others.

        A cue of one part is found wherever it stands; one of several parts once, without overlap, all within
        REACH words of the first, the earliest first.
        """
        places = self._places(words)
        leads = self._leads
        hits: list[Hit] = []
        present = 0
        open_: list[Check] = []
        for phrase, spans in places.items():
            alone, bits, checks = leads.get(phrase) or self._lead(phrase)
            present |= bits
            open_ += checks
            if alone:
                hits += [(cue, (span,)) for cue in alone for span in spans]
        found = set()
        for cue, number, needed in open_:
            if needed & present == needed and number not in found:
                together = _together([self._spans(part, places) for part in cue.parts])
                if together:
                    hits.append((cue, together))
                    found.add(number)
        return hits

    def _lead(self, phrase: int) -> Lead:
        cues = [(self.cues[number], number) for number in map(int, self.anchored[phrase].split())]
        self._leads[phrase] = lead = (
            [cue for cue, _ in cues if len(cue.parts) == 1],
            sum(1 << part for part in map(int, self.within[phrase].split())),
            [(cue, number, sum(1 << part for part in {*cue.parts})) for cue, number in cues if len(cue.parts) > 1],
        )
        return lead

    def _spans(self, part: int, places: Mapping[int, list[Span]]) -> list[Span]:
        """Where any of a part's phrases stand."""
        members = self._members.get(part)
        if members is None:
            self._members[part] = members = frozenset(map(int, self.parts[part].replace("|", "").split()))
        found = members.intersection(places)
        if len(found) == 1:
            return places[next(iter(found))]
        return sorted(span for phrase in found for span in places[phrase])

    def _places(self, words: Sequence[str]) -> dict[int, list[Span]]:
        """Where each phrase stands in a clause, overlaps included."""
        places: dict[int, list[Span]] = {}
        starts = self._starts
        for i, word in enumerate(words):
            if not word:
                continue
            number, longer = starts.get(word) or self._start(word)
            if number >= 0:
                if number in places:
                    places[number].append((i, i + 1))
                else:
                    places[number] = [(i, i + 1)]
            if longer and i + 1 < len(words):
                for rest, number in longer.get(words[i + 1], ()):
                    end = i + 2 + len(rest)
                    if not rest or words[i + 2 : end] == rest:
                        places.setdefault(number, []).append((i, end))
        return places

    def _start(self, word: str) -> Start:
        longer: dict[str, list[tuple[list[str], int]]] = {}
        if word in self.longer:
            for text in self.longer[word].split("|"):
                second, *rest, number = text.split()
                longer.setdefault(second, []).append((rest, int(number)))
        self._starts[word] = start = (self.single.get(word, -1), longer)
        return start

    def terms(self, hit: Hit, words: Sequence[str]) -> list[str]:
        """The parts of a hit as the vocabulary writes the alternatives that were found, in text order."""
        cue, spans = hit
        found = []
        for part, (start, end) in zip(cue.parts, spans, strict=True):
            number, longer = self._starts.get(words[start]) or self._start(words[start])
            if end > start + 1:
                rest = words[start + 2 : end]
                number = next(number for others, number in longer[words[start + 1]] if others == rest)
            before, _, _ = f" {self.parts[part]} ".partition(f" {number} ")
            found.append((start, self.alternatives[part].split("|")[before.count("|")]))
        return [text for _, text in sorted(found)]


def _together(places: Sequence[Sequence[Span]]) -> tuple[Span, ...]:
    """One place for each part, none overlapping another, all within REACH words of the first; () if none.

    Each part takes the place nearest to the first part's that leaves one for the parts after it.
    """
    if len(places) == 2 and len(places[0]) == 1 and len(places[1]) == 1:  # nearly always
        one, other = places[0][0], places[1][0]
        apart = one[1] <= other[0] or other[1] <= one[0]
        return (one, other) if apart and abs(one[0] - other[0]) <= REACH else ()
    return _choose(places, ())


def _choose(places: Sequence[Sequence[Span]], chosen: tuple[Span, ...]) -> tuple[Span, ...]:
    if len(chosen) == len(places):
        return chosen
    spans, start = places[len(chosen)], chosen[0][0] if chosen else 0
    for span in sorted(spans, key=lambda span: (abs(span[0] - start), span)):
        if chosen and abs(span[0] - start) > REACH:
            break
        if all(span[1] <= other[0] or other[1] <= span[0] for other in chosen) and (
            found := _choose(places, (*chosen, span))
        ):
            return found
    return ()
