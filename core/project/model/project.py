"""What a video project is made of; every value is frozen, every path absolute in memory."""

from __future__ import annotations

import random
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from core.film.model.delivery import ExportSettings
from core.film.model.film import (
    MAX_SPEED,
    MAX_STILL_S,
    MAX_VOLUME_DB,
    MIN_SPEED,
    MIN_VOLUME_DB,
    Film,
    Fit,
    Transition,
)
from core.frozen import Frozen
from core.project.model.characters import Character, ReferenceImage
from core.video.control_row import Control
from core.video.controls import ROWS
from core.video.request import RenderChoices

if TYPE_CHECKING:
    from collections.abc import Sequence

# Seeded by the system once. A `uuid4` asks it each time and lets other threads run meanwhile: where
# thousands of scenes are made beside the window, the window then waits for each turn in vain.
_IDS = random.Random()


def new_id(kind: str) -> str:
    """A name that nothing else has, such as "scene-3f2a9c01d6e4"."""
    return f"{kind}-{_IDS.getrandbits(48):012x}"


class TextFormat(StrEnum):
    """What a storyboard's text is written in."""

    PLAIN = "plain"
    MARKDOWN = "markdown"
    FOUNTAIN = "fountain"
    LYRICS = "lrc"
    SUBTITLES = "subtitles"


class SceneCut(Frozen):
    """How a scene's clip is used in the film; the fields are those of `film.Clip`."""

    start_s: float = Field(default=0.0, ge=0)
    end_s: float | None = Field(default=None, gt=0)
    speed: float = Field(default=1.0, ge=MIN_SPEED, le=MAX_SPEED)
    volume_db: float = Field(default=0.0, ge=MIN_VOLUME_DB, le=MAX_VOLUME_DB)
    is_muted: bool = False
    transition: Transition | None = None
    fit: Fit | None = None
    still_s: float | None = Field(default=None, gt=0, le=MAX_STILL_S)
    video_track: int | None = Field(default=None, ge=1)
    audio_track: int | None = Field(default=None, ge=1)


class Scene(Frozen):
    """One scene of the storyboard.

    Attributes:
        text: the words of the storyboard that it came from, unchanged.
        enhanced_prompt: the prompt as a model's enhancer rewrote it, which is read in its place;
            empty where it is read as it stands.
        continues: it starts from the last frame of the scene before it; `start_image` then rests.
        uses_global_references: the project's references are sent besides its own.
        own: the scene's own choices, of which only those in `own_fields` count.
        own_fields: names of controls in which the scene differs from the project.
        storyboard_s: the length that a tag or the times of the storyboard gave it; None for none.
    """

    id: str
    title: str = ""
    text: str = ""
    prompt: str = ""
    enhanced_prompt: str = ""
    start_image: Path | None = None
    end_image: Path | None = None
    continues: bool = False
    references: tuple[ReferenceImage, ...] = ()
    uses_global_references: bool = True
    own: RenderChoices = RenderChoices()
    own_fields: tuple[str, ...] = ()
    storyboard_s: float | None = Field(default=None, gt=0)
    cut: SceneCut = SceneCut()

    def choices(self, project: RenderChoices) -> RenderChoices:
        """How this scene is rendered: the project's choices with its own laid over them."""
        for name in self.own_fields:
            row = ROWS[Control(name)]
            project = row.with_value(project, row.value(self.own))
        return project

    def with_own(self, name: str, value: object) -> Scene:
        """The scene with one choice of its own."""
        own = ROWS[Control(name)].with_value(self.own, value)
        fields = tuple(dict.fromkeys((*self.own_fields, str(name))))
        return self.model_copy(update={"own": own, "own_fields": fields})

    def without_own(self, name: str) -> Scene:
        """The scene with the project's choice in that field again."""
        fields = tuple(field for field in self.own_fields if field != name)
        return self.model_copy(update={"own_fields": fields})

    def get_effective_reference_images(
        self,
        global_references: tuple[ReferenceImage, ...],
        characters: Sequence[Character] = (),
    ) -> tuple[ReferenceImage, ...]:
        """The references that belong to this scene, each picture once.

        Its own come first, then those of the characters that it shows, then the project's. The
        model's limit is not applied here: `references.choose_references` does, and says what was
        left out.
        """
        shown = (image for character in characters for image in character.images)
        shared = global_references if self.uses_global_references else ()
        found: dict[Path, ReferenceImage] = {}
        for reference in (*self.references, *shown, *shared):
            found.setdefault(reference.path, reference)
        return tuple(found.values())


class Track(Frozen):
    """One of several streams of a file; `number` counts from 1 among those of its kind."""

    number: int
    label: str


class Take(Frozen):
    """A finished clip of a scene; the file is never changed.

    Attributes:
        id: the job that made it.
        fingerprint: of all that it was made from; the scene is stale when its own is another.
        name: given by a person; empty for a plain number.
        is_starred: a person likes it.
        is_footage: it was brought in from outside and stays where it lies; it is never stale.
        is_still: a picture that is held for as long as the cut or the film says.
        video_tracks, audio_tracks: those to choose from, where the file has several.
    """

    id: str
    path: Path
    created_at: datetime
    fingerprint: str = ""
    model: str = ""
    seed: int | None = None
    width: int = 0
    height: int = 0
    num_frames: int = 0
    fps: float = 0.0
    has_audio: bool = False
    cost_usd: float | None = None
    name: str = ""
    is_starred: bool = False
    is_footage: bool = False
    is_still: bool = False
    video_tracks: tuple[Track, ...] = ()
    audio_tracks: tuple[Track, ...] = ()

    @property
    def duration_s(self) -> float:
        """The length of the clip; 0 where it is not known."""
        return self.num_frames / self.fps if self.fps else 0.0


