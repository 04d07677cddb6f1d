"""Keeps what was read from data files between runs, as JSON under the hash of what it was read from.

A cache never changes an answer: an entry that is missing, unreadable or corrupt is made again, and a folder
that cannot be written is left alone.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from jobcodes import __version__


class Cache:
    """A folder of JSON files below a line with their hash, so that a damaged one is noticed.

    Each names the version of jobcodes that wrote it and is read by no other.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> dict[str, Any] | None:
        try:
            digest, _, content = self._file(key).read_bytes().partition(b"\n")
            found = json.loads(content.decode()) if digest == _digest(content) else None  # faster than of bytes
        except (OSError, ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    def put(self, key: str, value: dict[str, Any]) -> None:
        content = json.dumps(value, separators=(",", ":")).encode()
        file = self._file(key)
        partial = file.with_name(f"{file.name}.{os.getpid()}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(_digest(content) + b"\n" + content)
            partial.replace(file)  # a reader sees the whole file or none
        except OSError:
            with suppress(OSError):
                partial.unlink()

    def _file(self, key: str) -> Path:
        return self.folder / f"{__version__}-{key}.json"


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


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
