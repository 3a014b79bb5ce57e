"""What follows from a choice about the export: pure functions from choices to choices."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from core.film.model.delivery import (
    CODECS,
    CONTAINERS,
    PRESETS,
    Container,
    ExportSettings,
    Quality,
    VideoCodec,
    container_of,
)
from core.film.model.delivery import with_container as settings_with_container

if TYPE_CHECKING:
    from pathlib import Path

    from core.film.model.film import Fit
    from core.project.model.project import FilmChoices

_USUAL_KBPS = 8000


class RateControl(StrEnum):
    """By which number the size of the pictures is held."""

    QUALITY = "quality"
    CRF = "crf"
    BITRATE = "bitrate"


def with_preset(choices: FilmChoices, name: str) -> FilmChoices:
    """Everything as the preset says; a file that is named keeps its name.

    An unknown name, or none, is "as the clips".
    """
    preset = PRESETS.get(name)
    settings = preset.settings if preset else ExportSettings()
    # It belongs to the project, whatever the film is delivered as.
    kept = {"is_marked_ai": choices.settings.is_marked_ai}
    settings = settings.model_copy(update=kept)
    changed = choices.model_copy(update={"preset": name, "settings": settings})
    return _with_fitting_name(changed)


def is_preset_changed(choices: FilmChoices) -> bool:
    """Whether the settings differ from the preset that they came from."""
    return with_preset(choices, choices.preset).settings != choices.settings


def with_container(choices: FilmChoices, container: Container) -> FilmChoices:
    """Another kind of file; codecs that it does not take give way, and so does the suffix."""
    settings = settings_with_container(choices.settings, container)
    changed = choices.model_copy(update={"settings": settings})
    if settings.video_codec is not choices.settings.video_codec:
        changed = with_video_codec(changed, settings.video_codec)
    return _with_fitting_name(changed)


def with_video_codec(choices: FilmChoices, codec: VideoCodec) -> FilmChoices:
    """Another codec; what it cannot do gives way to what it can."""
    traits = CODECS[codec]
    changes: dict[str, object] = {"video_codec": codec}
    if choices.settings.bit_depth not in traits.bit_depths:
        changes["bit_depth"] = traits.bit_depths[0]
    if choices.settings.quality is Quality.LOSSLESS and not traits.is_lossless_possible:
        changes["quality"] = Quality.HIGH
    if codec is VideoCodec.PRORES:
        changes |= {"crf": None, "video_kbps": None}
    elif choices.settings.crf is not None:
        changes["crf"] = min(choices.settings.crf, traits.max_crf)
    return _with_settings(choices, changes)


def rate_control_of(settings: ExportSettings) -> RateControl:
    """The number that counts."""
    if settings.video_kbps is not None:
        return RateControl.BITRATE
    return RateControl.QUALITY if settings.crf is None else RateControl.CRF


def with_rate_control(choices: FilmChoices, by: RateControl) -> FilmChoices:
    """Hold the size of the pictures by another number, which begins at a usual one."""
    settings = choices.settings
    crf = kbps = None
    if by is RateControl.CRF:
        high = CODECS[settings.video_codec].crf[0]
        crf = high if settings.crf is None else settings.crf
    elif by is RateControl.BITRATE:
        kbps = settings.video_kbps or _USUAL_KBPS
    return _with_settings(choices, {"crf": crf, "video_kbps": kbps})


def fit_of(choices: FilmChoices) -> Fit:
    """How clips of another shape are fitted: what a preset says goes first."""
    return choices.settings.fit or choices.film.fit


def with_fit(choices: FilmChoices, fit: Fit) -> FilmChoices:
    """Another way to fit clips of another shape, whatever the preset says."""
    film = choices.film.model_copy(update={"fit": fit})
    overruled = None if choices.settings.fit is None else fit
    return _with_settings(choices, {"fit": overruled}).model_copy(update={"film": film})


def with_path(choices: FilmChoices, path: Path | None) -> FilmChoices:
    """Another place; a suffix that names a kind of file chooses that kind."""
    changed = choices.model_copy(update={"path": path})
    kind = container_of(path.suffix) if path is not None and path.suffix else None
    return with_container(changed, kind) if kind else _with_fitting_name(changed)


def _with_settings(choices: FilmChoices, changes: dict[str, object]) -> FilmChoices:
    return choices.model_copy(update={"settings": choices.settings.model_copy(update=changes)})


def _with_fitting_name(choices: FilmChoices) -> FilmChoices:
    path, container = choices.path, choices.settings.container
    if path is None or not path.name:
        return choices
    suffix = "" if container is Container.PNG else CONTAINERS[container].suffix
    if path.suffix.lower() == suffix:
        return choices
    # Only a suffix that names a kind of film is one; "Part 2.5" has none.
    stem = path.stem if container_of(path.suffix) and path.suffix else path.name
    return choices.model_copy(update={"path": path.with_name(f"{stem}{suffix}")})
