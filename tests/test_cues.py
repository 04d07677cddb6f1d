"""Words as the vocabulary knows them, and cues found in a clause exactly where a plain search finds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobcodes import load_vocabulary
from jobcodes.cues import BREAK, LONG_FUZZY, MIN_FUZZY, REACH, SKIPPED, Cue, CueIndex, Span, Words
from jobcodes.indexing import fill
from jobcodes.reading import Reader
from jobcodes.text import flatten, stem, words

SAMPLES = Path(__file__).parent.parent / "data" / "samples"
TRADE = (
    *("customer", "center", "resolve", "call", "complaint", "inquiry", "organization", "analyze", "manager", "fix"),
    *("troubleshoot", "technical", "escalation", "schedule", "technician", "ticket", "cafe", "installation"),
)
VARIANTS = {
    "centre": "center",
    "enquiry": "inquiry",
    "organisation": "organization",
    "mgr": "manager",
    "analyse": "analyze",
}


@pytest.fixture
def known() -> Words:
    stems = [stem(word) for word in TRADE]
    variants = {stem(name): stem(word) for name, word in VARIANTS.items()}
    return Words(known=stems, variants=variants, articles=["the", "our"], spelling=TRADE, exact=["techniques"])


@pytest.fixture(scope="module")
def shipped() -> Words:
    return Reader(load_vocabulary(), {}).words


# --- words -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("customer", "customer"),
        ("customers", "customer"),
        ("customer's", "customer"),
        ("customers\u2019", "customer"),
        ("resolves", "resolve"),
        ("resolving", "resolve"),
        ("inquiries", "inquiry"),
        ("fixes", "fix"),
        ("caf\u00e9s", "cafe"),
        ("cafe\u0301", "cafe"),
        ("tick\u00adets", "ticket"),
        ("centre", "center"),
        ("centres", "center"),
        ("enquiries", "inquiry"),
        ("organisations", "organization"),
        ("analysing", "analyze"),
        ("mgr", "manager"),
    ],
)
def test_a_form_of_a_word_is_that_word(known: Words, word: str, form: str) -> None:
    assert (known[word], known.corrected) == (stem(form), {})


@pytest.mark.parametrize(
    ("word", "target"),
    [
        ("custmer", "customer"),  # a letter left out
        ("custoomer", "customer"),  # one too many
        ("cusromer", "customer"),  # another one
        ("cutsomer", "customer"),  # two swapped
        ("cutsomers", "customer"),
        ("tikcet", "ticket"),
        ("tecnhicina", "technician"),  # two edits in a long word
        ("instalatoin", "installation"),
        ("orgnaisation", "organization"),
        ("troubelshoots", "troubleshoot"),
    ],
)
def test_a_misspelt_word_is_read_as_what_it_means(known: Words, word: str, target: str) -> None:
    assert known[word] == stem(target)
    assert known.corrected == {word: target}


@pytest.mark.parametrize(
    "word",
    [
        "cal",  # too short to tell
        "coll",
        "centr3",  # no word
        "cuszomxr",  # two edits in a short word
        "kustomer",  # another first letter
        "ustomer",
        "tchnaiican",  # three edits
        "techniques",  # excepted
        "\u043c\u0430\u0441\u0442\u0435\u0440",
        "2026",
    ],
)
def test_other_words_are_none(known: Words, word: str) -> None:
    assert (known[word], known.corrected) == ("", {})


@pytest.mark.parametrize("word", ["the", "our", "'", "____", "\u200b", "\u00ad", "_'_"])
def test_articles_and_words_without_a_letter_are_skipped(known: Words, word: str) -> None:
    assert (known[word], known.corrected) == (SKIPPED, {})


@pytest.mark.parametrize("mark", [".", ";", "\u2022"])
def test_a_break_is_no_word(known: Words, mark: str) -> None:
    assert known[mark] == BREAK


def test_the_bounds_of_a_correction(known: Words) -> None:
    assert (MIN_FUZZY, LONG_FUZZY) == (6, 10)
    assert known["calll"] == ""  # five letters
    assert known["complanit"] == "complaint"
    assert known["compalnti"] == ""  # two edits, nine letters


def test_a_small_memory_gives_the_same_words(known: Words, monkeypatch: pytest.MonkeyPatch) -> None:
    text = words("cutsomers call the centre and enquire about tikcets of other cutsomers")
    expected = [known[word] for word in text]
    monkeypatch.setattr("jobcodes.cues._MEMO_LIMIT", 3)
    known.clear()
    assert [known[word] for word in text] == expected
    assert len(known) <= 3


@pytest.mark.parametrize(
    "group",
    [
        # Short words and everyday words near a word of the trade.
        "cell ball card cast cash core cure care site suite sit phase phrase chart charter charity cheat chant",
        "compliant contrast content contact contract context costume custom customary formal former reserve revolve",
        "conversation conservation observation commerce commercial personal personnel direction dialog intern interval",
        "producer protect prospect severe several quite quiet quantity median mental metal manger manner planter",
        "country county sensor trailer retailer original religion relation ration station statute stature status",
        "dissolve involve research reach preach teach beach instant instance distant insult consult result revolt",
        "clinical critical political shaft shift script strip repeat repaid prepaid resist assist insist persist",
        "transit transient transistor translate transmit inspire expect respect suspect attend intend extend pretend",
        "instrument investment internal external eternal chatter chapter channel council counsel console consume",
        "trend tread thread threat appeal appear despair prepare compare computer commuter commute submit permit",
        "televise revise devise device novice survive survival arrival rival revival surely survey surveyor convey",
        "message massage passage package baggage garbage plumber climber number member november forecast broadcast",
        # Names of people, places and products.
        "carter janet callum sheryl tickell marianne stanford boston austin phoenix denver houston custer schuler",
        "serrano resolute calloway agneta techne desmond service-now zendesk genesys salesforce avaya verint calabrio",
    ],
)
def test_real_words_are_never_corrected(shipped: Words, group: str) -> None:
    assert corrected(shipped, words(group)) == {}


def test_no_word_of_the_samples_is_corrected(shipped: Words) -> None:
    found = [word for path in SAMPLES.glob("*.txt") for word in words(flatten(path.read_text("utf-8")))]
    assert len(found) > 3000
    assert corrected(shipped, found) == {}


def corrected(known: Words, found: Sequence[str]) -> dict[str, str]:
    read = {word: known[word] for word in found}
    return {word: target for word, target in read.items() if word in known.corrected}


# --- cues against a plain search -------------------------------------------------------------------------

Phrase = tuple[str, ...]
Part = dict[str, list[Phrase]]  # alternatives as written, each with its phrases


class PlainCue(NamedTuple):
    weight: float
    sign: int
    parts: list[int]


def build(parts: Sequence[Part], cues: Sequence[PlainCue]) -> CueIndex:
    """An index of these cues; each has its number as its key."""
    return fill(CueIndex(), parts, [Cue(str(i), *cue) for i, cue in enumerate(cues)])


def places_of(part: Part, clause: Sequence[str]) -> list[Span]:
    return [
        (i, i + len(phrase))
        for phrases in part.values()
        for phrase in phrases
        for i in range(len(clause))
        if tuple(clause[i : i + len(phrase)]) == phrase
    ]


def fits(spans: Sequence[Span]) -> bool:
    """Whether these places of a cue's parts, its first part first, are near enough and do not overlap."""
    ordered = sorted(spans)
    return all(abs(start - spans[0][0]) <= REACH for start, _ in spans) and all(
        before[1] <= after[0] for before, after in pairwise(ordered)
    )


