"""The race of scripts/bench.py, run with a tiny model: both sides make the same clip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.video.provider import Ready
from scripts.benchmark.engine_race import bare_process, order_for, race, section
from tests.providers.tiny_home import TINY_AV, plan_for

if TYPE_CHECKING:
    from pathlib import Path

    from providers.ltx_video.local import LocalLTX


def test_the_engine_and_a_bare_script_make_the_same_clip(
    provider: LocalLTX, tmp_path: Path
) -> None:
    plans = [plan_for(provider, TINY_AV, prompt=f"a {word} ball") for word in ("red", "blue")]
    readiness = provider.check(plans[0].target)
    assert isinstance(readiness, Ready)
    assert readiness.location is not None
    orders = [
        order_for(plan, number, TINY_AV.profile, readiness.location, tmp_path)
        for number, plan in enumerate(plans)
    ]
    with bare_process() as bare:
        found = race(provider, bare, orders)
    assert found.num_frames == plans[0].num_frames
    assert found.identical_frames == found.num_frames
    assert found.is_audio_identical
    assert found.identical_files == len(found.engine.values) == len(found.bare.values) == 1
    assert min(*found.engine.values, *found.bare.values) > 0
    assert section(found, plans[0]).goals[0].is_met
