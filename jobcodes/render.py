"""Matches and catalogue entries as records and text: every function returns, none prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from jobcodes import __version__
from jobcodes.model import Catalogue, Evidence, Function, Job, Match

if TYPE_CHECKING:
    from json import JSONEncoder

    from jobcodes.explanation import Explanation
    from jobcodes.search import Hit

Record = dict[str, Any]
Phrases = Mapping[str, Sequence[tuple[str, str]]]  # by kind: each phrase and the file it is listed in

MATCH_COLUMNS = (
    "match_code",
    "match_title",
    "match_decision",
    "match_confidence",
    "match_coverage",
    "match_band",
    "match_alternatives",
    "match_evidence",
    "match_notes",
    "match_catalogue",
)


# --- a match ---------------------------------------------------------------------------------------------


def match_record(
    source: str, title: str | None, match: Match, catalogue: Catalogue, explanation: Explanation | None = None
) -> Record:
    """All that `classify` says of one job, ready for JSON; with `explanation` only if there is one."""
    explained = {"explanation": explanation_object(explanation)} if explanation else {}
    return {
        "source": source,
        "title": title,
        "match": match_object(match),
        **explained,
        "catalogue": catalogue_object(catalogue),
        "jobcodes": __version__,
    }


def match_object(match: Match) -> Record:
    """The match alone. Confidences, coverage and weights are 0 to 1, rounded to four decimals."""
    band = match.band
    return {
        "code": match.code,
        "title": match.title,
        "decision": match.decision,
        "confidence": _rounded(match.confidence),
        "coverage": _rounded(match.coverage),
        "band": band and {"code": band.code, "confidence": _rounded(band.confidence), "evidence": list(band.evidence)},
        "alternatives": [
            {"code": other.code, "confidence": _rounded(other.confidence)} for other in match.alternatives
        ],
        "evidence": [_evidence(found) for found in match.evidence],
        "notes": list(match.notes),
    }


def explanation_object(explanation: Explanation) -> Record:
    """Why the match is what it is. Masses are in duties, rounded to four decimals."""
    return {
        "title": _scores(explanation.title),
        "duties": [
            {
                "start": duty.start,
                "end": duty.end,
                "section": duty.section,
                "weight": _rounded(duty.weight),
                "codes": _scores(duty.codes),
                "evidence": [_evidence(found) for found in duty.evidence],
                "covered": duty.covered,
            }
            for duty in explanation.duties
        ],
        "left_out": [{"start": part.start, "end": part.end, "reason": part.reason} for part in explanation.left_out],
        "sides": [
            {
                "code": side.code,
                "title": side.title,
                "confidence": _rounded(side.confidence),
                "by_title": _rounded(side.by_title),
                "by_duties": _rounded(side.by_duties),
                "strongest": list(side.strongest),
                "by_words": None if side.by_words is None else _rounded(side.by_words),
                "words": list(side.words),
            }
            for side in explanation.sides
        ],
        "tip": explanation.tip,
    }


def _scores(scores: Iterable[tuple[str, float]]) -> list[Record]:
    return [{"code": code, "mass": _rounded(mass)} for code, mass in scores]


def _evidence(found: Evidence) -> Record:
    return {
        "field": found.field,
        "text": found.text,
        "start": found.start,
        "end": found.end,
        "term": found.term,
        "kind": found.kind,
        "weight": _rounded(found.weight),
    }


def catalogue_object(catalogue: Catalogue) -> Record:
    """What names the catalogue that gave an answer."""
    return {"name": catalogue.name, "edition": catalogue.edition, "sha256": catalogue.sha256}


def match_columns(match: Match, catalogue: Catalogue) -> dict[str, str]:
    """The match as the columns of MATCH_COLUMNS, in that order, each one line and no formula."""
    ranking = ";".join(f"{other.code}:{other.confidence:.4f}" for other in match.alternatives)
    return {
        "match_code": cell(match.code or ""),
        "match_title": cell(match.title or ""),
        "match_decision": match.decision,
        "match_confidence": "" if match.confidence is None else f"{match.confidence:.4f}",
        "match_coverage": "" if match.coverage is None else f"{match.coverage:.4f}",
        "match_band": cell(match.band.code) if match.band else "",
        "match_alternatives": cell(ranking),
        "match_evidence": cell("; ".join(dict.fromkeys([found.term for found in match.evidence]))),
        "match_notes": cell(" | ".join(match.notes)),
        "match_catalogue": cell(f"{catalogue.edition}@{catalogue.sha256[:12]}"),
    }


def match_row(source: str, title: str | None, match: Match, catalogue: Catalogue) -> dict[str, str]:
    """The match as one row of a table: where the job came from, its title, then MATCH_COLUMNS."""
    columns = match_columns(match, catalogue)
    return {"source": source if source == "-" else cell(source), "title": cell(title or ""), **columns}


def cell(text: str) -> str:
    """Text on one line that no spreadsheet takes for a formula: before `= + - @` stands an apostrophe."""
    if not text.isprintable():
        text = printable(text)
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)


# --- the catalogue ---------------------------------------------------------------------------------------


def item_record(catalogue: Catalogue, item: Function | Job, phrases: Phrases | None = None) -> Record:
    """All that `show` says of a function or a job. `phrases`: what else speaks for or against it, by kind."""
    record: Record
    if isinstance(item, Function):
        record = {
            "code": item.code,
            "kind": "function",
            "title": item.title,
            "description": item.description,
            "bands": _bands(catalogue, item.bands),
            "reports": list(item.reports),
            "jobs": [{"code": job.code, "kind": job.kind, "title": job.title} for job in item.jobs],
        }
    else:
        function = next(one for one in catalogue.functions if one.code == item.function)
        record = {
            "code": item.code,
            "kind": item.kind,
            "role": item.role,
            "function": {"code": function.code, "title": function.title},
            "title": item.title,
            "responsibilities": list(item.responsibilities),
            "bands": _bands(catalogue, band_codes(item, function)),
            "reports": list(item.reports),
            "siblings": [{"code": job.code, "title": job.title} for job in function.jobs if job.code != item.code],
        }
    if item.attributes:
        record["attributes"] = dict(item.attributes)
    if phrases is not None:
        record["phrases"] = {kind: [text for text, _ in found] for kind, found in phrases.items()}
        record["phrase_files"] = {kind: [file for _, file in found] for kind, found in phrases.items()}
    return record


def item_text(catalogue: Catalogue, item: Function | Job, phrases: Phrases | None = None) -> str:
    """`item_record` in plain lines, never wrapped or cut: `CODE<TAB>title` first, then `key<TAB>value`.

    A list has a line for each of its values; so `grep ^responsibilities` and `cut -f2` find their way.
    """
    record = item_record(catalogue, item, phrases)
    files = record.pop("phrase_files", {})
    lines = [[record.pop("code"), record.pop("title")]]
    for key, value in record.items():
        if key == "phrases":
            lines += [[f"phrases {kind}", *one] for kind in value for one in zip(value[kind], files[kind], strict=True)]
        elif key == "attributes":
            lines += [[key, name, text] for name, text in value.items()]
        else:
            lines += [[key, *_cells(one)] for one in (value if isinstance(value, list) else [value])]
    return "".join("\t".join(map(printable, line)) + "\n" for line in lines)


def list_rows(
    catalogue: Catalogue, function: str | None = None, kind: str | None = None, band: str | None = None
) -> list[Record]:
    """The functions, each followed by its jobs, in catalogue order; the filters do not mind case.

    `kind` is function, discipline or benchmark. `bands` are those the catalogue states: a function without
    bands is in no band. A function whose jobs are all filtered out stays only if it fits itself.
    """
    rows = []
    for one in catalogue.functions:
        if function and one.code.casefold() != function.strip().casefold():
            continue
        items: tuple[Function | Job, ...] = (one, *one.jobs)
        for item in items:
            own_kind = "function" if isinstance(item, Function) else item.kind
            bands = one.bands if isinstance(item, Function) else band_codes(item, one)
            if kind and own_kind != kind.strip().casefold():
                continue
            if band and band.strip().upper() not in bands:
                continue
            rows.append(
                {
                    "code": item.code,
                    "kind": own_kind,
                    "function": one.code,
                    "title": item.title,
                    "bands": list(bands),
                }
            )
    return rows


def hit_record(hit: Hit) -> Record:
    """What `search` found. `score` is 0 to 1; `spans` are [start, end] in code points of `text`."""
    return {
        "code": hit.code,
        "title": hit.title,
        "kind": hit.kind,
        "score": round(hit.score, 4),
        "field": hit.field,
        "text": hit.text,
        "spans": [list(span) for span in hit.spans],
    }


def band_codes(job: Job, function: Function) -> tuple[str, ...]:
    """The career bands that a job can have: EX for a benchmark, else its function's."""
    return ("EX",) if job.role == "executive" else function.bands


