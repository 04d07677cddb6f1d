"""`jobcodes batch`: a table of jobs in, the same rows out with the match added."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, nullcontext
from itertools import chain
from typing import TYPE_CHECKING, Annotated, TypeVar, cast

import typer
from typer import Argument, Option

from jobcodes import __version__
from jobcodes.console import (
    INTERRUPTED,
    SOME_UNUSABLE,
    examples,
    open_classifier,
    refuse_to_overwrite,
    say,
    silent,
    suffix_of,
)
from jobcodes.errors import UsageError
from jobcodes.options import (
    CalibrationPath,
    CataloguePath,
    Coverage,
    Encoding,
    MinConfidence,
    Output,
    Quiet,
    RowFormat,
    Sheet,
    SourceFormat,
    TableFormat,
    TextColumns,
    TitleColumn,
    Top,
    Verbose,
    VocabularyPath,
)
from jobcodes.streams import (
    Screen,
    closed_pipe_ends_it,
    end_on_signals,
    input_stream,
    output_stream,
    position_and_size,
)

if TYPE_CHECKING:
    from pathlib import Path


T = TypeVar("T")

app = typer.Typer()


@app.command(
    "batch",
    epilog=examples(
        "jobcodes batch jobs.csv -o matched.csv --summary summary.json",
        "jobcodes batch jobs.csv -o matched.csv --resume",
        "jobcodes batch export.xlsx --sheet Jobs -o coded.xlsx",
        "jobcodes batch descriptions/ -o matched.csv",
        "cat jobs.jsonl | jobcodes batch --text-column summary --text-column duties",
    ),
)
def batch(
    input: Annotated[
        str, Argument(metavar="[INPUT]", help="A table or a folder of jobs; - is stdin.", show_default=False)
    ] = "-",
    title_column: TitleColumn = None,
    text_column: TextColumns = None,
    titles_only: Annotated[bool, Option("--titles-only", help="Read the titles alone, no text.")] = False,
    source_format: SourceFormat = None,
    sheet: Sheet = None,
    encoding: Encoding = None,
    replace: Annotated[bool, Option("--replace", help="Overwrite the match of an earlier run.")] = False,
    keep: Annotated[
        list[str] | None,
        Option("--keep", metavar="NAME", help="Of the input, only this column comes back; repeatable."),
    ] = None,
    drop: Annotated[
        list[str] | None, Option("--drop", metavar="NAME", help="This column does not come back; repeatable.")
    ] = None,
    drop_personal: Annotated[
        bool, Option("--drop-personal", help="Columns that look like personal data do not come back.")
    ] = False,
    excel_safe: Annotated[
        bool, Option("--excel-safe", help="Quote every cell, and disarm those that Excel takes for formulas.")
    ] = False,
    coverage: Coverage = 0.8,
    min_confidence: MinConfidence = None,
    top: Top = 3,
    jobs: Annotated[
        int | None,
        Option(
            "--jobs", "-j", min=1, metavar="N", help="Processes. Default: all cores, where it pays.", show_default=False
        ),
    ] = None,
    job_code_column: Annotated[
        str | None,
        Option("--job-code-column", metavar="NAME", help="Your own job codes: list those with several answers."),
    ] = None,
    summary: Annotated[str | None, Option("--summary", metavar="FILE", help="Write the summary here as JSON.")] = None,
    resume: Annotated[bool, Option("--resume", help="Go on from what an interrupted run left beside -o.")] = False,
    format: RowFormat = None,
    output: Output = None,
    catalogue: CataloguePath = None,
    vocabulary: VocabularyPath = None,
    calibration: CalibrationPath = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Add the match to each row of a table (CSV, TSV, JSONL or XLSX).

    Rows, their order and their columns stay as they are; the columns match_code, match_title, … are added.
    Of a folder: a row for each file below it, with the columns source and title.
    """
    from jobcodes.batch import Layout, code_table
    from jobcodes.identity import identity, sha256_of
    from jobcodes.outputs import is_device, whole_file
    from jobcodes.personal import personal_columns
    from jobcodes.render import catalogue_object, to_json
    from jobcodes.tables import choose_columns, open_table
    from jobcodes.tally import Tally

    files: list[str] = []
    if os.path.isdir(input):
        from jobcodes.folders import expanded, folder_table

        if title_column or text_column or titles_only or source_format:
            raise UsageError(f"{input}: a folder has no columns and no --from", "leave these options out")
        files = expanded([input])
    refuse_to_overwrite(output, files or [input])
    refuse_to_overwrite(summary, files or [input])
    if output and summary and os.path.realpath(output) == os.path.realpath(summary):
        raise UsageError(f"--summary would overwrite {output}", "write the summary to a file of its own")
    in_file = output is not None and output != "-" and not is_device(output)
    if resume and not in_file:
        raise UsageError("--resume goes on with an output file", "name it with -o")
    end_on_signals()
    classifier = open_classifier(catalogue, vocabulary, calibration, coverage, min_confidence, quiet, verbose)
    tally = Tally()
    tell = silent if quiet else say
    with (
        _interruptible(output),
        closed_pipe_ends_it(),
        whole_file(summary) if summary else nullcontext() as summed,
        nullcontext() if files else input_stream(input, tell) as stream,
    ):
        if stream is None:
            hashed = None
            table, columns = folder_table(input, files, encoding, lambda one: say(f"{one.source}: {one.error}"))
        else:
            hashed = sha256_of(stream) if in_file else None
            table = open_table(stream, source=input, format=source_format, encoding=encoding, sheet=sheet)
            columns = choose_columns(
                table.headers, title_column, text_column or (), titles_only=titles_only, first=table.first
            )
        for note in table.notes:
            tell(note)
        personal = personal_columns(table.headers, table.first, (columns.title, *columns.texts))
        layout = Layout(
            format or cast("TableFormat | None", suffix_of(output, ("csv", "tsv", "jsonl", "xlsx"))),
            keep=keep or (),
            drop=[*(drop or ()), *(personal if drop_personal else ())],
            overwrite=replace,
            excel_safe=excel_safe,
        )
        coding = code_table(
            table,
            columns,
            classifier,
            classifier.catalogue,
            layout,
            top=top,
            processes=jobs,
            job_code=job_code_column,
            tally=tally,
        )
        if not quiet:
            _warn_of_personal({name: what for name, what in personal.items() if name in coding.columns})

        def shown(rows: Iterator[T]) -> Iterator[T]:
            reached = table.reached or ((None, None) if stream is None else position_and_size(stream))
            hidden = quiet or (sys.stdout.isatty() and not in_file)
            return rows if hidden else _with_bar(rows, lambda: tally.rows, *reached)

        if output is not None and in_file:
            from jobcodes.journal import journalled

            options = [columns, layout, sheet, coding.format, encoding, top, coverage, classifier.accept]
            what = identity(hashed, table, classifier, options)
            make = _workbook_maker(table.sheet, quiet) if coding.format == "xlsx" else None
            with journalled(output, what, resume=resume, rows=lambda: tally.read, make=make) as journal:
                if resume and not quiet:
                    say(f"going on after {journal.rows:,} rows" if journal.done else "nothing to go on from")
                journal.header(coding.header)
                with closing(coding.rows(journal.done)) as rows:
                    for row in shown(rows):
                        journal.add(row)
        elif coding.format == "xlsx":
            with closing(coding.rows(None)) as rows:
                _write_workbook(output, chain([coding.header], (row.line for row in shown(rows))), table.sheet)
        else:
            with output_stream(output) as out, closing(coding.rows(None)) as rows:
                out.write(coding.header)
                for row in shown(rows):
                    out.write(row.line)
        if summed:
            record = {**tally.record(), "output": output, "catalogue": catalogue_object(classifier.catalogue)}
            summed.write(to_json({**record, "jobcodes": __version__}, indent=2) + "\n")
    if not quiet:
        for line in tally.lines(errors=not files):  # those of files were told as they came
            say(line)
        if in_file:
            say(f"written to {output}")
        elif sys.stdout.isatty() and not output:
            say("hint: to keep it, name a file with -o")
    if tally.counts["error"]:
        raise typer.Exit(SOME_UNUSABLE)


