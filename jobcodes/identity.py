"""What the output of a batch depends on, so that a later run can tell whether it would write the same."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Sequence
from io import BufferedReader
from typing import Any, BinaryIO, cast

from jobcodes import __version__
from jobcodes.classifier import Classifier
from jobcodes.tables import Table


def identity(
    input_sha256: str | None,
    table: Table,
    classifier: Classifier,
    options: Sequence[Any],
) -> dict[str, str]:
    """Names for all that the output depends on, each with a value that changes when it does.

    The input is its bytes when they could be hashed beforehand; the rows of a pipe are compared as they come.
    """
    return {
        "the program": __version__,
        "the input": input_sha256 or "",
        "the input's columns": _digest([table.format, table.delimiter, *table.headers]),
        "the options": _digest(map(repr, options)),
        "the catalogue": classifier.catalogue.sha256,
        "the vocabulary": classifier.vocabulary.sha256,
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
