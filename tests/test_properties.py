"""What must not change an answer: how a job is typed, sent and framed; and what no job can be made of."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path
from string import ascii_letters

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from jobcodes import Classifier, load_catalogue, load_vocabulary
from jobcodes.records import guess_title
from jobcodes.resources import data_root

CLASSIFIER = Classifier(load_catalogue(), load_vocabulary())
SAMPLES = {
    path.stem: (path.read_text("utf-8"), guess_title(path.read_text("utf-8")) or "")
    for path in sorted((Path(__file__).parent.parent / "data" / "samples").glob("*.txt"))
}
BULLET = re.compile(r"(?:[-*\u2022] |\d+\. )")
Edit = Callable[[str], str]

EQUAL = """Acme is an equal opportunity employer. All qualified applicants will receive consideration for employment
without regard to race, color, religion, sex, sexual orientation, gender identity, national origin, disability or
protected veteran status."""
PROFILE = """Acme is a leading provider of pumps, founded in 1950 and headquartered in Ohio. We are a company of 4,000
people."""


@cache
def answer(text: str, title: str) -> tuple[str, str | None]:
    match = CLASSIFIER.classify(text, title)
    return match.decision, match.code


def by_line(edit: Edit) -> Edit:
    return lambda text: "\n".join(edit(line) if line.strip() else line for line in text.split("\n"))


def bullets_turned(text: str) -> str:
    """The text with each run of bullets in the opposite order."""
    lines: list[str] = []
    run: list[str] = []
    for line in [*text.split("\n"), ""]:
        if BULLET.match(line):
            run.insert(0, line)
        else:
            lines += [*run, line]
            run = []
    return "\n".join(lines)


# Edits of the text and of the title alike.
TYPED: dict[str, Edit] = {
    "upper case": str.upper,
    "lower case": str.lower,
    "capitals": str.title,
    "doubled spaces": lambda text: text.replace(" ", "  "),
    "tabs": lambda text: text.replace(" ", "\t"),
    "non-breaking spaces": lambda text: text.replace(" ", "\u00a0"),
    "indentation": by_line(lambda line: f"   \t{line}"),
    "trailing spaces": by_line(lambda line: f"{line}  \t"),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "CR": lambda text: text.replace("\n", "\r"),
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "NFKC": lambda text: unicodedata.normalize("NFKC", text),
    "a byte order mark": lambda text: f"\ufeff{text}",
    "typographic apostrophes": lambda text: text.replace("'", "\u2019"),
    "soft hyphens": lambda text: re.sub(r"(\w{3})(\w{3})", "\\1\u00ad\\2", text),
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if c.isalpha() and c.isascii() else c for c in text),
    "bold": by_line(lambda line: f"<b>{line}</b>"),
    "spans": by_line(lambda line: f'<span class="x. y">{line}</span>'),
    "escapes": lambda text: text.replace("'", "&#39;").replace(" & ", " &amp; "),
}
# Edits of the text alone.
SENT: dict[str, Edit] = {
    "blank lines": lambda text: text.replace("\n", "\n\n"),
    "paragraphs": by_line(lambda line: f"<p>{line}</p>"),
    "one line of paragraphs": lambda text: "".join(f"<p>{line}</p>" for line in text.split("\n")),
    "list items": by_line(lambda line: f"<li>{line}</li>"),
    "line breaks": lambda text: text.replace("\n", "<br>\n"),
    "a page": lambda text: f"<!DOCTYPE html><html><body><div>\n{text}\n</div></body></html>",
    "bullets in the opposite order": bullets_turned,
    "other bullets": lambda text: re.sub(r"(?m)^[-*] ", "\u2022 ", text),
    "equal opportunity after": lambda text: f"{text}\n\n{EQUAL}",
    "equal opportunity before": lambda text: f"{EQUAL}\n\n{text}",
    "a profile after": lambda text: f"{text}\n\nAbout us\n{PROFILE}",
    "a profile before": lambda text: f"{PROFILE}\n\n{text}",
    "metadata before": lambda text: f"Company: Acme\nDepartment: Operations\nLocation: Ohio\nPosted: today\n\n{text}",
}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("edit", TYPED | SENT)
def test_an_answer_does_not_change_with(edit: str, name: str) -> None:
    text, title = SAMPLES[name]
    edited = TYPED[edit](title) if edit in TYPED else title
    assert answer((TYPED | SENT)[edit](text), edited) == answer(text, title)


@settings(max_examples=60)
@given(st.sampled_from([*SAMPLES]), st.data())
def test_an_answer_does_not_change_with_edits_here_and_there(name: str, data: st.DataObject) -> None:
    text, title = SAMPLES[name]
    edits = [
        TYPED["upper case"],
        TYPED["doubled spaces"],
        TYPED["tabs"],
        TYPED["NFD"],
        TYPED["typographic apostrophes"],
        str,
    ]
    lines = text.split("\n")
    chosen = data.draw(st.lists(st.sampled_from(edits), min_size=len(lines), max_size=len(lines)))
    ends = data.draw(
        st.lists(st.sampled_from(["\n", "\r\n", " \n", "<br/>\n"]), min_size=len(lines), max_size=len(lines))
    )
    edited = "".join(edit(line) + end for edit, line, end in zip(chosen, lines, ends, strict=True))
    assert answer(edited, title) == answer(text, title)


@settings(max_examples=40)
@given(
    st.sampled_from([name for name in SAMPLES if BULLET.search(SAMPLES[name][0])]), st.randoms(use_true_random=False)
)
def test_the_order_of_bullets_does_not_matter(name: str, random: object) -> None:
    text, title = SAMPLES[name]
    shuffle: Callable[[list[str]], None] = random.shuffle  # type: ignore[attr-defined]
    lines = text.split("\n")
    start = 0
    while start < len(lines):
        end = start
        while end < len(lines) and BULLET.match(lines[end]):
            end += 1
        run = lines[start:end]
        shuffle(run)
        lines[start:end] = run
        start = max(end, start + 1)
    assert answer("\n".join(lines), title) == answer(text, title)


# --- what is no job of ours ------------------------------------------------------------------------------

OTHER = {
    "lorem ipsum": """Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut
