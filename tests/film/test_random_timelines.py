"""Films drawn by lot, held to the frame and to the sample against a small reference of their own.

The reference knows nothing of the program's timeline: a film's frame shows what a clip shows in
the middle of that frame, and a sound is where its time says.
"""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.film.model.delivery import AudioCodec, Container, ExportSettings, FrameFormat, Quality
from core.film.model.film import Clip, Film, Fit, Transition
from core.film.model.layout import lay_out
from core.film.model.source import read_source
from core.film.picture.assembler import Overlays, stretch
from core.film.picture.graph import arguments
from core.film.picture.picture import Look
from core.jobs.job import CancelToken
from core.media.ffmpeg import run_ffmpeg
from tests.film.counted_clips import (
    PULSE,
    Counted,
    FilmBench,
    Mark,
    Pulses,
    ReadFilm,
    level_of,
    mark_of,
    read_film,
    write_counted,
)

if TYPE_CHECKING:
    from core.film.model.source import Source

NTSC, NTSC_FILM = Fraction(30_000, 1001), Fraction(24_000, 1001)
FFV1 = ("-c:v", "ffv1")
MPEG4 = ("-c:v", "mpeg4", "-q:v", "1", "-bf", "2")
H264 = ("-c:v", "libx264", "-qp", "0", "-preset", "medium", "-bf", "3")
RATES = (Fraction(24), Fraction(25), Fraction(30), NTSC_FILM, NTSC, Fraction(50))
SIZES = ((48, 32), (72, 48), (96, 64))
KINDS = ("dissolve", "fade", "fade-white", "wipe-left", "slide-up", "circle-open", "pixelize")
GREY_ERROR = 1.5
FILM_BLACK, FILM_WHITE = 16, 235
HZ = 48_000


@dataclass(frozen=True)
class Use:
    """One use of a clip, in whole frames of the film."""

    clip: int
    first: int
    count: int
    speed: Fraction
    kind: str
    joined: int
    start: int


@dataclass(frozen=True)
class Drawn:
    """A use that was drawn, and how it is asked for."""

    use: Use
    clip: Clip


@dataclass(frozen=True)
class Plan:
    """A film as it was drawn, and where everything in it must be."""

    rate: Fraction
    size: tuple[int, int]
    uses: tuple[Use, ...]
    asked: Film

    @property
    def num_frames(self) -> int:
        return self.uses[-1].start + self.uses[-1].count

    def sample_of(self, frame: int) -> int:
        return half_up(frame * HZ / self.rate)


@dataclass(frozen=True, repr=False)
class Pool:
    """The clips that the films are made of."""

    clips: tuple[Counted, ...]
    sources: tuple[Source, ...]
    bench: FilmBench


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    folder = tmp_path_factory.mktemp("pool")
    clips = tuple(make(folder, name, *entry) for name, entry in enumerate(POOL))
    return Pool(clips, tuple(read_source(clip.path) for clip in clips), FilmBench(folder))


# Suffix, rate, frames, size, grey level, sound, codec.
POOL: tuple[tuple[Any, ...], ...] = (
    ("mov", RATES[0], 40, SIZES[0], 60, Pulses(), H264),
    ("mov", RATES[1], 45, SIZES[2], 200, Pulses(44_100, Fraction(1, 15)), H264),
    ("mkv", RATES[2], 40, SIZES[1], 90, None, FFV1),
    ("mkv", RATES[3], 36, SIZES[2], 150, Pulses(HZ, Fraction(1, 30)), H264),
    ("mov", RATES[4], 50, SIZES[1], 110, Pulses(44_100, Fraction(1, 9)), MPEG4),
    ("mp4", RATES[5], 70, SIZES[0], 180, None, H264),
)


def make(
    folder: Path,
    name: int,
    suffix: str,
    rate: Fraction,
    num_frames: int,
    size: tuple[int, int],
    level: int,
    pulses: Pulses | None,
    codec: tuple[str, ...],
) -> Counted:
    return write_counted(
        folder / f"clip-{name}.{suffix}",
        name,
        rate=rate,
        num_frames=num_frames,
        size=size,
        level=level,
        pulses=pulses,
        codec=codec,
    )


