"""The command line: who calls whom. Only it and `console` print, exit or read the environment.

What a command needs is imported inside it, so that `--help` and `show` start fast.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer import Argument, Option

from jobcodes import __version__
from jobcodes.console import (
    BUG,
    INTERRUPTED,
    NOTHING_FOUND,
    SOME_UNUSABLE,
    USAGE,
    examples,
    nothing_found,
    open_cache,
    open_catalogue,
    open_classifier,
    open_phrases,
    refuse_to_overwrite,
    report,
    say,
    silent,
    with_progress,
    writer,
)
from jobcodes.errors import JobcodesError, UnknownCodeError, UsageError
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
    ShowFormat,
    Split,
    SplitOn,
    Top,
    Verbose,
    VocabularyPath,
    complete_code,
)
from jobcodes.streams import input_stream, set_up

if TYPE_CHECKING:
    from jobcodes.explanation import Explanation
    from jobcodes.model import Catalogue, Function, Job, Match, Posting
    from jobcodes.render import Phrases, Record
    from jobcodes.vocabulary import Entry


app = typer.Typer(
    name="jobcodes",
    rich_markup_mode=None,  # plain help: twice as fast, and no markup to stumble over
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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
    epilog=examples(
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
    refuse_to_overwrite(output, files or ())
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

    classifier = open_classifier(catalogue, vocabulary, calibration, coverage, min_confidence, quiet, verbose)
    unusable = done = 0
    formats = ("jsonl", "json", "csv", "tsv")
    with writer(format, formats, output, color, classifier.catalogue) as (shown, write, views):
        if explain and shown in ("csv", "tsv"):
            raise UsageError(f"--explain does not fit into {shown}", "use --format table, json or jsonl")

        def matches() -> Iterator[tuple[Posting, Match]]:
            from jobcodes.records import match_posting

            nonlocal unusable, done
            for posting in parted(postings()):
                match = match_posting(posting, classifier, top)
                if match.decision == "error":
                    unusable += 1
                    say(f"{posting.source}: {' '.join(match.notes)}")
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
            found = matches() if hidden else with_progress(matches(), lambda: done, "jobs")
            _write_matches(write, found, shown, classifier.catalogue, explained)
    if unusable:
        raise typer.Exit(SOME_UNUSABLE)


@app.command("show", epilog=examples("jobcodes show AMT010", "jobcodes show amt ams20 -f json"))
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

    loaded = open_catalogue(catalogue, verbose)
    known: dict[str, Entry] = {}
    if verbose or vocabulary is not None:
        from jobcodes.vocabulary import load_vocabulary

        known = load_vocabulary(vocabulary, open_cache()).entries
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

    with writer(format, ("text", "json"), output, color, loaded) as (shown, write, views):
        if views:
            for item in found:
                views.entry(item, said_of(item))
        elif shown == "json":
            write(to_json([item_record(loaded, item, said_of(item)) for item in found], indent=2) + "\n")
        else:
            write("\n".join(item_text(loaded, item, said_of(item)) for item in found))
    for one in unknown:
        report(one, hint=not quiet)
    if unknown:
        raise typer.Exit(NOTHING_FOUND)


@app.command(
    "search",
    epilog=examples("jobcodes search field engineer", "jobcodes search complaints --top 1 | cut -f1"),
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

    loaded = open_catalogue(catalogue, verbose)
    hits = search(" ".join(query), loaded, open_phrases(vocabulary), top)
    with writer(format, ("tsv", "json"), output, color, loaded) as (shown, write, views):
        if views:
            views.hits(hits)
        else:
            columns = ("code", "kind", "title", "score", "field", "text")
            _write_records(write, [hit_record(hit) for hit in hits], shown, columns)
    if not hits:
        nothing_found("nothing in the catalogue fits these words", quiet)


@app.command("list", epilog=examples("jobcodes list", "jobcodes list --function AMT --kind discipline | cut -f1,4"))
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

    loaded = open_catalogue(catalogue, verbose)
    if function is not None:
        entry = find(loaded, function)
        function = getattr(entry, "function", entry.code)  # a job stands for its function
    if band is not None:
        known = [one.code for one in loaded.bands]
        if band.strip().upper() not in known:
            raise UsageError(f"no band {band!r} in this catalogue", f"its bands are {', '.join(known) or 'not stated'}")
        silent = [one.code for one in loaded.functions if not one.bands and function in (None, one.code)]
        if silent and not quiet:
            say(f"the catalogue states no bands for {', '.join(silent)}")
    rows = list_rows(loaded, function, kind, band)
    with writer(format, ("tsv", "json"), output, color, loaded) as (shown, write, views):
        if views:
            views.tree(rows)
        else:
            _write_records(write, rows, shown, ("code", "kind", "function", "title"))
    if not rows:
        nothing_found("nothing in the catalogue fits these filters", quiet)


def _posting_from_stdin(title: str | None, encoding: str | None, quiet: bool) -> Posting:
    from jobcodes.records import MAX_FILE_BYTES, posting_from_bytes

    with input_stream("-", silent if quiet else say) as stream:
        return posting_from_bytes(stream.read(MAX_FILE_BYTES + 1), "-", title=title, encoding=encoding)


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
                say(f"{posting.source}: no second role found{hint}")
            yield from roles

    return parted


# In the order of the help. Those with a module of their own are loaded when they are called for.
COMMANDS = {
    "classify": None,
    "batch": "cli_batch",
    "evaluate": "cli_evaluate",
    "show": None,
    "search": None,
    "list": None,
    "catalogue": "cli_catalogue",
}


def _load(wanted: str | None) -> None:
    """Makes the command that is wanted known, or all of them if it is none."""
    # Typer works out the options of every command at each start: a tenth of the time that `show` takes.
    names = [wanted] if wanted in COMMANDS else list(COMMANDS)
    here = {command.name: command for command in app.registered_commands}
    app.registered_commands = []
    for name in names:
        module = COMMANDS[name]
        if module is None:
            app.registered_commands.append(here[name])
            continue
        other = import_module(f"jobcodes.{module}").app
        if other.info.name:
            app.add_typer(other)
        else:
            app.registered_commands += other.registered_commands


def main() -> None:
    """Runs the command line and exits with the codes that the README lists."""
    set_up()
    _load(sys.argv[1] if len(sys.argv) > 1 else None)
    try:
        app(prog_name="jobcodes")
    except JobcodesError as error:
        code = report(error)
    except KeyboardInterrupt:
        say("interrupted (with -o FILE, the rows that were done are in FILE.partial)")
        code = INTERRUPTED
    except OSError as error:
        # Inputs are read with errors of their own: what is left is the output, a full disk for one.
        say(f"error: cannot write: {error.strerror or error}")
        code = USAGE
    except Exception as error:
        code = BUG
        if os.environ.get("JOBCODES_DEBUG"):
            import traceback

            traceback.print_exc()
        else:
            say(f"error: this is a bug: {type(error).__name__}: {error}")
            say("hint: set JOBCODES_DEBUG=1 for the traceback, and report it")
    sys.exit(code)
