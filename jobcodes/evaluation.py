"""How well the answers agree with codes that are already known: rows in, figures out.

A row whose job or code cannot be used has a `problem` that says why and counts nowhere; one without a code
is not labelled and counts nowhere either.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, Protocol

from jobcodes import __version__
from jobcodes.calibration import (
    FOLDS,
    Bin,
    Calibration,
    Features,
    acceptable,
    acceptance,
    bins,
    brier,
    cross_validated,
    ece,
    fit,
)
from jobcodes.catalogue import find, folded
from jobcodes.errors import InputError, UnknownCodeError, UsageError
from jobcodes.model import Catalogue, Decision, Job, Match, Posting
from jobcodes.render import Record, catalogue_object, counted, printable
from jobcodes.tables import Columns, Row, Table, as_text, posting_reader

NONE = "NONE"  # the answer and the label for a job outside the catalogue
# Usual names of the column of known codes; case, spaces, hyphens and underscores do not count.
CODE_COLUMNS = ("code", "codes", "known code", "known codes", "expected", "match")
FLOORS = (0.90, 0.95, 0.99)
FEWEST = 50  # rows to fit a calibration on
DECISIONS: tuple[Decision, ...] = ("match", "review", "none")
Verdict = Literal["better", "worse", "other"]
_SEPARATORS = re.compile(r"[;,|\[\]\"'\n]+")


class Judge(Protocol):
    """What is evaluated: `jobcodes.Classifier`, or anything with its verbs."""

    def classify(self, text: str, title: str | None = None, top: int = 3) -> Match: ...
    def features(self, text: str, title: str | None = None) -> Features: ...
    def calibrated(self, calibration: Calibration) -> Judge: ...


@dataclass(frozen=True, slots=True)
class Labelled:
    """A job with the codes an expert accepts, best first; NONE may be one of them. `posting.source` is file:line.

    `before` is an earlier answer: a code, NONE, "" for an error; None where nothing is compared.
    """

    posting: Posting
    codes: tuple[str, ...] = ()
    problem: str = ""
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer beside the label: `got` is the code that was stated, or NONE. `confidence` is 0 to 1."""

    row: Labelled
    got: str
    decision: Decision
    confidence: float

    @property
    def right(self) -> bool:
        return self.got in self.row.codes


# --- labelled rows ---------------------------------------------------------------------------------------


def choose_code_column(headers: Sequence[str], named: str | None = None) -> str:
    """The column of known codes: the one named, else the one with a usual name, see CODE_COLUMNS.

    Raises UsageError when there is none, or more than one.
    """
    if named is not None:
        exact = [header for header in headers if header == named]
        found = exact or [header for header in headers if folded(header) == folded(named)]
    else:
        found = [header for header in headers if folded(header) in map(folded, CODE_COLUMNS)]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(map(repr, (found or headers)[:40])) or "none"
    if found:
        raise UsageError(f"several columns could be the known code: {listed}", "choose one with --code-column")
    what = f"no column {named!r}" if named is not None else "no column has a usual name for the known code"
    raise UsageError(f"{what}; the headers are {listed}", "name the column with --code-column")


def read_labelled(table: Table, columns: Columns, code_column: str, catalogue: Catalogue) -> Iterator[Labelled]:
    """The rows of the table, each with its posting and its known codes, as soon as it is read.

    A cell holds a code, or several: separated by `;`, `,`, `|`, `/` or spaces, or as a JSON list. Each is looked
    up as `show` does it, and `NONE` means that the job is outside.
    """
    posting_of = posting_reader(table, columns)
    label = _cell_reader(table, code_column)

    @cache
    def codes(cell: str) -> tuple[str, ...]:
        return read_codes(cell, catalogue)

    for row in table:
        posting = posting_of(row)
        if posting.error:
            yield Labelled(posting, problem=f"{table.source}: {posting.error}")
            continue
        try:
            yield Labelled(posting, codes(label(row)))
        except UnknownCodeError as error:
            yield Labelled(posting, problem=f"{posting.source}: {error.message}; {error.hint}")


