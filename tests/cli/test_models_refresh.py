"""`models --refresh`: the services are asked at once, and what they tell anew is shown."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.program import REAL, ROOT, environment
from tests.fakes.services.fal_server import fal_server
from tests.fakes.services.replicate_server import replicate_server, schemas_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fakes.services.fal_server import FalServer
    from tests.fakes.services.replicate_server import ReplicateServer

FAST = "lightricks/ltx-2.3-fast"
ENDPOINT = "fal-ai/ltx-2.3/text-to-video/fast"


@pytest.fixture
def fal(tmp_path: Path) -> Iterator[FalServer]:
    with fal_server(tmp_path / "fal") as server:
        yield server


@pytest.fixture
def replicate(tmp_path: Path) -> Iterator[ReplicateServer]:
    with replicate_server(tmp_path / "replicate") as server:
        yield server


def refresh(home: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The real command, of which only the services' addresses lead elsewhere."""
    return subprocess.run(
        [*REAL, "models", "--refresh", *words],
        cwd=ROOT,
        env=environment(IMAGEAI_HOME=str(home), **variables),
        capture_output=True,
        text=True,
        check=False,
    )


def events(answer: subprocess.CompletedProcess[str], name: str) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in answer.stdout.splitlines()]
    return [one for one in found if one["event"] == name]


def test_prices_are_held_against_the_list_and_then_against_the_last_answer(
    tmp_path: Path, fal: FalServer
) -> None:
    fal.habits.prices = {ENDPOINT: (0.04, "seconds")}
    home = tmp_path / "home"
    first = refresh(home, "--json", **fal.environment)
    assert first.returncode == 0, first.stderr
    # By one key there are clips and images, each with prices of their own.
    asked = {one["deployment"]: one["known_since"] for one in events(first, "asked")}
    assert asked == {"fal": None, "fal-api": None}
    assert ENDPOINT not in [one["model"] for one in events(first, "changed")], "as in the list"
    fal.habits.prices = {ENDPOINT: (0.05, "seconds")}
    second = refresh(home, "--json", **fal.environment)
    (change,) = events(second, "changed")
    assert (change["model"], change["fact"]) == (ENDPOINT, "price")
    assert (change["before"], change["after"]) == ("$0.04 per second", "$0.05 per second")
    third = refresh(home, **fal.environment)
    assert "nothing has changed" in " ".join(third.stdout.split())
    assert fal.purchases == 0


def test_fields_that_came_went_or_take_something_else_are_shown(
    tmp_path: Path, replicate: ReplicateServer
) -> None:
    home = tmp_path / "home"
    assert "never before" in refresh(home, **replicate.environment).stdout
    changed = schemas_of(FAST, seed={"type": "integer"})
    fields = changed["Input"]["properties"]
    fields["duration"]["maximum"] = 12
    del fields["camera_motion"]
    replicate.habits.models = {FAST: changed}
    answer = refresh(home, "--json", **replicate.environment)
    told = {(one["fact"], one["before"], one["after"]) for one in events(answer, "changed")}
    assert ("seed", "", "anything") in told
    assert ("duration", "1 to 20", "1 to 12") in told
    assert {fact for fact, _, after in told if not after} == {"camera_motion"}
    replicate.habits.retired = (FAST,)
    words = refresh(home, **replicate.environment)
    assert FAST in words.stdout
    assert "→ (nothing)" in " ".join(words.stdout.split())


def test_who_has_no_key_is_not_asked_and_told_how_to_set_it(tmp_path: Path) -> None:
    answer = refresh(tmp_path / "home")
    assert answer.returncode == 3
    assert "keys set fal" in answer.stdout
    assert "says neither prices nor fields" in " ".join(answer.stdout.split())


def test_a_service_out_of_reach_and_a_network_that_is_off_are_told(
    tmp_path: Path, fal: FalServer
) -> None:
    home = tmp_path / "home"
    nowhere = {**fal.environment, "HTTPS_PROXY": "http://127.0.0.1:9"}
    answer = refresh(home, **{**nowhere, "https_proxy": "http://127.0.0.1:9"})
    assert answer.returncode == 1
    assert "Fal" in answer.stdout
    home.mkdir(exist_ok=True)
    (home / "settings.json").write_text('{"network": {"is_off": true}}', encoding="utf-8")
    off = refresh(home, "--json", **fal.environment)
    assert off.returncode == 3
    kinds = {one["deployment"]: one["kind"] for one in events(off, "not_asked")}
    assert kinds["fal"] == "NotConfigured"
    assert fal.asked_prices == 0


def test_a_name_is_shown_with_what_was_just_asked(tmp_path: Path, fal: FalServer) -> None:
    fal.habits.prices = {ENDPOINT: (0.07, "seconds")}
    answer = refresh(tmp_path / "home", "ltx-video/fal/ltx-2.3-fast", **fal.environment)
    assert answer.returncode == 0
    assert "from $0.07 per second" in " ".join(answer.stdout.split())
