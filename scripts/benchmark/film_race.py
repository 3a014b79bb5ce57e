"""Part "film": an export against FFmpeg alone, the usual three steps and MoviePy."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.film.build.export import ExportJob
from core.film.build.joining import count_frames
from core.film.model.delivery import ExportOrder, ExportSettings
from core.jobs.job import CancelToken, JobContext, Progressed, Report
from core.jobs.lanes import Stage
from core.media.render_cache import RenderCache
from scripts.benchmark import moviepy_side
from scripts.benchmark.clips import scratch
from scripts.benchmark.figures import Series, ratio
from scripts.benchmark.film_clips import FilmSize, film_of, make_clip, make_music
from scripts.benchmark.raw_film import normalise_then_join, single_pass
from scripts.benchmark.tables import Goal, Section, series_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from core.film.model.film import Film

USUAL = FilmSize(width=1280, height=720, fps=24, clips=10, clip_frames=72, dissolve=12)
SINGLE, EXPORT, STEPS, MOVIEPY = (
    "one FFmpeg command",
    "export, nothing made before",
    "normalise, join, add music",
    "MoviePy 2",
)
MUSIC, CLIP = "export again, other music", "export again, one clip changed"
_MOST, _MOST_AGAIN = 1.05, 0.1
_STAGES = {
    Stage.READ: "reading the clips",
    Stage.ASSEMBLE: "pictures",
    Stage.MIX: "the sound, as far as it takes longer",
    Stage.WRITE: "joining",
}
_NO_LIMIT = 10**12


@dataclass(frozen=True)
class Material:
    """The files of one round: `spare` takes the place of a clip, `other_music` of the music."""

    clips: tuple[Path, ...]
    spare: Path
    music: Path
    other_music: Path


@dataclass
class Race:
    """Seconds of every way, in rounds; frames of the films that came out; shares of the stages."""

    size: FilmSize
    times: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    frames: dict[str, set[int]] = field(default_factory=dict[str, set[int]])
    stages: dict[Stage, float] = field(default_factory=dict[Stage, float])
    without_moviepy: str = ""

    def series(self, name: str) -> Series:
        """The seconds of one way."""
        return Series(name, tuple(self.times[name]))

    def note(self, name: str, seconds: float, film: Path) -> None:
        """Keep what one run took and count the frames of its film, which then goes."""
        self.times.setdefault(name, []).append(seconds)
        self.frames.setdefault(name, set()).add(count_frames(film))
        film.unlink()


def measure(repeats: int, size: FilmSize = USUAL, *, has_moviepy: bool = True) -> Section:
    """Run the part."""
    race = Race(size)
    with scratch() as folder:
        material = make_material(size, folder)
        python = None
        if has_moviepy:
            try:
                python = moviepy_side.make_environment(folder / "moviepy")
            except RuntimeError as error:
                race.without_moviepy = f"MoviePy could not be installed here: {error}"
        for number in range(repeats):
            run_round(race, number, material, python, folder)
    return section(race)


def make_material(size: FilmSize, folder: Path) -> Material:
    """All clips and music, made before anything is timed."""
    *clips, spare = (make_clip(size, number, folder) for number in range(size.clips + 1))
    music, other = (make_music(size, number, folder) for number in range(2))
    return Material(tuple(clips), spare, music, other)


def run_round(
    race: Race, number: int, material: Material, python: Path | None, folder: Path
) -> None:
    """Every way once; which of the first two begins changes from round to round."""
    clips, music, size = material.clips, material.music, race.size
    store = folder / f"store{number}"
    export = Exporter(store, folder / f"work{number}")
    film = folder / "film.mp4"

    def exported(clips: Sequence[Path], music: Path) -> Callable[[], None]:
        return lambda: export.run(film_of(size, clips, music), film)

    changed = list(clips)
    changed[size.clips // 2] = material.spare
    steps = folder / f"steps{number}"
    steps.mkdir()
    ways: dict[str, Callable[[], None]] = {
        SINGLE: lambda: single_pass(size, clips, music, film),
        EXPORT: exported(clips, music),
    }
    if number % 2:
        ways = dict(reversed(ways.items()))
    ways |= {
        MUSIC: exported(clips, material.other_music),
        CLIP: exported(changed, material.other_music),
        STEPS: lambda: normalise_then_join(size, clips, music, film, steps),
    }
    for name, make in ways.items():
        began = time.perf_counter()
        make()
        race.note(name, time.perf_counter() - began, film)
        if name == EXPORT:
            for stage, seconds in export.stages.items():
                race.stages[stage] = race.stages.get(stage, 0.0) + seconds
    if python is not None and not race.without_moviepy:
        try:
            race.note(MOVIEPY, moviepy_side.render(python, size, clips, music, film), film)
        except RuntimeError as error:
            race.without_moviepy = str(error)
            race.times.pop(MOVIEPY, None)


class Exporter:
    """Runs exports with one store, and keeps how long the stages of the last one took."""

    def __init__(self, store: Path, workdir: Path) -> None:
        self._store = RenderCache(store)
        self._workdir = workdir
        self._count = 0
        self.stages: dict[Stage, float] = {}

    def run(self, film: Film, path: Path) -> None:
        """Export a film with the usual settings."""
        self._count += 1
        workdir = self._workdir / str(self._count)
        workdir.mkdir(parents=True)
        self.stages = {}
        begun: list[tuple[Stage, float]] = []

        def report(event: Report) -> None:
            if isinstance(event, Progressed) and (not begun or begun[-1][0] is not event.stage):
                begun.append((event.stage, time.perf_counter()))

        order = ExportOrder(film=film, settings=ExportSettings(), path=path)
        context = JobContext(workdir, CancelToken(), report)
        ExportJob(order, self._store, None, _NO_LIMIT).run(context)
        ends = [moment for _, moment in begun[1:]] + [time.perf_counter()]
        for (stage, moment), end in zip(begun, ends, strict=True):
            self.stages[stage] = self.stages.get(stage, 0.0) + end - moment


def section(race: Race) -> Section:
    """The outcome in words."""
    size = race.size
    names = [name for name in (SINGLE, EXPORT, STEPS, MOVIEPY, MUSIC, CLIP) if name in race.times]
    first = race.series(EXPORT)
    again = ", ".join(
        f"{ratio(race.series(name), first):.2f} ({name.partition(', ')[2]})"
        for name in (MUSIC, CLIP)
    )
    whole = sum(race.stages.values())
    shares = ", ".join(
        f"{name} {100 * race.stages.get(stage, 0.0) / whole:.0f} %"
        for stage, name in _STAGES.items()
    )
    findings = [
        f"{size.clips} clips of {size.clip_s:g} s, {size.width}x{size.height} at {size.fps} frames "
        f"a second, dissolves of {size.dissolve_s:g} s, music; H.264 with the options of the usual "
        "settings, AAC. In turns; MoviePy without the start of its Python.",
        f"Of the time of the first export: {again}.",
        f"Where the first export's time goes: {shares}.",
    ]
    if race.without_moviepy:
        findings.append(race.without_moviepy)
    return Section(
        title="The export of a film",
        table=series_table([race.series(name) for name in names], "s", 2),
        findings=tuple(findings),
        goals=goals(race),
    )


def goals(race: Race) -> tuple[Goal, ...]:
    """The same film, hardly slower at first, and quick when only the music changes."""
    first = race.series(EXPORT)
    ours = set().union(*(race.frames[name] for name in race.frames if name != MOVIEPY))
    sentence = [f"Exactly {race.size.num_frames} frames each time"]
    if MOVIEPY in race.times and race.frames[MOVIEPY] != {race.size.num_frames}:
        sentence.append(f" (MoviePy: {', '.join(map(str, sorted(race.frames[MOVIEPY])))})")
    return (
        Goal("".join(sentence), ours == {race.size.num_frames}),
        Goal(
            f"At most {_MOST:g} times the single command's time",
            ratio(first, race.series(SINGLE)) <= _MOST,
        ),
        Goal(
            f"Other music in at most {_MOST_AGAIN:g} times the first export's time",
            ratio(race.series(MUSIC), first) <= _MOST_AGAIN,
        ),
    )
