"""The command line: who calls whom. Only this module prints, exits or reads the environment.

What a command needs is imported inside it, so that `--help` and `show` start fast.
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar, cast

import typer
from typer import Argument, Option

from jobcodes import __version__
from jobcodes.errors import DataError, InputError, InterruptedRunError, JobcodesError, UnknownCodeError, UsageError
from jobcodes.options import (
    CalibrationPath,
    CataloguePath,
    Color,
    Coverage,
    Encoding,
    FunctionCode,
    ListFormat,
    MatchFormat,
    MinConfidence,
    Output,
    Quiet,
    ReportFormat,
    RowFormat,
    Sheet,
    ShowFormat,
    SourceFormat,
    Split,
    SplitOn,
    TableFormat,
    TextColumns,
    TitleColumn,
    Top,
    Verbose,
    VocabularyPath,
    complete_code,
)
from jobcodes.streams import (
    Screen,
    closed_pipe_ends_it,
    end_on_signals,
    input_stream,
    output_stream,
    position_and_size,
    set_up,
)

if TYPE_CHECKING:
    from pathlib import Path

    from jobcodes.cache import Cache
    from jobcodes.classifier import Classifier
    from jobcodes.explanation import Explanation
    from jobcodes.model import Catalogue, Function, Job, Match, Posting
    from jobcodes.render import Phrases, Record
    from jobcodes.terminal import Views
    from jobcodes.vocabulary import Entry

T = TypeVar("T")

NOTHING_FOUND, USAGE, BAD_DATA, SOME_UNUSABLE, BUG, INTERRUPTED = 1, 2, 3, 4, 70, 130

app = typer.Typer(
    name="jobcodes",
    rich_markup_mode=None,  # plain help: twice as fast, and no markup to stumble over
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _examples(*lines: str) -> str:
    return "Examples:\n\n\b\n" + "\n".join(f"  {line}" for line in lines)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"jobcodes {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, Option("--version", "-V", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Which survey job is this? Ranks pay-survey codes for a job description and says why."""


