"""The wheel: it holds the data, and what it installs works without the checkout."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # With hatchling at hand nothing is fetched; `-e '.[test]'` alone does not bring it.
    isolation = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
    pip("wheel", "--no-deps", *isolation, "--wheel-dir", str(folder), str(CHECKOUT))
    (built,) = folder.glob("jobcodes-*.whl")
    return built


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wheel_holds_the_package_and_all_its_data(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = {f"jobcodes/{path.name}" for path in (CHECKOUT / "jobcodes").iterdir() if path.is_file()}
    data = {
        f"jobcodes/{path.relative_to(CHECKOUT).as_posix()}"
        for part in ("catalogue", "vocabulary")
        for path in (CHECKOUT / "data" / part).rglob("*")
        if path.is_file()
    } | {"jobcodes/data/calibration.json", "jobcodes/data/words.json"}
    assert {"jobcodes/data/catalogue/AMS.yaml", "jobcodes/data/catalogue/AMT.yaml"} <= data
    assert names == package | data


def test_the_installed_wheel_works_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    pip("install", "--no-deps", "--no-index", "--target", str(site), str(wheel))
    done = subprocess.run(
        [sys.executable, "-m", "jobcodes", "show", "AMT010"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    assert "Technical Customer Support - Remote/Help Desk" in done.stdout

    location = subprocess.run(
        [sys.executable, "-c", "import jobcodes; print(jobcodes.__file__)"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert Path(location.stdout.strip()).is_relative_to(site.resolve()) or str(site) in location.stdout
