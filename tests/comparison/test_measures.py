"""Measures put made clips, of which everybody knows the order, into that order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.comparison.report.measures import (
    MEASURES,
    Better,
    Measures,
    flicker_of,
    measure_clip,
    residue_of,
    sharpness_of,
)
from core.errors import UnreadableClip
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BARS = "testsrc2=s=320x240:r=24:d=1.5"
STILL = "trim=end_frame=1,loop=35:1:0,setpts=N/24/TB"


@pytest.fixture
def measured(tmp_path: Path) -> Callable[..., Measures]:
    """The measures of a clip that FFmpeg draws."""

    def measure(name: str, video: str, audio: str = "") -> Measures:
        path = tmp_path / f"{name}.mp4"
        words = ["-f", "lavfi", "-i", video]
        words += ["-f", "lavfi", "-i", audio, "-c:a", "aac", "-shortest"] if audio else []
        run_ffmpeg([*words, "-c:v", "libx264", "-crf", "10", "-pix_fmt", "yuv420p", str(path)],
                   CancelToken())  # fmt: skip
        return measure_clip(path, tmp_path, CancelToken())

    return measure


def test_a_blurred_clip_is_less_sharp_and_a_much_blurred_one_lesser_still(measured) -> None:
    sharp = measured("sharp", f"{BARS},{STILL}").sharpness
    soft = measured("soft", f"{BARS},{STILL},gblur=sigma=1.5").sharpness
    softer = measured("softer", f"{BARS},{STILL},gblur=sigma=4").sharpness
    assert sharp > 1.5 * soft > 2 * softer > 0


def test_sharpness_is_that_of_one_common_size(measured) -> None:
    fine = measured("fine", f"testsrc2=s=1280x720:r=24:d=1.5,{STILL}").sharpness
    coarse = measured("coarse", f"testsrc2=s=1280x720:r=24:d=1.5,{STILL},scale=320:180").sharpness
    blown_up = measured(
        "blown-up", f"testsrc2=s=1280x720:r=24:d=1.5,{STILL},scale=320:180,scale=1280:720"
    ).sharpness
    assert coarse == pytest.approx(blown_up, rel=0.25)
    assert fine > 1.5 * coarse


def test_what_boils_is_less_steady_than_what_moves_as_a_whole(measured) -> None:
    noise = "nullsrc=s=320x240:r=24:d=1.5,geq=lum='128+60*sin(X/7)*cos(Y/9)':cb=128:cr=128"
    still = measured("still", noise).unsteadiness
    moving = measured(
        "moving", "nullsrc=s=320x240:r=24:d=1.5,"
        "geq=lum='128+60*sin((X+2*N)/7)*cos(Y/9)':cb=128:cr=128",
    ).unsteadiness  # fmt: skip
    boiling = measured("boiling", f"{noise},noise=alls=60:allf=t").unsteadiness
    assert still < moving < boiling
    assert moving < boiling / 3


def test_frames_that_are_twice_as_close_are_followed_at_the_same_times(measured) -> None:
    def pan(rate: int) -> Measures:
        speed = 96 / rate
        return measured(
            f"pan-{rate}", f"nullsrc=s=320x240:r={rate}:d=1.5,"
            f"geq=lum='128+60*sin((X+{speed}*N)/7)*cos((Y+{speed}*N)/5)':cb=128:cr=128",
        )  # fmt: skip

    slow, quick = pan(24).unsteadiness, pan(48).unsteadiness
    assert slow == pytest.approx(quick, rel=0.2)


def test_a_flickering_clip_flickers_more_than_a_steady_one_and_a_fade_not_at_all(measured) -> None:
    def lit(name: str, level: str) -> float:
        drawn = f"nullsrc=s=160x120:r=24:d=1.5,geq=lum='{level}':cb=128:cr=128"
        found = measured(name, drawn).flicker
        assert found is not None
        return found

    steady, fading = lit("steady", "120"), lit("fading", "60+3*N")
    faint, strong = lit("faint", "120+4*mod(N,2)"), lit("strong", "120+20*mod(N,2)")
    assert steady == pytest.approx(0, abs=0.1)
    assert fading == pytest.approx(0, abs=0.6)
    assert steady < faint < strong
    # Each frame is 20 of 219 levels off both of its neighbours, which are 23 of 255.
    assert strong == pytest.approx(20 * 255 / 219, abs=1)


def test_a_quiet_clip_is_less_loud_by_so_many_units_as_it_was_turned_down(measured) -> None:
    loud = measured(
        "loud", BARS, "sine=frequency=440:duration=1.5,volume=12dB,afade=out:st=1.3:d=0.2"
    )
    quiet = measured(
        "quiet", BARS, "sine=frequency=440:duration=1.5,volume=-8dB,afade=out:st=1.3:d=0.2"
    )
    assert loud.loudness_lufs is not None
    assert quiet.loudness_lufs is not None
    assert loud.loudness_lufs - quiet.loudness_lufs == pytest.approx(20, abs=0.3)
    assert loud.true_peak_db is not None
    # Peaks are told in thousandths of full scale.
    assert quiet.true_peak_db == pytest.approx(loud.true_peak_db - 20, abs=1)


def test_without_a_tone_there_is_no_loudness_and_nothing_that_looks_like_one(measured) -> None:
    silent = measured("silent", BARS)
    hushed = measured("hushed", BARS, "anullsrc=r=48000:cl=stereo")
    assert (silent.has_audio, hushed.has_audio) == (False, True)
    assert silent.loudness_lufs is silent.true_peak_db is None
    assert hushed.loudness_lufs is None
    loudness = next(row for row in MEASURES if row.name == "Loudness")
    assert loudness.text(silent) == "none"


def test_facts_are_those_of_the_frames(measured) -> None:
    found = measured("bars", BARS)
    assert (found.width, found.height, found.num_frames, found.fps) == (320, 240, 36, 24.0)
    assert found.duration_s == 1.5
    assert found.size_bytes > 1000


def test_one_frame_has_a_sharpness_and_nothing_that_needs_a_second_one(measured) -> None:
    found = measured("one", f"{BARS},trim=end_frame=1")
    assert found.sharpness > 0
    assert found.unsteadiness is found.flicker is None


def test_numbers_are_levels_of_brightness() -> None:
    import numpy as np

    flat = np.full((64, 64), 100, np.uint8)
    board = ((np.indices((64, 64)).sum(axis=0) % 2) * 10).astype(np.uint8)
    # Each pixel is 10 levels off all four of its neighbours: ±40 about a mean of 0.
    assert sharpness_of(board) == pytest.approx(40)
    assert sharpness_of(flat) == 0
    assert residue_of(flat, flat + 7) == pytest.approx(7)
    assert flicker_of([10, 20, 10, 20]) == pytest.approx(10)
    assert flicker_of([10, 20, 30, 40]) == 0
    assert flicker_of([10, 20]) is None


def test_a_shift_that_is_within_reach_leaves_next_to_nothing() -> None:
    import numpy as np

    grid = np.random.default_rng(1).integers(0, 255, (144, 256), dtype=np.uint8)
    assert residue_of(grid, np.roll(grid, (3, 5), axis=(0, 1))) < 5
    assert residue_of(grid, np.roll(grid, (30, 50), axis=(0, 1))) > 30


def test_every_measure_has_a_unit_and_says_what_it_does_not_say() -> None:
    for row in MEASURES:
        assert row.unit
        assert row.says.endswith(".")
        assert row.omits.endswith(".")
    ends = {row.name: row.better for row in MEASURES}
    assert ends["Sharpness"] is Better.HIGHER
    assert ends["Flicker"] is Better.LOWER
    assert ends["Loudness"] is Better.NEITHER


def test_what_is_no_clip_is_told_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"this is no video" * 100)
    with pytest.raises(UnreadableClip, match=r"clip\.mp4"):
        measure_clip(path, tmp_path, CancelToken())
