"""Finds catalogue entries by words: their codes, titles, definitions and the phrases of the vocabulary."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple, cast

from jobcodes.catalogue import entries, folded, shortened
from jobcodes.model import Catalogue, Function, Job

Field = Literal["code", "title", "definition", "titles", "duties"]
Span = tuple[int, int]
Meaning = Mapping[str, Mapping[str, float]]

# What a word counts in each field: the survey house's own words before ours.
_WEIGHT: dict[Field, float] = {"code": 4.0, "title": 3.0, "definition": 1.5, "titles": 1.0, "duties": 1.0}
# The same for a text that is just what was asked for, so that "customer service" finds the job of that title.
_WHOLE: dict[Field, float] = {**_WEIGHT, "title": 4.0, "titles": 2.5, "duties": 2.5}
_BEST = 4.0
_EXACT, _INFLECTED, _BEGUN, _MISSPELT = 1.0, 0.9, 0.75, 0.7

_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_JOINTS = ("-", " ", "/")  # what stands between the halves of a compound: help desk, on-site
_STOP = frozenset(
    (
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "by",
        "for",
        "from",
        "in",
        "is",
        "of",
        "on",
        "or",
        "the",
        "to",
        "with",
    )
)
_ENDINGS = (
    *("ations", "ation", "ators", "ator", "ating", "ated", "ates", "ate", "ions", "ion", "ings", "ing"),
    *("ers", "er", "ors", "or", "ies", "ed", "es", "al", "ly", "s", "e", "y"),
)  # the longest first


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry found, with the text that matched best.

    `kind` is function, discipline or benchmark. `score` is 0 to 1: above 0.5 if every word of the query was
    found, else at most 0.5. `field` says where `text` is from: the code, the title, the definition (one
    responsibility), or the vocabulary's titles or duties. `spans` are the (start, end) of the matched words
    in `text`, in code points, in order, without overlap.
    """

    code: str
    title: str
    kind: str
    score: float
    field: Field
    text: str
    spans: tuple[Span, ...]


def search(
    query: str, catalogue: Catalogue, phrases: Mapping[str, Sequence[tuple[str, str]]], limit: int = 10
) -> list[Hit]:
    """The entries that match a query, best first, at most `limit`; none if no word is found.

    `phrases` gives, for a code, the vocabulary's (field, phrase) pairs, the fields being titles and duties.
    An entry with every word of the query comes before one with some. A title counts more than a definition,
    and that more than the vocabulary; a title or phrase that is the whole query more than one that is not; a
    word that few entries have more than a common one. A word is found in other inflections, begun (four
    letters or more), joined or split (`helpdesk`, `on-site`); one that is nowhere counts as a misspelling
    (see `_corrected`). Ties keep catalogue order.
    """
    found = list(entries(catalogue))
    texts = [_texts(entry, phrases.get(entry.code, ())) for entry in found]
    terms = _terms(query)
    wanted = {word for words in terms.values() for word in words}
    meaning = _meaning(terms, [text for group in texts for text in group])
    matches = [[text.match(wanted, meaning) for text in group] for group in texts]

    spread = Counter(word for group in matches for word in {word for match in group for word in match.words})
    rarity = {word: math.log(1 + len(found) / max(1, spread[word])) for word in sorted(wanted)}
    hits = [
        _hit(entry, group, rarity)
        for entry, group in zip(found, matches, strict=True)
        if any(match.words for match in group)
    ]
    return sorted(hits, key=lambda hit: -hit.score)[:limit]


class _Token(NamedTuple):  # made by the hundred thousand: half the time of a dataclass
    word: str
    start: int
    end: int
    kind: Literal["word", "joined", "code"] = "word"