labore et dolore magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris.""",
    "nonsense": "Qwerty asdf zxcv. Blarg the frobnicator; wibble every quux. Xyzzy plugh.",
    "a recipe": """Apple pie
Whisk the eggs with the sugar and fold in the flour. Line a tin with the pastry and prick it with a fork.
- Peel, core and slice the apples
- Bake for forty minutes, then leave to rest
Serve warm with cream. Serves eight.""",
    "a manual": """Press and hold the power button for three seconds. The light turns green when the phone is ready.
Insert the SIM card with the contacts facing down.""",
    "a contract": """This agreement is made between the landlord and the tenant. The rent is payable on the first day of
each month. The tenant shall keep the premises in good repair.""",
    "one word": "Seasonal.",
    "two letters": "IQ",
    "a poem": "Shall I compare thee to a summer's day?\nThou art more lovely and more temperate.",
    "Spanish": """Especialista en atención al cliente. Atiende las llamadas de los clientes y resuelve sus
reclamaciones por teléfono y correo electrónico. Registra cada caso en el sistema.""",
    "German": """Kundendiensttechniker (m/w/d). Sie installieren und reparieren Anlagen bei unseren Kunden vor Ort und
beraten sie zur Wartung. Führerschein erforderlich.""",
    "Chinese": "客服专员 负责接听客户电话\u3002\n处理投诉和售后问题\u3002",
    "numbers": "1 2 3 4 5 6 7 8 9 10. 3.14159, 2.71828; 42!",
    "only boilerplate": f"{EQUAL}\n\nAbout us\n{PROFILE}",
}


@pytest.mark.parametrize("name", OTHER)
def test_what_is_no_job_of_ours_is_none(name: str) -> None:
    assert answer(OTHER[name], "") == ("none", None)


@given(st.text(st.characters(exclude_characters=ascii_letters)))
def test_any_characters_are_none_or_an_error(text: str) -> None:
    assert answer(text, "")[0] in ("none", "error")


@given(st.lists(st.text(st.sampled_from("bcdfghjklmnpqrstvwxz"), min_size=5, max_size=12), max_size=60))
def test_any_letters_are_none_or_an_error(words: list[str]) -> None:
    assert answer(" ".join(words), "")[0] in ("none", "error")


# --- what speaks for a code ------------------------------------------------------------------------------


def spoken_for(text: str) -> set[str]:
    """The codes and kinds of work outside that a text speaks for."""
    keys = {key for duty in CLASSIFIER.reader.read(text, "").duties for key in duty.scores}
    return keys & {*CLASSIFIER.jobs, *CLASSIFIER.outside}


def voted_for(text: str, code: str) -> float:
    """The share of a text's votes that a code has."""
    votes = CLASSIFIER.reader.read(text, "").votes
    return votes.get(code, 0.0) / (sum(votes.values()) or 1.0)


@cache
def duties_of_one_code() -> list[tuple[str, str]]:
    """Each discipline's code with its strong cues, said by their first alternatives, that speak for it alone.

    So do their words: a cue alone may be said in words that mostly stand for other work.
    """
    folder = data_root() / "vocabulary"
    terms = yaml.load((folder / "terms.yaml").read_text("utf-8"), yaml.BaseLoader)

    def said(phrase: str) -> str:
        return " ".join(said(terms[word[1:-1]][0]) if word[0] == "<" else word for word in phrase.split())

    said_by = [
        (job.code, ", ".join(said(part.split("|")[0]) for part in cue.split(" + ")) + ".")
        for function in CLASSIFIER.catalogue.functions
        for entries in [yaml.load((folder / f"{function.code}.yaml").read_text("utf-8"), yaml.BaseLoader)]
        for job in function.jobs
        if job.role == "discipline"
        for cue in entries[job.code]["duties"]["strong"]
    ]
    return [(code, duty) for code, duty in said_by if spoken_for(duty) == {code} and voted_for(duty, code) > 0.7]


def confidence(code: str, text: str, title: str) -> float:
    ranking = CLASSIFIER.classify(text, title, top=99).alternatives
    return next(one.confidence for one in ranking if one.code == code)


@pytest.mark.parametrize("name", ["help-desk", "chief-customer-officer", "customer-success-manager"])
def test_a_duty_that_speaks_for_one_code_alone_never_lowers_it(name: str) -> None:
    text, title = SAMPLES[name]
    duties = duties_of_one_code()
    assert len(duties) > 100
    before = {code: confidence(code, text, title) for code, _ in duties}
    lowered = [(code, duty) for code, duty in duties if confidence(code, f"{text}\n{duty}\n", title) < before[code]]
    assert lowered == []
