"""Finds a vocabulary's cues in a clause: words side by side, and parts that stand together in one clause."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jobcodes.text import plain, stem
from jobcodes.vocabulary import Cue, Phrase

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
        self,
        known: Iterable[str],
        variants: Mapping[str, tuple[str, ...]],
        articles: Iterable[str],
        exact: Iterable[str],
    ) -> None:
        super().__init__()
        self.known = frozenset(known)
        self.variants = {name: words[0] for name, words in variants.items() if len(words) == 1 and " " not in name}
        self.articles = frozenset(articles)
        self.exact = frozenset(exact)
        self.corrected: dict[str, str] = {}
        self.targets: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self.known):
            if len(word) >= MIN_FUZZY - 1 and word.isalpha():
                self.targets[word[0]].append(word)

    def __missing__(self, word: str) -> str:
        if len(self) >= _MEMO_LIMIT:
            self.clear()
            self.corrected.clear()
        self[word] = found = self.look_up(word)
        return found

    def look_up(self, word: str) -> str:
        form = plain(word)
        if form in self.articles:
            return SKIPPED
        base = stem(form)
        base = self.variants.get(form) or self.variants.get(base, base)
        if base in self.known:
            return base
        if (
            len(form) < MIN_FUZZY
            or not form.isascii()
            or not form.isalpha()
            or form in self.exact
            or base in self.exact
        ):
            return ""
        return self.nearest(word, base)

    def nearest(self, word: str, base: str) -> str:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        bound = 2 if len(base) >= LONG_FUZZY else 1
        found = process.extractOne(
            base, self.targets.get(base[0], ()), scorer=OSA.distance, score_cutoff=bound
        )
        if found is None:
            return ""
        target: str = found[0]
        self.corrected[word] = target
        return target


@dataclass(frozen=True, slots=True)
class Hit:
    """A cue found in a clause: whose it is, and the words (index from, to) of each of its parts."""

    key: str
    cue: Cue
    sign: int
    spans: tuple[tuple[int, int], ...]


class CueIndex:
    """All cues of one field, ready to be looked for in a clause in time proportional to the clause.

    `cues` are (key, cue, sign) with sign -1 for what speaks against the key; `parts` are the phrases that each
    part of a cue may be.
    """

    def __init__(
        self,
        cues: Iterable[tuple[str, Cue, int]],
        parts: Mapping[str, tuple[Phrase, ...]],
        variants: Mapping[str, Phrase],
    ) -> None:
        self.root: dict[str, Any] = {}
        self.words: set[str] = set()
        self.shortened: dict[str, list[tuple[Phrase, Phrase]]] = defaultdict(list)
        for name, phrase in variants.items():
            if len(phrase) > 1 or " " in name:
                self.shortened[phrase[0]].append((phrase, tuple(name.split())))
        cues = list(cues)
        uses = Counter(part for _, cue, _ in cues for part in cue.parts)
        for part in uses:
            for phrase in parts[part]:
                self._add(phrase, part)
        # A cue is looked at only where its rarest part stands.
        self.anchored: dict[str, list[tuple[str, Cue, int, tuple[str, ...]]]] = defaultdict(list)
        for key, cue, sign in cues:
            ordered = sorted(cue.parts, key=lambda part: uses[part])
            self.anchored[ordered[0]].append((key, cue, sign, tuple(ordered[1:])))

    def _add(self, phrase: Phrase, part: str) -> None:
        for words in (phrase, *self._short_forms(phrase)):
            node = self.root
            for word in words:
                node = node.setdefault(word, {})
            node.setdefault("", []).append(part)
            self.words.update(words)

    def _short_forms(self, phrase: Phrase) -> list[Phrase]:
        """The phrase with a run of its words replaced by the abbreviation or the joined spelling of the run."""
        return [
            phrase[:i] + short + phrase[i + len(run) :]
            for i, word in enumerate(phrase)
            for run, short in self.shortened.get(word, ())
            if phrase[i : i + len(run)] == run
        ]

    def find(self, words: Sequence[str]) -> list[Hit]:
        """The cues in a clause, given its vocabulary words with "" for all others; overlaps included."""
        seen: dict[str, list[tuple[int, int]]] = {}
        count = len(words)
        for i, word in enumerate(words):
            node = self.root.get(word) if word else None
            j = i + 1
            while node is not None:
                for part in node.get("", ()):
                    seen.setdefault(part, []).append((i, j))
                if j == count or not words[j]:
                    break
                node, j = node.get(words[j]), j + 1
        hits: list[Hit] = []
        for part, places in seen.items():
            for key, cue, sign, others in self.anchored.get(part, ()):
                if not others:
                    hits += [Hit(key, cue, sign, (place,)) for place in places]
                elif all(other in seen for other in others):
                    spans = _together([places, *(seen[other] for other in others)])
                    if spans:
                        hits.append(Hit(key, cue, sign, spans))
        return hits


def _together(places: Sequence[Sequence[tuple[int, int]]]) -> tuple[tuple[int, int], ...]:
    """One place for each part, none overlapping another, all within REACH words of the first; () if none."""
    for first in places[0]:
        chosen = [first]
        for spans in places[1:]:
            near = [
                span
                for span in spans
                if abs(span[0] - first[0]) <= REACH
                and all(span[1] <= c[0] or c[1] <= span[0] for c in chosen)
            ]
            if not near:
                break
            chosen.append(min(near, key=lambda span: (abs(span[0] - first[0]), span)))
        else:
            return tuple(chosen)
    return ()
