"""The cache: where it lies, what it keeps, and that nothing about it can stop a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobcodes import __version__
from jobcodes.cache import Cache, cache_folder


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"JOBCODES_CACHE": "off"}, None),
        ({"JOBCODES_CACHE": "OFF", "XDG_CACHE_HOME": "/x"}, None),
        ({"JOBCODES_CACHE": "/mine", "XDG_CACHE_HOME": "/x"}, "/mine"),
        ({"XDG_CACHE_HOME": "/x", "LOCALAPPDATA": "/l"}, "/x/jobcodes"),
        ({"LOCALAPPDATA": "/l"}, "/l/jobcodes"),
        ({"JOBCODES_CACHE": "", "XDG_CACHE_HOME": ""}, "/home/jo/.cache/jobcodes"),
    ],
)
def test_where_it_lies(environment: dict[str, str], folder: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/jo"))
    assert cache_folder(environment) == (None if folder is None else Path(folder))


def test_without_a_home_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", home)
    assert cache_folder({}) is None


def test_what_is_put_is_got(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "a" / "b")
    assert cache.get("key") is None
    cache.put("key", {"a": ["é", None, 1.5]})
    cache.put("key", {"a": ["é", None, 2.5]})
    assert cache.get("key") == {"a": ["é", None, 2.5]}
    assert cache.get("other") is None
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == [f"{__version__}-key.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\x00", b"null", b"7", b"[]", b"[" * 100_000])
def test_what_is_no_object_is_nothing(tmp_path: Path, content: bytes) -> None:
    cache = Cache(tmp_path)
    cache.put("key", {})
    file = tmp_path / f"{__version__}-key.json"
    for bad in (content, file.read_bytes().partition(b"\n")[0] + b"\n" + content):
        file.write_bytes(bad)
        assert cache.get("key") is None


@pytest.mark.parametrize("folder", ["key.json", "file", "file/below"])
def test_a_folder_that_cannot_be_written_is_left_alone(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "key.json" / f"{__version__}-key.json").mkdir(parents=True)  # in the way of the file to be written
    cache = Cache(tmp_path / folder)
    cache.put("key", {})
    assert cache.get("key") is None
    assert (tmp_path / "file").read_text() == "mine"
    assert len(list(tmp_path.rglob("*"))) == 3
