"""Several roles in one text: found by their headings, taken apart, and never made out of one job."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import CHECKOUT, Run
from hypothesis import given
from hypothesis import strategies as st

from jobcodes.errors import UsageError
from jobcodes.model import Match, Posting
from jobcodes.roles import MAX_ROLES, compile_pattern, find_roles, split_on, split_posting, split_roles, with_note

CALLS = "Answers the calls, chats and tickets of customers and resolves their problems by remote session.\n"
VISITS = "Travels to the sites of customers to install, maintain and repair the printers that they bought.\n"
PLANS = "Forecasts the volume of calls and schedules the agents of the contact center for each of its shifts.\n"
SAMPLES = sorted((CHECKOUT / "data" / "samples").glob("*.txt"))

SEVERAL = {
    "labels": (
        f"Our jobs\n\nJob Title: Help Desk Analyst\nGrade: 7\n{CALLS}\n**Job Title:** Field Engineer\n{VISITS}",
        ["Help Desk Analyst", "Field Engineer"],
    ),
    "numbers": (
        f"Position 1: Help Desk Analyst\n{CALLS}Position 2 - Field Engineer\n{VISITS}"
        f"POSITION 3\nWorkforce Planner\n{PLANS}",
        ["Help Desk Analyst", "Field Engineer", "Workforce Planner"],
    ),
    "capitals and the same sections": (
        f"HELP DESK\nSummary\n{CALLS}Duties\n- Calls\nFIELD SERVICE\nSummary\n{VISITS}Duties\n- Visits\n",
        ["HELP DESK", "FIELD SERVICE"],
    ),
    "the same section, the title in its first sentence": (
        f"Careers\nService Technician - Base\nService Technician - Account\n\n\n\nPosition Concept\n\n"
        f"The Service Technician - Base (Large Systems) is at the customer's.\n{VISITS}\nSkills:\n- Tools\n\n"
        f"Back to Top\n\n"
        f"Position Concept\n\nThe Service Technician - Account (Large Systems) is alone.\n{VISITS}\nSkills:\n- Tools\n",
        ["Service Technician - Base", "Service Technician - Account"],
    ),
    "titles on their own": (
        f"Who works in our department\nThere are these positions:\nSupport manager\n{PLANS}- Plans\nSupport engineers\n"
        f"{CALLS}- Calls, chats and mails\nField technicians (Level 2)\n{VISITS}- Visits\n"
        f"Our resource list\nThe list is long.\n",
        ["Support manager", "Support engineers", "Field technicians (Level 2)"],
    ),
    "numbered titles": (
        f"1. Help Desk Analyst\r\n{CALLS}\r\n2. Field Engineer, North\r\n{VISITS}",
        ["Help Desk Analyst", "Field Engineer, North"],
    ),
    "titles in bold, with colons and asides": (
        f"Our team\n**Field Manager**:\n{VISITS}Planner(North):\n{PLANS}1. Agent\n{CALLS}",
        ["Field Manager", "Planner(North)", "Agent"],
    ),
    "one section again, in other words": (
        f"Help Desk\nJob Summary : *:\n{CALLS}\nField Service\n**Job summary**\n{VISITS}",
        ["Help Desk", "Field Service"],
    ),
}
ONE = {
    "one label, one number, one section, one title": (
        f"Job title: Help Desk Analyst\n{CALLS}Position 1: Agent\n{CALLS}Summary\n{VISITS}\nField Engineer\n{PLANS}"
    ),
    "titles that go on in a sentence": f"manager\n{CALLS}Field Engineer,\n{VISITS}The Planner\n{PLANS}Agent!\n{CALLS}",
    "the same label and title on each page": f"Job Title: Analyst\n{CALLS}\f\nJob Title: Analyst\n{PLANS}",
    "labels without text": "Job title: Analyst\nReports to: Manager\nPosition: Full-time\n" + CALLS,
    "a form": f"Job title\nHelp Desk Analyst\nReports to\nService Manager\nSupervises:\nTeam Leader\n{CALLS}{PLANS}",
    "a list of titles": f"Team Leader\nService Manager\nField Engineer\nHelp Desk Analyst\n{CALLS}",
    "people in bullets": f"Works with\n- Service Managers\n{CALLS}\n- Field Engineers\n{VISITS}",
    "people in sentences": f"Join us as a Field Engineer\n{VISITS}You will thrive as a Service Manager\n{CALLS}",
    "a broken line": f"{CALLS.strip()[:70]}\nSenior Manager\n{CALLS.strip()[:70]}\nField Engineer\n{VISITS}",
    "sections again": f"Analyst\nJob Description\n{CALLS}Benefits\nJob Description\n{PLANS}",
    "one line": CALLS,
    "nothing": "",
}


@pytest.mark.parametrize("name", SEVERAL)
def test_roles_are_found_with_their_titles(name: str) -> None:
    text, titles = SEVERAL[name]
    roles = find_roles(text)
    assert [role.title for role in roles] == titles
    for role in roles:
        assert text[role.start : role.start + len(role.text)] == role.text
    assert "resource list" not in roles[-1].text
    assert split_roles(text) == roles


@pytest.mark.parametrize("name", ONE)
def test_one_job_is_one_job(name: str) -> None:
    assert find_roles(ONE[name]) == []


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_no_sample_is_taken_for_several(path: Path) -> None:
    assert find_roles(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("between", ["\f", "\n---\n", "\n* * *\r\n", "\n======\n"])
@pytest.mark.parametrize(
    ("parts", "titles"),
    [
        (("Help Desk\n" + CALLS, "Field Service\n" + VISITS), ["Help Desk", "Field Service"]),
        # A part that states no title goes on with the one before it …
        (("Help Desk\n" + CALLS, "- Calls\n", "Field Service\n" + VISITS), ["Help Desk", "Field Service"]),
        (("Help Desk\n" + CALLS, "Requirements\n- English\n"), ["Help Desk"]),
        # … unless none states any.
        ((CALLS, VISITS), [None, None]),
    ],
)
def test_page_breaks_and_separators(between: str, parts: tuple[str, ...], titles: list[str | None]) -> None:
    assert [role.title for role in split_roles(between.join(parts))] == titles


@pytest.mark.parametrize(
    ("pattern", "text", "parts"),
    [
        ("^Role", "Intro\nRole A\nx\nRole B\ny", ["Intro", "Role A\nx", "Role B\ny"]),
        ("^#+$", "A\r\n##\r\nB\r\n##\r\n", ["A", "B"]),
        ("(?=Vacancy)", "Vacancy A Vacancy B", ["Vacancy A", "Vacancy B"]),
        ("none", "A\nB", ["A\nB"]),
    ],
)
def test_split_on(pattern: str, text: str, parts: list[str]) -> None:
    roles = split_on(text, compile_pattern(pattern))
    assert [role.text for role in roles] == parts
    assert [text[role.start : role.start + len(role.text)] for role in roles] == parts


@pytest.mark.parametrize("pattern", ["(", "*", "x*", "^"])
def test_a_pattern_that_cannot_split(pattern: str) -> None:
    with pytest.raises(UsageError, match="--split-on"):
        compile_pattern(pattern)


@given(st.text(st.sampled_from("Manager\nJob title: Summary\r\f-*1. Tx")), st.sampled_from(["\n---\n", "\f"]))
def test_parts_stand_in_the_text_in_order(text: str, between: str) -> None:
    whole = f"{text}{between}{text}"
    end = 0
    for role in split_roles(whole)[1:]:
        assert role.start >= end
        end = role.start + len(role.text)
        assert whole[role.start : end] == role.text


def test_several_roles_are_no_more_than_a_review() -> None:
    text, _ = SEVERAL["labels"]
    found = with_note(Match("match", "AMT010", notes=("One.",)), text)
    note = "2 roles in one text (Help Desk Analyst, Field Engineer): `classify --split` takes each for itself."
    assert (found.decision, found.notes) == ("review", ("One.", note))
    assert with_note(Match("none"), text).decision == "none"
    assert with_note(Match("match"), CALLS) == Match("match")


def test_a_file_of_too_many_roles_is_an_error() -> None:
    text = "\n".join(f"Role {number}" for number in range(MAX_ROLES + 1))
    (posting,) = split_posting(Posting("f", text), compile_pattern("^Role"))
    assert posting.error == "1,001 roles; a table of jobs is for `jobcodes batch`"
    assert split_posting(Posting("f", error="empty")) == [Posting("f", error="empty")]


# --- the command -----------------------------------------------------------------------------------------


def test_each_role_is_a_job_of_its_own(jobcodes: Run, tmp_path: Path) -> None:
    path = tmp_path / "jobs.txt"
    path.write_text(SEVERAL["titles on their own"][0])
    done = jobcodes("classify", str(path), "--split")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["source"], one["title"]) for one in found] == [
        (f"{path}#1", "Support manager"),
        (f"{path}#2", "Support engineers"),
        (f"{path}#3", "Field technicians (Level 2)"),
    ]
    assert [one["match"]["code"] for one in found[1:]] == ["AMT010", "AMT020"]
    text = find_roles(path.read_text())[2].text
    for evidence in found[2]["match"]["evidence"]:
        field = text if evidence["field"] == "text" else found[2]["title"]
        assert field[evidence["start"] : evidence["end"]] == evidence["text"]
    (whole,) = map(json.loads, jobcodes("classify", str(path)).stdout.splitlines())
    assert whole["match"]["decision"] == "review"
    assert any(note.startswith("3 roles in one text") for note in whole["match"]["notes"])


def test_split_says_when_there_is_one_role(jobcodes: Run) -> None:
    done = jobcodes("classify", "--split", stdin=CALLS.encode())
    assert done.stderr == b"jobcodes: -: no second role found; --split-on REGEX says where each begins\n"
    assert json.loads(done.stdout)["source"] == "-"
    assert jobcodes("classify", "--split", "--quiet", stdin=CALLS.encode()).stderr == b""


@pytest.mark.parametrize("arguments", [("--split", "--title", "x"), ("--split-on", "(")])
def test_what_does_not_go_with_split(arguments: tuple[str, ...], jobcodes: Run) -> None:
    done = jobcodes("classify", *arguments, stdin=CALLS.encode())
    assert (done.returncode, done.stdout) == (2, b"")
