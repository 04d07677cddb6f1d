"""The words of duties and what they say of a code: `jobcodes.wording`, and the weights that come with it."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path

import pytest
from fit_words import digest, duties
from hypothesis import given
from hypothesis import strategies as st

from jobcodes.catalogue import load_catalogue
from jobcodes.classifier import Classifier
from jobcodes.cues import Words
from jobcodes.model import Catalogue, Function, Job
from jobcodes.reading import words_of
from jobcodes.text import flatten, tokens
from jobcodes.vocabulary import Entry, load_vocabulary
from jobcodes.wording import NEUTRAL, OUTSIDE, Wording, load_wording

SHIPPED = json.loads((Path(__file__).parents[1] / "data" / "words.json").read_text("utf-8"))
# "P" weighs nothing; each letter after it is 0.2 more, each before it 0.2 less.
DATA = {
    "classes": ["PLB010", "PLB020", OUTSIDE, NEUTRAL],
    "bias": [0.0, 0.5, 0.0, 1.0],
    "words": {"pipe": "200 ZPPK", "meter": "300 PZPP", "read": "100 PUPP"},
}
WORDING = Wording(DATA, Words(["read"], {"reed": "read"}))
words = st.lists(st.sampled_from(["pipe", "pipes", "meter", "read", "reed", "reads", "12", "and", "Ünknown", "."]))


def likely(text: str) -> list[float]:
    return WORDING.likely(tokens(flatten(text)))


def slowly(found: list[str]) -> list[float]:
    """The same from the formula: a softmax of bias and weights, each word by its rarity, its length taken out."""
    rarity = {"pipe": 2.0, "meter": 3.0, "read": 1.0}
    weights = {"pipe": (2.0, 0.0, 0.0, -1.0), "meter": (0.0, 2.0, 0.0, 0.0), "read": (0.0, 1.0, 0.0, 0.0)}
    known = {{"pipes": "pipe", "reads": "read", "reed": "read"}.get(word, word) for word in found} & rarity.keys()
    if not known:
        return []
    norm = math.sqrt(sum(rarity[word] ** 2 for word in known))
    odds = [
        math.exp(bias + sum(weights[word][i] * rarity[word] / norm for word in known))
        for i, bias in enumerate((0.0, 0.5, 0.0, 1.0))
    ]
    return [one / sum(odds) for one in odds[:3]]


def test_what_any_job_says_is_no_key() -> None:
    assert WORDING.keys == ["PLB010", "PLB020", OUTSIDE]


@given(words)
def test_words_add_up_as_the_formula_says(found: list[str]) -> None:
    assert WORDING.likely(found) == pytest.approx(slowly(found))


@given(words)
def test_a_word_counts_once_wherever_it_stands(found: list[str]) -> None:
    assert WORDING.likely(found + found[::-1]) == pytest.approx(WORDING.likely(found))


@pytest.mark.parametrize("text", ["", "...", "12 365", "nothing known"])
def test_what_has_no_known_word_says_nothing(text: str) -> None:
    assert likely(text) == []


def test_forms_of_a_word_and_its_other_spellings_are_one_word() -> None:
    assert likely("READS pipes, reed") == likely("read pipe")


def test_a_wording_is_picklable() -> None:
    assert pickle.loads(pickle.dumps(WORDING)).likely(["pipe"]) == WORDING.likely(["pipe"])


# what is shipped -----------------------------------------------------------------------------------------


def test_the_weights_were_fitted_on_the_duties_that_stand_beside_them() -> None:
    assert (SHIPPED["fitted"]["duties"], SHIPPED["fitted"]["sha256"]) == (len(duties()), digest())
    assert SHIPPED["fitted"]["right"] > 0.8  # of those held out in turn


def test_they_know_every_code_of_the_catalogue() -> None:
    assert set(SHIPPED["classes"]) == {job.code for job in load_catalogue()} | {OUTSIDE, NEUTRAL}
    assert len(SHIPPED["bias"]) == len(SHIPPED["classes"])
    assert {len(weights.split(" ")[1]) for weights in SHIPPED["words"].values()} == {len(SHIPPED["classes"])}


@pytest.mark.parametrize("name", sorted({name for name, _ in duties()}))
def test_no_duty_stands_twice(name: str) -> None:
    lines = [line.casefold() for of, line in duties() if of == name]
    assert len(lines) == len(set(lines)) >= 50


@pytest.mark.parametrize(
    ("duty", "code"),
    [
        ("Frees paper jams and swaps worn rollers in copiers at schools and law firms on a daily round.", "AMT020"),
        ("Talks callers through resetting the router until the light turns green.", "AMT010"),
        ("Works out how many people the phones need for every half hour of next month.", "AMS024"),
        ("Writes the final reply when a customer takes a grievance past the front line.", "AMS022"),
        ("Prices from stock, haggles with the buyer and closes on a monthly margin target.", OUTSIDE),
    ],
)
def test_duties_in_words_of_their_own_are_known(duty: str, code: str) -> None:
    wording = load_wording(words_of(load_vocabulary()))
    found = dict(zip(wording.keys, wording.likely(tokens(flatten(duty))), strict=True))
    assert max(found, key=lambda code: found[code]) == code
    assert found[code] > 0.5


def test_what_any_job_says_speaks_for_no_code() -> None:
    wording = load_wording(words_of(load_vocabulary()))
    assert sum(wording.likely(tokens(flatten("Works well in a team and keeps to deadlines.")))) < 0.2


def test_a_catalogue_without_these_codes_needs_no_words() -> None:
    function = Function("PLB", "Plumbing", "", jobs=(Job("PLB010", "discipline", "PLB", "Pipes", ("Lays pipes.",)),))
    catalogue = Catalogue("Survey", "2026", (), (function,), "")
    assert Classifier(catalogue, load_vocabulary()).reader.wording is None
    described = load_vocabulary()
    described.entries["PLB010"] = Entry(file="PLB.yaml")
    assert Classifier(catalogue, described).reader.wording is None