def half_up(value: Fraction) -> int:
    return math.floor(value + Fraction(1, 2))


@st.composite
def plans(draw: st.DrawFn, *, least: int, most: int) -> Plan:
    """Films that can be made: no transition is longer than what it joins."""
    # One number is drawn and all else follows from it: 200 films that have little in common,
    # where Hypothesis by itself tries many that are nearly the same.
    lot = random.Random(draw(st.integers(0, 2**63)))
    rate = lot.choice(RATES)
    uses: list[Use] = []
    asked: list[Clip] = []
    free = 0
    for number in range(lot.randint(least, most)):
        drawn = drawn_use(lot, rate)
        use, transition = drawn.use, None
        if number:
            joined = min(lot.randint(0, 12), free, use.count)
            kind = lot.choice(KINDS) if joined else "none"
            off = lot.uniform(-0.4, 0.4) if joined else 0
            transition = Transition(kind=kind, duration_s=float(joined + off) / float(rate))
            start = uses[-1].start + uses[-1].count - joined
            use = replace(use, kind=kind, joined=joined, start=start)
        free = use.count - use.joined
        uses.append(use)
        asked.append(drawn.clip.model_copy(update={"transition": transition}))
    return Plan(rate, lot.choice(SIZES), tuple(uses), Film(clips=tuple(asked), fit=Fit.STRETCH))


def drawn_use(lot: random.Random, rate: Fraction) -> Drawn:
    """Some of a clip, seen for half a second of the film or less."""
    number = lot.randrange(len(POOL))
    length = POOL[number][2] / POOL[number][1]
    speed = lot.choice((1.0, 1.0, 1.0, 2.0, 0.5, 1.25))
    begin = Fraction(lot.randint(0, 900), 1000)
    end = min(begin + Fraction(lot.randint(120, 500), 1000) * Fraction(speed), length)
    first = half_up(begin / Fraction(speed) * rate)
    count = half_up(end / Fraction(speed) * rate) - first
    use = Use(number, first, count, Fraction(speed), "none", 0, 0)
    # The number of the clip stands for its place, which is not known yet.
    return Drawn(
        use,
        Clip(
            path=Path(str(number)),
            start_s=float(begin),
            end_s=None if end == length else float(end),
            speed=speed,
        ),
    )


def film_of(plan: Plan, pool: Pool) -> Film:
    clips = [
        clip.model_copy(update={"path": pool.clips[use.clip].path})
        for clip, use in zip(plan.asked.clips, plan.uses, strict=True)
    ]
    return plan.asked.model_copy(update={"clips": tuple(clips)})


def frame_format(plan: Plan) -> FrameFormat:
    return FrameFormat(width=plan.size[0], height=plan.size[1], rate=plan.rate)


def shown(use: Use, frame: int, plan: Plan, pool: Pool) -> Mark:
    """What a use of a clip shows in the film's frame, by the middle of the frame's time."""
    middle = (use.first + frame - use.start + Fraction(1, 2)) / plan.rate
    return Mark(use.clip, pool.clips[use.clip].frame_at(middle * use.speed))


def wrong_frames(plan: Plan, pool: Pool, read: ReadFilm) -> list[str]:
    """Every frame that is not as planned, in words."""
    found: list[str] = []
    if len(read.lumas) != plan.num_frames:
        return [f"{len(read.lumas)} frames instead of {plan.num_frames}"]
    on_grid = [frame / plan.rate for frame in range(plan.num_frames)]
    found += [
        f"frame {frame} at {float(time)} instead of {float(wanted)}"
        for frame, (time, wanted) in enumerate(zip(read.times, on_grid, strict=True))
        if time != wanted
    ]
    for use, after in itertools.zip_longest(plan.uses, plan.uses[1:]):
        leaves = use.start + use.count - (after.joined if after else 0)
        for frame in range(use.start + use.joined, leaves):
            seen, wanted = mark_of(read.lumas[frame]), shown(use, frame, plan, pool)
            if seen != wanted:
                found.append(f"frame {frame} shows {seen} instead of {wanted}")
        for frame in range(leaves, use.start + use.count):
            found += wrong_join(use, after, frame - leaves, read.lumas[frame], plan, pool)
    return found