@app.command(
    "classify",
    epilog=_examples(
        "jobcodes classify description.txt",
        "jobcodes classify jobs/ -f csv -o matches.csv",
        "jobcodes classify handbook.docx --split",
        'pbpaste | jobcodes classify - --title "Help Desk Analyst"',
        "jobcodes classify description.txt --explain | jq .explanation.tip",
    ),
)
def classify(
    files: Annotated[
        list[str] | None,
        Argument(
            metavar="FILE...",
            help="Job descriptions (text, HTML, Word, PDF, RTF) or folders of them; - is stdin.",
            show_default=False,
        ),
    ] = None,
    text: Annotated[str | None, Option("--text", metavar="TEXT", help="The description itself.")] = None,
    title: Annotated[str | None, Option("--title", metavar="TITLE", help="The job's title; enough on its own.")] = None,
    coverage: Coverage = 0.8,
    min_confidence: MinConfidence = None,
    encoding: Encoding = None,
    split: Split = False,
    split_on: SplitOn = None,
    top: Top = 3,
    explain: Annotated[
        bool, Option("--explain", help="Why: the text duty by duty, the runner-up, what would have tipped it.")
    ] = False,
    format: MatchFormat = None,
    output: Output = None,
    catalogue: CataloguePath = None,
    vocabulary: VocabularyPath = None,
    calibration: CalibrationPath = None,
    color: Color = "auto",
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Rank the codes for each job description.

    Reads stdin if there is no FILE, --text or --title. Of a folder, every file below it.
    """
    from jobcodes.records import posting_from_text, read_posting

    if text is not None and files:
        raise UsageError("--text and FILE are both given", "classify them one after the other")
    if title is not None and (split or split_on is not None):
        raise UsageError("--title and --split are both given", "each role has a title of its own")
    if files and any(map(os.path.isdir, files)):
        from jobcodes.folders import expanded

        files = expanded(files)
    _refuse_to_overwrite(output, files or ())
    parted = _splitter(split_on, quiet) if split or split_on is not None else iter

    def postings() -> Iterator[Posting]:
        from jobcodes.model import Posting

        if text is not None and (text.strip() or not title):
            yield posting_from_text(text, "--text", title=title)
        elif title is not None and not files:
            yield Posting("--title", title=title, error="" if title.strip() else "empty; give it a job title")
        for file in files or (["-"] if text is None and title is None else []):
            if file == "-":
                yield _posting_from_stdin(title, encoding, quiet)
            else:
                yield read_posting(file, title=title, encoding=encoding)

    classifier = _classifier(catalogue, vocabulary, calibration, coverage, min_confidence, quiet, verbose)
    unusable = done = 0
    formats = ("jsonl", "json", "csv", "tsv")
    with _writer(format, formats, output, color, classifier.catalogue) as (shown, write, views):
        if explain and shown in ("csv", "tsv"):
            raise UsageError(f"--explain does not fit into {shown}", "use --format table, json or jsonl")

        def matches() -> Iterator[tuple[Posting, Match]]:
            from jobcodes.records import match_posting

            nonlocal unusable, done
            for posting in parted(postings()):
                match = match_posting(posting, classifier, top)
                if match.decision == "error":
                    unusable += 1
                    _say(f"{posting.source}: {' '.join(match.notes)}")
                done += 1
                yield posting, match

        def explained(posting: Posting, match: Match) -> Explanation | None:
            if not explain or match.decision == "error":
                return None
            from jobcodes import explanation

            return explanation.explain(classifier, posting.text, posting.title)

        if views:
            for posting, match in matches():
                if why := explained(posting, match):
                    from jobcodes import terminal_explain

                    terminal_explain.show(views, posting, match, why, every=verbose)
                else:
                    views.match(posting, match, every=verbose)
        else:
            hidden = (
                quiet or len(files or ()) < 2 or not sys.stderr.isatty() or (sys.stdout.isatty() and output is None)
            )
            found = matches() if hidden else _with_progress(matches(), lambda: done, "jobs")
            _write_matches(write, found, shown, classifier.catalogue, explained)
    if unusable:
        raise typer.Exit(SOME_UNUSABLE)


@app.command(
    "batch",
    epilog=_examples(
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
    _refuse_to_overwrite(output, files or [input])
    _refuse_to_overwrite(summary, files or [input])
    if output and summary and os.path.realpath(output) == os.path.realpath(summary):
        raise UsageError(f"--summary would overwrite {output}", "write the summary to a file of its own")
    in_file = output is not None and output != "-" and not is_device(output)
    if resume and not in_file:
        raise UsageError("--resume goes on with an output file", "name it with -o")
    end_on_signals()
    classifier = _classifier(catalogue, vocabulary, calibration, coverage, min_confidence, quiet, verbose)
    tally = Tally()
    say = _silent if quiet else _say
    with (
        _interruptible(output),
        closed_pipe_ends_it(),
        whole_file(summary) if summary else nullcontext() as summed,
        nullcontext() if files else input_stream(input, say) as stream,
    ):
        if stream is None:
            hashed = None
            table, columns = folder_table(input, files, encoding, lambda one: _say(f"{one.source}: {one.error}"))
        else:
            hashed = sha256_of(stream) if in_file else None
            table = open_table(stream, source=input, format=source_format, encoding=encoding, sheet=sheet)
            columns = choose_columns(
                table.headers, title_column, text_column or (), titles_only=titles_only, first=table.first
            )
        for note in table.notes:
            say(note)
        personal = personal_columns(table.headers, table.first, (columns.title, *columns.texts))
        layout = Layout(
            format or cast("TableFormat | None", _suffix(output, ("csv", "tsv", "jsonl", "xlsx"))),
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
                    _say(f"going on after {journal.rows:,} rows" if journal.done else "nothing to go on from")
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
            _say(line)
        if in_file:
            _say(f"written to {output}")
        elif sys.stdout.isatty() and not output:
            _say("hint: to keep it, name a file with -o")
    if tally.counts["error"]:
        raise typer.Exit(SOME_UNUSABLE)


@app.command(
    "evaluate",
    epilog=_examples(
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
    (separated by ; , | or spaces, or a JSON list); NONE is a job outside the catalogue. A row without any is
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
    classifier = _classifier(catalogue, vocabulary, calibration, coverage, min_confidence, quiet, verbose)

    def read(path: str, old: str | None) -> list[evaluation.Labelled]:
        with input_stream(path, _silent if quiet else _say) as stream:
            table = open_table(stream, source=path, format=source_format, encoding=encoding, sheet=sheet)
            columns = choose_columns(table.headers, title_column, text_column or ())
            code = evaluation.choose_code_column(table.headers, code_column)
            rows = list(evaluation.read_labelled(table, columns, code, classifier.catalogue))
        if old is None:
            return rows
        with input_stream(old, _silent if quiet else _say) as stream:
            table = open_table(stream, source=old, encoding=encoding)
            columns = choose_columns(table.headers, title_column, text_column or ())
            return evaluation.with_answers(rows, list(evaluation.read_answers(table, columns)), old)

    with whole_file(calibrate) if calibrate else nullcontext() as fitted, output_stream(output) as out:
        olds: list[str | None] = [*against] if against else [None] * len(labelled)
        rows = [row for path, old in zip(labelled, olds, strict=True) for row in read(path, old)]
        judged: list[evaluation.Judged] = []
        answers = (evaluation.judge(row, classifier) for row in rows if row.codes)
        hidden = quiet or not sys.stderr.isatty()
        for one in answers if hidden else _with_progress(answers, lambda: len(judged)):
            judged.append(one)
        for row in (*rows, *(one.row for one in judged)):
            if row.problem:
                _say(row.problem)
        when = date.today().isoformat() if fitted else None
        found = evaluation.findings(rows, judged, classifier, classifier.catalogue, wrong=wrong, calibrate_on=when)
        if (format or _suffix(output, ("json",))) == "json":
            out.write(to_json(evaluation.findings_record(found, classifier.catalogue), indent=2) + "\n")
        else:
            out.write(evaluation.findings_text(found))
        if fitted and found.calibration:
            fitted.write(calibration_text(found.calibration))
    if found.unusable:
        raise typer.Exit(SOME_UNUSABLE)


@app.command("show", epilog=_examples("jobcodes show AMT010", "jobcodes show amt ams20 -f json"))
def show(
    codes: Annotated[
        list[str],
        Argument(metavar="CODE", help="Functions or jobs: AMT, amt10.", autocompletion=complete_code),
    ],
    format: ShowFormat = None,
    output: Output = None,
    catalogue: CataloguePath = None,
    vocabulary: VocabularyPath = None,
    color: Color = "auto",
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Show functions, disciplines and benchmarks in full.

    With -v or --vocabulary also the titles and phrases that speak for or against each, and the files they are in.
    """
    from jobcodes.catalogue import find
    from jobcodes.render import item_record, item_text, to_json

    loaded = _catalogue(catalogue, verbose)
    known: dict[str, Entry] = {}
    if verbose or vocabulary is not None:
        from jobcodes.vocabulary import load_vocabulary

        known = load_vocabulary(vocabulary, _cache()).entries
    found: list[Function | Job] = []
    unknown: list[UnknownCodeError] = []
    for code in codes:
        try:
            found.append(find(loaded, code))
        except UnknownCodeError as error:
            unknown.append(error)

    def said_of(item: Function | Job) -> Phrases | None:
        kinds: dict[str, list[tuple[str, str]]] = {}
        for kind, phrase, file in known[item.code].phrases() if item.code in known else ():
            kinds.setdefault(kind, []).append((phrase, file))
        return kinds or None

    with _writer(format, ("text", "json"), output, color, loaded) as (shown, write, views):
        if views:
            for item in found:
                views.entry(item, said_of(item))
        elif shown == "json":
            write(to_json([item_record(loaded, item, said_of(item)) for item in found], indent=2) + "\n")
        else:
            write("\n".join(item_text(loaded, item, said_of(item)) for item in found))
    for one in unknown:
        _report(one, hint=not quiet)
    if unknown:
        raise typer.Exit(NOTHING_FOUND)


@app.command(
    "search",
    epilog=_examples("jobcodes search field engineer", "jobcodes search complaints --top 1 | cut -f1"),
)
def search(
    query: Annotated[list[str], Argument(metavar="QUERY", help="Words; a typo is forgiven.")],
    top: Top = 10,
    format: ListFormat = None,
    output: Output = None,
    catalogue: CataloguePath = None,
    vocabulary: VocabularyPath = None,
    color: Color = "auto",
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Search the catalogue and the vocabulary, best hit first.

    In a pipe: code, kind, title, score, field and the text that matched, tab-separated.
    """
    from jobcodes.render import hit_record
    from jobcodes.search import search

    loaded = _catalogue(catalogue, verbose)
    hits = search(" ".join(query), loaded, _phrases(vocabulary), top)
    with _writer(format, ("tsv", "json"), output, color, loaded) as (shown, write, views):
        if views:
            views.hits(hits)
        else:
            columns = ("code", "kind", "title", "score", "field", "text")
            _write_records(write, [hit_record(hit) for hit in hits], shown, columns)
    if not hits:
        _nothing_found("nothing in the catalogue fits these words", quiet)


@app.command("list", epilog=_examples("jobcodes list", "jobcodes list --function AMT --kind discipline | cut -f1,4"))
def list_(
    function: FunctionCode = None,
    kind: Annotated[
        Literal["function", "discipline", "benchmark"] | None, Option("--kind", help="Only this kind.")
    ] = None,
    band: Annotated[
        str | None, Option("--band", metavar="BAND", help="Only what has this career band: EX, M, P, …")
    ] = None,
    format: ListFormat = None,
    output: Output = None,
    catalogue: CataloguePath = None,
    color: Color = "auto",
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """List the catalogue as a tree.

    In a pipe: code, kind, function and title, tab-separated.
    """
    from jobcodes.catalogue import find
    from jobcodes.render import list_rows

    loaded = _catalogue(catalogue, verbose)
    if function is not None:
        entry = find(loaded, function)
        function = getattr(entry, "function", entry.code)  # a job stands for its function
    if band is not None:
        known = [one.code for one in loaded.bands]
        if band.strip().upper() not in known:
            raise UsageError(f"no band {band!r} in this catalogue", f"its bands are {', '.join(known) or 'not stated'}")
        silent = [one.code for one in loaded.functions if not one.bands and function in (None, one.code)]
        if silent and not quiet:
            _say(f"the catalogue states no bands for {', '.join(silent)}")
    rows = list_rows(loaded, function, kind, band)
    with _writer(format, ("tsv", "json"), output, color, loaded) as (shown, write, views):
        if views:
            views.tree(rows)
        else:
            _write_records(write, rows, shown, ("code", "kind", "function", "title"))
    if not rows:
        _nothing_found("nothing in the catalogue fits these filters", quiet)


# What the commands share ------------------------------------------------------------------------------


def _catalogue(path: str | None, verbose: bool) -> Catalogue:
    from jobcodes.catalogue import load_catalogue

    start = time.perf_counter()
    loaded = load_catalogue(path or None, _cache())
    if verbose:
        took = (time.perf_counter() - start) * 1000
        name = f"{loaded.name}, edition {loaded.edition}, {len(loaded)} jobs"
        _say(f"catalogue {loaded.path}: {name}, sha256 {loaded.sha256[:12]}, read in {took:.0f} ms")
    return loaded


def _cache() -> Cache | None:
    from jobcodes.cache import Cache, cache_folder

    folder = cache_folder(dict(os.environ))
    return Cache(folder) if folder else None


def _phrases(path: str | None) -> dict[str, list[tuple[str, str]]]:
    from jobcodes.vocabulary import load_vocabulary

    return load_vocabulary(path, _cache()).phrases()


def _classifier(
    catalogue: str | None,
    vocabulary: str | None,
    calibration: str | None,
    coverage: float,
    min_confidence: float | None,
    quiet: bool,
    verbose: bool,
) -> Classifier:
    from jobcodes.calibration import load_calibration
    from jobcodes.classifier import Classifier
    from jobcodes.vocabulary import load_vocabulary

    loaded = _catalogue(catalogue, verbose)
    words = load_vocabulary(vocabulary, _cache())
    if vocabulary is not None and not quiet:
        from jobcodes.catalogue_check import notes_on

        for note in notes_on(words, loaded):
            _say(f"warning: {note.place}")
    fitted = load_calibration(calibration) if calibration else None
    gc.enable()  # switched off for the start (see __main__); a batch may run for hours
    return Classifier(loaded, words, accept=min_confidence, coverage=coverage, calibration=fitted, cache=_cache())


def _posting_from_stdin(title: str | None, encoding: str | None, quiet: bool) -> Posting:
    from jobcodes.records import MAX_FILE_BYTES, posting_from_bytes

    with input_stream("-", _silent if quiet else _say) as stream:
        return posting_from_bytes(stream.read(MAX_FILE_BYTES + 1), "-", title=title, encoding=encoding)


@contextmanager
def _writer(
    format: str | None, formats: Sequence[str], output: str | None, color: str, catalogue: Catalogue
) -> Iterator[tuple[str, Callable[[str], object], Views | None]]:
    """The format to write, what writes it, and the views when it is table.

    The format is the one asked for, else the suffix of -o, else table on a terminal, else the first of
    `formats`.
    """
    suffix = None if format else _suffix(output, formats)
    with output_stream(output) as out:
        screen = isinstance(out, Screen)
        shown = format or suffix or ("table" if screen or (color == "always" and not output) else formats[0])
        if shown != "table":
            yield shown, out.write, None
            return
        from jobcodes.terminal import Views

        plain = not screen or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        colored = color == "always" or (color == "auto" and not plain)
        # The views take care of control characters themselves.
        yield shown, out.write, Views(sys.stdout if screen else out, colored, catalogue)


def _suffix(output: str | None, formats: Sequence[str]) -> str | None:
    """The format that the suffix of -o names, if it names one; raises UsageError for one that is not written here."""
    suffix = (output or "").rpartition(".")[2].lower()
    if suffix in ("xlsx", "xls", "ods", "yaml", "yml", "html", "pdf", "docx") and suffix not in formats:
        raise UsageError(f"{output}: cannot write {suffix}", f"name a file in .{', .'.join(formats)}, or say --format")
    return suffix if suffix in formats else None


def _refuse_to_overwrite(output: str | None, inputs: Iterable[str]) -> None:
    """Raises UsageError if the output is one of the inputs: it would be gone once the answer is there."""
    if output and output != "-" and os.path.exists(output):
        for name in inputs:
            if name != "-" and os.path.exists(name) and os.path.samefile(name, output):
                raise UsageError(f"{output}: is the input too", "write to another file")


def _write_matches(
    write: Callable[[str], object],
    matches: Iterable[tuple[Posting, Match]],
    format: str,
    catalogue: Catalogue,
    explained: Callable[[Posting, Match], Explanation | None],
) -> None:
    from jobcodes.render import match_record, match_row, to_csv_lines, to_json

    if format in ("csv", "tsv"):
        rows = (match_row(posting.source, posting.title, match, catalogue) for posting, match in matches)
        for line in to_csv_lines(rows, "\t" if format == "tsv" else ","):
            write(line)
        return
    records = (
        match_record(posting.source, posting.title, match, catalogue, explained(posting, match))
        for posting, match in matches
    )
    if format == "json":
        write(to_json(list(records), indent=2) + "\n")
        return
    for record in records:
        write(to_json(record) + "\n")


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


def _write_records(
    write: Callable[[str], object], records: Iterable[Record], format: str, columns: tuple[str, ...]
) -> None:
    from jobcodes.render import to_json, to_tsv_lines

    if format == "json":
        write(to_json(list(records), indent=2) + "\n")
    else:
        write("".join(to_tsv_lines(records, columns)))


def _splitter(pattern: str | None, quiet: bool) -> Callable[[Iterable[Posting]], Iterator[Posting]]:
    """What takes postings apart into their roles, and says of which it found only one."""
    from jobcodes.roles import compile_pattern, split_posting

    compiled = None if pattern is None else compile_pattern(pattern)

    def parted(postings: Iterable[Posting]) -> Iterator[Posting]:
        for posting in postings:
            roles = split_posting(posting, compiled)
            if roles == [posting] and not posting.error and not quiet:
                hint = "" if compiled else "; --split-on REGEX says where each begins"
                _say(f"{posting.source}: no second role found{hint}")
            yield from roles

    return parted


def _with_progress(items: Iterable[T], rows: Callable[[], int], what: str = "rows") -> Iterator[T]:
    """The same items, with a count of the rows on stderr that is gone at the end."""
    shown = time.monotonic()
    for item in items:
        yield item
        if (now := time.monotonic()) - shown > 0.5:
            shown = now
            print(f"\r{rows():,} {what}", end="", file=sys.stderr, flush=True)
    print("\r" + " " * 24 + "\r", end="", file=sys.stderr, flush=True)


@contextmanager
def _interruptible(output: str | None) -> Iterator[None]:
    """Says, when the run within is interrupted, what is left of it."""
    try:
        yield
    except KeyboardInterrupt:
        kept = f"; {output}.partial keeps the rows that are done: go on with --resume"
        _say(f"interrupted{kept if output and os.path.exists(f'{output}.partial') else ''}")
        raise typer.Exit(INTERRUPTED) from None


def _warn_of_personal(columns: dict[str, str]) -> None:
    if columns:
        named = ", ".join(f"{name!r} ({what})" for name, what in columns.items())
        _say(f"these columns look like personal data, which a submission may not carry: {named}")
        _say("hint: leave them out with --drop-personal or --drop NAME")


def _nothing_found(message: str, quiet: bool) -> None:
    if not quiet:
        _say(message)
    raise typer.Exit(NOTHING_FOUND)


def _say(message: str) -> None:
    """A line on stderr for the person at the terminal."""
    from jobcodes.render import printable

    if sys.stderr is not None:
        sys.stderr.write(f"jobcodes: {printable(message)}\n")  # one write: lines of two programs never mix


def _silent(message: str) -> None:
    """Instead of `_say` under --quiet."""


def _report(error: JobcodesError, hint: bool = True) -> int:
    """Says what is wrong and how to mend it; the exit code for it."""
    if isinstance(error, DataError):
        problems = "1 problem" if len(error.problems) == 1 else f"{len(error.problems)} problems"
        from jobcodes.calibration import CalibrationError

        what = "calibration" if isinstance(error, CalibrationError) else "catalogue or the vocabulary"
        _say(f"error: the {what} cannot be used: {problems}")
        for problem in error.problems:
            _say(f"error: {problem}")
    else:
        _say(f"error: {error.message}")
    if error.hint and hint:
        _say(f"hint: {error.hint}")
    codes = {
        UnknownCodeError: NOTHING_FOUND,
        UsageError: USAGE,
        InputError: SOME_UNUSABLE,
        InterruptedRunError: INTERRUPTED,
    }
    return codes.get(type(error), BAD_DATA)


def _leave_out_other_commands(named: list[str]) -> None:
    # Typer works out the options of every command at each start: a tenth of the time that `show` takes.
    wanted = [command for command in app.registered_commands if [command.name] == named]
    app.registered_commands = wanted or app.registered_commands
    if not wanted:
        from jobcodes.cli_catalogue import app as catalogue_app

        app.add_typer(catalogue_app)


def main() -> None:
    """Runs the command line and exits with the codes that the README lists."""
    set_up()
    _leave_out_other_commands(sys.argv[1:2])
    try:
        app(prog_name="jobcodes")
    except JobcodesError as error:
        code = _report(error)
    except KeyboardInterrupt:
        _say("interrupted (with -o FILE, the rows that were done are in FILE.partial)")
        code = INTERRUPTED
    except OSError as error:
        # Inputs are read with errors of their own: what is left is the output, a full disk for one.
        _say(f"error: cannot write: {error.strerror or error}")
        code = USAGE
    except Exception as error:
        code = BUG
        if os.environ.get("JOBCODES_DEBUG"):
            import traceback

            traceback.print_exc()
        else:
            _say(f"error: this is a bug: {type(error).__name__}: {error}")
            _say("hint: set JOBCODES_DEBUG=1 for the traceback, and report it")
    sys.exit(code)
