"""Agreement with known codes: labels in, figures out, whole reports."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobcodes.calibration import Calibration, Features
from jobcodes.errors import InputError, UnknownCodeError, UsageError
from jobcodes.evaluation import (
    Judge,
    Judged,
    Labelled,
    changes,
    choose_code_column,
    findings,
    findings_record,
    findings_text,
    judge,
    read_answers,
    read_codes,
    read_labelled,
    report,
    with_answers,
)
from jobcodes.model import Catalogue, Decision, Function, Job, Match, Posting
from jobcodes.tables import Table, choose_columns, open_table


def job(code: str) -> Job:
    return Job(code, "discipline", code[:3], f"Job {code}", ())


CATALOGUE = Catalogue(
    "Trades", "2026", (), (Function("PLB", "Plumbing", "", jobs=(job("PLB010"), job("PLB020"), job("PLB100"))),), "ab12"
)


@dataclass(frozen=True)
class Fake:
    """Answers with the text itself: `PLB010 0.9` is the code and how sure; `NONE 0.9`, or `?` for an error."""

    accept: float = 0.8
    confidence: Calibration | None = None

    def classify(self, text: str, title: str | None = None, top: int = 3) -> Match:
        if text == "?":
            return Match("error", notes=("The job is empty.",))
        code, stated = text.split()
        confidence = self.confidence.apply(self.features(text)) if self.confidence else float(stated)
        if code == "NONE":
            return Match("none", confidence=confidence)
        return Match("match" if confidence >= self.accept else "review", code, confidence=confidence)

    def features(self, text: str, title: str | None = None) -> Features:
        return 1.0, 10 * (float(text.split()[1]) - 0.5), 0.0, 0.0

    def calibrated(self, calibration: Calibration) -> Judge:
        return Fake(calibration.accept, calibration)


def table(text: str, source: str = "jobs.csv") -> Table:
    return open_table(io.BytesIO(dedent(text).encode()), source=source)


def labelled(text: str, source: str = "jobs.csv") -> list[Labelled]:
    read = table(text, source)
    return list(
        read_labelled(read, choose_columns(read.headers), choose_code_column(read.headers), CATALOGUE),
    )


def judged(codes: str, got: str, confidence: float = 0.9, decision: Decision = "match", title: str = "T") -> Judged:
    return Judged(Labelled(Posting("jobs.csv:2", title=title), tuple(codes.split("/"))), got, decision, confidence)


# labels --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("PLB010", ("PLB010",)),
        (" plb10 ", ("PLB010",)),
        ("PLB 010", ("PLB010",)),
        ("PLB010;NONE", ("PLB010", "NONE")),
        ("none|plb-020,PLB010", ("NONE", "PLB020", "PLB010")),
        ("PLB010 PLB020 none", ("PLB010", "PLB020", "NONE")),
        ("PLB010/PLB020 / none", ("PLB010", "PLB020", "NONE")),
        ("PLB010 /PLB020/", ("PLB010", "PLB020")),
        ("none/", ("NONE",)),
        ("PLB010\nPLB010\n", ("PLB010",)),
        ('["PLB100", "NONE"]', ("PLB100", "NONE")),
        ("", ()),
        (" ; ", ()),
    ],
)
def test_a_cell_holds_one_code_or_several(cell: str, codes: tuple[str, ...]) -> None:
    assert read_codes(cell, CATALOGUE) == codes


@pytest.mark.parametrize("cell", ["XYZ999", "PLB010;XYZ999", "PLB", "PLB010 and others", "/"])
def test_a_code_that_nobody_knows_is_named(cell: str) -> None:
    with pytest.raises(UnknownCodeError):
        read_codes(cell, CATALOGUE)


@pytest.mark.parametrize("name", ["code", "Codes", "Known_Code", "expected", "match"])
def test_usual_names_of_the_code_column(name: str) -> None:
    assert choose_code_column(["title", name]) == name


def test_the_code_column_can_be_named() -> None:
    assert choose_code_column(["code", "Survey Code"], "survey code") == "Survey Code"
    assert choose_code_column(["code", "Code"], "Code") == "Code"


@pytest.mark.parametrize(
    ("headers", "named", "message"),
    [
        (["title"], None, "no column has a usual name for the known code; the headers are 'title'"),
        (["title"], "code", "no column 'code'; the headers are 'title'"),
        (["code", "match"], None, "several columns could be the known code: 'code', 'match'"),
    ],
)
def test_without_one_code_column_the_headers_are_named(headers: Sequence[str], named: str | None, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose_code_column(headers, named)
    assert caught.value.message == message


def test_rows_are_read_with_their_codes_and_problems() -> None:
    rows = labelled("""\
        title,text,code
        Fitter,Fits pipes,plb20
        ,,PLB010
        Baker,Bakes bread,NONE
        Cook,Cooks,
        Roofer,Tiles roofs,RFR010
        """)
    assert [row.codes for row in rows] == [("PLB020",), (), ("NONE",), (), ()]
    assert [row.posting.source for row in rows] == [f"jobs.csv:{line}" for line in range(2, 7)]
    assert rows[1].problem == "jobs.csv: line 3: empty; neither a title nor a text"
    assert rows[4].problem.startswith("jobs.csv:6: no code 'RFR010' in this catalogue; ")
    assert not any(rows[at].problem for at in (0, 2, 3))


def test_json_lines_hold_a_list_or_a_string() -> None:
    rows = labelled(
        """\
        {"title": "Fitter", "codes": ["PLB020", "NONE"]}
        {"title": "Baker", "codes": "none"}
        {"title": "Cook", "codes": null}
        {"title": "Cook"}
        [1]
        """,
        "jobs.jsonl",
    )
    assert [row.codes for row in rows] == [("PLB020", "NONE"), ("NONE",), (), (), ()]
    assert [bool(row.problem) for row in rows] == [False, False, False, False, True]


# figures -------------------------------------------------------------------------------------------------

ROWS = """\
title,text,code
Pipe Fitter,PLB020 0.95,PLB020
Plumber,PLB010 0.85,PLB010;PLB100
Drain Engineer,PLB100 0.75,PLB010 PLB100
Boiler Fitter,PLB010 0.9,PLB020
Baker,NONE 0.99,NONE
"Tap\tSeller",PLB010 0.6,NONE
Cook,NONE 0.5,
Roofer,PLB010 0.5,RFR010
Mute,?,PLB010
"""


def all_findings(rows: str = ROWS, wrong: int = 9) -> str:
    read = labelled(rows)
    answers = [judge(row, Fake()) for row in read if row.codes]
    return findings_text(findings(read, answers, Fake(), CATALOGUE, wrong=wrong))


def test_the_whole_report() -> None:
    assert all_findings() == dedent("""\
        4 of 6 rows right: 66.7%
        each first code counting alike: 66.7%
        left out: 1 without a known code, 2 unusable

        known code  rows  right
        PLB010         2      2  100%  ████████████████████
        PLB020         2      1   50%  ██████████░░░░░░░░░░
        NONE           2      1   50%  ██████████░░░░░░░░░░

        wanted  got     rows
        PLB020  PLB010     1
        NONE    PLB010     1

        decision  rows  right
        match        3      2   67%
        review       2      1   50%
        none         1      1  100%

        surest rows  share  from confidence
        90% right      33%           0.9500
        95% right      33%           0.9500
        99% right      33%           0.9500

        stated  rows  true  █ true  │ stated
        68%        2   50%  ████████████████████░░░░░░░│░░░░░░░░░░░░
        88%        2   50%  ████████████████████░░░░░░░░░░░░░░░│░░░░
        97%        2  100%  ██████████████████████████████████████│█
        calibration error 0.1933, Brier score 0.2096

        wrong row   wanted  sure  got     title
        jobs.csv:5  PLB020   90%  PLB010  Boiler Fitter
        jobs.csv:7  NONE     60%  PLB010  Tap Seller
        """)


def test_a_report_without_a_fault_is_short() -> None:
    text = all_findings("title,text,code\nPlumber,PLB010 0.9,PLB010\n")
    assert text.startswith("1 of 1 row right: 100.0%\n")
    for absent in ("wanted", "wrong", "left out"):
        assert absent not in text
    assert "review       0      0     -\n" in text


def test_the_report_as_a_record() -> None:
    rows = labelled(ROWS)
    answers = [judge(row, Fake()) for row in rows if row.codes]
    record = findings_record(findings(rows, answers, Fake(), CATALOGUE, wrong=1), CATALOGUE)
    assert json.loads(json.dumps(record)) == record
    assert (record["rows"], record["right"], record["agreement"], record["macro"]) == (6, 4, 0.6667, 0.6667)
    assert record["codes"][1] == {"code": "PLB020", "rows": 2, "right": 1, "share": 0.5}
    assert record["confusions"][0] == {"wanted": "PLB020", "got": "PLB010", "rows": 1}
    assert record["accepted"][1] == {"agreement": 0.95, "share": 0.3333, "confidence": 0.95}
    assert record["left_out"] == {"unlabelled": 1, "unusable": 2}
    assert record["wrong"] == [
        {
            "source": "jobs.csv:5",
            "title": "Boiler Fitter",
            "wanted": ["PLB020"],
            "got": "PLB010",
            "decision": "match",
            "confidence": 0.9,
        }
    ]
    assert record["catalogue"]["sha256"] == "ab12"
    assert "changes" not in record
    assert "calibrated" not in record


def test_the_rare_code_counts_as_much_as_the_common_one() -> None:
    rows = [*[judged("PLB010", "PLB010")] * 9, judged("PLB020", "PLB010")]
    found = report(rows, CATALOGUE)
    assert (found.whole.share, found.macro) == (0.9, 0.5)


def test_confusions_stand_by_number_then_by_the_order_of_the_codes() -> None:
    pairs = [("NONE", "PLB010"), ("PLB020", "PLB100"), ("PLB020", "PLB010"), ("NONE", "PLB010"), ("PLB010", "NONE")]
    assert report([judged(*pair) for pair in pairs], CATALOGUE).confusions == (
        ("NONE", "PLB010", 2),
        ("PLB010", "NONE", 1),
        ("PLB020", "PLB010", 1),
        ("PLB020", "PLB100", 1),
    )


@given(st.lists(st.tuples(st.sampled_from(["PLB010", "PLB020", "NONE"]), st.floats(0, 1)), min_size=1))
def test_every_row_is_counted_once_in_each_block(pairs: list[tuple[str, float]]) -> None:
    found = report([judged("PLB010/NONE", got, sure) for got, sure in pairs], CATALOGUE)
    for block in (found.codes, found.decisions, found.bins):
        assert sum(part.rows for part in block) == len(pairs)
    missed = found.whole.rows - found.whole.right
    assert sum(rows for _, _, rows in found.confusions) == missed
    assert found.decisions[0].right == found.whole.right


def test_nothing_usable_is_an_error() -> None:
    with pytest.raises(InputError, match="no row has both a job and a known code"):
        all_findings("title,text,code\nMute,?,PLB010\nCook,NONE 0.5,\n")


# against an earlier run ----------------------------------------------------------------------------------

EARLIER = """\
title,text,code,match_code,match_decision
Pipe Fitter,x,PLB020,PLB020,match
Plumber,x,PLB010;PLB100,PLB100,review
Drain Engineer,x,PLB010 PLB100,,none
Boiler Fitter,x,PLB020,PLB020,review
Baker,x,NONE,,error
"Tap\tSeller",x,NONE,PLB020,match
Cook,x,,,none
Roofer,x,RFR010,,none
Mute,x,PLB010,,error
"""


def before(text: str = EARLIER, source: str = "old.csv") -> list[Labelled]:
    old = table(text, source)
    return with_answers(labelled(ROWS), list(read_answers(old, choose_columns(old.headers))), source)


def test_what_changed_is_better_worse_or_other() -> None:
    rows = before()
    answers = [judge(row, Fake()) for row in rows if row.codes]
    found = findings(rows, answers, Fake(), CATALOGUE)
    assert found.changes == tuple(changes(answers[:6]))
    assert findings_text(found).rpartition("\n\n")[2] == dedent("""\
        5 rows changed: 2 better, 1 worse, 2 other
                row         wanted         answer           title
        other   jobs.csv:3  PLB010/PLB100  PLB100 → PLB010  Plumber
        better  jobs.csv:4  PLB010/PLB100  NONE → PLB100    Drain Engineer
        worse   jobs.csv:5  PLB020         PLB020 → PLB010  Boiler Fitter
        better  jobs.csv:6  NONE           error → NONE     Baker
        other   jobs.csv:7  NONE           PLB020 → PLB010  Tap Seller
        """)
    first, *_ = findings_record(found, CATALOGUE)["changes"]
    assert (first["before"], first["got"], first["verdict"]) == ("PLB100", "PLB010", "other")


def test_an_earlier_run_can_be_json_lines() -> None:
    lines = []
    for row in EARLIER.splitlines()[1:]:
        title, *_, code, decision = row.split(",")
        lines.append(json.dumps({"title": title.strip('"'), "match": {"code": code or None, "decision": decision}}))
    assert [row.before for row in before("\n".join(lines), "old.jsonl")] == [row.before for row in before()]


def test_rows_that_did_not_change_are_not_listed() -> None:
    rows = labelled("title,text,code\nPlumber,PLB010 0.9,PLB010\n")
    rows = with_answers(rows, [(rows[0].posting, "PLB010")], "old.csv")
    found = findings(rows, [judge(row, Fake()) for row in rows], Fake(), CATALOGUE)
    assert findings_text(found).endswith("\n\n0 rows changed: 0 better, 0 worse, 0 other\n")


@pytest.mark.parametrize(
    ("old", "message"),
    [
        (EARLIER.replace("Plumber", "Painter"), "old.csv: not the same rows in the same order"),
        (EARLIER.replace("Mute,x,PLB010,,error\n", ""), "old.csv: not the same rows in the same order"),
        (EARLIER.replace("match_code", "code before"), "old.csv: there is no match in it"),
    ],
)
def test_another_table_is_refused(old: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        before(old)
    assert caught.value.message == message


# calibrating ---------------------------------------------------------------------------------------------


def doubtful(count: int) -> list[Labelled]:
    """Rows that state 0.9 or 0.6 and are right half as often as stated, in turn."""
    rows = []
    for number in range(count):
        sure = (0.6, 0.9)[number % 2]
        right = number // 2 % 10 < round(10 * sure) - 3
        posting = Posting(f"jobs.csv:{number + 2}", f"PLB010 {sure}")
        rows.append(Labelled(posting, ("PLB010" if right else "PLB020",)))
    return rows


def test_a_calibration_is_fitted_and_checked_on_rows_it_has_not_seen() -> None:
    rows = doubtful(200)
    found = findings(rows, [judge(row, Fake()) for row in rows], Fake(), CATALOGUE, calibrate_on="2026-01-31")
    assert found.calibration
    assert found.calibrated
    assert (found.calibration.rows, found.calibration.date) == (200, "2026-01-31")
    assert found.calibrated.ece < 0.15 < found.report.ece == pytest.approx(0.3)
    assert found.calibration.ece == pytest.approx(found.calibrated.ece, abs=1e-3)
    assert found.calibration.brier == pytest.approx(found.calibrated.brier, abs=1e-3)
    assert findings_text(found).rpartition("\n\n")[2] == dedent(f"""\
        5-fold cross-validation  before   after
        calibration error        0.3000  {found.calibrated.ece:.4f}
        Brier score              0.3150  {found.calibrated.brier:.4f}
        accepted at 95% right        0%      0%
        decided match               50%      0%
        of these right              60%       -
        a match needs a confidence of 1.0000
        """)
    assert findings_record(found, CATALOGUE)["calibrated"]["accept"] == 1.0


def test_too_few_rows_for_a_calibration() -> None:
    rows = doubtful(49)
    with pytest.raises(UsageError, match="at least 50 rows with a known code, found 49"):
        findings(rows, [judge(row, Fake()) for row in rows], Fake(), CATALOGUE, calibrate_on="2026-01-31")
