"""The layers: who may import what, and what a command must not load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import jobcodes

PACKAGE = Path(jobcodes.__file__).parent
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py"))
# The only modules that may import each of these.
HOMES = {
    "typer": {"cli", "cli_batch", "cli_catalogue", "cli_evaluate", "console", "options"},
    "rich": {"terminal", "terminal_explain", "terminal_progress"},
    "yaml": {"yamlnodes"},
    "pydantic": set(),
    "pypdf": {"documents"},
    "defusedxml": {"documents"},
    "striprtf": {"documents"},
    "jobcodes.cli": {"__main__"},
    "jobcodes.console": {"cli", "cli_batch", "cli_catalogue", "cli_evaluate"},
    "jobcodes.options": {"cli", "cli_batch", "cli_catalogue", "cli_evaluate"},
}


def imports(module: str) -> set[str]:
    """Every module that `module` imports, at its top or inside a function."""
    names = set()
    for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}.py:{node.lineno}: imports are absolute here"
            names |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("name", HOMES)
def test_a_library_is_imported_in_one_place_only(name: str) -> None:
    importers = {
        module for module in MODULES if any(found == name or found.startswith(f"{name}.") for found in imports(module))
    }
    assert importers <= HOMES[name]


@pytest.mark.parametrize("module", ["__init__", "errors", "model", "text"])
def test_the_innermost_modules_import_no_third_party(module: str) -> None:
    roots = {name.partition(".")[0] for name in imports(module)}
    assert roots <= sys.stdlib_module_names | {"jobcodes"}


def test_only_the_command_line_prints_exits_or_reads_the_environment() -> None:
    for module in set(MODULES) - {"cli", "cli_batch", "console", "options", "__main__"}:
        names = {
            ast.unparse(node)
            for node in ast.walk(ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8")))
            if isinstance(node, (ast.Name, ast.Attribute))
        }
        banned = {"print", "input", "exit", "sys.exit", "sys.argv", "os.environ", "os.getenv"}
        assert not names & banned, module


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (["--help"], {"rich", "yaml", "rapidfuzz", "pydantic", "jobcodes.classifier", "jobcodes.catalogue"}),
        (["--version"], {"rich", "yaml", "rapidfuzz", "pydantic"}),
        (
            ["show", "AMT010"],
            {"rich", "rapidfuzz", "pydantic", "jobcodes.classifier", "jobcodes.batch", "jobcodes.cli_catalogue"},
        ),
        (["list"], {"rich", "rapidfuzz", "pydantic", "jobcodes.classifier", "jobcodes.batch"}),
        (
            ["classify", "--title", "Help Desk Analyst"],
            {"rich", "pydantic", "jobcodes.search", "jobcodes.explanation", "jobcodes.cli_catalogue"},
        ),
        (["catalogue", "--help"], {"rich", "yaml", "rapidfuzz", "pydantic", "jobcodes.classifier", "jobcodes.tables"}),
    ],
)
def test_a_command_loads_only_what_it_needs(arguments: list[str], absent: set[str]) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "jobcodes", *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", stdin=subprocess.DEVNULL, timeout=60)
    assert done.returncode == 0, done.stderr
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert not loaded & absent


def test_importing_the_package_loads_nothing_else_of_it() -> None:
    script = "import sys, jobcodes; print([name for name in sys.modules if name.startswith('jobcodes.')])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"