@dataclass(frozen=True, slots=True)
class _Match:
    """What one text says about the query: each word found with its strength (0 to 1), and where."""

    text: _Text
    words: dict[str, float]
    spans: tuple[Span, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class _Text:
    field: Field
    text: str
    tokens: list[_Token]

    def match(self, wanted: set[str], meaning: Meaning) -> _Match:
        words: dict[str, float] = {}
        spans: list[Span] = []
        found = [token for token in self.tokens if token.word in meaning]
        for token in sorted(found, key=lambda token: token.start):
            for word, strength in meaning[token.word].items():
                words[word] = max(strength, words.get(word, 0.0))
                if spans and token.start < spans[-1][1]:
                    spans[-1] = (spans[-1][0], max(spans[-1][1], token.end))
                else:
                    spans.append((token.start, token.end))
        weight = _WEIGHT[self.field]
        if words.keys() == wanted and all(
            token.word in _STOP or any(start <= token.start < end for start, end in spans) for token in self.tokens
        ):
            weight = _WHOLE[self.field]
        return _Match(self, words, tuple(spans), weight)


def _texts(entry: Function | Job, phrases: Sequence[tuple[str, str]]) -> list[_Text]:
    end = len(entry.code)
    codes = [_Token(fold(entry.code), 0, end, "code") for fold in (folded, shortened)]
    definition = entry.responsibilities if isinstance(entry, Job) else (entry.description,)
    pairs = [("title", entry.title), *(("definition", text) for text in definition), *phrases]
    return [
        _Text("code", entry.code, codes),
        *(_Text(cast(Field, field), text, _tokens(text)) for field, text in pairs),
    ]


def _tokens(text: str) -> list[_Token]:
    """The words of a text, and each two neighbours as one, since `help desk` is `helpdesk` elsewhere."""
    tokens = [_Token(match[0].casefold(), *match.span()) for match in _WORD.finditer(text)]
    joined = [
        _Token(left.word + right.word, left.start, right.end, "joined")
        for left, right in pairwise(tokens)
        if text[left.end : right.start] in _JOINTS
    ]
    return tokens + joined


def _terms(query: str) -> dict[str, set[str]]:
    """What to look for, with the words of the query that each stands for.

    Besides the words: two neighbours as one, and all as one, for codes (`ams 20 ex`). Words such as "on" are
    looked for in compounds only, unless there is nothing else.
    """
    tokens = _tokens(query)
    words = [token.word for token in tokens if token.kind == "word"]
    wanted = {word for word in words if word not in _STOP} or set(words)
    terms: dict[str, set[str]] = {word: {word} for word in words if word in wanted}
    for left, right in pairwise(words):
        terms.setdefault(left + right, set()).update({left, right} & wanted)
    if words:
        terms.setdefault("".join(words), set()).update(wanted)
    return {term: asked for term, asked in terms.items() if asked}


def _meaning(terms: Mapping[str, set[str]], texts: Sequence[_Text]) -> Meaning:
    """For each word of the texts that matches: the words of the query it stands for, with the strength."""
    kinds: dict[str, str] = {}
    for text in texts:
        for token in text.tokens:
            if kinds.get(token.word, "joined") == "joined":
                kinds[token.word] = token.kind
    meaning: dict[str, dict[str, float]] = defaultdict(dict)

    def note(found: str, asked: set[str], strength: float) -> None:
        for word in asked:
            meaning[found][word] = max(strength, meaning[found].get(word, 0.0))

    for term, asked in terms.items():
        stem = _stem(term)
        for word, kind in kinds.items():
            if not word.startswith(stem):  # a stem is the beginning of its word
                continue
            if word == term:
                note(word, asked, _EXACT)
            elif _stem(word) == stem:
                note(word, asked, _INFLECTED)
            elif word.startswith(term) and len(term) >= (3 if kind == "code" else 4) and kind != "joined":
                note(word, asked, _BEGUN)
    known = {word for said in meaning.values() for word in said}
    for word in {word for asked in terms.values() for word in asked} - known:
        nearest = _corrected(word, [other for other, kind in kinds.items() if kind == "word"])
        for stem in {_stem(other) for other in nearest}:
            for other in kinds:
                if other.startswith(stem) and _stem(other) == stem:
                    note(other, {word}, _MISSPELT)
    return meaning


def _corrected(word: str, known: Sequence[str]) -> list[str]:
    """The known words that a misspelt one may mean: the nearest, of five letters or more, alike in the first.

    One slip (a letter more, less, other, or two swapped), two from eight letters on; none in shorter words,
    where a slip makes another word. Stems are compared as well: `inqiry` means `inquiries`.
    """
    if len(word) < 5 or not word.isalpha():
        return []
    from rapidfuzz.distance import OSA  # only a word that is nowhere needs it

    def slips(mine: str, its: str) -> int:
        allowed = 0 if min(len(mine), len(its)) < 5 else 1 if len(mine) < 8 else 2
        distance = OSA.distance(mine, its, score_cutoff=allowed)
        return distance if distance <= allowed else 3

    distances = {
        other: min(slips(word, other), slips(_stem(word), _stem(other))) for other in known if other[0] == word[0]
    }
    nearest = min(distances.values(), default=3)
    return [other for other, distance in distances.items() if distance == nearest < 3]


def _stem(word: str) -> str:
    """A word without its endings, to be compared only: `escalated` and `escalation` are both `escal`."""
    word = word.removesuffix("'s").removesuffix("\u2019s")
    if word.endswith(("xes", "ches", "shes")):  # taxes, tax
        word = word[:-2]
    shorter = True
    while shorter:
        shorter = False
        for ending in _ENDINGS:
            stays = len(word) - len(ending)
            if word.endswith(ending) and stays >= (3 if ending == "s" else 4) and not word.endswith("ss"):
                word, shorter = word[:stays], True
                break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word  # planning, plan


def _hit(entry: Function | Job, matches: Sequence[_Match], rarity: Mapping[str, float]) -> Hit:
    strength = {word: max(match.words.get(word, 0.0) * match.weight / _BEST for match in matches) for word in rarity}
    quality = sum(rarity[word] * strength[word] for word in rarity) / sum(rarity.values())
    best = max(  # the text that shows most of the query; of equals, the first
        matches,
        key=lambda match: (
            len(match.words),
            match.weight * sum(rarity[word] * found for word, found in match.words.items()),
        ),
    )
    return Hit(
        code=entry.code,
        title=entry.title,
        kind=entry.kind if isinstance(entry, Job) else "function",
        score=quality / 2 + (0.5 if all(strength.values()) else 0.0),
        field=best.text.field,
        text=best.text.text,
        spans=best.spans,
    )