class SceneTakes(Frozen):
    """All takes of one scene, oldest first, and the one that the film uses.

    Attributes:
        is_pinned: a person chose it among others: it stays when a newer one arrives.
    """

    takes: tuple[Take, ...] = ()
    chosen: str | None = None
    is_pinned: bool = False

    @property
    def chosen_take(self) -> Take | None:
        """The take that the film uses."""
        return next((take for take in self.takes if take.id == self.chosen), None)

    def with_take(self, take: Take) -> SceneTakes:
        """With one more take, chosen unless a person chose another; a known one changes nothing."""
        if any(known.id == take.id for known in self.takes):
            return self
        stays = self.is_pinned and self.chosen_take is not None
        chosen = self.chosen if stays else take.id
        return SceneTakes(takes=(*self.takes, take), chosen=chosen, is_pinned=stays)

    def with_chosen(self, take_id: str) -> SceneTakes:
        """With the take that a person chose; the newest one gives way to the next, as usual."""
        is_newest = bool(self.takes) and self.takes[-1].id == take_id
        return self.model_copy(update={"chosen": take_id, "is_pinned": not is_newest})

    def with_changed(self, take: Take) -> SceneTakes:
        """With this take in the place of the one with its id."""
        takes = tuple(take if old.id == take.id else old for old in self.takes)
        return self.model_copy(update={"takes": takes})

    def without(self, take_id: str) -> SceneTakes:
        """Without that take; of those left the newest is chosen where it was that one."""
        left = tuple(take for take in self.takes if take.id != take_id)
        if self.chosen != take_id:
            return self.model_copy(update={"takes": left})
        return SceneTakes(takes=left, chosen=left[-1].id if left else None)

    @property
    def newer(self) -> Take | None:
        """The newest take, where the film keeps an older one that a person chose."""
        newest = self.takes[-1] if self.takes else None
        is_kept = self.is_pinned and newest is not None and newest.id != self.chosen
        return newest if is_kept else None


class FilmChoices(Frozen):
    """What becomes of the clips: the film around them and the file it is delivered as.

    Attributes:
        film: all but the clips, which come from the scenes.
        preset: the name of the preset that `settings` came from; empty for none.
        path: the file; None for a name of its own in the project's `exports` folder.
        skips_bad_clips: leave out, with a note, clips that cannot be read.
    """

    film: Film = Film(clips=())
    settings: ExportSettings = ExportSettings()
    preset: str = ""
    path: Path | None = None
    poster_s: float | None = Field(default=None, ge=0)
    skips_bad_clips: bool = False


class VideoProject(Frozen):
    """A whole project as it is edited and stored.

    Attributes:
        id: stays the same when the folder moves.
        storyboard: the text as it was typed or pasted.
        storyboard_format: what the text is read as; None for what it looks like.
        target_length_s: how long the film should be; None for as long as it gets.
        takes: by scene id; takes of deleted scenes stay, so that undo brings them back.
        to_render: ids of scenes that wait for another scene's clip before they can be queued.
        characters: what prompts mention as `@Name`, styles too.
        start_frames: by scene id, all images that were made to be its start frame, and those that
            one of them took the place of; those of deleted scenes stay too.
        images: how start frames are made; None where nobody chose it yet.
        imported: what an importer found and this program has no place for, word for word.
        spending_cap_usd: what all paid renders of the project may cost; None for anything.
    """

    id: str
    name: str
    created_at: datetime
    storyboard: str = ""
    storyboard_format: TextFormat | None = None
    target_length_s: float | None = Field(default=None, gt=0)
    render: RenderChoices = RenderChoices()
    references: tuple[ReferenceImage, ...] = ()
    characters: tuple[Character, ...] = ()
    images: RenderChoices | None = None
    scenes: tuple[Scene, ...] = ()
    takes: dict[str, SceneTakes] = Field(default_factory=dict[str, SceneTakes])
    start_frames: dict[str, tuple[Path, ...]] = Field(default_factory=dict[str, tuple[Path, ...]])
    film: FilmChoices = FilmChoices()
    to_render: tuple[str, ...] = ()
    last_export: Path | None = None
    imported: dict[str, object] = Field(default_factory=dict[str, object])
    spending_cap_usd: float | None = Field(default=None, ge=0)

    def scene(self, scene_id: str) -> Scene | None:
        """The scene of that id."""
        return next((scene for scene in self.scenes if scene.id == scene_id), None)

    def index(self, scene_id: str) -> int:
        """The place of a scene, from 0.

        Raises:
            KeyError: there is no such scene.
        """
        for index, scene in enumerate(self.scenes):
            if scene.id == scene_id:
                return index
        raise KeyError(scene_id)

    def before(self, scene_id: str) -> Scene | None:
        """The scene before this one."""
        index = self.index(scene_id)
        return self.scenes[index - 1] if index else None

    def takes_of(self, scene_id: str) -> SceneTakes:
        """The takes of a scene."""
        return self.takes.get(scene_id, SceneTakes())

    def chosen_take(self, scene_id: str) -> Take | None:
        """The clip that the film uses for a scene."""
        return self.takes_of(scene_id).chosen_take

    def with_scene(self, scene: Scene) -> VideoProject:
        """The project with this scene in the place of the one with its id."""
        scenes = tuple(scene if old.id == scene.id else old for old in self.scenes)
        return self.model_copy(update={"scenes": scenes})

    def with_takes(self, scene_id: str, takes: SceneTakes) -> VideoProject:
        """The project with other takes of one scene."""
        return self.model_copy(update={"takes": {**self.takes, scene_id: takes}})


def new_project(name: str, now: datetime) -> VideoProject:
    """An empty project."""
    return VideoProject(id=new_id("project"), name=name, created_at=now)
