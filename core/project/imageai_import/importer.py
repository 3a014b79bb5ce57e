"""Projects of ImageAI become ours: everything that has a place here, and a report on the rest."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from core.film.model.film import Film
from core.platform.files import write_text_atomically
from core.platform.units import count_text
from core.project.files.atomic_folder import fresh_folder
from core.project.files.media_uses import MediaKind, media_of, with_paths
from core.project.files.project_file import NAME
from core.project.files.project_json import project_text
from core.project.imageai_import.document import find_document, read_document
from core.project.imageai_import.media import MediaImport
from core.project.model.characters import escape
from core.project.model.project import (
    FilmChoices,
    Scene,
    SceneCut,
    SceneTakes,
    VideoProject,
    new_id,
)
from core.video.control_row import Control
from core.video.request import FrameRequest, RenderChoices, Sampling
from core.video.spec import AspectRatio

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import CancelToken
    from core.project.imageai_import.document import JsonObject
    from core.project.model.project import Take

_SCENE_ID = re.compile(r"scene-[0-9a-f]{8}")
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)")
_ASPECT_TOLERANCE = 0.04
_HALF_FRAME_S = 0.02

# One service goes by several names in these files.
_MAKERS = {
    "Google Veo": ("veo", "google veo", "gemini veo"),
    "Gemini Omni": ("omni", "gemini omni"),
    "a slideshow of pictures": ("slideshow", "ffmpeg slideshow"),
}
_WITHOUT_A_PLACE = {
    "midi": "The MIDI timing.",
    "whisper": "The words that were heard in the audio.",
    "karaoke": "Karaoke.",
    "suno_package": "The Suno package.",
    "veo_batches": "Batches for Veo.",
    "extracted_frames": "Extracted frames.",
}
_FLAGS_WITHOUT_EFFECT = {
    "ken_burns": "The Ken Burns effect of slideshows.",
    "transitions": "Transitions, which ImageAI never made.",
    "captions": "Captions, which ImageAI never drew.",
}


def import_imageai(
    path: Path, destination: Path, now: datetime, cancel: CancelToken
) -> tuple[str, ...]:
    """Import a video project of ImageAI into a folder that is new or empty; tell what became of it.

    Pictures and clips are copied, music stays where it is; the other project is not touched.

    Args:
        path: its folder or its .iaproj.json.
        destination: for the new project.
        now: stands in for times that the file does not tell.
        cancel: heeded at every file.

    Raises:
        ProjectError: it is no such project, or the new one cannot be written; nothing is left.
        JobCancelled: asked to stop; nothing is left.
    """
    file = find_document(path.absolute())
    document = read_document(file)
    destination = destination.absolute()
    with fresh_folder(destination) as aside:
        media = MediaImport(file.parent, aside, now, cancel)
        project = _Import(document, media, now).project()
        report = _report(project, document, media)

        def settled(place: Path) -> Path:
            inside = place.is_relative_to(aside)
            return destination / place.relative_to(aside) if inside else place

        project = with_paths(project, settled)
        write_text_atomically(aside / NAME, project_text(project, destination))
    return report


class _Import:
    def __init__(self, document: JsonObject, media: MediaImport, now: datetime) -> None:
        self.document = document
        self.media = media
        self.now = now
        self.takes: dict[str, SceneTakes] = {}

    def project(self) -> VideoProject:
        """The whole project; what nobody asked for is kept in `imported`."""
        document = self.document
        style = document.part("style")
        seed = style.number("seed")
        scenes = self._scenes()
        references = self.media.references(
            "Reference image of the project", document.parts("global_reference_images")
        )
        project = VideoProject(
            id=new_id("project"),
            name=document.text("name") or "Imported project",
            created_at=self._created(),
            storyboard=document.part("input").text("raw"),
            target_length_s=_seconds(document.part("timing").text("target")),
            render=RenderChoices(
                negative_prompt=style.text("negative_prompt") or None,
                sampling=Sampling(seed=int(seed) if seed is not None and seed >= 0 else None),
                frame=FrameRequest(aspect=self._aspect()),
            ),
            references=references,
            scenes=scenes,
            takes=self.takes,
            film=FilmChoices(film=self._film()),
        )
        return project.model_copy(update={"imported": document.rest()})

    def _created(self) -> datetime:
        try:
            named = datetime.fromisoformat(self.document.text("created"))
        except ValueError:
            return self.now
        return named if named.tzinfo else named.replace(tzinfo=self.now.tzinfo)

    def _scenes(self) -> tuple[Scene, ...]:
        parts = self.document.parts("scenes")
        orders = {id(part): part.number("order") for part in parts}
        if None not in orders.values():
            parts = tuple(sorted(parts, key=lambda part: orders[id(part)] or 0))
        scenes: list[Scene] = []
        for number, part in enumerate(parts, start=1):
            scene_id = part.text("id")
            if not _SCENE_ID.fullmatch(scene_id) or scene_id in {scene.id for scene in scenes}:
                scene_id = new_id("scene")
            scenes.append(self._scene(number, scene_id, part))
        return tuple(scenes)

    def _scene(self, number: int, scene_id: str, part: JsonObject) -> Scene:
        metadata = part.part("metadata")
        intended_s = _positive(metadata.number("intended_duration_sec"))
        take = self.media.clip(number, part.text("video_clip"))
        if take is not None:
            self.takes[scene_id] = SceneTakes(takes=(take,), chosen=take.id)
        duration_s = intended_s or _positive(part.number("duration_sec"))
        scene = Scene(
            id=scene_id,
            title=metadata.text("section"),
            text=part.text("source"),
            prompt=escape(part.text("video_prompt") or part.text("prompt")),
            start_image=self._frame(number, "start frame", part, "approved_image", "images"),
            end_image=self._frame(number, "end frame", part, "end_frame", "end_frame_images"),
            continues=part.flag("use_last_frame_as_seed", default=False) and number > 1,
            references=self.media.references(
                f"Scene {number}, reference image", part.parts("reference_images")
            ),
            uses_global_references=part.flag("use_global_references", default=True),
            cut=SceneCut(end_s=_end_s(intended_s, take)),
        )
        return scene if duration_s is None else scene.with_own(Control.DURATION, duration_s)

    def _frame(
        self, number: int, what: str, part: JsonObject, key: str, variants: str
    ) -> Path | None:
        named = [part.text(key), *(variant.text("path") for variant in part.parts(variants))]
        return self.media.image(f"Scene {number}, {what}", named)

    def _film(self) -> Film:
        tracks = self.document.part("audio").parts("tracks")
        music = [self.media.music(number, track) for number, track in enumerate(tracks, start=1)]
        is_muted = self.document.part("generation").flag("video_muted", default=False)
        return Film(
            clips=(),
            music=tuple(passage for passage in music if passage is not None),
            has_clip_sound=not is_muted,
        )

    def _aspect(self) -> str | None:
        """The shape of the clips: what the file says of it is nearly always a default."""
        for takes in self.takes.values():
            for take in takes.takes:
                if take.height:
                    shape = take.width / take.height
                    near = min(AspectRatio, key=lambda ratio: abs(float(ratio.value_of) - shape))
                    is_near = abs(float(near.value_of) / shape - 1) < _ASPECT_TOLERANCE
                    return near.value if is_near else None
        return None


def _end_s(intended_s: float | None, take: Take | None) -> float | None:
    """Where a clip is cut: services make fixed lengths, of which often only a part is meant."""
    if intended_s is None or take is None:
        return None
    is_longer = take.duration_s == 0 or take.duration_s > intended_s + _HALF_FRAME_S
    return intended_s if is_longer else None


def _positive(number: float | None) -> float | None:
    return number if number is not None and number > 0 else None


def _seconds(clock: str) -> float | None:
    """A length written as "HH:MM:SS" or "MM:SS"."""
    match = _CLOCK.fullmatch(clock.strip())
    if match is None:
        return None
    hours, minutes, seconds = match[1] or 0, match[2], match[3]
    return _positive(int(hours) * 3600 + int(minutes) * 60 + float(seconds))


def _report(project: VideoProject, document: JsonObject, media: MediaImport) -> tuple[str, ...]:
    """Sentences on what became of everything, each with what it is about; the first one counts."""
    uses = media_of(project)
    clips = sum(len(takes.takes) for takes in project.takes.values())
    images = len({use.path for use in uses if use.kind is MediaKind.IMAGE})
    counted = (
        (len(project.scenes), "scene"),
        (clips, "clip"),
        (images, "picture"),
        (len(project.film.film.music), "audio track"),
    )
    found = [count_text(count, word) for count, word in counted if count]
    left_out = [*media.left_out, *_without_a_place(document)]
    if project.imported:
        left_out.append("What has no place here is kept, word for word, in the project file.")
    lists = (
        ("Found in another place", media.repaired),
        ("Missing", media.missing),
        ("Left out", left_out),
    )
    return (
        f"Imported: {', '.join(found) or 'an empty project'}.",
        *dict.fromkeys(f"{title}: {line}" for title, lines in lists for line in lines),
    )


def _without_a_place(document: JsonObject) -> list[str]:
    found = [named for key, named in _WITHOUT_A_PLACE.items() if document.has(key)]
    generation = document.part("generation")
    found += [named for key, named in _FLAGS_WITHOUT_EFFECT.items() if generation.has(key)]
    scenes = document.parts("scenes")
    if any(scene.has("prompt_history") for scene in scenes):
        found.append("Earlier versions of prompts.")
    if any(scene.part("metadata").has("lip_sync_enabled") for scene in scenes):
        found.append("Lip-sync.")
    if any(scene.has("prompt") and scene.has("video_prompt") for scene in scenes):
        found.append("Prompts for start frames, where there is one for the clip.")
    named = document.part("provider").part("video").text("provider").strip()
    if named:
        makers = [name for name, words in _MAKERS.items() if named.casefold() in words]
        found.append(
            f"The choice of {makers[0] if makers else named!r} for making clips: choose a model "
            "under Render settings."
        )
    return found
