"""The sample project: four scenes that the built-in model draws, and a title over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.film.model.delivery import ExportSettings, FrameFormat
from core.film.model.film import Alignment, Caption, Film, Transition
from core.film.model.transitions import DISSOLVE
from core.project.model.project import FilmChoices, VideoProject, new_project
from core.project.storyboard.scenes import renew
from core.project.storyboard.storyboard import Storyboard, split_storyboard
from core.video.request import RenderChoices
from core.video.terms import DEFAULT_TARGET

if TYPE_CHECKING:
    from datetime import datetime

SAMPLE_NAME = "A day of small things"
SAMPLE_STORYBOARD = """\
{title: Dawn} [2s] A yellow ball rising over a green field, with a low tone. {seed: 8}

{title: Noon} [2s] A red ball moving right in the desert. {camera: pan right} {seed: 9}

{title: Dusk} [2s] A purple triangle moving left at sunset, with a hum. {seed: 11}

{title: Night} [2s] A pink star falling at night. {camera: zoom in} {seed: 13}
"""
"""In the words of the built-in model, which draws one thing, one move and one sound at a time."""

_MODEL = "ltx-mini"
_CLIP_S, _MIN_S, _MAX_S = 2.0, 0.5, 5.0
_DISSOLVE = Transition(kind=DISSOLVE, duration_s=0.5)


def sample_storyboard() -> Storyboard:
    """The sample's four scenes."""
    return split_storyboard(
        SAMPLE_STORYBOARD, target_length_s=None, clip_s=_CLIP_S, min_s=_MIN_S, max_s=_MAX_S
    )


def sample_project(now: datetime) -> VideoProject:
    """A project that becomes a film of six and a half seconds without any further choice."""
    title = Caption(
        text=SAMPLE_NAME,
        start_s=0.3,
        end_s=1.9,
        size=0.12,
        place=Alignment.CENTRE,
        fade_in_s=0.3,
        fade_out_s=0.4,
    )
    film = FilmChoices(
        film=Film(
            clips=(),
            transition=_DISSOLVE,
            captions=(title,),
            has_chapters=True,
            title=SAMPLE_NAME,
        ),
        # The clips are small: the film is drawn larger, so that it fills more of a screen.
        settings=ExportSettings(frame=FrameFormat(width=768, height=512)),
    )
    project = new_project(SAMPLE_NAME, now).model_copy(
        update={
            "render": RenderChoices(target=DEFAULT_TARGET.with_model(_MODEL)),
            "film": film,
        }
    )
    return renew(project, sample_storyboard())
