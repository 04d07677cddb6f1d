"""What the commands share: what they say and exit with, what they load, and where they write."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import typer

from jobcodes.errors import DataError, InputError, InterruptedRunError, JobcodesError, UnknownCodeError, UsageError
from jobcodes.streams import Screen, output_stream

if TYPE_CHECKING:
    from jobcodes.cache import Cache
    from jobcodes.classifier import Classifier
    from jobcodes.model import Catalogue
    from jobcodes.terminal import Views

T = TypeVar("T")

NOTHING_FOUND, USAGE, BAD_DATA, SOME_UNUSABLE, BUG, INTERRUPTED = 1, 2, 3, 4, 70, 130


def examples(*lines: str) -> str:
    return "Examples:\n\n\b\n" + "\n".join(f"  {line}" for line in lines)


def open_catalogue(path: str | None, verbose: bool) -> Catalogue:
    from jobcodes.catalogue import load_catalogue

    start = time.perf_counter()
    loaded = load_catalogue(path or None, open_cache())
    if verbose:
        took = (time.perf_counter() - start) * 1000
        name = f"{loaded.name}, edition {loaded.edition}, {len(loaded)} jobs"
        say(f"catalogue {loaded.path}: {name}, sha256 {loaded.sha256[:12]}, read in {took:.0f} ms")
    return loaded


def open_cache() -> Cache | None:
    from jobcodes.cache import Cache, cache_folder

    folder = cache_folder(dict(os.environ))
    return Cache(folder) if folder else None


def open_phrases(path: str | None) -> dict[str, list[tuple[str, str]]]:
    from jobcodes.vocabulary import load_vocabulary

    return load_vocabulary(path, open_cache()).phrases()


def open_classifier(
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

    loaded = open_catalogue(catalogue, verbose)
    cache = open_cache()
    words = load_vocabulary(vocabulary, cache)
    if vocabulary is not None and not quiet:
        from jobcodes.catalogue_check import notes_on

        for note in notes_on(words, loaded):
            say(f"warning: {note.place}")
    fitted = load_calibration(calibration) if calibration else None
    gc.freeze()  # what is loaded stays: no later search for garbage looks through it
    gc.enable()  # switched off for the start (see __main__); a batch may run for hours
    return Classifier(loaded, words, accept=min_confidence, coverage=coverage, calibration=fitted, cache=cache)


@contextmanager
def writer(
    format: str | None, formats: Sequence[str], output: str | None, color: str, catalogue: Catalogue
) -> Iterator[tuple[str, Callable[[str], object], Views | None]]:
    """The format to write, what writes it, and the views when it is table.

    The format is the one asked for, else the suffix of -o, else table on a terminal, else the first of
    `formats`.
    """
    suffix = None if format else suffix_of(output, formats)
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


def suffix_of(output: str | None, formats: Sequence[str]) -> str | None:
    """The format that the suffix of -o names, if it names one; raises UsageError for one that is not written here."""
    suffix = (output or "").rpartition(".")[2].lower()
    if suffix in ("xlsx", "xls", "ods", "yaml", "yml", "html", "pdf", "docx") and suffix not in formats:
        raise UsageError(f"{output}: cannot write {suffix}", f"name a file in .{', .'.join(formats)}, or say --format")
    return suffix if suffix in formats else None


def refuse_to_overwrite(output: str | None, inputs: Iterable[str]) -> None:
    """Raises UsageError if the output is one of the inputs: it would be gone once the answer is there."""
    if output and output != "-" and os.path.exists(output):
        for name in inputs:
            if name != "-" and os.path.exists(name) and os.path.samefile(name, output):
                raise UsageError(f"{output}: is the input too", "write to another file")


def with_progress(items: Iterable[T], rows: Callable[[], int], what: str = "rows") -> Iterator[T]:
    """The same items, with a count of the rows on stderr that is gone at the end."""
    shown = time.monotonic()
    for item in items:
        yield item
        if (now := time.monotonic()) - shown > 0.5:
            shown = now
            print(f"\r{rows():,} {what}", end="", file=sys.stderr, flush=True)
    print("\r" + " " * 24 + "\r", end="", file=sys.stderr, flush=True)


def nothing_found(message: str, quiet: bool) -> None:
    if not quiet:
        say(message)
    raise typer.Exit(NOTHING_FOUND)


def say(message: str) -> None:
    """A line on stderr for the person at the terminal."""
    from jobcodes.render import printable

    if sys.stderr is not None:
        sys.stderr.write(f"jobcodes: {printable(message)}\n")  # one write: lines of two programs never mix


def silent(message: str) -> None:
    """Instead of `say` under --quiet."""


def report(error: JobcodesError, hint: bool = True) -> int:
    """Says what is wrong and how to mend it; the exit code for it."""
    if isinstance(error, DataError):
        problems = "1 problem" if len(error.problems) == 1 else f"{len(error.problems)} problems"
        from jobcodes.calibration import CalibrationError

        what = "calibration" if isinstance(error, CalibrationError) else "catalogue or the vocabulary"
        say(f"error: the {what} cannot be used: {problems}")
        for problem in error.problems:
            say(f"error: {problem}")
    else:
        say(f"error: {error.message}")
    if error.hint and hint:
        say(f"hint: {error.hint}")
    codes = {
        UnknownCodeError: NOTHING_FOUND,
        UsageError: USAGE,
        InputError: SOME_UNUSABLE,
        InterruptedRunError: INTERRUPTED,
    }
    return codes.get(type(error), BAD_DATA)
