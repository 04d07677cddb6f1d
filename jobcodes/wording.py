"""What the words of a duty say of its code, beside the cues of the vocabulary.

Cues are what an analyst would name; most duties are told in other words. Here every word has a weight for every
code, and the weights of a clause's words add up to how likely each code is, as in any logistic regression on the
presence of words. They were fitted on `data/duties`, duties as employers write them, by `tests/fit_words.py`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Container, Iterable, Mapping
from struct import calcsize, unpack
from typing import Any

from jobcodes.cues import BREAK, SKIPPED, Memo, Words
from jobcodes.resources import data_root
from jobcodes.text import plain, stem

OUTSIDE, NEUTRAL = "outside", "neutral"  # the classes of work outside, and of what any job says
STEP, ZERO = 0.2, "P"  # a weight is a character: so many steps after ZERO in the alphabet, or before
MOST = 44  # steps that a weight may be from 0, so that the character is a visible one
BITS, MIDDLE = 32, 1 << 30  # of the fields in a number, and where 0 is in them


class Forms(Memo[str]):
    """The form in which a word of a flattened text has a weight: as the vocabulary reads it, else its stem.

    "" for a word without one, and for an article or a number, which tell nothing.
    """

    def __init__(self, vocabulary: Words, known: Container[str] | None = None) -> None:
        super().__init__()
        self.vocabulary, self.known = vocabulary, known

    def look_up(self, word: str) -> str:
        form = self.vocabulary[word] or stem(plain(word))
        if form.isdigit() or form in (SKIPPED, BREAK):
            return ""
        return form if self.known is None or form in self.known else ""


class Weights(Memo[int]):
    """What a form weighs for every class times its rarity, and last the square of that, as one number.

    Each has a field of its bits, so that Python multiplies and adds all of them at once: a job spends most of the
    time that its words take here.
    """

    def __init__(self, known: Mapping[str, str]) -> None:
        super().__init__()
        self.known = known

    def look_up(self, form: str) -> int:
        number, _, weights = self.known[form].partition(" ")
        rarity = int(number)
        steps = _fields(weights) - _fields(ZERO * len(weights))
        return steps * rarity + (rarity**2 << BITS * len(weights))


def _fields(characters: str) -> int:
    """The number with a field for each character."""
    return int.from_bytes(characters.encode("utf-32-le"), "little")


class Wording:
    """How likely each of `keys`, the codes and work outside, is from the words of a clause.

    `data` is what `words.json` holds: the classes, the neutral one last, what each weighs without a word, and for each
    word its rarity in hundredths and a character for each class. `vocabulary` knows the forms of a word.
    """

    def __init__(self, data: Mapping[str, Any], vocabulary: Words) -> None:
        self.bias: list[float] = data["bias"]
        self.keys: list[str] = [name for name in data["classes"] if name != NEUTRAL]
        self.forms = Forms(vocabulary, data["words"])
        self.weights = Weights(data["words"])
        count = len(self.bias) + 1
        self.nothing = sum(MIDDLE << BITS * i for i in range(count))
        self.fields = f"<{count}I"

    def likely(self, tokens: Iterable[str]) -> list[float]:
        """The probability of each of `keys`, in their order, given a clause; empty if none of its words is known.

        A word counts once, and the more the rarer it is; a long clause is no surer than a short one for its length.
        What they leave of 1 is for what any job says.
        """
        found = set(map(self.forms.__getitem__, tokens))
        found.discard("")
        if not found:
            return []
        sums, norm = self._sums(found)
        odds = [math.exp(bias + (one - MIDDLE) / norm) for bias, one in zip(self.bias, sums, strict=False)]
        whole = sum(odds)
        return [one / whole for one in odds[: len(self.keys)]]

    def lead(self, tokens: Iterable[str], one: str, other: str) -> dict[str, float]:
        """How much each word of a clause, as it stands there, makes one key likelier than another, as a logarithm."""
        shown = {form: token for token in tokens if (form := self.forms[token])}
        i, j = self.keys.index(one), self.keys.index(other)
        _, norm = self._sums(shown)
        each = {token: self._sums([form])[0] for form, token in shown.items()}
        return {token: (sums[i] - sums[j]) / norm for token, sums in each.items()}

    def _sums(self, forms: Iterable[str]) -> tuple[tuple[int, ...], float]:
        """What forms weigh together for each class, from MIDDLE on, and what makes logarithms of it."""
        whole = sum(map(self.weights.__getitem__, forms), self.nothing)
        sums: tuple[int, ...] = unpack(self.fields, whole.to_bytes(calcsize(self.fields), "little"))
        return sums, math.sqrt(sums[-1] - MIDDLE) / STEP


def load_wording(vocabulary: Words) -> Wording:
    """The weights that come with jobcodes, for words as a vocabulary reads them."""
    with open(data_root() / "words.json", encoding="utf-8") as file:
        return Wording(json.load(file), vocabulary)
