"""Where the data that comes with jobcodes lies."""

from __future__ import annotations

from pathlib import Path

from jobcodes.errors import JobcodesError


def data_root() -> Path:
    """The data folder: packed into the package by the wheel, or beside the package in a checkout.

    Raises JobcodesError if it is in neither place.
    """
    package = Path(__file__).resolve().parent  # importlib.resources would cost every command 8 ms
    if (package / "data").is_dir():
        return package / "data"
    if (package.parent / "pyproject.toml").is_file():  # never take a stranger's site-packages/data
        return package.parent / "data"
    raise JobcodesError(
        "the data that comes with jobcodes is missing", "reinstall jobcodes, or pass --catalogue FOLDER"
    )
