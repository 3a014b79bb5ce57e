"""Projects of every legal shape, for properties that hold for all of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import strategies as st

from core.film.model.delivery import ExportSettings, FrameFormat
from core.film.model.film import Caption, Film, Fit, Lut, Music, Subtitles, Transition, Watermark
from core.project.files.atomic_folder import create_project
from core.project.files.media_uses import is_absolute_anywhere
from core.project.model.characters import Character, CharacterKind
from core.project.model.project import (
    FilmChoices,
    ReferenceImage,
    Scene,
    SceneCut,
    SceneTakes,
    Take,
    VideoProject,
    new_project,
)
from core.video.controls import CHOICES
from core.video.terms import Residency, Target
from tests.fakes.inputs import chosen, lora

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
FOLDER = Path("/a folder/of Ünï 🎈")

words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_names = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/"), min_size=1)
_names = _names.filter(lambda name: name not in (".", "..") and not is_absolute_anywhere(name))
_tails = st.lists(_names, min_size=1, max_size=3)
paths = st.one_of(
    _tails.map(lambda parts: FOLDER.joinpath(*parts)),
    _tails.map(lambda parts: Path("/elsewhere").joinpath(*parts)),
    _tails.map(lambda parts: Path("/a folder/of Ünï 🎈 too").joinpath(*parts)),
    st.sampled_from([Path("G:\\Films\\a.mp4"), FOLDER / ".." / "b.mp4"]),
)
_seconds = st.floats(0, 1e4)
_factors = st.floats(0.1, 10)
_times = st.integers(0, 10**15).map(lambda n: NOW + timedelta(microseconds=n))

references = st.builds(ReferenceImage, path=paths, name=words)
loras = st.builds(lora, path=paths, scale=st.floats(0, 2))
choices = st.builds(
    chosen,
    target=st.builds(Target, provider=words, deployment=words, model=words),
    resolution=st.none() | words,
    fps=st.none() | st.integers(1, 120),
    duration_s=st.none() | _seconds,
    audio=st.none() | st.booleans(),
    audio_prompt=st.none() | words,
    camera=st.none() | words,
    camera_speed=st.none() | _factors,
    seed=st.none() | st.integers(0, 2**63),
    loras=st.lists(loras, max_size=2).map(tuple),
    memory=st.none() | st.sampled_from(Residency),
)
cuts = st.builds(
    SceneCut,
    start_s=_seconds,
    end_s=st.none() | st.floats(0.01, 1e4),
    speed=_factors,
    is_muted=st.booleans(),
    transition=st.none() | st.builds(Transition, kind=words, duration_s=_seconds),
    fit=st.none() | st.sampled_from(Fit),
)
characters = st.lists(
    st.sampled_from(["Anna", "Old Sailor", "7 of 9", "安娜"]), unique=True
).flatmap(
    lambda names: st.tuples(
        *(
            st.builds(
                Character,
                id=st.just(f"character-{name}"),
                name=st.just(name),
                kind=st.sampled_from(CharacterKind),
                sentence=words,
                images=st.lists(references, max_size=2).map(tuple),
            )
            for name in names
        )
    )
)
scenes = st.builds(
    Scene,
    id=st.uuids().map(lambda found: f"scene-{found.hex[:8]}"),
    title=words,
    text=words,
    prompt=words,
    start_image=st.none() | paths,
    end_image=st.none() | paths,
    references=st.lists(references, max_size=2).map(tuple),
    uses_global_references=st.booleans(),
    own=choices,
    own_fields=st.lists(st.sampled_from([row.id.value for row in CHOICES]), unique=True).map(tuple),
    cut=cuts,
)
takes = st.builds(
    Take,
    id=words,
    path=paths,
    created_at=_times,
    seed=st.none() | st.integers(),
    num_frames=st.integers(0, 999),
    fps=st.floats(0, 120),
    has_audio=st.booleans(),
    cost_usd=st.none() | _seconds,
)
films = st.builds(
    Film,
    clips=st.just(()),
    title=words,
    music=st.lists(st.builds(Music, path=paths, start_s=_seconds), max_size=2).map(tuple),
    captions=st.lists(st.builds(Caption, text=words), max_size=2).map(tuple),
    lut=st.none() | st.builds(Lut, path=paths),
    watermark=st.none() | st.builds(Watermark, path=paths),
    subtitles=st.none() | st.builds(Subtitles, path=paths),
)
film_choices = st.builds(
    FilmChoices,
    film=films,
    settings=st.builds(
        ExportSettings,
        crf=st.none() | st.integers(0, 63),
        frame=st.builds(FrameFormat, rate=st.none() | st.fractions(1, 120)),
    ),
    path=st.none() | paths,
    poster_s=st.none() | _seconds,
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
projects = st.builds(
    VideoProject,
    id=words,
    name=words,
    created_at=_times,
    storyboard=words,
    target_length_s=st.none() | st.floats(0.01, 1e4),
    render=choices,
    references=st.lists(references, max_size=2).map(tuple),
    characters=characters,
    images=st.none() | choices,
    start_frames=st.dictionaries(words, st.lists(paths, max_size=2).map(tuple), max_size=2),
    scenes=st.lists(scenes, max_size=3, unique_by=lambda scene: scene.id).map(tuple),
    takes=st.dictionaries(
        words,
        st.builds(
            SceneTakes, takes=st.lists(takes, max_size=2).map(tuple), chosen=st.none() | words
        ),
        max_size=2,
    ),
    film=film_choices,
    to_render=st.lists(words, max_size=2).map(tuple),
    last_export=st.none() | paths,
    imported=st.dictionaries(words, json_values, max_size=2),
)


def made_project(folder: Path, name: str) -> VideoProject:
    """An empty project in a folder of its own."""
    project = new_project(name, NOW)
    create_project(folder, project)
    return project
