"""The options of the command line that several commands share, so that they mean the same everywhere."""

from __future__ import annotations

import os
from typing import Annotated, Literal

import typer
from typer import Option

from jobcodes.errors import JobcodesError


def complete_code(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The codes that a shell offers; without a usable catalogue, none."""
    from jobcodes.catalogue import complete, load_catalogue

    path = context.params.get("catalogue") or os.environ.get("JOBCODES_CATALOGUE")
    try:
        return complete(load_catalogue(path or None), incomplete)
    except JobcodesError:
        return []


CataloguePath = Annotated[
    str | None,
    Option(
        "--catalogue",
        envvar="JOBCODES_CATALOGUE",
        metavar="PATH",
        help="Your own catalogue, a folder or a file.",
    ),
]
VocabularyPath = Annotated[
    str | None,
    Option("--vocabulary", metavar="PATH", help="Your own titles and phrases, a file or a folder, over ours."),
]
Top = Annotated[int, Option("--top", min=1, metavar="N", help="How many codes to rank.")]
CalibrationPath = Annotated[
    str | None,
    Option("--calibration", metavar="FILE", help="How sure to be, from `evaluate --calibrate`."),
]
MinConfidence = Annotated[
    float | None,
    Option("--min-confidence", min=0, max=1, metavar="SHARE", help="What a match needs, if not the calibration's."),
]
Coverage = Annotated[
    float, Option("--coverage", min=0, max=1, metavar="SHARE", help="Of its duties, what a match must cover.")
]
Output = Annotated[str | None, Option("--output", "-o", metavar="FILE", help="Write here, whole or not at all.")]
Quiet = Annotated[bool, Option("--quiet", "-q", help="No notes on stderr; errors still.")]
Verbose = Annotated[bool, Option("--verbose", "-v", help="Show more, and say which catalogue is used.")]
Color = Annotated[
    Literal["auto", "always", "never"],
    Option("--color", help="Colour; auto: on a terminal without NO_COLOR."),
]
Encoding = Annotated[
    str | None,
    Option(
        "--encoding",
        metavar="NAME",
        help="Of the input, if it is neither UTF-8 nor UTF-16: cp1252, latin-1, …",
    ),
]
MatchFormat = Annotated[
    Literal["table", "json", "jsonl", "csv", "tsv"] | None,
    Option("--format", "-f", help="Default: table on a terminal, jsonl in a pipe."),
]
ShowFormat = Annotated[
    Literal["table", "text", "json"] | None,
    Option("--format", "-f", help="Default: table on a terminal, text in a pipe."),
]
ListFormat = Annotated[
    Literal["table", "tsv", "json"] | None,
    Option("--format", "-f", help="Default: table on a terminal, tsv in a pipe."),
]
TableFormat = Literal["csv", "tsv", "jsonl", "xlsx"]
RowFormat = Annotated[TableFormat | None, Option("--format", "-f", help="Default: as INPUT.")]
SourceFormat = Annotated[TableFormat | None, Option("--from", help="The format of the input.")]
Sheet = Annotated[
    str | None,
    Option("--sheet", metavar="NAME", help="Of a workbook: name or number; default: the first with a table of jobs."),
]
TitleColumn = Annotated[
    str | None, Option("--title-column", metavar="NAME", help="The column of titles, if its name is unusual.")
]
TextColumns = Annotated[
    list[str] | None, Option("--text-column", metavar="NAME", help="A column of descriptions; several are joined.")
]
Split = Annotated[
    bool, Option("--split", help="A file may hold several roles: headings, page breaks or --- tell them apart.")
]
SplitOn = Annotated[
    str | None, Option("--split-on", metavar="REGEX", help="A role begins wherever this matches; ^ is a line's start.")
]
ReportFormat = Annotated[Literal["text", "json"] | None, Option("--format", "-f", help="Default: text.")]
FunctionCode = Annotated[
    str | None, Option("--function", metavar="CODE", help="Only this function.", autocompletion=complete_code)
]