def wrong_join(
    goes: Use, comes: Use, step: int, luma: np.ndarray, plan: Plan, pool: Pool
) -> list[str]:
    """What is wrong with frame `step` of a transition; the first one is all of the old clip."""
    name = f"step {step} of the {comes.kind} of {comes.joined}"
    wanted = shown(goes, comes.start + step, plan, pool)
    if step == 0 and comes.joined > 1 and mark_of(luma) != wanted:
        return [f"{name} shows {mark_of(luma)} instead of {wanted}"]
    old, new = pool.clips[goes.clip].level, pool.clips[comes.clip].level
    expected = level_in(comes.kind, step, comes.joined, old, new)
    if expected is not None and abs(level_of(luma) - expected) > GREY_ERROR:
        return [f"{name} has level {level_of(luma):.1f} instead of {expected:.1f}"]
    if comes.kind == "wipe-left":
        return wrong_wipe(name, luma, step / comes.joined, old, new)
    return []


def level_in(kind: str, step: int, count: int, old: int, new: int) -> float | None:
    """The grey level that a transition has come to; None where it is not one level."""
    if kind == "dissolve":
        return old + (new - old) * step / count
    if kind not in ("fade", "fade-white"):
        return None
    colour = FILM_WHITE if kind == "fade-white" else FILM_BLACK
    half = count // 2
    if step < half:
        return old + (colour - old) * step / half
    return colour + (new - colour) * (step - half) / (count - half)


def wrong_wipe(name: str, luma: np.ndarray, progress: float, old: int, new: int) -> list[str]:
    """The new clip comes in from the right, as wide as the transition has come."""
    if old == new:
        return []
    row = luma[-3].astype(float)
    width = int((abs(row - new) < abs(row - old)).sum())
    wanted = progress * len(row)
    return [f"{name} is {width} wide instead of {wanted:.1f}"] if abs(width - wanted) > 1.5 else []


def wrong_audio(plan: Plan, pool: Pool, audio: np.ndarray | None) -> list[str]:
    """Every pulse that is missing, displaced or of another loudness, and every stray sound."""
    if all(pool.clips[use.clip].pulses is None for use in plan.uses):
        return [] if audio is None else ["there is a sound, and no clip has any"]
    if audio is None:
        return ["there is no sound"]
    if len(audio) != plan.sample_of(plan.num_frames):
        return [f"{len(audio)} samples instead of {plan.sample_of(plan.num_frames)}"]
    pulses = [pulse for number in range(len(plan.uses)) for pulse in pulses_of(plan, pool, number)]
    if any(loudness_at(pulse.sample, pulses) > 1 for pulse in pulses):
        # Two that fall together are more than a file can hold: the limiter lowers what is near.
        return []
    found: list[str] = []
    # Whatever is left in it when all that is expected is taken out was not asked for.
    rest = np.abs(audio).max(axis=1)
    for pulse in pulses:
        is_alone = not any(
            other is not pulse and abs(other.sample - pulse.sample) < 100 for other in pulses
        )
        if pulse.is_exact and is_alone:
            found += wrong_pulse(pulse, audio)
        rest[max(0, pulse.sample - pulse.reach) : pulse.sample + pulse.reach + 1] = 0
    if rest.max(initial=0) > 0.01:
        found.append(f"an unasked sound of {rest.max():.3f} at sample {rest.argmax()}")
    return found


@dataclass(frozen=True)
class Pulse:
    """A pulse in the film: where it is, how loud, and how far it may ring."""

    sample: int
    gain: float
    reach: int
    is_exact: bool
    is_own_rate: bool


