"""Matches jobs to the codes of a pay survey: `load_catalogue`, `Classifier`, `Match` and a few more."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from jobcodes.catalogue import load_catalogue
    from jobcodes.classifier import Classifier
    from jobcodes.errors import JobcodesError
    from jobcodes.model import Catalogue, Match, Posting
    from jobcodes.sequences import classify_records
    from jobcodes.vocabulary import load_vocabulary

__all__ = [
    "Catalogue",
    "Classifier",
    "JobcodesError",
    "Match",
    "Posting",
    "classify_records",
    "load_catalogue",
    "load_vocabulary",
]

_HOME = {
    "Catalogue": "model",
    "Classifier": "classifier",
    "JobcodesError": "errors",
    "Match": "model",
    "Posting": "model",
    "classify_records": "sequences",
    "load_catalogue": "catalogue",
    "load_vocabulary": "vocabulary",
}


def __getattr__(name: str) -> Any:
    # Loaded on first use (PEP 562): `import jobcodes` alone costs next to nothing.
    if name not in _HOME:
        raise AttributeError(f"module 'jobcodes' has no attribute {name!r}")
    return getattr(import_module(f"jobcodes.{_HOME[name]}"), name)
