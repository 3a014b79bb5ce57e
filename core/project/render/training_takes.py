"""What a LoRA can learn from: a project's chosen takes, or what is no project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.errors import Problem, ProjectError
from core.lora.training_set import SET_FIELD, Captioned, TrainingList, list_training_set
from core.project.files.project_file import is_project, plain_name, project_folder, read_project
from core.project.model.characters import write_out
from core.video.record import read_embedded

if TYPE_CHECKING:
    from pathlib import Path


def list_set(source: Path) -> TrainingList:
    """What a folder, manifest or project names; never raises."""
    source = source.expanduser().absolute()
    if is_project(source):
        return list_chosen_takes(project_folder(source))
    return list_training_set(source)


def list_chosen_takes(folder: Path) -> TrainingList:
    """Each scene's chosen take, with the prompt that made it, else with its scene's; never raises.

    Footage is said by its scene's prompt alone. Scenes without a clip are left out, with a note.
    """
    try:
        loaded = read_project(folder)
    except ProjectError as error:
        return TrainingList(
            folder.name, folder, problems=(Problem(SET_FIELD, f"{error.message} {error.hint}"),)
        )
    project = loaded.project
    entries: list[Captioned] = []
    missing = 0
    for scene in project.scenes:
        take = project.chosen_take(scene.id)
        if take is None:
            missing += 1
            continue
        record = None if take.is_footage else read_embedded(take.path)
        said = write_out(scene.prompt, project.characters)
        entries.append(Captioned(take.path, record.request.prompt if record else said))
    notes = [*loaded.notes]
    if missing:
        notes.append(f"Scenes without a clip are left out: {missing}.")
    return TrainingList(plain_name(project.name), folder, tuple(entries), notes=tuple(notes))
