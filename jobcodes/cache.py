"""Keeps what was read from data files between runs, as JSON under the hash of what it was read from.

A cache never changes an answer: an entry that is missing, unreadable or corrupt is made again, and a folder
that cannot be written is left alone.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from jobcodes import __version__


class Cache:
    """A folder of JSON files; each names the version of jobcodes that wrote it and is read by no other."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> dict[str, Any] | None:
        try:
            found = json.loads(self._file(key).read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    def put(self, key: str, value: dict[str, Any]) -> None:
        file = self._file(key)
        partial = file.with_name(f"{file.name}.{os.getpid()}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            partial.write_text(json.dumps(value, separators=(",", ":")), encoding="utf-8")
            partial.replace(file)  # a reader sees the whole file or none
        except OSError:
            partial.unlink(missing_ok=True)

    def _file(self, key: str) -> Path:
        return self.folder / f"{__version__}-{key}.json"


def cache_folder(environment: dict[str, str]) -> Path | None:
    """Where the cache lies, from `JOBCODES_CACHE` (a folder, or `off`) or the platform's custom."""
    chosen = environment.get("JOBCODES_CACHE", "")
    if chosen.lower() == "off":
        return None
    if chosen:
        return Path(chosen)
    base = environment.get("XDG_CACHE_HOME") or environment.get("LOCALAPPDATA")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "jobcodes"
    except RuntimeError:  # no home folder
        return None