def _write_workbook(output: str | None, lines: Iterable[str], sheet: str) -> None:
    from shutil import copyfileobj
    from tempfile import TemporaryFile

    from jobcodes.workbook_writer import write_lines

    with output_stream(output) as out:
        if isinstance(out, Screen):
            raise UsageError("a workbook cannot be shown", "write it to a file with -o, or say --format csv")
        with TemporaryFile() as whole:  # a pipe cannot be sought
            write_lines(whole, lines, sheet=sheet or "Jobs")
            whole.seek(0)
            copyfileobj(whole, out.buffer)


def _workbook_maker(sheet: str, quiet: bool) -> Callable[[Path, Path], None]:
    """What makes a workbook of a file of lines; raises UsageError now rather than after hours of work."""
    from jobcodes.workbook_writer import require_writer, write_lines

    require_writer()

    def make(rows: Path, ready: Path) -> None:
        with open(rows, "rb") as lines, open(ready, "wb") as file:
            bar = iter(lines) if quiet else _with_bar(lines, None, *position_and_size(lines))
            write_lines(file, bar, sheet=sheet or "Jobs")

    return make


def _with_bar(
    items: Iterable[T], rows: Callable[[], int] | None, position: Callable[[], int] | None, size: int | None
) -> Iterator[T]:
    """The same items, with a progress bar while they go by when stderr is a terminal; see `with_progress`."""
    if not sys.stderr.isatty():
        return iter(items)
    from jobcodes.terminal_progress import with_progress

    return with_progress(items, sys.stderr, rows, position, size)


@contextmanager
def _interruptible(output: str | None) -> Iterator[None]:
    """Says, when the run within is interrupted, what is left of it."""
    try:
        yield
    except KeyboardInterrupt:
        kept = f"; {output}.partial keeps the rows that are done: go on with --resume"
        say(f"interrupted{kept if output and os.path.exists(f'{output}.partial') else ''}")
        raise typer.Exit(INTERRUPTED) from None


def _warn_of_personal(columns: dict[str, str]) -> None:
    if columns:
        named = ", ".join(f"{name!r} ({what})" for name, what in columns.items())
        say(f"these columns look like personal data, which a submission may not carry: {named}")
        say("hint: leave them out with --drop-personal or --drop NAME")
