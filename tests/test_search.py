"""Search: ranking, misspellings, inflections, compounds, and the words to mark."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobcodes.catalogue import load_catalogue
from jobcodes.model import Catalogue, Function, Job
from jobcodes.search import search

PHRASES = {
    "AMT000": [("titles", "help desk")],
    "AMT010": [("titles", "help desk analyst"), ("duties", "password resets")],
    "AMT020": [("titles", "field service engineer")],
}


def codes(query: str, limit: int = 10) -> list[str]:
    return [hit.code for hit in search(query, load_catalogue(), PHRASES, limit)]


def small(*titles_and_definitions: tuple[str, str]) -> Catalogue:
    jobs = tuple(
        Job(f"X{number}", "discipline", "X", title, (definition,))
        for number, (title, definition) in enumerate(titles_and_definitions, 1)
    )
    return Catalogue("n", "e", (), (Function("X", "Function", "", jobs=jobs),), "")


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("help desk", "AMT010"),
        ("helpdesk", "AMT010"),
        ("HELP-DESK", "AMT010"),
        ("help desks", "AMT010"),
        ("compaints escalation", "AMS022"),
        ("escaltaion of complaint", "AMS022"),
        ("on-site repair", "AMT020"),
        ("onsite", "AMT010"),
        ("password reset", "AMT010"),
        ("field service engineers", "AMT020"),
        ("customer servce", "AMS010"),
        ("call center planner", "AMS024"),
        ("process improvment", "AMS026"),
        ("top executive", "AMS000-EX"),
        ("technical support function", "AMT000"),
        ("AMT", "AMT"),
        ("amt10", "AMT010"),
        ("ams 20 ex", "AMS020-EX"),
        ("tech", "AMT"),
        ("malfunctions", "AMT"),
        ("inqiry", "AMS"),
    ],
)
def test_what_comes_first(query: str, first: str) -> None:
    assert codes(query)[:1] == [first]


@pytest.mark.parametrize("query", ["", "  ", "?!", "xyzzy plugh", "car", "dask", "helq"])
def test_nonsense_and_short_words_that_are_not_there_find_nothing(query: str) -> None:
    assert codes(query) == []


@pytest.mark.parametrize(
    ("query", "code", "field", "marked"),
    [
        ("helpdesk", "AMT010", "title", ["Help Desk"]),
        ("complaint escalated", "AMS022", "title", ["Complaints", "Escalation"]),
        ("onsite", "AMT010", "definition", ["on-site"]),
        ("malfunction", "AMT", "definition", ["malfunctions"]),
        ("password", "AMT010", "duties", ["password"]),
        ("field service engineer", "AMT020", "titles", ["field service engineer"]),
        ("AMS-022", "AMS022", "code", ["AMS022"]),
    ],
)
def test_a_hit_shows_its_best_text_with_the_words_found(query: str, code: str, field: str, marked: list[str]) -> None:
    hit = search(query, load_catalogue(), PHRASES)[0]
    assert (hit.code, hit.field) == (code, field)
    assert [hit.text[start:end] for start, end in hit.spans] == marked


def test_all_words_beat_some_and_title_beats_definition_beats_vocabulary() -> None:
    catalogue = small(
        ("Payroll payroll", "nothing"),  # one of two words, in the title
        ("Other", "runs things"),  # both words, in the vocabulary
        ("Another", "The payroll of taxes"),  # both words, in the definition
        ("Payroll tax", "nothing"),  # both words, in the title
    )
    hits = search("payroll tax", catalogue, {"X2": [("duties", "payroll and some taxes")]})
    assert [hit.code for hit in hits] == ["X4", "X3", "X2", "X1"]
    assert [hit.score > 0.5 for hit in hits] == [True, True, True, False]


def test_rare_words_count_more_and_ties_keep_catalogue_order() -> None:
    catalogue = small(("Common", ""), ("Common", ""), ("Common", ""), ("Rare", ""))
    assert [hit.code for hit in search("common rare", catalogue, {})] == ["X4", "X1", "X2", "X3"]


def test_a_word_that_is_there_is_never_corrected() -> None:
    catalogue = small(("Detail work", ""), ("Retail work", ""), ("Retain work", ""))
    assert [hit.code for hit in search("retail", catalogue, {})] == ["X2"]


def test_limit_and_functions() -> None:
    assert codes("technical customer support", limit=2) == ["AMT", "AMT000-EX"]
    assert [hit.kind for hit in search("technical", load_catalogue(), {})[:3]] == [
        "function",
        "benchmark",
        "discipline",
    ]


@given(st.text(max_size=40))
def test_any_query_gives_scores_in_order_and_spans_within_the_text(query: str) -> None:
    hits = search(query, load_catalogue(), PHRASES)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        assert 0 < hit.score <= 1
        bounds = [0, *(bound for span in hit.spans for bound in span), len(hit.text)]
        assert bounds == sorted(bounds)
        assert hit.spans
