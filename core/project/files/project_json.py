"""A project as text and back: every key that is not known is kept and told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from pydantic import ValidationError

from core.errors import ProjectError
from core.film.model.film_file import is_text
from core.mistakes import mistakes_in
from core.platform.text_files import unicode_text
from core.project.files.media_uses import StoredPaths, loaded_path, with_paths
from core.project.model.characters import Character, escape, name_problem
from core.project.model.project import Scene, VideoProject, new_id
from core.video.controls import CHOICES
from core.video.request import lora_input

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

UNKNOWN = "unknown keys"
"""The part of `VideoProject.imported` that keeps what the file has and nobody here knows."""
_VERSION_KEY, _PROJECT_KEY = "schema_version", "project"
_IMAGEAI = "imageai."
_MAX_SHOWN = 5
_MAX_DEPTH = 64
_CHOICES = frozenset(row.id.value for row in CHOICES)


Stored: TypeAlias = dict[str, Any]
"""A project as it lies in the file, of any version."""

# Where the choices of version 1, which were one flat list, lie in a request.
_PARTS = {
    "resolution": "frame",
    "aspect": "frame",
    "fps": "frame",
    "duration_s": "frame",
    "camera": "motion",
    "camera_speed": "motion",
    "num_inference_steps": "sampling",
    "guidance_scale": "sampling",
    "seed": "sampling",
    "memory": "delivery",
    "webhook_url": "delivery",
}
_RENAMED = {"camera_speed": "speed"}


def _choices_as_requests(stored: Stored) -> Stored:
    """Version 2 keeps what is chosen for a render in the shape of its request."""
    project = {**stored}
    if "render" in project:
        project["render"] = _nested(project["render"])
    if "scenes" in project:
        project["scenes"] = [
            {**scene, "own": _nested(scene["own"])} if "own" in scene else scene
            for scene in project["scenes"]
        ]
    return project


def _nested(choices: Stored) -> Stored:
    nested: Stored = {}
    for name, value in choices.items():
        if name in _PARTS:
            part: Stored = nested.setdefault(_PARTS[name], {})
            part[_RENAMED.get(name, name)] = value
        elif name == "loras":
            nested["inputs"] = [lora_input(lora) for lora in value]
        else:
            nested[name] = value
    return nested


def _names_in_prompts(stored: Stored) -> Stored:
    """Version 3 reads `@Name` in prompts, which was a word like any other before."""
    if "scenes" not in stored:
        return stored
    prompts = ("prompt", "enhanced_prompt")
    scenes = [
        {**scene, **{name: escape(scene[name]) for name in prompts if name in scene}}
        for scene in stored["scenes"]
    ]
    return {**stored, "scenes": scenes}


MIGRATIONS: tuple[Callable[[Stored], Stored], ...] = (
    _choices_as_requests,
    _names_in_prompts,
)
"""In order: the first turns version 1 into version 2."""

VERSION = len(MIGRATIONS) + 1
"""The version that this program writes."""


@dataclass(frozen=True)
class LoadedProject:
    """A project that was read, and what the user must be told about how."""

    project: VideoProject
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unusable:
    """Why a text is no project for this program.

    Attributes:
        is_damage: an earlier copy may be better; False where the file is whole, but not for us.
    """

    reason: str
    hint: str = ""
    is_damage: bool = True


def project_text(project: VideoProject, folder: Path) -> str:
    """The project as JSON: paths inside the folder count from it, and defaults are left out.

    Raises:
        ProjectError: a file that it names has a name that cannot be written down.
    """
    paths = StoredPaths(folder)

    def plain(value: object) -> str:
        match value:
            case Path():
                if not is_text(value):
                    raise ProjectError(
                        f"The project names the file {str(value)!r}, whose name cannot be written "
                        "down.",
                        hint="Rename that file and choose it again, or take it out.",
                    )
                return paths.text(value)
            case datetime():
                return value.isoformat()
            case Fraction():
                return str(value)
            case _:
                raise TypeError(type(value).__name__)

    stored = {_VERSION_KEY: VERSION, _PROJECT_KEY: project.model_dump(exclude_defaults=True)}
    text = json.dumps(stored, default=plain, indent=1, ensure_ascii=False) + "\n"
    # Half of a character, which some programs put on the clipboard, is not text for any file.
    return text.encode("utf-8", "replace").decode("utf-8")


def version_of(text: str) -> int:
    """The version of a project file's text; 0 when it is damaged or no project at all."""
    try:
        stored: Any = json.loads(text)
    except (ValueError, RecursionError):
        return 0
    return _version(stored)


def _version(stored: object) -> int:
    if not isinstance(stored, dict):
        return 0
    parts = cast("Stored", stored)
    version: object = parts.get(_VERSION_KEY)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        return 0
    return version if isinstance(parts.get(_PROJECT_KEY), dict) else 0