def read_codes(cell: str, catalogue: Catalogue) -> tuple[str, ...]:
    """The codes in a cell, as the catalogue writes them, each once. Raises UnknownCodeError."""

    def known(text: str) -> list[str]:
        if text.casefold() == NONE.casefold():
            return [NONE]
        try:
            item = find(catalogue, text)
        except UnknownCodeError:
            several = [one for one in re.split(r"[\s/]+", text) if one]  # only here: codes may hold them, too
            if several in ([], [text]):
                raise
            return [code for one in several for code in known(one)]
        if not isinstance(item, Job):
            raise UnknownCodeError(text, [job.code for job in item.jobs[:3]])
        return [item.code]

    parts = [part.strip() for part in _SEPARATORS.split(cell)]
    return tuple(dict.fromkeys(code for part in parts if part for code in known(part)))


def _cell_reader(table: Table, column: str) -> Callable[[Row], str]:
    if table.format == "jsonl":
        return lambda row: as_text((row.record or {}).get(column))
    at = table.headers.index(column)
    return lambda row: row.cells[at]


def read_answers(table: Table, columns: Columns) -> Iterator[tuple[Posting, str]]:
    """Each job of an earlier `jobcodes batch` with its answer: a code, NONE, or "" for an error.

    Raises UsageError when the table has no match in it.
    """
    needed = {"match"} if table.format == "jsonl" else {"match_code", "match_decision"}
    if not needed <= set(table.headers):
        raise UsageError(f"{table.source}: there is no match in it", "compare with what `jobcodes batch` wrote")
    posting_of = posting_reader(table, columns)
    if table.format == "jsonl":

        def answer(row: Row) -> tuple[object, object]:
            match = (row.record or {}).get("match")
            return (match.get("decision"), match.get("code")) if isinstance(match, dict) else (None, None)

    else:
        decision, code = (_cell_reader(table, name) for name in ("match_decision", "match_code"))

        def answer(row: Row) -> tuple[object, object]:
            return decision(row), code(row)

    for row in table:
        decided, stated = answer(row)
        if decided == "none":
            yield posting_of(row), NONE
        else:
            yield posting_of(row), str(stated) if decided in DECISIONS and stated else ""


# --- answers ---------------------------------------------------------------------------------------------


def judge(row: Labelled, classifier: Judge) -> Judged:
    """The classifier's answer beside the label. A job that it cannot read has the decision error."""
    match = classifier.classify(row.posting.text, row.posting.title)
    if match.decision == "error":
        row = replace(row, problem=f"{row.posting.source}: {' '.join(match.notes)}")
    return Judged(row, match.code or NONE, match.decision, match.confidence or 0.0)


def calibrate(judged: Sequence[Judged], classifier: Judge, date: str) -> tuple[Calibration, list[Judged]]:
    """The calibration that suits the judged rows, and the same rows judged by cross-validation.

    There, each row's confidence is that of a calibration fitted on the other folds. Raises UsageError for
    fewer rows than FEWEST.
    """
    if len(judged) < FEWEST:
        message = f"a calibration needs at least {FEWEST} rows with a known code, found {len(judged)}"
        raise UsageError(message, "give more files, or keep the calibration that comes with jobcodes")
    samples = [(classifier.features(one.row.posting.text, one.row.posting.title), one.right) for one in judged]
    fitted = fit(samples, date)
    # Only what neither coverage nor a doubt keeps from being a match has to be told by its confidence.
    lenient = classifier.calibrated(replace(fitted, accept=0.0))
    open_ones = [judge(one.row, lenient).decision == "match" for one in judged]
    sure = [confidence for confidence, _ in cross_validated(samples)]
    answers = [(sure[at], one.right) for at, one in enumerate(judged) if open_ones[at]]
    if len(answers) >= FEWEST:
        fitted = replace(fitted, accept=acceptance(answers))
    return fitted, [
        replace(one, confidence=sure[at], decision=_decision(one, open_ones[at] and sure[at] >= fitted.accept))
        for at, one in enumerate(judged)
    ]


