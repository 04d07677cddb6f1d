"""Why a job got its answer: duty by duty, beside the runner-up, and what would have tipped it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from textwrap import dedent

import pytest
from conftest import CHECKOUT, Run
from hypothesis import given, settings
from hypothesis import strategies as st

from jobcodes import Classifier, load_catalogue, load_vocabulary
from jobcodes.explanation import DutyView, Explanation, LeftOut, Side, explain, shortened
from jobcodes.model import Alternative, Catalogue, Evidence, Function, Job, Match, Posting
from jobcodes.render import explanation_object
from jobcodes.terminal import Views
from jobcodes.terminal_explain import show
from jobcodes.text import flatten, words

REPAIR = Job("PLB010", "discipline", "PLB", "Plumbing - Repair", ("Repairs leaking pipes.",))
FITTING = Job("PLB020", "discipline", "PLB", "Plumbing - Installation", ("Installs boilers.",))
CATALOGUE = Catalogue("Trades", "2026", (), (Function("PLB", "Plumbing", "", (), (), (REPAIR, FITTING)),), "0" * 64)
VOCABULARY = {
    "PLB": """\
PLB: {titles: {strong: [plumber]}, duties: {strong: [plumbing]}}
PLB010: {titles: {strong: [repair]}, duties: {strong: [repair], weak: [tap]}}
PLB020: {titles: {strong: [fitter]}, duties: {strong: [install]}}
""",
    "terms": "{}\n",
    "outside": "functions: [PLB]\nkinds: {sales: {title: Selling, duties: {strong: [quota]}}}\n",
    "general": """\
headings: {duties: [duties], ignore: [about us], requirements: [requirements]}
signals:
  boilerplate: {duties: {strong: [equal opportunity]}}