def pulses_of(plan: Plan, pool: Pool, number: int) -> list[Pulse]:
    """The pulses that are heard in a use of a clip, and what the joins leave of them."""
    use = plan.uses[number]
    clip = pool.clips[use.clip]
    if clip.pulses is None:
        return []
    begin, end = plan.sample_of(use.start), plan.sample_of(use.start + use.count)
    entered = plan.sample_of(use.start + use.joined)
    outgoing = plan.uses[number + 1].joined if number + 1 < len(plan.uses) else 0
    leaves = plan.sample_of(use.start + use.count - outgoing)
    found: list[Pulse] = []
    for time in clip.pulses.times(clip.duration_s):
        place = begin + half_up((time / use.speed - use.first / plan.rate) * HZ)
        gain = 1.0
        if begin <= place < entered:
            gain *= math.sin(math.pi / 2 * (place - begin + 0.5) / (entered - begin))
        if leaves <= place < end:
            gain *= math.cos(math.pi / 2 * (place - leaves + 0.5) / (end - leaves))
        is_native = use.speed == 1
        reach = (1 if clip.pulses.rate_hz == HZ else 60) if is_native else 3000
        # A pulse in the sample at which a shot begins or ends may fall on either side.
        is_exact = is_native and begin + 2 <= place < end - 2
        if begin - reach <= place < end + reach:
            found.append(Pulse(place, gain, reach, is_exact, clip.pulses.rate_hz == HZ))
    return found


def loudness_at(sample: int, pulses: list[Pulse]) -> float:
    near = (pulse.gain for pulse in pulses if abs(pulse.sample - sample) <= pulse.reach)
    return sum(near) * PULSE[0]


def wrong_pulse(pulse: Pulse, audio: np.ndarray) -> list[str]:
    window = audio[pulse.sample - 1 : pulse.sample + 2]
    heard = window[np.abs(window[:, 0]).argmax()]
    # Resampled from 44.1 kHz a pulse is spread over its neighbours: it keeps its place alone.
    low, high = (0.99, 1.01) if pulse.is_own_rate else (0.55, 1.15)
    return [
        f"pulse at {pulse.sample}, side {side}: {value:.4f} instead of {peak * pulse.gain:.4f}"
        for side, (value, peak) in enumerate(zip(heard, PULSE, strict=True))
        if not low * pulse.gain - 0.001 <= value / peak <= high * pulse.gain + 0.001
    ]


common = settings(
    deadline=None,
    derandomize=True,
    database=None,
    # A film that is wrong is told in words; making it smaller would take minutes.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)


@pytest.mark.timeout(600)
@settings(common, max_examples=140)
@given(plan=plans(least=1, most=6))
def test_images_of_any_film_are_those_that_were_planned(pool: Pool, plan: Plan) -> None:
    film = film_of(plan, pool)
    timeline = lay_out(film, [pool.sources[use.clip] for use in plan.uses], frame_format(plan))
    assert timeline.num_frames == plan.num_frames
    image = stretch(timeline, 0, timeline.num_frames, Overlays(Look()))
    path = pool.bench.folder / "stretch.nut"
    run_ffmpeg(arguments(image, str(path), {"c:v": "rawvideo", "an": None}), CancelToken())
    assert wrong_frames(plan, pool, read_film(path)) == []


@pytest.mark.timeout(600)
@settings(common, max_examples=60)
@given(plan=plans(least=2, most=5))
def test_any_exported_film_holds_to_the_frame_and_to_the_sample(pool: Pool, plan: Plan) -> None:
    wanted = ExportSettings(
        container=Container.MOV,
        audio_codec=AudioCodec.PCM,
        quality=Quality.LOSSLESS,
        frame=frame_format(plan),
    )
    path = pool.bench.export(film_of(plan, pool), wanted)
    read = read_film(path)
    path.unlink()
    wrong = wrong_frames(plan, pool, read) + wrong_audio(plan, pool, read.audio)
    assert wrong == []
