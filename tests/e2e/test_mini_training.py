"""A LoRA trained on the built-in model as a user trains it: seen in its clips, killed, resumed."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from core.jobs.job import CancelToken
from core.lora.lora_file import read_lora
from core.lora.training import read_record
from core.media.ffmpeg import probe_clip
from core.media.source_clip import read_frames
from scripts.sample_training_set import write_ink_set
from tests.fakes.program import REAL, Program

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.conftest import Answer

pytestmark = pytest.mark.timeout(600)

TRAIN = ("train-lora", "ink", "--model", "ltx-mini", "--validate-every", "60")
PROMPT = "a red ball on the left at sunset"


def frames_of(clip: Path) -> np.ndarray:
    """(frames, height, width, 3) int."""
    frames = read_frames(clip, range(9), CancelToken())
    return np.stack([np.asarray(frame).astype(int) for frame in frames])


def colourfulness(frames: np.ndarray) -> float:
    """How far the channels of the pixels are apart: ink on paper has hardly any colour."""
    return float(np.ptp(frames, axis=-1).mean())


def weights(path: Path) -> bytes:
    """The matrices of a file, without its head."""
    content = path.read_bytes()
    return content[8 + int.from_bytes(content[:8], "little") :]


def test_a_new_look_is_learned_and_grows_with_the_scale(
    app: Callable[..., Answer], home: Path
) -> None:
    write_ink_set(Path("ink"))
    answer = app(*TRAIN, "--steps", "120", "--trigger", "inkpaper")
    assert answer.code == 0, answer.err
    lora = home / "models" / "loras" / "ink.safetensors"
    assert answer.out == f"{lora}\n"
    metadata = read_lora(lora).metadata
    assert (metadata["base_model"], metadata["steps"]) == ("ltx-mini", "120")
    record = read_record(lora.with_suffix(".jsonl"))
    validated = [line.validation_loss for line in record if line.validation_loss is not None]
    assert len(validated) == 3
    assert validated[-1] < 0.4 * validated[0]
    assert probe_clip(lora.with_name("ink-step-000120.mp4")).num_frames == 9
    (listed,) = app("loras", "--json").events
    assert (listed["name"], listed["fits"]) == ("ink", ["ltx-mini"])
    assert listed["trigger_words"] == ["inkpaper"]
    assert listed["source"] == str(Path.cwd() / "ink")
    seen: dict[str, np.ndarray] = {}
    for scale in ("none", "0", "0.25", "1"):
        clip = Path(f"{scale}.mp4")
        words = ("-p", PROMPT, "--model", "ltx-mini", "--duration", "0.5", "--seed", "3")
        use = () if scale == "none" else ("--lora", f"ink@{scale}")
        assert app(*words, *use, "-o", str(clip)).code == 0
        seen[scale] = frames_of(clip)
    base = seen["none"]
    assert np.array_equal(seen["0"], base)
    assert 0 < np.abs(seen["0.25"] - base).mean() < np.abs(seen["1"] - base).mean()
    # The base draws a sunset; the LoRA ink on paper, whatever the prompt says.
    assert colourfulness(seen["1"]) < 0.5 * colourfulness(base)
    assert seen["1"].mean() > 1.2 * base.mean()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX systems")
def test_a_killed_training_is_resumed_to_the_very_same_lora(
    app: Callable[..., Answer], home: Path
) -> None:
    write_ink_set(Path("ink"), 4)
    words = (*TRAIN, "--steps", "40", "--save-every", "7", "--batch-size", "2")
    whole = app(*words, "--name", "whole")
    assert whole.code == 0, whole.err
    program = Program(REAL, *words, "--name", "broken", cwd=Path.cwd())
    program.read_until("progressed", step=24)
    program.signal(signal.SIGKILL)
    program.end(60)
    assert program.orphans() == []
    loras = home / "models" / "loras"
    assert not (loras / "broken.safetensors").exists()
    _, job = app("jobs", "list", "--json").events
    assert (job["kind"], job["state"]) == ("train-lora", "interrupted")
    # What it was trained on is not needed any more: it is kept as the model sees it.
    for file in Path("ink").glob("*.png"):
        file.rename(file.with_suffix(".gone"))
    resumed = app("jobs", "resume", job["id"], "--json")
    assert resumed.code == 0, resumed.err
    first = next(e["step"] for e in resumed.events if e.get("step") is not None)
    assert first > 20
    assert weights(loras / "broken.safetensors") == weights(loras / "whole.safetensors")
    records = [
        [line.model_copy(update={"seconds": 0, "clip": None}) for line in read_record(loras / name)]
        for name in ("whole.jsonl", "broken.jsonl")
    ]
    assert records[0] == records[1]


def test_everything_wrong_is_told_at_once_and_nothing_begins(
    app: Callable[..., Answer], home: Path
) -> None:
    write_ink_set(Path("ink"), 1)
    answer = app(
        "train-lora", "ink", "--model", "ltx-mini", "--rank", "0", "--steps", "many",
        "--learning-rate", "5", "--resolution", "4k", "--length", "90", "--name", "a/b",
    )  # fmt: skip
    assert answer.code == 2
    assert answer.out == ""
    for words in (
        "--steps takes a whole number, not 'many'.",
        "holds a single item",
        "--rank: Rank takes 1 to 256, not 0.",
        "--learning-rate: Learning rate takes 1e-07 to 0.1, not 5.",
        "--resolution: LTX Mini has the resolutions 128p, not '4k'.",
        "--length: LTX Mini learns 0.5 to 5 s of a clip, not 90 s.",
        "'a/b' cannot be the name of a LoRA",
    ):
        assert words in answer.said, words
    assert not (home / "state" / "jobs.sqlite").exists()
    distilled = app("train-lora", "ink", "--model", "ltx-2.3-distilled")
    assert distilled.code == 2
    assert "is distilled" in distilled.said
    assert "(ltx-2.3): the LoRA works with both" in distilled.said
    assert "is not installed" not in distilled.said


def test_a_model_that_is_not_installed_is_told_with_everything_else(
    app: Callable[..., Answer],
) -> None:
    source = write_ink_set(Path("ink"), 2, (1280, 736))
    alone = app("train-lora", "ink", "--model", "ltx-2.3", "--dry-run")
    assert alone.code == 3
    assert "is not installed" in alone.said
    assert "setup_ltx_video.py --model ltx-2.3" in alone.said
    (source / "00.txt").unlink()
    (source / "01.txt").write_text(" ")
    both = app("train-lora", "ink", "--model", "ltx-2.3", "--rank", "0", "--length", "90")
    assert both.code == 2
    for words in (
        "is not installed", "'00.png' has no caption", "The caption of '01.png' is empty",
        "--rank: Rank takes", "--length: LTX-2.3",
    ):  # fmt: skip
        assert words in both.said, words
