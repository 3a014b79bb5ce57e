"""Images of a model that makes none: the middle frame of its shortest clip, and no other."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from core.errors import RenderFailed
from core.jobs.job import CancelToken
from core.media.ffmpeg_program import find_ffmpeg
from core.video.planning.clip_plan import make_plan
from core.video.request import RenderRequest, Sampling
from core.video.terms import OutputKind, Target
from providers.ltx_video.stills import clip_of, still_frame, still_note, take_still
from tests.fakes.provider import SMALL

if TYPE_CHECKING:
    from pathlib import Path

    from core.video.plan import RenderPlan


@pytest.fixture
def plan() -> RenderPlan:
    target = Target(provider="fake", deployment="local", model=SMALL.id)
    request = RenderRequest(
        target=target, prompt="a ball", output=OutputKind.IMAGE, sampling=Sampling(seed=5)
    )
    return make_plan(request, SMALL)


def counted(path: Path, frames: int) -> None:
    image = "color=c=black:s=96x64:r=8,geq=lum='16+20*N':cb=128:cr=128"
    encoding = ["-frames:v", f"{frames}", "-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv420p"]
    command = [str(find_ffmpeg()), "-v", "error", "-f", "lavfi", "-i", image, *encoding]
    subprocess.run([*command, str(path)], check=True)


def test_the_clip_has_the_fewest_frames_the_same_seed_and_no_audio(plan: RenderPlan) -> None:
    clip = clip_of(plan)
    assert (clip.num_frames, clip.fps, clip.has_audio) == (9, 8, False)
    assert (clip.width, clip.height, clip.seed) == (plan.width, plan.height, 5)
    assert not clip.is_image
    assert "frame 5 of the 9 of the shortest clip that Fake Small makes" in still_note(clip)
    assert still_frame(1) == 0


def test_the_still_is_the_middle_frame_and_no_other(plan: RenderPlan, tmp_path: Path) -> None:
    counted(tmp_path / "clip.mp4", 9)
    take_still(tmp_path / "clip.mp4", clip_of(plan), tmp_path / "still.png", CancelToken())
    with Image.open(tmp_path / "still.png") as image:
        level = float(np.asarray(image).mean())
    # The fifth frame has a luma of 16 + 4 * 20, which is 93 of 255 in RGB.
    assert level == pytest.approx(93, abs=2)


def test_a_clip_without_that_frame_is_refused(plan: RenderPlan, tmp_path: Path) -> None:
    counted(tmp_path / "clip.mp4", 3)
    with pytest.raises(RenderFailed, match="Frame 5 of the clip"):
        take_still(tmp_path / "clip.mp4", clip_of(plan), tmp_path / "still.png", CancelToken())
