"""What the output of a batch depends on, so that a later run can tell whether it would write the same."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Sequence
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, cast

from jobcodes import __version__
from jobcodes.classifier import Classifier
from jobcodes.resources import data_root
from jobcodes.tables import Table


def identity(
    input_sha256: str | None,
    table: Table,
    classifier: Classifier,
    vocabulary: str | None,
    options: Sequence[Any],
) -> dict[str, str]:
    """Names for all that the output depends on, each with a value that changes when it does.

    The input is its bytes when they could be hashed beforehand; the rows of a pipe are compared as they come.
    """
    folders = [data_root() / "vocabulary", *([Path(vocabulary)] if vocabulary else [])]
    return {
        "the program": __version__,
        "the input": input_sha256 or "",
        "the input's columns": _digest([table.format, table.delimiter, *table.headers]),
        "the options": _digest(map(repr, options)),
        "the catalogue": classifier.catalogue.sha256,
        "the vocabulary": _files(folders),
        "the calibration": _digest([repr(classifier.calibration)]),
    }


def sha256_of(stream: BinaryIO) -> str | None:
    """The hash of a regular file from where it stands, which it stands at again; None for a pipe."""
    try:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            return None
    except OSError:
        return None
    start = stream.tell()
    found = hashlib.file_digest(cast(BufferedReader, stream), "sha256").hexdigest()
    stream.seek(start)
    return found


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _files(paths: Iterable[Path]) -> str:
    """The hash of the files at these paths and below."""
    found = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                found.update(f"{file.name}\0".encode("utf-8", "surrogatepass") + file.read_bytes() + b"\0")
    return found.hexdigest()
