"""The command line with the fake provider instead of the real ones.

    python -m tests.fakes.app ARGUMENTS

IMAGEAI_TEST_STAY names a stage in which the fake stays until it is stopped; with
IMAGEAI_TEST_DEAF set, it does not even listen to that. IMAGEAI_TEST_FREE_BYTES is what every
disk has free.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

from cli import main
from core.jobs.job import JobContext, Progressed
from core.jobs.lanes import Stage
from core.platform.machine import free_disk_bytes
from core.studio import Studio
from core.video.provider import ProviderContext, ProviderEntry
from core.video.rendered import Rendered
from tests.fakes.provider import PROVENANCE, FakeProvider, write_clip

if TYPE_CHECKING:
    from pathlib import Path

    from core.video.plan import RenderPlan

STAY_VARIABLE = "IMAGEAI_TEST_STAY"
DEAF_VARIABLE = "IMAGEAI_TEST_DEAF"
FREE_BYTES_VARIABLE = "IMAGEAI_TEST_FREE_BYTES"


class StagedProvider(FakeProvider):
    """The fake, with every stage of a real render when it is told to stay in one."""

    def render(self, plan: RenderPlan, ctx: JobContext) -> Rendered:
        stay = os.environ.get(STAY_VARIABLE)
        if stay is None:
            return super().render(plan, ctx)
        stages = (Stage.LOAD, Stage.ENCODE, Stage.DENOISE, Stage.DECODE, Stage.WRITE)
        for place, stage in enumerate(stages):
            if stage is Stage.WRITE:
                write_clip(ctx.workdir / "clip.mp4", plan, ctx.cancel, num_frames=plan.num_frames)
            ctx.report(Progressed(stage=stage, fraction=place / len(stages)))
            if stage.value == stay and os.environ.get(DEAF_VARIABLE):
                time.sleep(60)
            elif stage.value == stay:
                ctx.cancel.wait(60)
        return Rendered(ctx.workdir / "clip.mp4", PROVENANCE)


def open_staged(_: ProviderContext) -> StagedProvider:
    return StagedProvider()


ENTRY = ProviderEntry(StagedProvider().info, open_staged)


def free_bytes(folder: Path) -> int:
    messages = os.environ.get(FREE_BYTES_VARIABLE)
    return free_disk_bytes(folder) if messages is None else int(messages)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], [ENTRY], open_studio=partial(Studio, free_bytes=free_bytes)))
