"""Files brought from outside into the open project: each put to the use that it is fit for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QMessageBox, QWidget

from core.errors import StudioError, UnsupportedRequest
from core.film.model.film import Lut, Music, Subtitles
from core.platform.text_files import read_text_file
from core.project.files.footage import (
    PROJECT_USES,
    FileUse,
    Footage,
    read_footage,
    read_still,
    use_of,
)
from core.project.files.media import bring_in
from core.project.model.characters import escape
from core.project.model.edits import insert_scenes
from core.project.model.project import FilmChoices, Scene, SceneTakes, new_id
from core.project.render.rerender import choices_of
from core.video.controls import CHOICES
from gui.scenes.scene_table_model import FilesDropped
from gui.widgets.file_field import FileKind, choose_files

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import CancelToken
    from core.project.model.project import VideoProject
    from core.project.render.rerender import FromRecord
    from core.studio import Studio
    from gui.background import Background
    from gui.project.project_model import ProjectModel

_FOOTAGE = FileKind(
    "footage",
    (
        "Clips, pictures and music (*.mp4 *.mov *.mkv *.webm *.avi *.m4v *.mts *.m2ts *.ts *.mpg "
        "*.gif *.png *.jpg *.jpeg *.webp *.tif *.tiff *.wav *.mp3 *.flac *.m4a *.ogg *.opus *.aac)",
    ),
)
_MOST_SHOWN = 6


@dataclass(frozen=True)
class _UsableFile:
    """A file that was looked into, with what was read of it for its use."""

    path: Path
    use: FileUse
    footage: Footage | None = None
    recipe: FromRecord | None = None
    text: str = ""


@dataclass(frozen=True)
class _LookedInto:
    found: tuple[_UsableFile, ...]
    errors: tuple[StudioError, ...]


class DroppedFiles(QObject):
    """Looks into files beside the main thread and puts them into the project, in one step.

    Signals:
        project_wanted(Path, FileUse): a file is a project itself, to be opened.
        scenes_added(tuple of str): the ids of new scenes, or of the one that has new takes.
        film_changed(): music, subtitles or a colour table came to the film.
        message(str): what has become of the files.
    """

    project_wanted = Signal(object, object)
    scenes_added = Signal(object)
    film_changed = Signal()
    message = Signal(object)

    def __init__(
        self, studio: Studio, model: ProjectModel, background: Background, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self._model = model
        self._background = background
        self._window = parent

    @Slot(object)
    def ask(self, index: int | None) -> None:
        """Let a person choose files, for new scenes before the one of this place."""
        choose_files(
            self._window, _FOOTAGE, lambda paths: self.bring(FilesDropped(paths, index=index))
        )

    @Slot(object)
    def bring(self, dropped: FilesDropped) -> None:
        """Find out what each file is and use it; one that is of no use stops no other."""
        folder = self._model.folder
        if self._model.is_read_only:
            self._complain(["The project is open for reading only: it takes no files."])
            return
        self._background.run(
            partial(self._look, dropped.paths, folder),
            partial(self._take_over, dropped),
            lambda error: self._complain([str(error)]),
        )

    def add_recipe(self, recipe: FromRecord) -> None:
        """Add a scene that is made as a clip was made, its settings its own."""
        if self._model.is_read_only:
            self.message.emit("The project is open for reading only: it gets no scene.")
            return
        own = tuple(row.id for row in CHOICES)
        words = escape(recipe.prompt)
        scene = Scene(id=new_id("scene"), prompt=words, own=recipe.choices, own_fields=own)
        project = self._model.project
        self._model.edit(
            "Add a scene from a clip", insert_scenes(project, len(project.scenes), [scene])
        )
        self.scenes_added.emit((scene.id,))

    def _look(self, paths: tuple[Path, ...], folder: Path, cancel: CancelToken) -> _LookedInto:
        found: list[_UsableFile] = []
        errors: list[StudioError] = []
        for path in paths:
            cancel.check()
            try:
                found.append(self._look_into(path, folder, cancel))
            except StudioError as error:
                errors.append(error)
        return _LookedInto(tuple(found), tuple(errors))

    def _look_into(self, path: Path, folder: Path, cancel: CancelToken) -> _UsableFile:
        use = use_of(path, cancel)
        match use:
            case FileUse.CLIP:
                footage = read_footage(path, cancel)
                return _UsableFile(path, use, footage, recipe=self._recipe(footage))
            case FileUse.IMAGE:
                copy = bring_in(path, folder)
                return _UsableFile(path, use, Footage(read_still(copy), record=None))
            case FileUse.STORYBOARD:
                return _UsableFile(path, use, text=read_text_file(path).text)
            case _:
                return _UsableFile(path, use)

    def _recipe(self, footage: Footage) -> FromRecord | None:
        if footage.record is None:
            return None
        try:
            spec = self._studio.registry.spec(footage.record.request.target)
        except UnsupportedRequest:
            # Of another machine or version: what was asked for is all that can be said.
            spec = None
        return choices_of(footage.record, spec)

    def _take_over(self, dropped: FilesDropped, looked: _LookedInto) -> None:
        projects = [item for item in looked.found if item.use in PROJECT_USES]
        others = [item for item in looked.found if item.use not in PROJECT_USES]
        before = self._model.project
        said: list[str] = []
        shown: list[str] = []
        project = self._with_scenes(before, dropped, others, shown, said)
        film = project.film
        for item in others:
            film = _with_film_file(film, item, said)
        texts = [item.text for item in others if item.use is FileUse.STORYBOARD]
        if texts:
            text = "\n\n".join(texts)
            project = project.model_copy(update={"storyboard": text})
            said.append("The storyboard has the words of the file; undo brings the others back.")
        is_film = film != project.film
        self._model.end_merging()
        self._model.edit("Add files", project.model_copy(update={"film": film}))
        if shown:
            self.scenes_added.emit(tuple(shown))
        if is_film:
            self.film_changed.emit()
        if said:
            self.message.emit(" ".join(said))
        if looked.errors:
            self._complain([str(error) for error in looked.errors])
        for item in projects[:1]:
            self.project_wanted.emit(item.path, item.use)

    def _with_scenes(
        self,
        project: VideoProject,
        dropped: FilesDropped,
        items: list[_UsableFile],
        shown: list[str],
        said: list[str],
    ) -> VideoProject:
        """The project with clips and pictures as takes of the scene, or as scenes of their own."""
        index = len(project.scenes) if dropped.index is None else dropped.index
        for item in items:
            if item.footage is not None and project.scene(dropped.scene_id) is not None:
                number = project.index(dropped.scene_id) + 1
                takes = project.takes_of(dropped.scene_id).with_take(item.footage.take)
                takes = takes.model_copy(update={"chosen": item.footage.take.id})
                project = project.with_takes(dropped.scene_id, takes)
                held = ", held as a still" if item.footage.take.is_still else ""
                said.append(f"Scene {number} shows {item.path.name!r} now{held}.")
                shown[:] = [dropped.scene_id]
                continue
            if item.footage is None:
                continue
            scene = _scene_of(item)
            project = insert_scenes(project, index, [scene])
            index += 1
            shown.append(scene.id)
            said.append(
                f"Scene {index} holds the picture {item.path.name!r} as a still."
                if item.footage.take.is_still
                else f"Scene {index} is made of {item.path.name!r}."
            )
            takes = SceneTakes().with_take(item.footage.take)
            project = project.with_takes(scene.id, takes)
        return project

    def _complain(self, reasons: list[str]) -> None:
        more = len(reasons) - _MOST_SHOWN
        lines = [*reasons[:_MOST_SHOWN], *([f"So it is with {more} more."] if more > 0 else [])]
        for line in lines:
            self.message.emit(line)
        box = QMessageBox(
            QMessageBox.Icon.Warning, "ImageAI", "\n\n".join(lines), parent=self._window
        )
        box.setObjectName("files_refused")
        box.finished.connect(box.deleteLater)
        # Not modal to the program: what could be used is there already.
        box.open()


def _scene_of(item: _UsableFile) -> Scene:
    """A scene of its own for a clip or a picture; named, so that it counts as made by hand."""
    title = item.path.stem
    if item.recipe is not None:
        own = tuple(row.id for row in CHOICES)
        return Scene(
            id=new_id("scene"), title=title, prompt=escape(item.recipe.prompt),
            enhanced_prompt=escape(item.recipe.enhanced_prompt),
            own=item.recipe.choices, own_fields=own,
        )  # fmt: skip
    return Scene(id=new_id("scene"), title=title)


def _with_film_file(film: FilmChoices, item: _UsableFile, said: list[str]) -> FilmChoices:
    """The film with a file that belongs to all of it; the others leave it as it is."""
    now, name = film.film, item.path.name
    match item.use:
        case FileUse.MUSIC:
            now = now.model_copy(update={"music": (*now.music, Music(path=item.path))})
            said.append(f"{name!r} is music of the film now.")
        case FileUse.SUBTITLES:
            now = now.model_copy(update={"subtitles": Subtitles(path=item.path)})
            said.append(f"{name!r} are the film's subtitles now.")
        case FileUse.COLOUR_TABLE:
            now = now.model_copy(update={"lut": Lut(path=item.path)})
            said.append(f"{name!r} is the film's colour table now.")
        case _:
            return film
    return film.model_copy(update={"film": now})