""",
}
TEXT = """\
Pipe worker
Duties
- Install a boiler (gas), and test it.
- Install radiators; repair a tap.
- Sweep the yard of the depot. Equal opportunity employer.
Requirements: must be able to repair
About us
We mend pipes.
"""
SAMPLES = sorted((CHECKOUT / "data" / "samples").glob("*.txt"))


@pytest.fixture
def plumbing(tmp_path: Path) -> Classifier:
    for name, content in VOCABULARY.items():
        (tmp_path / f"{name}.yaml").write_text(content, encoding="utf-8")
    return Classifier(CATALOGUE, load_vocabulary(base=tmp_path))


@pytest.fixture(scope="module")
def shipped() -> Classifier:
    return Classifier(load_catalogue(), load_vocabulary())


# --- what is explained -----------------------------------------------------------------------------------


def test_each_duty_has_the_codes_it_speaks_for_and_the_words_that_say_so(plumbing: Classifier) -> None:
    why = explain(plumbing, TEXT, "Pipe worker")
    assert [
        (
            TEXT[duty.start : duty.end],
            [code for code, _ in duty.codes],
            [found.text for found in duty.evidence],
            duty.covered,
        )
        for duty in why.duties
    ] == [
        ("Install a boiler (gas), and test it.", ["PLB020"], ["Install"], True),
        ("Install radiators;", ["PLB020"], ["Install"], True),
        ("repair a tap.", ["PLB010"], ["repair", "tap"], False),
        ("Sweep the yard of the depot.", [], [], None),
        ("must be able to repair", ["PLB010"], ["repair"], None),
    ]
    assert why.duties[-1].section == "requirements"
    assert why.duties[-1].weight < 1
    assert [(code, name) for side in why.sides for code, name in [(side.code, side.title)]] == [
        ("PLB020", "Plumbing - Installation"),
        ("PLB010", "Plumbing - Repair"),
    ]
    assert [side.strongest[:1] for side in why.sides] == [(0,), (2,)]


def test_what_is_no_duty_has_a_reason(plumbing: Classifier) -> None:
    why = explain(plumbing, TEXT, "Pipe worker")
    assert [(TEXT[part.start : part.end], part.reason) for part in why.left_out] == [
        ("Pipe worker", "title"),
        ("Duties", "heading"),
        ("Equal opportunity employer.", "boilerplate"),
        ("Requirements:", "heading"),
        ("About us", "heading"),
        ("We mend pipes.", "ignored section"),
    ]


def test_a_function_is_named_only_where_none_of_its_codes_is(plumbing: Classifier) -> None:
    why = explain(plumbing, "General plumbing in houses. Plumbing repair in houses.", "Plumber")
    assert [[code for code, _ in codes] for codes in (why.title, *(duty.codes for duty in why.duties))] == [
        ["PLB"],
        ["PLB"],
        ["PLB010"],
    ]


@pytest.mark.parametrize(
    ("title", "text", "tip"),
    [
        (
            "",
            "Install a boiler.\nRepair a pipe.\nInstall a new bath for the customer.",
            r"Without “Install a .*”, the answer would be PLB010\.",
        ),
        (
            "",
            "Repair a bath.\nRepair a sink.\nRepair a pipe.\nInstall a bath.\nInstall a sink.",
            r"Without the 2 duties that speak most for PLB010, the answer would be PLB020\.",
        ),
        ("Fitter", "Repair a pipe.", r"With \d more duties like “Repair a pipe”, the answer would be PLB010\."),
        ("Fitter", "Sweep the whole yard.", r"Adding or removing up to 5 of these duties would not make it \w+\."),
        ("Fitter", "", r"There is only a title: no duties to take away or to add\."),
        (
            "",
            "Carry a quota.\nMake the quota.\nRepair a pipe.",
            r"Without the 2 duties that speak most for none \(Selling\), the answer would be PLB010\.",
        ),
    ],
)
def test_what_would_have_tipped_it(plumbing: Classifier, title: str, text: str, tip: str) -> None:
    assert re.fullmatch(tip, explain(plumbing, text, title).tip)


def test_a_tip_holds_when_the_text_is_changed_so(plumbing: Classifier) -> None:
    duties = ["Repair a bath.", "Repair a sink.", "Repair a pipe.", "Install a bath.", "Install a sink."]
    assert plumbing.classify("\n".join(duties)).code == "PLB010"
    assert plumbing.classify("\n".join(duties[1:])).code == "PLB010"
    assert plumbing.classify("\n".join(duties[2:])).code == "PLB020"


def test_none_of_these_is_an_answer_and_a_runner_up(plumbing: Classifier) -> None:
    none, code = explain(plumbing, "Carry a quota.\nMake the quota.\nRepair a pipe.").sides
    assert (none.code, none.title, code.code) == (None, "Selling", "PLB010")
    code, none = explain(plumbing, "Carry a quota.\nRepair a pipe.\nRepair a tap.").sides
    assert (code.code, none.code, none.title) == ("PLB010", None, "Selling")


PIECES = ["help desk", "resolve complaints", "<p>", "</li>", "Duties:", "About us", "\r\n", "\n", "• ", "; ", ". ", " "]
PIECES += ["equal opportunity", "\u2028", "\x0b", "İzmir", "(", "&amp;", "<br>", "travels to customer sites", "not "]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=25).map("".join))
def test_any_text_is_there_once_and_in_order(shipped: Classifier, text: str) -> None:
    assert_whole(shipped, text, "Help Desk")
    assert_whole(shipped, text, "")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_is_there_once_and_in_order(shipped: Classifier, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert_whole(shipped, text, text.partition("\n")[0])


def assert_whole(classifier: Classifier, text: str, title: str) -> None:
    why = explain(classifier, text, title)
    parts = sorted([(duty.start, duty.end) for duty in why.duties] + [(part.start, part.end) for part in why.left_out])
    assert all(0 <= start < end <= len(text) for start, end in parts)
    assert all(end <= start for (_, end), (start, _) in pairwise(parts))
    assert [duty.start for duty in why.duties] == sorted(duty.start for duty in why.duties)
    flat = flatten(text)
    assert [word for start, end in parts for word in words(flat[start:end])] == words(flat)
    for duty in why.duties:
        assert all(duty.start <= found.start < found.end <= duty.end for found in duty.evidence)
        assert all(text[found.start : found.end] == found.text for found in duty.evidence)
        assert [mass for _, mass in duty.codes] == sorted((mass for _, mass in duty.codes), reverse=True)
        assert all(0 < mass <= duty.weight for _, mass in duty.codes)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_figures_are_those_of_the_match_and_its_ranking(shipped: Classifier, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    title = text.partition("\n")[0]
    why = explain(shipped, text, title)
    match = shipped.classify(text, title, top=len(shipped.jobs))
    confidence = {other.code: other.confidence for other in match.alternatives}
    assert (why.sides[0].code, why.sides[0].confidence) == (match.code, match.confidence)
    assert all(side.confidence == confidence[side.code] for side in why.sides if side.code)
    ranking, _ = shipped.ranked(shipped.reader.read(text, title))
    for kind, mass in ranking.kinds.items():
        parts = [found for codes in (why.title, *(duty.codes for duty in why.duties)) for found in codes]
        assert sum(part for code, part in parts if code == kind) == pytest.approx(mass)
    for side in why.sides:
        if side.code is None and ranking.kinds:
            assert side.total == pytest.approx(max(ranking.kinds.values()))


def test_a_code_has_the_sum_of_its_duties(plumbing: Classifier) -> None:
    why = explain(plumbing, TEXT, "Pipe worker")
    for side in why.sides:
        own = [mass for duty in why.duties for code, mass in duty.codes if code == side.code]
        assert side.by_duties == pytest.approx(sum(own))
        assert (side.by_title, side.total) == (0, side.by_duties)


def test_the_beginning_of_a_text() -> None:
    assert shortened("- Repairs  pipes\n and taps.") == "“Repairs pipes and taps”"
    assert shortened("Repairs pipes and taps", 14) == "“Repairs pipes…”"
    assert shortened("x" * 20, 10) == f"“{'x' * 10}…”"


# --- how it looks ----------------------------------------------------------------------------------------

SHORT = (
    "Duties:\n- Fits boilers for tenants of the council's estate; carries a quota.\n- Sweeps.\n\nAbout us\nWe mend it."
)


def place(words: str) -> tuple[int, int]:
    start = SHORT.index(words)
    return start, start + len(words)


WHY = Explanation(
    title=(("PLB020", 1.2),),
    duties=(
        DutyView(
            *place("Fits boilers for tenants of the council's estate;"),
            "duties",
            1.0,
            (("PLB020", 0.8), ("PLB010", 0.3), ("PLB", 0.2)),
            (Evidence("text", "Fits boilers", *place("Fits boilers"), "fit … boiler", "keyword", 0.9),),
            True,
        ),
        DutyView(*place("carries a quota."), "duties", 1.0, (("human-resources", 0.4),), (), False),
        DutyView(*place("Sweeps."), "duties", 1.0, (("PLB010", 0.05),), (), False),
    ),
    left_out=(
        LeftOut(*place("Duties:"), "heading"),
        LeftOut(*place("About us"), "heading"),
        LeftOut(*place("We mend it."), "ignored section"),
    ),
    sides=(
        Side("PLB020", "Plumbing - Installation", 0.9, 1.2, 0.8, (0,)),
        Side(None, "Human resources", 0.05, 0.0, 0.4, ()),
    ),
    tip="With 2 more duties like “carries a quota”, the answer would be none.",
)
MATCH = Match("review", "PLB020", "Plumbing - Installation", 0.9, 0.3333, None, (Alternative("PLB020", 0.9),))


def view(why: Explanation, every: bool = False) -> str:
    out = io.StringIO()
    show(Views(out, False, CATALOGUE), Posting("job.txt", SHORT, "Fitter"), MATCH, why, every)
    return out.getvalue()


def test_the_view() -> None:
    assert view(WHY) == dedent("""\
        job.txt
        Fitter

          PLB020  Plumbing - Installation
          review: a person should look

          confidence  90%  ██████████████████░░
          coverage    33%  ███████░░░░░░░░░░░░░  of the duties

          Duty by duty
                                  Duties:
          ████░  PLB020           *Fits boilers* for tenants of the council's estate;
          ██░░░  PLB010
          ██░░░  human resources  carries a quota.
                                  Sweeps.

                                  About us
                                  (company, pay, benefits: 3 words not read)

          The answer and the runner-up
                      PLB020                   none
                      Plumbing - Installation  Human resources
          title         1.2                      0.0
          duties        0.8                      0.4
          total         2.0                      0.4
          confidence    90%                       5%

          More for PLB020 than for none
          •  “Fits boilers for tenants of the council's estate”

          What would have tipped it
          •  With 2 more duties like “carries a quota”, the answer would be none.

        """)


def test_every_code_and_all_of_the_text() -> None:
    shown = view(WHY, every=True)
    assert "  █░░░░  PLB\n" in shown
    assert "We mend it." in shown
    assert "not read" not in shown


def test_the_words_of_the_duties_stand_beside_their_cues(shipped: Classifier) -> None:
    text = "Fixes paper jams and worn rollers in copiers at law firms.\nTalks a caller through one reset by phone."
    first, second = explain(shipped, text, "Technician").sides
    assert (first.code, second.code) == ("AMT020", "AMT010")
    assert first.by_words is not None
    assert second.by_words is not None
    assert first.by_words > second.by_words > 0.3
    assert {"rollers", "copiers"} <= set(first.words)
    assert "caller" in second.words
    assert not {"in", "at", "and", "by"} & {*first.words, *second.words}


def test_an_explanation_as_a_record() -> None:
    record = explanation_object(WHY)
    assert json.loads(json.dumps(record)) == record
    assert list(record) == ["title", "duties", "left_out", "sides", "tip"]
    assert record["title"] == [{"code": "PLB020", "mass": 1.2}]
    assert record["duties"][1] == {
        "start": 60,
        "end": 76,
        "section": "duties",
        "weight": 1.0,
        "codes": [{"code": "human-resources", "mass": 0.4}],
        "evidence": [],
        "covered": False,
    }
    assert record["left_out"][0] == {"start": 0, "end": 7, "reason": "heading"}
    assert record["sides"][1] == {
        "code": None,
        "title": "Human resources",
        "confidence": 0.05,
        "by_title": 0.0,
        "by_duties": 0.4,
        "strongest": [],
        "by_words": None,
        "words": [],
    }


# --- the command -----------------------------------------------------------------------------------------


def in_order(wanted: list[str], found: list[str]) -> bool:
    rest = iter(found)
    return all(word in rest for word in wanted)


@pytest.mark.parametrize("name", ["help-desk", "customer-success-manager", "vp-customer-relations"])
def test_at_80_columns_nothing_is_cut_and_nothing_is_lost(
    jobcodes: Run, sample: Callable[[str], str], name: str
) -> None:
    text = Path(sample(name)).read_text(encoding="utf-8")
    record = json.loads(jobcodes("classify", sample(name), "--explain").stdout)
    for options in ([], ["-v"]):
        done = jobcodes("classify", sample(name), "--explain", "-f", "table", *options)
        shown = done.stdout.decode()
        assert not [line for line in shown.splitlines() if len(line) > 80 or line != line.rstrip()]
        body = shown.partition("  Duty by duty\n")[2].replace("*", "")
        duties = [text[duty["start"] : duty["end"]] for duty in record["explanation"]["duties"]]
        assert in_order((text if options else " ".join(duties)).replace("- ", " ").split(), body.split())
        assert record["explanation"]["tip"] in " ".join(shown.replace("•", "").split())


def test_json_and_jsonl_carry_the_same(jobcodes: Run, sample: Callable[[str], str]) -> None:
    (whole,) = json.loads(jobcodes("classify", sample("help-desk"), "--explain", "-f", "json").stdout)
    assert whole == json.loads(jobcodes("classify", sample("help-desk"), "--explain", "-f", "jsonl").stdout)
    assert list(whole) == ["source", "title", "match", "explanation", "catalogue", "jobcodes"]
    del whole["explanation"]
    assert whole == json.loads(jobcodes("classify", sample("help-desk")).stdout)


@pytest.mark.parametrize("format", ["csv", "tsv"])
def test_a_table_of_rows_has_no_room_for_it(jobcodes: Run, tmp_path: Path, format: str) -> None:
    for options in (["-f", format], ["-o", str(tmp_path / f"out.{format}")]):
        done = jobcodes("classify", "--title", "Help Desk Analyst", "--explain", *options)
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.decode() == dedent(f"""\
            jobcodes: error: --explain does not fit into {format}
            jobcodes: hint: use --format table, json or jsonl
            """)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "content",
    [b"", b"\x1b]0;owned\x07\x1b[31mHelp desk\x9b31m [bold]calls[/]", b"\0help desk\0", "help\u2028desk\x85".encode()],
)
def test_what_strangers_wrote_is_shown_calmly(jobcodes: Run, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "job.txt"
    path.write_bytes(content)
    done = jobcodes("classify", str(path), "--explain", "-f", "table")
    assert done.returncode in (0, 4)
    assert b"a bug" not in done.stderr
    assert not {character for character in done.stdout.decode() if character < " "} - {"\n"}


def test_a_job_that_cannot_be_read_has_no_explanation(jobcodes: Run) -> None:
    done = jobcodes("classify", "nowhere.txt", "--explain")
    assert done.returncode == 4
    assert "explanation" not in json.loads(done.stdout)
    rows = csv.reader(io.StringIO(jobcodes("classify", "nowhere.txt", "--explain", "-f", "table").stdout.decode()))
    assert ["  error: not classified"] in list(rows)
