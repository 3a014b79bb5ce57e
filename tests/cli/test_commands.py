from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cli.commands import COMMANDS
from core.config.setting_fields import fields
from core.config.settings import Settings
from tests.fakes.provider import BIG, FAKE_KEY, FULL, SMALL

# help


def test_help_fits_80_columns_and_reads_its_values_from_the_table(run) -> None:
    answer = run("--help")
    assert answer.code == 0
    assert max(map(len, answer.out.splitlines())) <= 80
    assert "completion" not in answer.out
    assert "..." not in answer.out.partition("Commands:")[2]
    text = " ".join(answer.out.split())
    assert "auto, fake-big, fake-small, fake-full; auto when not given" in text
    assert "0.5 to 10 s; 1 s when not given" in text
    assert "1 to 20 (not fake-big); 4 when not given" in text
    for command in COMMANDS:
        assert f"  {command} " in answer.out


def test_help_for_one_model_shows_that_model_alone(run) -> None:
    text = " ".join(run("--model", "fake-big", "--help").out.split())
    assert "Values below: Fake Big" in text
    assert "--steps NUMBER Not offered." in text


JOB_COMMANDS = ("list", "show", "cancel", "resume", "attach", "buy-again", "never-arrived", "clear")


@pytest.mark.parametrize(
    "words",
    [
        *[(command,) for command in COMMANDS],
        *[("jobs", word) for word in JOB_COMMANDS],
        *[("keys", word) for word in ("set", "test", "remove", "list")],
        *[("config", word) for word in ("show", "get", "set", "path")],
        *[("cache", word) for word in ("show", "clear")],
    ],
)
def test_every_command_has_help_in_80_columns(run, words) -> None:
    answer = run(*words, "--help")
    assert answer.code == 0
    assert "Usage: main.py" in answer.out
    assert max(map(len, answer.out.splitlines())) <= 80


def test_version(run) -> None:
    assert run("--version").out.startswith("ImageAI ")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("modles",), "Did you mean 'models'?"),
        (("jobs", "lits"), "list"),
        (("models", "--jsn"), "--json"),
        (("config", "get"), "Missing argument"),
        (("--json", "models"), "'models' is a command of its own"),
    ],
)
def test_a_mistyped_command_line_is_a_sentence(run, words, part) -> None:
    answer = run(*words)
    assert answer.code == 2
    said = answer.err or answer.out
    assert part in said
    assert "Traceback" not in said


def test_a_mistyped_command_line_is_an_event_in_json(run) -> None:
    answer = run("jobs", "show", "--json", "--nonsense")
    assert answer.code == 2
    assert [event["event"] for event in answer.events] == ["failed"]


# models


def test_models_says_what_is_there_and_what_it_costs(run) -> None:
    out = run("models").out
    for spec in (BIG, SMALL):
        assert spec.id in out
    assert "not installed" in out
    assert "built in" in out
    assert "50.0 GB, price unknown, public domain" in out
    assert "1.0 MB, free" in out
    assert max(map(len, out.splitlines())) <= 80


def test_models_in_json_gives_whole_table_rows(run) -> None:
    events = run("models", "--json").events
    assert [event["spec"]["id"] for event in events] == [BIG.id, SMALL.id, FULL.id]
    assert events[0]["fix"] == "Install it."
    assert events[1]["can_run"] is True
    assert events[1]["spec"]["fps"] == [8, 16]


def test_one_model_in_detail(run) -> None:
    out = run("models", "fake-small").out
    assert "fake/local/fake-small" in out
    assert "1-20; 4 when not given" in out
    assert "fake-big" not in out
    assert "Did you mean 'fake-small'?" in run("models", "fake-smal").err


# config


def test_config_shows_every_setting_with_its_help(run) -> None:
    out = run("config").out
    for field in fields(Settings()):
        assert field.name in out
    assert [e["name"] for e in run("config", "show", "--json").events] == [
        field.name for field in fields(Settings())
    ]


def test_config_set_is_seen_by_the_next_command(run, home: Path, tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    assert run("config", "set", "folders.output", str(clips)).code == 0
    assert run("config", "get", "folders.output").out == f"{clips}\n"
    assert Path(run("-p", "a ball").out.strip()).parent == clips
    assert run("config", "set", "folders.output", "").code == 0
    assert run("config", "get", "folders.output").out == "\n"
    assert run("config", "path").out == f"{home / 'settings.json'}\n"


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("render.modle", "x", "Did you mean 'render.model'?"),
        ("render.model", "fake-smal", "Did you mean 'fake-small'?"),
        ("render.provider", "fkae", "Did you mean 'fake'?"),
        ("render.deployment", "clod", "Known: local"),
        ("cloud.parallel_jobs", "17", "takes a whole number from 1 to 16, not '17'"),
        ("cloud.daily_cap_usd", "-1", "takes a number of 0 or more, not '-1'"),
        ("export.cache_gb", "-2.5", "takes a number of 0 or more, not '-2.5'"),
        ("network.is_off", "perhaps", "takes yes or no, not 'perhaps'"),
        ("folders.models", "/dev/null/models", "'/dev/null' is a file"),
        ("folders.models", "/proc/models", "cannot be made"),
        ("folders.output", "clips", "Give the whole path"),
    ],
)
def test_config_set_refuses_what_does_not_exist(run, home: Path, name, value, part) -> None:
    before = (home / "settings.json").read_text()
    answer = run("config", "set", name, value)
    assert answer.code == 2
    assert part in " ".join(answer.err.split())
    assert (home / "settings.json").read_text() == before