def _bands(catalogue: Catalogue, codes: Sequence[str]) -> list[dict[str, str]]:
    names = {band.code: band.name for band in catalogue.bands}
    return [{"code": code, "name": names.get(code, code)} for code in codes]


# --- text ------------------------------------------------------------------------------------------------


def to_json(value: Any, *, indent: int | None = None) -> str:
    """JSON without a final line break, in Unicode as it is; refuses NaN (ValueError)."""
    text = _encoder(False, indent).encode(value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:  # half a surrogate pair, in a file name for one
            return _encoder(True, indent).encode(value)
    return text


def counted(number: int, noun: str) -> str:
    """A number of things: "1 row", "1,016 rows"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def to_csv_lines(rows: Iterable[Mapping[str, str]], delimiter: str = ",") -> Iterator[str]:
    """A header from the first row's keys, then a line for each row; nothing at all for no rows."""
    line = csv_line(delimiter)
    for number, row in enumerate(rows):
        if number == 0:
            yield line(list(row))
        yield line(list(row.values()))


def to_tsv_lines(records: Iterable[Record], columns: Sequence[str]) -> Iterator[str]:
    """These columns of each record, without a header; tabs and line breaks inside become spaces."""
    for record in records:
        values = (" ".join(_cells(record[name])) for name in columns)
        yield "\t".join(map(printable, values)) + "\n"


def csv_line(delimiter: str, *, quote_all: bool = False) -> Callable[[Sequence[str]], str]:
    """A function from cells to a line of CSV that ends in `\\n`, with quotes only where needed, or everywhere.

    It is what `csv.writer` gives with both characters of a line break counting as special, on every Python; that
    one looks at each character of a long text by itself, and takes thirty times as long.
    """

    def quoted(cell: str) -> str:
        if quote_all or '"' in cell or delimiter in cell or "\n" in cell or "\r" in cell:
            return '"' + cell.replace('"', '""') + '"'
        return cell

    return lambda cells: (delimiter.join(map(quoted, cells)) or '""' * len(cells)) + "\n"


def printable(text: str) -> str:
    """Text on one line that cannot steer a terminal: controls, escapes and direction marks become visible."""
    return text if text.isprintable() else text.translate(_stand_ins())


@cache
def _stand_ins() -> dict[int, str]:
    marks = dict.fromkeys((*range(0x80, 0xA0), *range(0xD800, 0xE000)), "\ufffd")
    marks |= dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)), "\ufffd")
    marks |= {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421", 0xFEFF: ""}
    return marks | dict.fromkeys((0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85, 0x2028, 0x2029), " ")


@cache
def _encoder(ascii_only: bool, indent: int | None) -> JSONEncoder:
    from json import JSONEncoder

    return JSONEncoder(ensure_ascii=ascii_only, allow_nan=False, indent=indent)


def _cells(value: Any) -> list[str]:
    """A value of a record in words: the values of an object, the items of a list, or itself."""
    if isinstance(value, Mapping):
        return [text for one in value.values() for text in _cells(one)]
    if isinstance(value, (list, tuple)):
        return [text for one in value for text in _cells(one)]
    if isinstance(value, float):
        return [f"{value:.4f}"]
    return ["" if value is None else str(value)]
