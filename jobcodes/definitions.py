"""Codes that the vocabulary does not know, by the words of their titles and definitions.

Words are weighed as BM25 does: a word counts more the fewer codes use it, and less the longer the definition. The
first letters of a word count besides, so that `beveller` meets `bevelling`. So do the words of a code's kin, the
codes of its function and those that begin alike: they tell functions and groups of codes apart.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from heapq import nlargest
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from jobcodes.cues import Memo
from jobcodes.model import Catalogue, Job
from jobcodes.text import flatten, plain, stem, words

if TYPE_CHECKING:
    from jobcodes.cache import Cache

SHORTLIST = 12  # codes that a job is compared with duty by duty
# Places of words looked at, the rarest words first: what a long job says beyond them tells next to nothing, and
# the time it takes would grow with the number of codes.
MOST_LOOKED = 5_000
# Set on one classification of 436 codes and 600 jobs, with its definitions whole and cut to a sentence.
EXAMPLES = 2.0  # a title among a definition's examples counts this much against a word of its prose
TITLE = 2.4  # and a word of the job's title against one of its text
LETTERS, FIRST = 4, 0.59  # how many first letters of a word count, and how much
SATURATION, LENGTH = 3.5, 0.88  # BM25's k1 and b
FUNCTION, KIN = 0.55, 0.25  # how much the words of the function count, and of each group of codes that begin alike
COMMON = 0.62  # a word in more than this share of the codes tells nothing

_EXAMPLES = re.compile(r"\bexamples? of (?:the )?(?:occupations|jobs|titles|positions)[^:.]{0,40}:", re.I)
# What a definition leaves to other codes, to its end or to the end of the sentence.
_EXCLUDED = re.compile(
    r"\b(?:[a-z ]{0,30}classified elsewhere:|exclude[sd]\b[^.:]{0,80}:).*|\bexcludes [^.]*\.", re.I | re.S
)
# Words that say nothing in a definition.
_SILENT = frozenset(
    word
    for line in (
        "the and for with from this that which their they such other including include includes etc not may any all",
        "own under who have has those these are its into than when where also used using usually related various",
    )
    for word in line.split()
)


class Stems(Memo[str]):
    """The stem of each word of a flattened text, "" for what tells nothing."""

    def look_up(self, word: str) -> str:
        form = plain(word)
        return "" if len(form) < 3 or form in _SILENT else stem(form)


@dataclass(slots=True)
class Definitions:
    """The words of codes' definitions, as plain data that can be kept as JSON and used as it is; not to be changed.

    Codes are numbered as in `codes`, and after them the groups of codes that are kin: `groups` has those of each
    code. `places` tells for each name of a word in which codes and groups it stands, and with which weight there.
    `rarity` (0 to 1) is how much a word tells; `words` are those of each code; `spelling` is a word as the
    definitions first have it.
    """

    codes: list[str]
    functions: list[str]
    groups: list[list[int]]
    places: dict[str, tuple[list[int], list[float]]]
    rarity: dict[str, float]
    words: dict[str, frozenset[str]]
    spelling: dict[str, str]
    stems: Stems = field(default_factory=Stems)

    def scores(self, title: Iterable[str], text: Mapping[str, float]) -> dict[str, float]:
        """The codes that fit best, from 1 for the best down to 0, at most SHORTLIST; ties in catalogue order.

        `title` are the stemmed words of the job's title, `text` those of its duties, each with its weight.
        """
        query = dict(text)
        for word in title:
            query[word] = query.get(word, 0.0) + TITLE
        heard = [
            (places, 1 + math.log(count) if count > 1 else count)
            for word, count in query.items()
            for name in _names(word)
            if (places := self.places.get(name))
        ]
        heard.sort(key=lambda item: len(item[0][0]))
        found: dict[int, float] = defaultdict(float)
        looked = 0
        for (numbers, scores), weight in heard:
            looked += len(numbers)
            if looked > MOST_LOOKED:
                break
            for i, score in zip(numbers, scores, strict=True):
                found[i] += weight * score
        whole = {
            i: score + sum(found[group] for group in self.groups[i])
            for i, score in list(found.items())
            if i < len(self.codes)
        }
        best = nlargest(SHORTLIST, whole, key=lambda i: (whole[i], -i))
        return {self.codes[i]: whole[i] / whole[best[0]] for i in best}

    def shares(self, duty: Sequence[str], codes: Iterable[str]) -> dict[str, float]:
        """For each code the share (0 to 1) of what a duty's stemmed words tell that its definition has, too.

        As if the duty had one more word, which no definition has: one word in common is no certainty.
        """
        rarity = {word: self.rarity.get(word, 1.0) for word in duty}  # in the order of the duty: sums stay the same
        whole = sum(rarity.values())
        shares = {code: sum(tells for word, tells in rarity.items() if word in self.words[code]) for code in codes}
        return {code: share / (whole + 1) for code, share in shares.items() if share}


def load_definitions(catalogue: Catalogue, known: Iterable[str], cache: Cache | None = None) -> Definitions:
    """Those of the functions that have codes beside the `known` ones.

    With a `cache`, definitions that were read before are not read again.
    """
    unknown = {job.code for job in catalogue} - set(known)
    functions = {job.function for job in catalogue if job.code in unknown}
    key = f"definitions-{hashlib.sha256(' '.join([catalogue.sha256, *sorted(functions)]).encode()).hexdigest()}"
    if cache and (data := cache.get(key)) and (kept := _from_data(data)):
        return kept
    made = read_definitions([job for job in catalogue if job.function in functions])
    if cache:
        data = {name: getattr(made, name) for name in _KEPT}
        cache.put(key, data | {"words": {code: sorted(found) for code, found in made.words.items()}})
    return made


_KEPT = ("codes", "functions", "groups", "places", "rarity", "words", "spelling")


def _from_data(data: dict[str, Any]) -> Definitions | None:
    try:
        data["words"] = {code: frozenset(found) for code, found in data["words"].items()}
        return Definitions(**data)
    except (KeyError, TypeError, AttributeError):
        return None


def read_definitions(jobs: Sequence[Job]) -> Definitions:
    """The definitions of jobs, in their order."""
    stems = Stems()
    spelling: dict[str, str] = {}
    own: list[dict[str, float]] = []
    for job in jobs:
        counts: dict[str, float] = defaultdict(float)
        prose, examples = _parts(job.description)
        for text, weight in ((job.title, 1.0), (examples, EXAMPLES), (prose, 1.0)):
            for word in words(flatten(text)):
                if base := stems[word]:
                    spelling.setdefault(base, plain(word))
                    counts[base] += weight
                    if len(base) >= LETTERS:
                        counts[f"#{base[:LETTERS]}"] += FIRST * weight
        own.append(counts)
    places: dict[str, tuple[list[int], list[float]]] = {}
    _place(places, own, 0, 1.0)
    groups: list[list[int]] = [[] for _ in jobs]
    count = len(own)
    for weight, key in _kin(jobs):
        together: dict[str, dict[str, float]] = {}
        for job, counts in zip(jobs, own, strict=True):
            group = together.setdefault(key(job), defaultdict(float))
            for name, n in counts.items():
                if not name.startswith("#"):
                    group[name] += n
        numbers = {name: count + i for i, name in enumerate(together)}
        for job, found in zip(jobs, groups, strict=True):
            found.append(numbers[key(job)])
        _place(places, list(together.values()), count, weight)
        count += len(together)
    uses = Counter(name for counts in own for name in counts if not name.startswith("#"))
    most = math.log(1 + len(own))
    return Definitions(
        codes=[job.code for job in jobs],
        functions=sorted({job.function for job in jobs}),
        groups=groups,
        places=places,
        rarity={word: math.log((1 + len(own)) / n) / most for word, n in uses.items()},
        words={job.code: frozenset(counts.keys() & uses.keys()) for job, counts in zip(jobs, own, strict=True)},
        spelling=spelling,
    )


def _place(
    places: dict[str, tuple[list[int], list[float]]],
    documents: Sequence[Mapping[str, float]],
    first: int,
    weight: float,
) -> None:
    """Adds where the words of the documents stand, numbered from `first`, and what they weigh there."""
    uses = Counter(name for counts in documents for name in counts)
    lengths = [sum(counts.values()) for counts in documents]
    mean = sum(lengths) / len(lengths)
    rarity = {
        name: weight * math.log(1 + (len(documents) - n + 0.5) / (n + 0.5))
        for name, n in uses.items()
        if first or n <= max(1, COMMON * len(documents))
    }
    for i, (counts, length) in enumerate(zip(documents, lengths, strict=True), first):
        dampened = SATURATION * (1 - LENGTH + LENGTH * length / mean)
        for name, count in counts.items():
            if name in rarity:
                numbers, scores = places.setdefault(name, ([], []))
                numbers.append(i)
                scores.append(round(rarity[name] * count * (SATURATION + 1) / (count + dampened), 4))


def _names(word: str) -> tuple[str, ...]:
    """What a stemmed word is looked up as: itself and its first letters."""
    return (word, f"#{word[:LETTERS]}") if len(word) >= LETTERS else (word,)


def _parts(description: str) -> tuple[str, str]:
    """A definition's prose and the titles it gives as examples, without what it leaves to other codes."""
    found = _EXAMPLES.search(description)
    prose, examples = (description[: found.start()], description[found.end() :]) if found else (description, "")
    return _EXCLUDED.sub(" ", prose), _EXCLUDED.sub(" ", examples)


def _kin(jobs: Sequence[Job]) -> list[tuple[float, Callable[[Job], str]]]:
    """How codes are kin, with the weight of it: by function, and by how codes begin.

    Beginnings count if they make more groups than there are functions, and groups of two codes or more.
    """
    functions = len({job.function for job in jobs})
    lengths: dict[int, int] = {}  # the shortest beginning that makes so many groups
    for length in range(1, max(len(job.code) for job in jobs)):
        lengths.setdefault(len({job.code[:length] for job in jobs}), length)
    kin: list[tuple[float, Callable[[Job], str]]] = [(FUNCTION, attrgetter("function"))]
    for groups, length in lengths.items():
        if functions < groups <= len(jobs) / 2:
            kin.append((KIN, partial(_beginning, length)))
    return kin


def _beginning(length: int, job: Job) -> str:
    return job.code[:length]