def parse_project(content: bytes, folder: Path) -> LoadedProject | Unusable:
    """The project in a file's content, or why there is none."""
    try:
        stored: Any = json.loads(unicode_text(content))
    except (ValueError, RecursionError):
        return Unusable("it is empty" if not content else "it is cut off or no JSON")
    if _is_deep(stored):
        return Unusable(f"it is nested more than {_MAX_DEPTH} deep, which no project is")
    refusal = _refusal(stored)
    if refusal is not None:
        return refusal
    version = _version(stored)
    known = (_VERSION_KEY, _PROJECT_KEY)
    unknown = {key: value for key, value in stored.items() if key not in known}
    migrated = stored[_PROJECT_KEY]
    try:
        for step in MIGRATIONS[version - 1 :]:
            migrated = step(migrated)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        return Unusable(f"what version {version} stored makes no sense ({error!r})")
    try:
        project = _validated(migrated, unknown)
    except ValidationError as error:
        return Unusable(mistakes_in(error, "the project"))
    notes: list[str] = []
    if unknown:
        names = ", ".join(repr(key) for key in list(unknown)[:_MAX_SHOWN])
        more = f" and {len(unknown) - _MAX_SHOWN} more" if len(unknown) > _MAX_SHOWN else ""
        notes.append(
            f"The project file has parts that this program does not know: {names}{more}. They have "
            f"no effect; they are kept under 'imported'."
        )
        project = _with_unknown(project, unknown)
    project = _mended(project, notes)
    return LoadedProject(with_paths(project, lambda path: loaded_path(path, folder)), tuple(notes))


def _is_deep(stored: object) -> bool:
    """Whether it is nested deeper than what copies and writes it can follow."""
    level = [stored]
    for _ in range(_MAX_DEPTH):
        level = [part for value in level for part in _parts_of(value)]
        if not level:
            return False
    return True


def _parts_of(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return cast("Stored", value).values()
    return cast("list[object]", value) if isinstance(value, list) else ()


def _refusal(stored: object) -> Unusable | None:
    parts = cast("Stored", stored) if isinstance(stored, dict) else {}
    if str(parts.get("schema", "")).startswith(_IMAGEAI):
        return Unusable("it is a project of another program", "Import it.", is_damage=False)
    version = _version(parts)
    if version == 0:
        return Unusable("it is no project of this program")
    if version > VERSION:
        return Unusable(
            f"it was written by a newer version of the program: it is of kind {version}, and this "
            f"one knows {VERSION}",
            "Update the program. Nothing was changed.",
            is_damage=False,
        )
    return None


def _validated(stored: Stored, unknown: Stored) -> VideoProject:
    """The project; keys that are not known move from `stored` to `unknown`."""
    try:
        return VideoProject.model_validate(stored)
    except ValidationError as error:
        extra = [item["loc"] for item in error.errors() if item["type"] == "extra_forbidden"]
        if not extra:
            raise
    for location in extra:
        parent: Any = stored
        for part in location[:-1]:
            parent = parent[part]
        unknown[".".join(map(str, location))] = parent.pop(location[-1])
    return VideoProject.model_validate(stored)


def _with_unknown(project: VideoProject, unknown: Stored) -> VideoProject:
    before = project.imported.get(UNKNOWN)
    kept = cast("Stored", before) if isinstance(before, dict) else {}
    imported = {**project.imported, UNKNOWN: {**kept, **unknown}}
    return project.model_copy(update={"imported": imported})


def _mended(project: VideoProject, notes: list[str]) -> VideoProject:
    """The project with what only an edit by hand can have put out of joint mended, and told."""
    scenes: list[Scene] = []
    seen: set[str] = set()
    for number, scene in enumerate(project.scenes, start=1):
        mended = scene
        if scene.id in seen or not scene.id:
            mended = mended.model_copy(update={"id": new_id("scene")})
            notes.append(f"Scene {number} had the name of another; it has one of its own now.")
        fields = tuple(name for name in scene.own_fields if name in _CHOICES)
        if fields != scene.own_fields:
            strange = ", ".join(sorted(set(scene.own_fields) - set(fields)))
            mended = mended.model_copy(update={"own_fields": fields})
            notes.append(f"Scene {number} had settings of its own that do not exist: {strange}.")
        if number == 1 and scene.continues:
            mended = mended.model_copy(update={"continues": False})
            notes.append("Scene 1 has no scene before it that it could go on from.")
        seen.add(mended.id)
        scenes.append(mended)
    characters = _mended_characters(project, notes)
    if tuple(scenes) == project.scenes and characters == project.characters:
        return project
    update = {"scenes": tuple(scenes), "characters": characters}
    return project.model_copy(update=update)


def _mended_characters(project: VideoProject, notes: list[str]) -> tuple[Character, ...]:
    found: list[Character] = []
    for number, character in enumerate(project.characters, start=1):
        problem = name_problem(character.name, found)
        name = character.name
        if problem:
            name = f"Character {number}"
            while name_problem(name, found):
                name += " again"
            notes.append(f"Character {number} is called {name!r} now. {problem}")
        has_own_id = character.id and all(one.id != character.id for one in found)
        own_id = character.id if has_own_id else new_id("character")
        found.append(character.model_copy(update={"id": own_id, "name": name}))
    return tuple(found)