def _decision(judged: Judged, accepted: bool) -> Decision:
    if judged.decision in ("match", "review"):
        return "match" if accepted else "review"
    return judged.decision


# --- figures ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows of a kind there are, and how many of them were answered rightly."""

    name: str
    rows: int
    right: int

    @property
    def share(self) -> float:
        return self.right / self.rows if self.rows else 0.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """The largest share of the rows, surest first, of which `agreement` are right, and the least confidence there.

    0 and None where no share is that good.
    """

    agreement: float
    share: float
    confidence: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """How well the answers agree with the labels. Shares and errors are 0 to 1.

    `codes` counts by the first code of the label, in catalogue order with NONE last, and `macro` is the mean
    of their shares: the rare code counts as much as the common one. `confusions` are (wanted, got, rows), most
    rows first, ties by the order of the codes. For `brier`, `ece` and `bins` see `jobcodes.calibration`.
    """

    whole: Count
    macro: float
    codes: tuple[Count, ...]
    confusions: tuple[tuple[str, str, int], ...]
    decisions: tuple[Count, ...]
    accepted: tuple[Accepted, ...]
    brier: float
    ece: float
    bins: tuple[Bin, ...]


def report(judged: Sequence[Judged], catalogue: Catalogue) -> Report:
    """The figures of at least one judged row."""
    order = {code: at for at, code in enumerate([*(job.code for job in catalogue), NONE])}
    of_code: dict[str, list[Judged]] = {code: [] for code in order}
    for one in judged:
        of_code[one.row.codes[0]].append(one)
    codes = [_count(code, those) for code, those in of_code.items() if those]
    missed = Counter((one.row.codes[0], one.got) for one in judged if not one.right)
    confusions = sorted(missed.items(), key=lambda item: (-item[1], order[item[0][0]], order[item[0][1]]))
    answers = [(one.confidence, one.right) for one in judged]
    parts = bins(answers)
    return Report(
        whole=_count("", judged),
        macro=sum(count.share for count in codes) / len(codes),
        codes=tuple(codes),
        confusions=tuple((wanted, got, rows) for (wanted, got), rows in confusions),
        decisions=tuple(_count(name, [one for one in judged if one.decision == name]) for name in DECISIONS),
        accepted=tuple(Accepted(floor, *acceptable(answers, floor)) for floor in FLOORS),
        brier=brier(answers),
        ece=ece(parts),
        bins=tuple(parts),
    )


def _count(name: str, judged: Sequence[Judged]) -> Count:
    return Count(name, len(judged), sum(one.right for one in judged))


@dataclass(frozen=True, slots=True)
class Change:
    """A row that is answered otherwise than before: better (now right), worse (no longer), or other."""

    judged: Judged
    before: str
    verdict: Verdict


def changes(judged: Iterable[Judged]) -> list[Change]:
    """The rows whose answer is not the one before, in their order."""
    found = []
    for one in judged:
        before = one.row.before
        if before is not None and before != one.got:
            was_right = before in one.row.codes
            verdict: Verdict = "other" if one.right == was_right else "better" if one.right else "worse"
            found.append(Change(one, before, verdict))
    return found


def with_answers(rows: Sequence[Labelled], answers: Sequence[tuple[Posting, str]], source: str) -> list[Labelled]:
    """A table's rows, usable or not, with the earlier answers to them as `before`.

    Raises UsageError when these are not the same rows in the same order, going by number and titles.
    """
    same = len(rows) == len(answers) and all(
        row.posting.error or old.error or row.posting.title == old.title
        for row, (old, _) in zip(rows, answers, strict=True)
    )
    if not same:
        raise UsageError(f"{source}: not the same rows in the same order", "run `jobcodes batch` on the labelled file")
    return [replace(row, before=answer) for row, (_, answer) in zip(rows, answers, strict=True)]


# --- all of it, as a record and as text and as text ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Findings:
    """All that `evaluate` has to say. None where it was not asked for.

    `unlabelled` counts the rows without a code, `unusable` those with a problem.
    """

    report: Report
    unlabelled: int = 0
    unusable: int = 0
    wrong: tuple[Judged, ...] = ()
    changes: tuple[Change, ...] | None = None
    calibration: Calibration | None = None
    calibrated: Report | None = None


