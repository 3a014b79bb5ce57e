"""LTX on a ComfyUI over its wire: what it shows, what fails, and what is missing."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from core.errors import NotConfigured, UnsupportedRequest
from core.jobs.job import Failed, Progressed
from core.media.ffmpeg import probe_clip
from core.platform.paths import Paths
from core.studio import Studio
from core.video.provider import NotReady, Ready, ReasonCode
from core.video.record import read_settings_of
from core.video.request import FrameRequest, Sampling
from core.video.terms import Target
from providers.ltx_video.comfyui.info import ADDRESS_VARIABLE, INFO
from providers.ltx_video.comfyui.models import MODELS
from tests.fakes.program import REAL, ROOT, environment
from tests.fakes.services.comfyui_nodes import FILES, LATER
from tests.fakes.services.comfyui_server import comfyui_entry
from tests.providers.contract import Asked, wait_for
from tests.providers.hosted_place import HostedPlace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.services.comfyui_server import ComfyStub

PLACE = HostedPlace(
    INFO, FrameRequest(duration_s=1, resolution="480p"), "ltx-video-2b-0.9.8-distilled"
)
asked, rendered = PLACE.asked, PLACE.rendered
TARGET = Target(provider=INFO.id, deployment=INFO.deployment, model=PLACE.model)
AUDIO_VIDEO = "ltx-2.3-distilled"


def refusal(studio: Studio, model: str = "") -> str:
    with pytest.raises(UnsupportedRequest) as refused:
        studio.plan(asked(model))
    return refused.value.message


def test_the_main_command_makes_a_clip_with_its_record_and_says_where(
    server: ComfyStub, tmp_path: Path
) -> None:
    server.habits.polls_until_done = 0
    home, out = tmp_path / "home", tmp_path / "clip.mp4"
    words = ["--provider", "ltx-video", "--deployment", "comfyui", "--model", PLACE.model]
    done = subprocess.run(
        [*REAL, *words, "-p", "a red ball", "--duration", "1", "--seed", "4", "-o", str(out)],
        cwd=ROOT,
        env=environment(IMAGEAI_HOME=str(home), **server.environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = " ".join((done.stdout + done.stderr).split())
    assert "text-to-video at ComfyUI" in said
    assert "in the cloud" not in said
    assert "ComfyUI makes it with ltxv-2b-0.9.8-distilled.safetensors" in said
    assert probe_clip(out).num_frames == 25
    record = read_settings_of(out)
    assert record is not None
    assert (record.seed, record.cost_usd) == (4, 0.0)
    sidecar = out.with_suffix(".json").read_text("utf-8")
    assert server.ours[0].id in sidecar
    assert server.url not in sidecar, "where the server is, nobody who gets the clip needs to know"


def test_steps_and_previews_are_shown_as_they_come(
    server: ComfyStub, studio: Studio, tmp_path: Path
) -> None:
    server.habits.polls_until_done = 10_000
    planned = studio.plan(asked(), out=tmp_path / "clip.mp4")
    job = Asked(studio, studio.submit_render(planned), tmp_path / "clip.mp4")
    seen: list[bytes] = []

    def progress() -> list[Progressed]:
        found = [event for event in job.events if isinstance(event, Progressed)]
        seen.extend(
            event.preview.read_bytes()
            for event in found
            if event.preview is not None and event.preview.exists()
        )
        return found

    with job.running():
        wait_for(lambda: progress() and any(event.step == 4 for event in progress()))
        wait_for(lambda: progress() and seen)
        server.habits.polls_until_done = 0
    assert job.out.exists(), job.ended
    assert seen[0][:2] == b"\xff\xd8", "a JPEG"
    steps = [event for event in job.events if isinstance(event, Progressed) and event.step]
    assert steps[-1].steps == 4
    assert "SamplerCustom" in steps[-1].message
    assert job.fractions == sorted(job.fractions)


def test_a_place_in_line_is_shown_and_others_come_first(
    server: ComfyStub, studio: Studio, tmp_path: Path
) -> None:
    others = server.let_others_render()
    planned = studio.plan(asked(), out=tmp_path / "clip.mp4")
    job = Asked(studio, studio.submit_render(planned), tmp_path / "clip.mp4")

    def is_told() -> bool:
        said = [event.message for event in job.events if isinstance(event, Progressed)]
        return "In line at ComfyUI, 1 before it" in said

    with job.running():
        wait_for(is_told)
        others.is_running, others.is_in_history = False, True
    assert job.out.exists(), job.ended


@pytest.mark.parametrize("habit", ["has_socket", "hangs_up"])
def test_without_the_socket_the_history_alone_tells_how_it_ended(
    server: ComfyStub, studio: Studio, tmp_path: Path, habit: str
) -> None:
    setattr(server.habits, habit, habit == "hangs_up")
    assert rendered(studio, tmp_path).out.exists()


def test_a_socket_that_nobody_hears_by_any_more_does_not_keep_the_clip_away(
    server: ComfyStub, studio: Studio, tmp_path: Path
) -> None:
    server.habits.polls_until_done = 10_000
    planned = studio.plan(asked(), out=tmp_path / "clip.mp4")
    job = Asked(studio, studio.submit_render(planned), tmp_path / "clip.mp4")
    with job.running():
        wait_for(lambda: job.is_made and server.sockets.by_name)
        # As where a second socket of the same name ended.
        server.sockets.by_name.clear()
        server.habits.polls_until_done = 0
    assert job.out.exists(), job.ended


def test_no_two_renders_listen_under_one_name(
    server: ComfyStub, studio: Studio, tmp_path: Path
) -> None:
    for number in (1, 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert rendered(studio, folder, asked(sampling=Sampling(seed=number))).out.exists()
    assert len(set(server.sockets.names)) == len(server.sockets.names) == 2
    assert [job.client for job in server.ours] == [job.id for job in server.ours]


@pytest.mark.parametrize(
    ("kind", "message", "error", "said"),
    [
        ("torch.OutOfMemoryError", "This error means you ran out", "OutOfMemory", "memory"),
        ("RuntimeError", "DefaultCPUAllocator: can't allocate memory", "OutOfMemory", "smaller"),
        ("safetensors_rust.SafetensorError", "HeaderTooLarge", "RenderFailed", "is damaged"),
        (
            "RuntimeError",
            "mat1 and mat2 shapes cannot be multiplied (77x768 and 4096x64)",
            "RenderFailed",
            "text encoder does not fit",
        ),
        (
            "AssertionError",
            "Conditioning frames exceed the length of the latent sequence.",
            "RenderFailed",
            "behind the end of the clip",
        ),
        ("ValueError", "something else", "RenderFailed", "node 9 (SamplerCustom) with ValueError"),
    ],
)
def test_what_fails_there_is_told_with_its_node_and_without_what_is_private(
    server: ComfyStub,
    studio: Studio,
    tmp_path: Path,
    kind: str,
    message: str,
    error: str,
    said: str,
) -> None:
    server.habits.fails = True
    server.habits.error = {"exception_type": kind, "exception_message": message}
    job = rendered(studio, tmp_path)
    assert job.error.startswith(f"{error}: ")
    assert said in job.error
    assert "node 9 (SamplerCustom)" in job.error
    assert isinstance(job.ended, Failed)
    assert job.ended.error.hint
    assert "/home/someone" not in job.error
    assert "a secret plan" not in job.error
    assert studio.queue.job(job.job_id).ticket is None


def test_who_interrupts_it_there_is_told_and_a_resumed_job_makes_it_anew(
    server: ComfyStub, studio: Studio, tmp_path: Path
) -> None:
    server.habits.polls_until_done = 10_000
    planned = studio.plan(asked(), out=tmp_path / "clip.mp4")
    job = Asked(studio, studio.submit_render(planned), tmp_path / "clip.mp4")
    with job.running():
        wait_for(lambda: server.ours and server.ours[0].is_running)
        server.stop(server.ours[0])
    assert "was interrupted" in job.error
    server.habits.polls_until_done = 0
    again = Asked(studio, studio.resume(job.job_id), job.out)
    assert again.run().event == "succeeded", again.ended


def test_a_success_without_a_file_is_a_failure(
    server: ComfyStub, studio: Studio, tmp_path: Path
) -> None:
    server.habits.gives_nothing = True
    assert "gives none" in rendered(studio, tmp_path).error


def test_a_black_clip_is_kept_and_noted(server: ComfyStub, studio: Studio, tmp_path: Path) -> None:
    job = rendered(studio, tmp_path, asked(sampling=Sampling(seed=0)))
    assert job.out.exists(), job.ended
    assert "is black throughout" in job.notes


def test_a_missing_model_is_told_with_the_nearest_name_and_its_folder(
    server: ComfyStub, studio: Studio
) -> None:
    server.habits.files = FILES | {"checkpoints": ["ltxv-2b-0.9.6-distilled.safetensors"]}
    planned = studio.plan(asked())
    assert isinstance(planned.readiness, NotReady)
    assert planned.readiness.reason_code is ReasonCode.NOT_ON_SERVER
    said = f"{planned.readiness.reason} {planned.readiness.fix}"
    assert "no model file for LTX-Video 2B 0.9.8 distilled" in said
    assert "'ltxv-2b-0.9.6-distilled.safetensors'" in said
    assert "models/checkpoints" in said
    with pytest.raises(NotConfigured):
        studio.submit_render(planned)


def test_a_file_that_was_taken_away_after_planning_is_told_before_anything_is_sent(
    server: ComfyStub, studio: Studio, tmp_path: Path
) -> None:
    planned = studio.plan(asked(), out=tmp_path / "clip.mp4")
    server.habits.files = FILES | {"text_encoders": []}
    job = Asked(studio, studio.submit_render(planned), tmp_path / "clip.mp4")
    job.run()
    assert job.error.startswith("NotConfigured: ComfyUI has no text encoder")
    assert "POST /prompt" not in server.calls


def test_preferred_files_are_taken_first(server: ComfyStub, studio: Studio) -> None:
    (shortest,) = [note for note in studio.plan(asked()).plan.notes if "makes it with" in note]
    assert "2b-0.9.8-distilled.safetensors" in shortest
    comfyui = studio.settings.comfyui.model_copy(update={"prefers": "FP8"})
    studio.apply_settings(studio.settings.model_copy(update={"comfyui": comfyui}))
    (preferred,) = [note for note in studio.plan(asked()).plan.notes if "makes it with" in note]
    assert "2b-0.9.8-distilled-fp8.safetensors" in preferred


def test_an_older_server_says_which_version_brings_what_it_lacks(
    server: ComfyStub, studio: Studio
) -> None:
    server.habits.version, server.habits.missing = "0.3.64", LATER
    said = refusal(studio, AUDIO_VIDEO)
    assert "ComfyUI 0.3.64 has no node class" in said
    assert "LTXVConcatAVLatent" in said
    assert "0.8 or later is needed" in said
    whole = PLACE.asked("ltx-video-13b-0.9.8-dev", frame=PLACE.small)
    assert studio.plan(whole).readiness == Ready()


@pytest.mark.parametrize(
    ("version", "said"), [("0.3.20", "is too old"), (None, "no ComfyUI, or one that is too old")]
)
def test_what_is_no_comfyui_or_too_old_is_told_before_and_by_the_render(
    server: ComfyStub, studio: Studio, tmp_path: Path, version: str | None, said: str
) -> None:
    out = tmp_path / "clip.mp4"
    job = Asked(studio, studio.submit_render(studio.plan(asked(), out=out)), out)
    server.habits.version = version
    job.run()
    assert said in job.error
    assert "POST /prompt" not in server.calls
    second = Studio([comfyui_entry()], paths=Paths.below(tmp_path / "another home"))
    readiness = second.plan(asked()).readiness
    assert isinstance(readiness, NotReady)
    assert said in readiness.reason
    second.close()


def test_where_nobody_ever_answered_the_plan_says_so_and_nothing_starts(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADDRESS_VARIABLE, "127.0.0.1:9")
    planned = studio.plan(asked(), out=tmp_path / "clip.mp4")
    assert isinstance(planned.readiness, NotReady)
    assert planned.readiness.reason_code is ReasonCode.NO_SERVER
    assert "ComfyUI at http://127.0.0.1:9 does not answer" in planned.readiness.reason
    assert "comfyui.address" in planned.readiness.fix
    with pytest.raises(NotConfigured):
        studio.submit_render(planned)


def test_a_server_that_was_there_before_is_planned_for_and_waited_for_while_it_starts(
    server: ComfyStub, studio: Studio, tmp_path: Path
) -> None:
    studio.plan(asked())
    second = Studio([comfyui_entry()], paths=Paths.below(tmp_path / "home"))
    server.habits.is_starting = 1000
    planned = second.plan(asked(), out=tmp_path / "clip.mp4")
    assert planned.readiness == Ready()
    assert any("by what it had before" in note for note in planned.plan.notes)
    job = Asked(second, second.submit_render(planned), tmp_path / "clip.mp4")
    job.run()
    assert job.error.startswith("ProviderUnavailable: ComfyUI at")
    server.habits.is_starting = 0
    again = Asked(second, second.resume(job.job_id), job.out)
    assert again.run().event == "succeeded", again.ended
    second.close()


def test_an_address_that_is_none_is_told_and_breaks_no_list(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ADDRESS_VARIABLE, "http://user:secret-of-mine@comfy")
    readiness = studio.registry.readiness(TARGET)
    assert isinstance(readiness, NotReady)
    assert ADDRESS_VARIABLE in readiness.reason
    assert "secret-of-mine" not in str(readiness)
    with pytest.raises(NotConfigured):
        studio.submit_render(studio.plan(asked()))


def test_with_the_network_off_a_server_on_this_machine_is_asked_and_no_other(
    server: ComfyStub, studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.registry.network.is_off = True
    assert rendered(studio, tmp_path).out.exists()
    monkeypatch.setenv(ADDRESS_VARIABLE, "http://192.0.2.1:8188")
    readiness = studio.plan(asked()).readiness
    assert isinstance(readiness, NotReady)
    assert readiness.reason_code is ReasonCode.NETWORK_OFF


def test_a_render_is_fetched_from_the_server_that_it_was_ordered_from(
    server: ComfyStub, studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.habits.polls_until_done = 10_000
    planned = studio.plan(asked(), out=tmp_path / "clip.mp4")
    job = Asked(studio, studio.submit_render(planned), tmp_path / "clip.mp4")
    with job.running():
        wait_for(lambda: job.is_made)
        studio.close()
    server.habits.polls_until_done = 0
    monkeypatch.setenv(ADDRESS_VARIABLE, "http://127.0.0.1:9")
    second = Studio([comfyui_entry()], paths=studio.paths)
    again = Asked(second, second.resume(job.job_id), job.out)
    assert again.run().event == "succeeded", again.ended
    second.close()


def test_what_is_known_of_a_server_is_known_at_the_next_start_without_asking(
    server: ComfyStub, studio: Studio, tmp_path: Path
) -> None:
    server.habits.files = FILES | {"checkpoints": ["ltx-2-19b-distilled.safetensors"]}
    studio.plan(asked("ltx-2-19b-distilled"))
    calls = len(server.calls)
    second = Studio([comfyui_entry()], paths=Paths.below(tmp_path / "home"))
    ready = [
        served.spec.id
        for served in MODELS
        if isinstance(second.registry.readiness(TARGET.with_model(served.spec.id)), Ready)
    ]
    assert ready == ["ltx-2-19b-distilled"]
    assert len(server.calls) == calls
    second.close()


def test_auto_is_a_model_that_the_server_has(server: ComfyStub, studio: Studio) -> None:
    server.habits.files = FILES | {"checkpoints": ["ltxv-13b-0.9.7-dev.safetensors"]}
    planned = studio.plan(asked("auto", frame=FrameRequest(duration_s=1)))
    assert planned.plan.target.model == "ltx-video-13b-0.9.7-dev"


REFUSALS: tuple[tuple[dict[str, Any], tuple[str, ...]], ...] = (
    (
        {"error": {"type": "missing_node_type", "message": "x", "details": "",
                   "extra_info": {"class_type": "Odd"}}},
        ("no node class Odd", "node pack"),
    ),
    (
        {
            "error": {"type": "prompt_outputs_failed_validation", "message": "no", "details": ""},
            "node_errors": {
                "3": {
                    "class_type": "LTXVScheduler",
                    "errors": [
                        {
                            "type": "value_bigger_than_max",
                            "message": "m",
                            "details": "steps",
                            "extra_info": {
                                "input_name": "steps",
                                "received_value": 99,
                                "input_config": ["INT", {"max": 60}],
                            },
                        }
                    ],
                },
                "4": {
                    "class_type": "CheckpointLoaderSimple",
                    "errors": [
                        {
                            "type": "value_not_in_list",
                            "message": "m",
                            "details": "d",
                            "extra_info": {
                                "input_name": "ckpt_name",
                                "received_value": "a.safetensors",
                                "input_config": [["b.safetensors"], {}],
                            },
                        }
                    ],
                },
            },
        },
        (
            "the number of steps of node 3 (LTXVScheduler) is at most 60, and not 99",
            "does not have the model file 'a.safetensors' (it has b.safetensors)",
        ),
    ),
)  # fmt: skip


@pytest.mark.parametrize(("answer", "said"), REFUSALS)
def test_what_the_server_refuses_is_told_in_the_words_of_the_controls(
    server: ComfyStub,
    studio: Studio,
    tmp_path: Path,
    answer: dict[str, Any],
    said: tuple[str, ...],
) -> None:
    server.habits.refuses, server.habits.refused_with = 400, answer
    job = rendered(studio, tmp_path)
    assert job.error.startswith("RenderFailed: ")
    assert [part for part in said if part not in job.error] == []
    assert studio.queue.job(job.job_id).ticket is None
