"""Where the shipped data lies."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from jobcodes.errors import JobcodesError


def data_root() -> Traversable:
    """The folder of the shipped catalogue and vocabulary.

    Packed into the wheel as `jobcodes/data`, or `data/` beside the package in a checkout and an editable
    install. Raises JobcodesError if there is neither.
    """
    packed = files("jobcodes") / "data"
    if packed.is_dir():
        return packed
    checkout = Path(__file__).resolve().parent.parent
    if (checkout / "pyproject.toml").is_file():  # in site-packages, `data` would be somebody else's
        return checkout / "data"
    raise JobcodesError("the shipped catalogue is missing", "reinstall jobcodes, or pass --catalogue PATH")