def findings(
    rows: Sequence[Labelled],
    judged: Sequence[Judged],
    classifier: Judge,
    catalogue: Catalogue,
    *,
    wrong: int = 0,
    calibrate_on: str | None = None,
) -> Findings:
    """What there is to say of the rows, those with codes judged: with the first `wrong` wrong ones.

    `calibrate_on` is today's date where a calibration is asked for. Raises InputError when no row is usable,
    UsageError when they are too few for a calibration.
    """
    usable = [one for one in judged if not one.row.problem]
    if not usable:
        raise InputError("no row has both a job and a known code", "NONE is the code of a job outside the catalogue")
    fitted, crossed = calibrate(usable, classifier, calibrate_on) if calibrate_on else (None, None)
    return Findings(
        report=report(usable, catalogue),
        unlabelled=sum(not row.codes and not row.problem for row in rows),
        unusable=sum(bool(row.problem) for row in rows) + len(judged) - len(usable),
        wrong=tuple([one for one in usable if not one.right][:wrong]),
        changes=tuple(changes(usable)) if any(row.before is not None for row in rows) else None,
        calibration=fitted,
        calibrated=report(crossed, catalogue) if crossed else None,
    )


def findings_record(found: Findings, catalogue: Catalogue) -> Record:
    """The findings ready for JSON; shares, confidences and errors are 0 to 1, rounded to four decimals."""
    record = report_record(found.report)
    record["left_out"] = {"unlabelled": found.unlabelled, "unusable": found.unusable}
    record["wrong"] = [_judged_record(one) for one in found.wrong]
    if found.changes is not None:
        record["changes"] = [
            _judged_record(change.judged) | {"before": change.before, "verdict": change.verdict}
            for change in found.changes
        ]
    if found.calibrated and found.calibration:
        record["calibrated"] = {"accept": found.calibration.accept, **report_record(found.calibrated)}
    return record | {"catalogue": catalogue_object(catalogue), "jobcodes": __version__}


def report_record(report: Report) -> Record:
    """A report ready for JSON."""
    return {
        "rows": report.whole.rows,
        "right": report.whole.right,
        "agreement": round(report.whole.share, 4),
        "macro": round(report.macro, 4),
        "codes": [{"code": one.name, **_count_record(one)} for one in report.codes],
        "confusions": [{"wanted": wanted, "got": got, "rows": rows} for wanted, got, rows in report.confusions],
        "decisions": [{"decision": one.name, **_count_record(one)} for one in report.decisions],
        "accepted": [
            {"agreement": one.agreement, "share": round(one.share, 4), "confidence": one.confidence}
            for one in report.accepted
        ],
        "brier": round(report.brier, 4),
        "ece": round(report.ece, 4),
        "confidence": [
            {"rows": part.rows, "stated": round(part.stated, 4), "true": round(part.true, 4)} for part in report.bins
        ],
    }


def _count_record(count: Count) -> Record:
    return {"rows": count.rows, "right": count.right, "share": round(count.share, 4) if count.rows else None}


def _judged_record(one: Judged) -> Record:
    return {
        "source": one.row.posting.source,
        "title": one.row.posting.title,
        "wanted": list(one.row.codes),
        "got": one.got,
        "decision": one.decision,
        "confidence": one.confidence,
    }