def plainly_found(
    parts: Sequence[Part], cues: Sequence[PlainCue], clause: Sequence[str]
) -> Iterator[tuple[str, float, int]]:
    """A cue of one part at each of its places, one of several parts once."""
    for number, cue in enumerate(cues):
        if len(cue.parts) == 1:
            times = len(set(places_of(parts[cue.parts[0]], clause)))
        else:
            times = any(fits(spans) for spans in product(*(places_of(parts[part], clause) for part in cue.parts)))
        for _ in range(times):
            yield str(number), cue.weight, cue.sign


WORDS = st.sampled_from("abcd")
PHRASES = st.lists(WORDS, min_size=1, max_size=3).map(tuple)
PARTS = st.lists(
    st.dictionaries(st.sampled_from(["one", "two", "three"]), st.lists(PHRASES, min_size=1, max_size=2), min_size=1),
    min_size=4,
    max_size=4,
)
CUES = st.lists(
    st.builds(
        PlainCue,
        st.sampled_from([0.9, 0.6, 0.3]),
        st.sampled_from([1, -1]),
        st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True),
    ),
    min_size=1,
    max_size=5,
)
CLAUSES = st.lists(st.sampled_from(["a", "b", "c", "d", "", "", ""]), max_size=24)


@settings(max_examples=150)
@given(PARTS, CUES, CLAUSES)
def test_every_cue_is_found_where_a_plain_search_finds_it(
    parts: list[Part], cues: list[PlainCue], clause: list[str]
) -> None:
    index = build(parts, cues)
    hits = index.find(clause)
    assert sorted((cue.key, cue.weight, cue.sign) for cue, _ in hits) == sorted(plainly_found(parts, cues, clause))
    assert len({(cue.key, spans) for cue, spans in hits}) == len(hits)
    for hit in hits:
        cue, spans = hit
        assert fits(spans)
        for part, span in zip(cue.parts, spans, strict=True):
            assert span in places_of(parts[part], clause)
        # The terms are alternatives that have the words found, in the order of the text.
        for term, span in zip(index.terms(hit, clause), sorted(spans), strict=True):
            assert any(tuple(clause[slice(*span)]) in parts[part].get(term, []) for part in cue.parts)
    assert index.find(clause) == hits


def test_three_parts_are_found_whichever_is_looked_for_first() -> None:
    parts: list[Part] = [{"x": [("x",)]}, {"y": [("y",)], "z": [("z",)]}, {"z": [("z",)]}]
    index = build(parts, [PlainCue(0.9, 1, [0, 1, 2]), PlainCue(0.9, 1, [0, 2, 1])])
    assert {cue.key for cue, _ in index.find(["x", "z", "y"])} == {"0", "1"}


@pytest.mark.parametrize(
    ("clause", "found"),
    [
        ("help desk", True),
        ("desk help", False),
        ("help  desk", False),  # another word between
        ("help", False),
        ("a help desk b", True),
    ],
)
def test_words_stand_side_by_side(clause: str, found: bool) -> None:
    index = build([{"help desk": [("help", "desk")]}], [PlainCue(0.9, 1, [0])])
    assert bool(index.find(clause.split(" "))) == found


@pytest.mark.parametrize(("apart", "found"), [(1, True), (REACH, True), (REACH + 1, False)])
def test_parts_stand_within_reach_in_any_order(apart: int, found: bool) -> None:
    index = build([{"x": [("x",)]}, {"y": [("y",)]}], [PlainCue(0.9, 1, [0, 1])])
    for first, second in ("xy", "yx"):
        clause = [first, *[""] * (apart - 1), second]
        assert bool(index.find(clause)) == found


def test_an_empty_index_finds_nothing() -> None:
    assert CueIndex().find(["a", ""]) == []
    assert CueIndex().words() == set()


def test_the_words_of_an_index() -> None:
    assert build([{"x": [("a", "b"), ("c",)]}], []).words() == {"a", "b", "c"}
