"""`jobcodes evaluate`: how far the answers agree with codes that somebody already trusts."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from typing import Annotated

import typer
from typer import Argument, Option

from jobcodes.console import SOME_UNUSABLE, examples, open_classifier, say, silent, suffix_of, with_progress
from jobcodes.errors import UsageError
from jobcodes.options import (
    CalibrationPath,
    CataloguePath,
    Coverage,
    Encoding,
    MinConfidence,
    Output,
    Quiet,
    ReportFormat,
    Sheet,
    SourceFormat,
    TextColumns,
    TitleColumn,
    Verbose,
    VocabularyPath,
)
from jobcodes.streams import input_stream, output_stream

app = typer.Typer()


@app.command(
    "evaluate",
    epilog=examples(
        "jobcodes evaluate matched-last-year.csv --wrong 20",
        "jobcodes evaluate labelled.jsonl --against old-output.jsonl",
        "jobcodes evaluate a.csv b.jsonl --calibrate mine.json",
    ),
)
def evaluate(
    labelled: Annotated[list[str], Argument(metavar="LABELLED...", help="Tables with known codes; - is stdin.")],
    title_column: TitleColumn = None,
    text_column: TextColumns = None,
    code_column: Annotated[
        str | None, Option(metavar="NAME", help="The column of known codes, if its name is unusual.")
    ] = None,
    source_format: SourceFormat = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    coverage: Coverage = 0.8,
    min_confidence: MinConfidence = None,
    wrong: Annotated[int, Option(min=0, metavar="N", help="List the first N wrong rows.")] = 0,
    against: Annotated[
        list[str] | None,
        Option(metavar="FILE", help="An earlier `jobcodes batch` of LABELLED: list what changed."),
    ] = None,
    calibrate: Annotated[
        str | None, Option(metavar="FILE", help="Fit a calibration on the rows and write it here.")
    ] = None,
    format: ReportFormat = None,
    output: Output = None,
    catalogue: CataloguePath = None,
    vocabulary: VocabularyPath = None,
    calibration: CalibrationPath = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Measure the agreement with codes that you already trust.

    The column code, codes, known code, expected or match holds a code, or several of which each is right
    (separated by ; , | / or spaces, or a JSON list); NONE is a job outside the catalogue. A row without any is
    left out.
    """
    from datetime import date

    from jobcodes import evaluation
    from jobcodes.calibration import calibration_text
    from jobcodes.outputs import whole_file
    from jobcodes.render import to_json
    from jobcodes.tables import choose_columns, open_table

    if against and len(against) != len(labelled):
        raise UsageError(f"{len(labelled)} LABELLED, but {len(against)} --against", "give one for each, in their order")
    if calibrate and os.path.realpath(calibrate) in map(os.path.realpath, (*labelled, *(against or ()))):
        raise UsageError(f"--calibrate would overwrite {calibrate}", "write the calibration to a file of its own")
    classifier = open_classifier(catalogue, vocabulary, calibration, coverage, min_confidence, quiet, verbose)

    def read(path: str, old: str | None) -> list[evaluation.Labelled]:
        with input_stream(path, silent if quiet else say) as stream:
            table = open_table(stream, source=path, format=source_format, encoding=encoding, sheet=sheet)
            columns = choose_columns(table.headers, title_column, text_column or ())
            code = evaluation.choose_code_column(table.headers, code_column)
            rows = list(evaluation.read_labelled(table, columns, code, classifier.catalogue))
        if old is None:
            return rows
        with input_stream(old, silent if quiet else say) as stream:
            table = open_table(stream, source=old, encoding=encoding)
            columns = choose_columns(table.headers, title_column, text_column or ())
            return evaluation.with_answers(rows, list(evaluation.read_answers(table, columns)), old)

    with whole_file(calibrate) if calibrate else nullcontext() as fitted, output_stream(output) as out:
        olds: list[str | None] = [*against] if against else [None] * len(labelled)
        rows = [row for path, old in zip(labelled, olds, strict=True) for row in read(path, old)]
        judged: list[evaluation.Judged] = []
        answers = (evaluation.judge(row, classifier) for row in rows if row.codes)
        hidden = quiet or not sys.stderr.isatty()
        for one in answers if hidden else with_progress(answers, lambda: len(judged)):
            judged.append(one)
        for row in (*rows, *(one.row for one in judged)):
            if row.problem:
                say(row.problem)
        when = date.today().isoformat() if fitted else None
        found = evaluation.findings(rows, judged, classifier, classifier.catalogue, wrong=wrong, calibrate_on=when)
        if (format or suffix_of(output, ("json",))) == "json":
            out.write(to_json(evaluation.findings_record(found, classifier.catalogue), indent=2) + "\n")
        else:
            out.write(evaluation.findings_text(found))
        if fitted and found.calibration:
            fitted.write(calibration_text(found.calibration))
    if found.unusable:
        raise typer.Exit(SOME_UNUSABLE)