def findings_text(found: Findings) -> str:
    """The findings for people: a block for each, 80 columns wide but for titles and long codes."""
    report = found.report
    reasons = ((found.unlabelled, "without a known code"), (found.unusable, "unusable"))
    left_out = [f"{number:,} {reason}" for number, reason in reasons if number]
    blocks = [
        [
            f"{report.whole.right:,} of {counted(report.whole.rows, 'row')} right: {report.whole.share:.1%}",
            f"each first code counting alike: {report.macro:.1%}",
            *([f"left out: {', '.join(left_out)}"] if left_out else []),
        ],
        _grid(
            ("known code", "rows", "right", ""),
            [
                (one.name, f"{one.rows:,}", f"{one.right:,}", f"{one.share:>4.0%}  {_bar(one.share)}")
                for one in report.codes
            ],
        ),
        _grid(
            ("wanted", "got", "rows"),
            [(wanted, got, f"{rows:,}") for wanted, got, rows in report.confusions],
            figures=(2,),
        ),
        _grid(
            ("decision", "rows", "right", ""),
            [
                (one.name, f"{one.rows:,}", f"{one.right:,}", f"{one.share:>4.0%}" if one.rows else "   -")
                for one in report.decisions
            ],
        ),
        _grid(
            ("surest rows", "share", "from confidence"),
            [
                (
                    f"{one.agreement:.0%} right",
                    f"{one.share:.0%}",
                    "-" if one.confidence is None else f"{one.confidence:.4f}",
                )
                for one in report.accepted
            ],
        ),
        [
            *_grid(
                ("stated", "rows", "true", "█ true  │ stated"),
                [
                    (f"{part.stated:.0%}", f"{part.rows:,}", f"{part.true:.0%}", _bar(part.true, 40, part.stated))
                    for part in report.bins
                ],
            ),
            f"calibration error {report.ece:.4f}, Brier score {report.brier:.4f}",
        ],
    ]
    if found.calibration and found.calibrated:
        blocks.append(_calibration_lines(report, found.calibrated, found.calibration))
    if found.changes is not None:
        blocks.append(_change_lines(found.changes))
    if found.wrong:
        rows = [
            (
                one.row.posting.source,
                "/".join(one.row.codes),
                f"{one.confidence:.0%}",
                one.got,
                one.row.posting.title or "",
            )
            for one in found.wrong
        ]
        blocks.append(_grid(("wrong row", "wanted", "sure", "got", "title"), rows, figures=(2,)))
    return "\n".join("".join(f"{line}\n" for line in block) for block in blocks if block)


def _calibration_lines(before: Report, after: Report, calibration: Calibration) -> list[str]:
    def column(report: Report) -> list[str]:
        match, at_95 = report.decisions[0], report.accepted[FLOORS.index(0.95)]
        return [
            f"{report.ece:.4f}",
            f"{report.brier:.4f}",
            f"{at_95.share:.0%}",
            f"{match.rows / report.whole.rows:.0%}",
            f"{match.share:.0%}" if match.rows else "-",
        ]

    names = ("calibration error", "Brier score", "accepted at 95% right", "decided match", "of these right")
    rows = zip(names, column(before), column(after), strict=True)
    return [
        *_grid((f"{FOLDS}-fold cross-validation", "before", "after"), list(rows), figures=(1, 2)),
        f"a match needs a confidence of {calibration.accept:.4f}",
    ]


def _change_lines(changes: Sequence[Change]) -> list[str]:
    counts = Counter(change.verdict for change in changes)
    rows = [
        (
            change.verdict,
            change.judged.row.posting.source,
            "/".join(change.judged.row.codes),
            f"{change.before or 'error'} → {change.judged.got}",
            change.judged.row.posting.title or "",
        )
        for change in changes
    ]
    summary = ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in ("better", "worse", "other"))
    return [
        f"{counted(len(changes), 'row')} changed: {summary}",
        *_grid(("", "row", "wanted", "answer", "title"), rows, ()),
    ]


def _grid(header: Sequence[str], rows: Sequence[Sequence[str]], figures: Sequence[int] = (1, 2)) -> list[str]:
    """Lines of columns two spaces apart, those in `figures` right-aligned; nothing at all for no rows."""
    if not rows:
        return []
    cells = [[printable(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if at in figures else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def _bar(share: float, width: int = 20, mark: float | None = None) -> str:
    """The share as a bar; a line stands where `mark` is."""
    bar = ["█"] * round(share * width) + ["░"] * (width - round(share * width))
    if mark is not None:
        bar[min(int(mark * width), width - 1)] = "│"
    return "".join(bar)
