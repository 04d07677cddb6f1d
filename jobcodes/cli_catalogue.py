"""`jobcodes catalogue`: a survey of one's own brought in, looked over, compared with the last edition.

A part of the command line (see `jobcodes.cli`) that no other command loads.
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer import Argument, Option

from jobcodes.console import (
    BAD_DATA,
    SOME_UNUSABLE,
    examples,
    open_cache,
    refuse_to_overwrite,
    say,
    silent,
    suffix_of,
)
from jobcodes.errors import UsageError
from jobcodes.options import CataloguePath, Encoding, Output, Quiet, ReportFormat, TitleColumn, VocabularyPath
from jobcodes.streams import input_stream, output_stream

if TYPE_CHECKING:
    from jobcodes.survey_table import Part

app = typer.Typer(
    name="catalogue",
    rich_markup_mode=None,
    no_args_is_help=True,
    epilog=examples(
        "jobcodes catalogue import survey-2026.csv -o survey-2026",
        "jobcodes catalogue check survey-2026",
        "jobcodes catalogue diff survey-2025 survey-2026 --coded matched-2025.csv",
    ),
)


@app.callback()
def catalogue() -> None:
    """Your own survey: import its table, check it, compare two editions."""


@app.command(
    "import",
    epilog=examples(
        "jobcodes catalogue import survey.csv -o my-survey",
        "jobcodes catalogue import survey.tsv -o my-survey --force --edition 2026 --bands AMT=M,P,T",
        "jobcodes catalogue import survey.csv -o my-survey --code-column Ref --title-column Bezeichnung",
    ),
)
def import_(
    table: Annotated[str, Argument(metavar="TABLE", help="The survey house's table, as it comes; - is stdin.")],
    output: Annotated[
        str, Option("--output", "-o", metavar="FOLDER", help="The catalogue to make, whole or not at all.")
    ],
    name: Annotated[str | None, Option("--name", metavar="TEXT", help="Of the catalogue; else the file's.")] = None,
    edition: Annotated[
        str | None, Option("--edition", metavar="TEXT", help="Of the catalogue; else a year in the headings.")
    ] = None,
    bands: Annotated[
        list[str] | None,
        Option("--bands", metavar="CODE=M,P,…", help="The career bands of a function, if not in TABLE; repeatable."),
    ] = None,
    code_column: Annotated[str | None, Option(metavar="NAME", help="The columns, if their names are unusual.")] = None,
    title_column: Annotated[str | None, Option(metavar="NAME")] = None,
    description_column: Annotated[str | None, Option(metavar="NAME")] = None,
    type_column: Annotated[
        str | None, Option(metavar="NAME", help="Says what a row is: F or FUN, D or DIS, B or BEN.")
    ] = None,
    function_column: Annotated[str | None, Option(metavar="NAME", help="The function's code or title.")] = None,
    function_title_column: Annotated[str | None, Option(metavar="NAME")] = None,
    bands_column: Annotated[str | None, Option(metavar="NAME")] = None,
    sheet: Annotated[
        str | None,
        Option(metavar="NAME", help="Of a workbook: name or number; default: the first with the headings of a survey."),
    ] = None,
    encoding: Encoding = None,
    force: Annotated[bool, Option("--force", help="Replace the catalogue in FOLDER; its other files stay.")] = False,
    quiet: Quiet = False,
) -> None:
    """Make a catalogue of a survey house's table.

    Blank lines, repeated headings and cells of several lines are read. Unknown columns are kept as attributes;
    one of nothing but X names a report. Rows that fit nowhere are listed, and the exit code is then 4.
    """
    from jobcodes.catalogue_files import check_folder, lost_bands, write_catalogue
    from jobcodes.render import counted
    from jobcodes.survey_table import catalogue_of, read_survey

    check_folder(output, force)
    columns: dict[Part, str | None] = {
        "code": code_column,
        "title": title_column,
        "description": description_column,
        "type": type_column,
        "function": function_column,
        "function title": function_title_column,
        "bands": bands_column,
    }
    with input_stream(table, silent if quiet else say) as stream:
        content = stream.read()
    survey = read_survey(content, table, {part: name for part, name in columns.items() if name}, encoding, sheet)
    made = catalogue_of(survey, name or _name_of(table), edition or "", dict(map(_function_bands, bands or ())))
    lost = lost_bands(output, made)
    write_catalogue(made, output, force)
    for problem in survey.unplaced:
        say(str(problem))
    if lost:
        options = " ".join(f"--bands {code}={','.join(bands)}" for code, bands in lost.items())
        say(f"warning: {table} names no career bands for {', '.join(lost)}; the catalogue replaced had {options}")
    if not quiet:
        for note in survey.notes:
            say(f"{table}: {note}")
        counts = f"{counted(len(made.functions), 'function')} and {counted(len(made), 'job')} in {output}"
        say(f"{counts}; {counted(len(survey.unplaced), 'row')} without a place")
    if survey.unplaced:
        raise typer.Exit(SOME_UNUSABLE)


@app.command(
    "check",
    epilog=examples(
        "jobcodes catalogue check my-survey",
        "jobcodes catalogue check my-survey --vocabulary my-words --format json | jq '.problems[]'",
    ),
)
def check(
    path: Annotated[
        str | None, Argument(metavar="[PATH]", help="A catalogue, a folder or a file.", show_default=False)
    ] = None,
    vocabulary: VocabularyPath = None,
    format: ReportFormat = None,
    output: Output = None,
    catalogue: CataloguePath = None,
) -> None:
    """List what is wrong with a catalogue, with file and line, and what is worth a look.

    The exit code is 3 if it cannot be used; advice alone leaves it 0.
    """
    from jobcodes.catalogue_check import findings_record, findings_text, inspect
    from jobcodes.render import to_json

    path = path or catalogue or None
    refuse_to_overwrite(output, [path] if path else [])
    findings = inspect(path, vocabulary)
    with output_stream(output) as out:
        if (format or suffix_of(output, ("json",))) == "json":
            out.write(to_json(findings_record(findings), indent=2) + "\n")
        else:
            out.write(findings_text(findings))
    if findings.problems:
        raise typer.Exit(BAD_DATA)


@app.command(
    "diff",
    epilog=examples(
        "jobcodes catalogue diff survey-2025 survey-2026",
        "jobcodes catalogue diff survey-2025 survey-2026 --coded matched-2025.csv -o changes.md",
    ),
)
def diff(
    old: Annotated[str, Argument(metavar="OLD", help="The catalogue of the last edition.")],
    new: Annotated[str, Argument(metavar="NEW", help="The catalogue of this one.")],
    coded: Annotated[
        str | None, Option(metavar="FILE", help="A table coded by OLD: list its rows whose code has changed.")
    ] = None,
    code_column: Annotated[
        str | None, Option(metavar="NAME", help="The column of codes in it, if its name is unusual.")
    ] = None,
    title_column: TitleColumn = None,
    encoding: Encoding = None,
    format: Annotated[
        Literal["text", "json", "markdown"] | None, Option("--format", "-f", help="Default: text.")
    ] = None,
    output: Output = None,
    quiet: Quiet = False,
) -> None:
    """Compare two editions: codes added, retired, retitled, redefined, moved, renumbered, and bands changed."""
    from jobcodes import catalogue_diff
    from jobcodes.catalogue import load_catalogue
    from jobcodes.render import to_json
    from jobcodes.tables import open_table

    refuse_to_overwrite(output, [old, new, *([coded] if coded else [])])
    suffix = {"json": "json", "md": "markdown", "txt": "text"}.get(suffix_of(output, ("json", "md", "txt")) or "")
    before, after = load_catalogue(old, open_cache()), load_catalogue(new, open_cache())
    found = catalogue_diff.changes(before, after)
    rows = None
    with input_stream(coded, silent if quiet else say) if coded else nullcontext() as stream:
        if coded and stream:
            table = open_table(stream, source=coded, encoding=encoding)
            rows = catalogue_diff.read_coded(table, found, before, after, code_column, title_column)
    with output_stream(output) as out:
        if (shown := format or suffix) == "json":
            out.write(to_json(catalogue_diff.diff_record(before, after, found, rows), indent=2) + "\n")
        elif shown == "markdown":
            out.write(catalogue_diff.diff_markdown(before, after, found, rows))
        else:
            out.write(catalogue_diff.diff_text(before, after, found, rows))
    for problem in rows.unusable if rows else ():
        say(problem)
    if rows and rows.unusable:
        raise typer.Exit(SOME_UNUSABLE)


def _function_bands(text: str) -> tuple[str, list[str]]:
    """`AMT=M,P,T` as a function's code and its bands."""
    code, equals, bands = text.partition("=")
    found = bands.upper().replace(",", " ").split()
    if not equals or not code.strip() or not found:
        raise UsageError(f"--bands {text!r}: expected a function and its bands", "say --bands AMT=M,P,T")
    return code.strip(), found


def _name_of(table: str) -> str:
    return "survey" if table == "-" else Path(os.path.basename(table)).stem
