"""Writes a catalogue as the YAML files that `jobcodes.catalogue` reads: a folder that appears whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

from jobcodes.catalogue import load_catalogue
from jobcodes.errors import DataError, UsageError
from jobcodes.model import Catalogue, Function, Job
from jobcodes.yamlnodes import write_yaml

YAML = (".yaml", ".yml")


def check_folder(path: str, force: bool) -> None:
    """Raises UsageError if a catalogue must not be written here: only into nothing, or with `force` over another."""
    folder = Path(path)
    if not os.path.lexists(folder):
        if not folder.absolute().parent.is_dir():
            raise UsageError(f"{path}: there is no folder {folder.parent}", "create it first")
        return
    if not folder.is_dir():
        raise UsageError(f"{path}: is there already and no folder", "name a folder that is not there yet")
    names = [file.name for file in folder.iterdir()]
    if names and "catalogue.yaml" not in names:
        raise UsageError(f"{path}: holds other files and no catalogue", "name a folder that is not there yet")
    if names and not force:
        raise UsageError(f"{path}: holds a catalogue already", "name another folder, or replace it with --force")


def write_catalogue(catalogue: Catalogue, path: str, force: bool = False) -> None:
    """Writes the catalogue into a new folder; with `force` in place of the YAML files of the one that is there.

    Other files in the folder stay. Raises UsageError when it must not or cannot be written.
    """
    check_folder(path, force)
    target = Path(os.path.realpath(path))  # a link stays a link, and what it points to is replaced
    partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
    old = target.with_name(f"{target.name}.{os.getpid()}.old")
    try:
        try:
            if target.exists():
                shutil.copytree(
                    target, partial, symlinks=True, ignore=shutil.ignore_patterns(*(f"*{end}" for end in YAML))
                )
            else:
                partial.mkdir()
            for name, text in catalogue_files(catalogue).items():
                (partial / name).write_text(text, encoding="utf-8", newline="\n")
            if target.exists():
                target.rename(old)
            try:
                partial.rename(target)
            except OSError:
                if old.exists():
                    old.rename(target)
                raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}", "name another folder with -o") from None


def lost_bands(path: str, catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """By function, the career bands that the catalogue there has and the one to take its place has not."""
    if not (Path(path) / "catalogue.yaml").exists():
        return {}
    try:
        old = {function.code: function.bands for function in load_catalogue(path).functions}
    except DataError:  # what cannot be read is replaced as well
        return {}
    return {
        function.code: old[function.code]
        for function in catalogue.functions
        if not function.bands and old.get(function.code)
    }


def catalogue_files(catalogue: Catalogue) -> dict[str, str]:
    """The text of each file by its name: `catalogue.yaml`, and one for each function in the order of the names."""
    reports = dict.fromkeys(
        report
        for function in catalogue.functions
        for reports in (function.reports, *(job.reports for job in function.jobs))
        for report in reports
    )
    top: dict[str, Any] = {"name": catalogue.name, "edition": catalogue.edition}
    if catalogue.bands:
        top["bands"] = {band.code: band.name for band in catalogue.bands}
    if reports:
        top["reports"] = tuple(reports)
    files = {"catalogue.yaml": write_yaml(top)}
    taken = {"catalogue"}
    for function in catalogue.functions:
        name = _file_name(function.code)
        while name.casefold() in taken:
            name += "_"
        taken.add(name.casefold())
        files[f"{name}.yaml"] = write_yaml(_function(function))
    return files


def _file_name(code: str) -> str:
    """The code as a file may be called anywhere."""
    name = re.sub(r"[^\w.+-]", "_", code)
    return f"{name}_" if re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?|.*\.", name) else name


def _function(function: Function) -> dict[str, Any]:
    record: dict[str, Any] = {"code": function.code, "title": function.title}
    if function.description:
        record["description"] = function.description
    if function.bands:
        record["bands"] = function.bands
    if function.reports:
        record["reports"] = function.reports
    if function.attributes:
        record["attributes"] = dict(function.attributes)
    return record | {"jobs": [_job(job, function) for job in function.jobs]}


def _job(job: Job, function: Function) -> dict[str, Any]:
    record: dict[str, Any] = {
        "code": job.code,
        "kind": job.kind,
        "title": job.title,
        "responsibilities": list(job.responsibilities),
    }
    if job.reports != function.reports:
        record["reports"] = job.reports
    if job.attributes:
        record["attributes"] = dict(job.attributes)
    return record
