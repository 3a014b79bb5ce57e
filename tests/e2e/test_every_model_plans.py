from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.fakes.program import environment

HEAVY = {"torch", "diffusers", "transformers", "huggingface_hub", "numpy", "PySide6", "av"}
PLAN_EVERY_MODEL = """
import io, json, sys
from contextlib import redirect_stdout
from cli import main
from providers import PROVIDERS

def ask(*words):
    with redirect_stdout(io.StringIO()) as out:
        code = main(words, PROVIDERS)
    return code, [json.loads(line) for line in out.getvalue().splitlines()]

answers = {}
for event in ask("models", "--json")[1]:
    provider, deployment, model = event["target"].split("/", 2)
    target = ["--provider", provider, "--deployment", deployment, "--model", model]
    answers[event["target"]] = ask("-p", "a red ball", "--dry-run", "--json", *target)
print(json.dumps({"answers": answers, "heavy": sorted(set(sys.modules) & set(sys.argv[1:]))}))
"""


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """Every model of every provider, planned in one process that starts with nothing loaded."""
    home = tmp_path_factory.mktemp("plans")
    answer = subprocess.run(
        [sys.executable, "-c", PLAN_EVERY_MODEL, *HEAVY],
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
        env=environment(IMAGEAI_HOME=str(home / "home")),
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_planning_every_model_loads_nothing_heavy(planned) -> None:
    assert len(planned["answers"]) > 10
    assert planned["heavy"] == []


def test_every_model_has_an_exact_plan_or_every_reason_why_not(planned) -> None:
    for target, (code, events) in planned["answers"].items():
        assert len(events) == 1, target
        (event,) = events
        if event["event"] == "failed":
            assert code == 2, target
            # Words alone are not what it makes clips of.
            why = ("does no text-to-video", "Your own workflow needs a workflow")
            assert any(words in event["message"] for words in why), target
            continue
        assert event["event"] == "plan", target
        assert event["target"] == target
        plan = event["plan"]
        for part in ("width", "height", "num_frames", "fps", "seed"):
            assert plan[part] is not None, (target, part)
        assert event["duration_s"] == plan["num_frames"] / plan["fps"]
        assert (code == 0) == event["can_run"], target
        assert code in (0, 3), target
        assert bool(event["reasons"]) != event["can_run"], target


def test_a_model_of_this_machine_is_planned_on_its_grid_and_in_its_memory(planned) -> None:
    for target, (_, (event,)) in planned["answers"].items():
        if "/local/" in target:
            plan = event["plan"]
            assert plan["memory_plan"] is not None, target
            assert plan["num_frames"] % 8 == 1, target
            assert plan["width"] % 32 == 0, target
            assert plan["height"] % 32 == 0, target


def test_what_is_rented_has_a_price_or_says_that_it_is_unknown(planned) -> None:
    for target, (_, (event,)) in planned["answers"].items():
        # A ComfyUI is a person's own server, and free.
        is_free = "/local/" in target or "/comfyui/" in target
        if not is_free and event["event"] == "plan":
            cost_usd, notes = event["plan"]["cost_usd"], event["plan"]["notes"]
            assert cost_usd != 0, target
            assert cost_usd or any("not known" in note for note in notes), target


def test_a_model_that_is_absent_names_the_command_that_gets_it(planned) -> None:
    for target, (_, (event,)) in planned["answers"].items():
        if event.get("lack") == "not installed":
            model = target.split("/", 2)[2]
            assert f"scripts/setup_ltx_video.py --model {model}" in event["reasons"][0]
