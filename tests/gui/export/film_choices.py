"""Any choices of a film that a project may hold, for tests that let hypothesis choose."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from core.film.model.delivery import (
    PRESETS,
    AudioCodec,
    Container,
    ExportSettings,
    FrameFormat,
    Hardware,
    ProResProfile,
    Quality,
    Retime,
    VideoCodec,
)
from core.film.model.film import (
    Alignment,
    Caption,
    Clip,
    Film,
    Fit,
    Lut,
    Music,
    Subtitles,
    Transition,
    Watermark,
)
from core.film.model.transitions import TRANSITIONS
from core.project.model.project import FilmChoices


def _paths() -> st.SearchStrategy[Path]:
    names = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), max_size=8)
    return names.map(lambda name: Path("/media") / f"a{name}")


def _shares(low: float = 0.0, high: float = 1.0) -> st.SearchStrategy[float]:
    return st.floats(low, high, exclude_min=low == 0.0, width=64)


_times = st.floats(0, 1e9)
_ends = st.none() | st.floats(1e-9, 1e9)
_decibels = st.floats(-60, 24)
_colours = st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True)
_texts = st.text(max_size=12)
_transitions = st.builds(
    Transition, kind=st.sampled_from(list(TRANSITIONS)) | _texts, duration_s=_times
)
_music = st.builds(
    Music, path=_paths(), volume_db=_decibels, start_s=_times, offset_s=_times, end_s=_ends,
    fade_in_s=_times, fade_out_s=_times, duck_db=st.floats(0, 60), is_looped=st.booleans(),
)  # fmt: skip
_captions = st.builds(
    Caption, text=_texts, start_s=_times, end_s=_ends, font=_texts, size=_shares(),
    colour=_colours, outline_colour=_colours, outline=_shares(0, 0.5), margin=_shares(0, 0.4),
    place=st.sampled_from(Alignment), fade_in_s=_times, fade_out_s=_times,
)  # fmt: skip
_films = st.builds(
    Film,
    clips=st.tuples(st.builds(Clip, path=_paths(), title=_texts)) | st.just(()),
    transition=_transitions,
    fit=st.sampled_from(Fit),
    background=_colours,
    clip_volume_db=_decibels,
    has_clip_sound=st.booleans(),
    music=st.lists(_music, max_size=3).map(tuple),
    captions=st.lists(_captions, max_size=3).map(tuple),
    subtitles=st.none()
    | st.builds(Subtitles, path=_paths(), mode=st.sampled_from(["burn", "track"])),
    lut=st.none() | st.builds(Lut, path=_paths(), strength=_shares()),
    watermark=st.none()
    | st.builds(
        Watermark, path=_paths(), place=st.sampled_from(Alignment), size=_shares(),
        opacity=_shares(), margin=_shares(0, 0.4),
    ),
    has_chapters=st.booleans(),
    title=_texts,
)  # fmt: skip
_sides = st.none() | st.integers(16, 20_000)
_settings = st.builds(
    ExportSettings,
    container=st.sampled_from(Container),
    video_codec=st.sampled_from(VideoCodec),
    audio_codec=st.sampled_from(AudioCodec),
    frame=st.builds(
        FrameFormat, width=_sides, height=_sides, rate=st.none() | st.fractions(1, 240)
    ),
    fit=st.none() | st.sampled_from(Fit),
    retime=st.sampled_from(Retime),
    quality=st.sampled_from(Quality),
    crf=st.none() | st.integers(0, 63),
    video_kbps=st.none() | st.integers(50, 800_000),
    bit_depth=st.integers(8, 10),
    prores_profile=st.sampled_from(ProResProfile),
    hardware=st.sampled_from(Hardware),
    audio_kbps=st.none() | st.integers(16, 1536),
    loudness_lufs=st.none() | st.floats(-40, -5),
    is_marked_ai=st.none() | st.booleans(),
)
any_film_choices = st.builds(
    FilmChoices,
    film=_films,
    settings=_settings,
    preset=st.sampled_from(["", *PRESETS, "of-another-program"]),
    path=st.none() | _paths(),
    poster_s=st.none() | _times,
    skips_bad_clips=st.booleans(),
)