def test_config_switches_the_network_off_for_every_command(run, monkeypatch) -> None:
    monkeypatch.setenv(FAKE_KEY.variables[0], "a key")
    assert run("config", "set", "network.is_off", "yes").code == 0
    assert run("config", "get", "network.is_off").out == "yes\n"
    refused = run("keys", "test", "fake")
    assert refused.code == 3
    assert "The network is switched off" in refused.err
    assert run("-p", "a ball").code == 0


# jobs


def test_jobs_lists_what_was_asked_and_what_came_of_it(run) -> None:
    path = run("-p", "a ball", "--seed", "4").out.strip()
    run("-p", "fail")
    listed = run("jobs").out
    assert path in listed
    assert "The fake was told to fail." in listed
    done, failed = run("jobs", "list", "--json").events
    assert (done["state"], done["path"]) == ("succeeded", path)
    assert done["request"]["prompt"] == "a ball"
    assert failed["error"]["kind"] == "RenderFailed"
    shown = run("jobs", "show", done["id"][:6]).out
    assert "a ball" in shown
    assert path in shown
    assert "fake/local/fake-small" in shown


def test_a_failed_job_can_be_resumed(run) -> None:
    run("-p", "fail", "-o", "a.mp4")
    (job,) = run("jobs", "list", "--json").events
    answer = run("jobs", "resume", job["id"])
    assert answer.code == 1
    assert "The fake was told to fail." in answer.err
    assert len(run("jobs", "list", "--json").events) == 1


def test_clear_forgets_jobs_and_keeps_clips(run) -> None:
    path = Path(run("-p", "a ball").out.strip())
    answer = run("jobs", "clear")
    assert "1 job is forgotten." in answer.err
    assert path.is_file()
    assert run("jobs").out == "There are no jobs.\n"


def test_resume_refuses_every_job_that_cannot_be(run) -> None:
    run("-p", "a ball")
    (job,) = run("jobs", "list", "--json").events
    answer = run("jobs", "resume", job["id"], "nope")
    assert answer.code == 2
    assert "is succeeded, so there is nothing to resume" in " ".join(answer.err.split())
    assert "There is no job 'nope'" in answer.err
    assert run("jobs", "resume").code == 2
    assert run("jobs", "resume", "--all").code == 0


@pytest.mark.parametrize("word", ["show", "cancel", "resume"])
def test_an_unknown_job_is_exit_2(run, word) -> None:
    answer = run("jobs", word, "nope")
    assert answer.code == 2
    assert "There is no job 'nope'" in answer.err


def test_cancelling_a_finished_job_is_exit_2(run) -> None:
    run("-p", "a ball")
    (job,) = run("jobs", "list", "--json").events
    answer = run("jobs", "cancel", job["id"])
    assert answer.code == 2
    assert "already succeeded" in answer.err


def test_a_damaged_settings_file_is_told_once_and_with_all_its_mistakes(home: Path) -> None:
    bad = '{"render": {"provider": 3, "memory": "huge"}, "cloud": {"parallel_jobs": 0, "x": 1}}'
    (home / "settings.json").write_text(bad, encoding="utf-8")
    # In a process of its own, which begins without a log: Python prints what no log takes.
    main_file = Path(__file__).parents[2] / "main.py"
    words = [sys.executable, str(main_file), "config", "get", "ui.appearance"]
    answer = subprocess.run(words, capture_output=True, text=True, check=True)
    told = " ".join(answer.stderr.split())
    assert told.count("was damaged") == 1
    for mistake in (
        "render.provider takes text, not 3",
        "render.memory takes 'resident', ",
        "cloud.parallel_jobs takes 1 or more, not 0",
        "cloud.x is not known",
    ):
        assert mistake in told


# doctor


def test_doctor_looks_at_everything_and_is_content_with_the_built_in_model(run) -> None:
    answer = run("doctor", "--json")
    assert answer.code == 0
    found = {event["subject"]: event for event in answer.events}
    for subject in ("Machine", "Memory", "GPU", "Clips", "Models", "FFmpeg", "Fake key"):
        assert subject in found
    assert found["FFmpeg"]["ok"] is True
    assert "the one that comes with ImageAI" in found["FFmpeg"]["text"]
    assert found["fake/local/fake-small"]["ok"] is True
    assert found["fake/local/fake-big"]["advice"] == "Install it."
    spoken = run("doctor")
    assert max(map(len, spoken.out.splitlines())) <= 130
    assert "no    fake/local/fake-big: Fake Big is not installed. Install it." in spoken.out
    # What is to be said of several models is said once.
    assert "ok    fake/local/fake-small, fake-full: " in spoken.out


def test_doctor_says_what_is_wrong_with_ffmpeg(run, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("IMAGEAI_FFMPEG", "/nowhere/ffmpeg")
    answer = run("doctor", "--json")
    assert answer.code == 3
    found = {event["subject"]: event for event in answer.events}
    assert found["FFmpeg"]["ok"] is False
    assert "IMAGEAI_FFMPEG" in json.dumps(found["FFmpeg"])
    silent = tmp_path / "ffmpeg"
    silent.write_text("#!/bin/sh\nexit 3\n", encoding="utf-8")
    silent.chmod(silent.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("IMAGEAI_FFMPEG", str(silent))
    answer = run("doctor", "--json")
    assert answer.code == 3
    found = {event["subject"]: event for event in answer.events}
    assert "does not start" in found["FFmpeg"]["text"]


def test_doctor_is_not_content_where_no_clip_can_be_put(run, home: Path) -> None:
    blocked = home / "a-file"
    blocked.write_text("no folder", encoding="utf-8")
    settings = {"render": {"provider": "fake"}, "folders": {"output": str(blocked / "clips")}}
    (home / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    answer = run("doctor", "--json")
    assert answer.code == 3
    found = {event["subject"]: event for event in answer.events}
    assert found["Clips"]["ok"] is False
    assert "cannot be written" in found["Clips"]["text"]
