"""The video project tab: makes the panels and joins them with the project's desks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QMessageBox, QWidget

from core.media.output import taken_problems
from core.project.files.media import relink
from core.project.model.edits import insert_scenes
from core.project.model.project import Scene, new_id
from core.project.render.planning import missing_or_stale
from core.video.controls import CHOICES
from gui.background import Background
from gui.export.export_controller import ExportController
from gui.export.export_settings_widget import ExportSettingsWidget
from gui.player.clip_player import ClipPlayer
from gui.player.player_controller import PlayerController
from gui.project.project_bar import ProjectBar
from gui.render.choices_controller import ChoicesController
from gui.render.plan_fixes import EditPrompt
from gui.render.plan_line import PlanLine
from gui.render.render_agreement import agree_to_offer
from gui.render.render_bar import RenderBar, RenderScope
from gui.render.render_controller import RenderController
from gui.render.render_form import RenderForm
from gui.scenes.image_controller import ImageController, ImageRole, ImageUse
from gui.scenes.reference_images_widget import ReferenceImagesWidget
from gui.scenes.references_controller import ReferencesController
from gui.scenes.scene_actions import SceneActions
from gui.scenes.scene_inspector import SceneInspector
from gui.scenes.scene_states import SceneStates
from gui.scenes.scene_table_model import SceneTableModel
from gui.scenes.scene_table_view import SceneTableView
from gui.storyboard.storyboard_widget import StoryboardController, StoryboardWidget
from gui.takes.takes_controller import TakesController
from gui.takes.takes_widget import TakesWidget
from gui.video.video_layout import ScopeSwitch, VideoPanels, arrange
from gui.widgets.file_field import choose_folder, show_in_desktop
from gui.widgets.thumbnails import Thumbnails

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PySide6.QtGui import QAction

    from core.errors import StudioError
    from core.jobs.job import CancelToken
    from core.project.files.media import Relinked
    from core.project.files.media_uses import MediaUse
    from core.project.model.project import FilmChoices, Take
    from core.project.model.status import SceneJob
    from core.project.render.rendering import RenderOffer
    from core.project.render.rerender import FromRecord
    from core.studio import Studio
    from core.video.spec import ModelSpec
    from gui.export.export_controller import ExportEstimate
    from gui.jobs.jobs_area import JobsArea
    from gui.project.project_actions import ProjectActions
    from gui.project.project_model import ProjectModel
    from gui.render.plan_fixes import Fix

_MOST_MISSING = 8
_THREADS = 4


class VideoProjectTab(QWidget):
    """One open project from storyboard to film.

    Signals:
        message(str): a sentence for the status console.
        fix_wanted(Fix): what only another room can mend.
    """

    message = Signal(object)
    fix_wanted = Signal(object)

    def __init__(
        self,
        studio: Studio,
        model: ProjectModel,
        jobs: JobsArea,
        projects: ProjectActions,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self._model = model
        self._jobs = jobs
        self._projects = projects
        # Its own, and closed with it: nothing arrives for a project that is no longer shown.
        background = self._background = Background(self, threads=_THREADS)
        self._selected: tuple[str, ...] = ()
        self._has_scenes = False
        self._thumbnails = Thumbnails(self)
        self.scene_actions = SceneActions(model, self)
        self._rows = SceneTableModel(model, self)
        self._panels = self._make_panels()
        arrange(self, self._panels, self.scene_actions.for_scenes())
        panels = self._panels
        self._images = ImageController(model, background, self)
        self._references = ReferencesController(
            model, panels.references, panels.scene_references, self._images, background, self
        )
        self._choices = ChoicesController(studio, model, panels.form, panels.line, background, self)
        StoryboardController(model, panels.storyboard, self)
        self._states = SceneStates(studio, model, background, self)
        self._takes = TakesController(model, panels.takes, background, self)
        self._render_host = RenderController(studio, model, background, self)
        self._rendering = self._render_host.rendering
        self._export = ExportController(studio, model, background, self)
        self._player = PlayerController(studio, model, panels.player, self._images, self)
        for panel in (panels.scope, panels.form, panels.export):
            panel.setEnabled(not model.is_read_only)
        self._connect_panels()
        self._connect_controllers()
        self._show_project()

    def _make_panels(self) -> VideoPanels:
        model = self._model
        return VideoPanels(
            bar=ProjectBar(self._projects),
            storyboard=StoryboardWidget(self._background),
            form=RenderForm(),
            line=PlanLine(),
            references=ReferenceImagesWidget(self._thumbnails),
            scene_references=ReferenceImagesWidget(self._thumbnails, is_scene=True),
            export=ExportSettingsWidget(),
            table=SceneTableView(self._rows, self._thumbnails),
            inspector=SceneInspector(model, self._thumbnails),
            takes=TakesWidget(model, self._thumbnails),
            player=ClipPlayer(),
            render=RenderBar(),
            scope=ScopeSwitch(),
        )

    def _connect_panels(self) -> None:
        panels = self._panels
        panels.bar.changed.connect(self._rename)
        panels.table.selection_changed.connect(self._on_selection)
        panels.table.play_wanted.connect(self._on_play)
        panels.table.addActions(self.scene_actions.for_scenes())
        self.scene_actions.select_wanted.connect(panels.table.select)
        self.scene_actions.added.connect(panels.table.edit_prompt)
        panels.inspector.frame_brought.connect(self._images.bring)
        panels.inspector.cursor_moved.connect(self.scene_actions.set_cursor)
        self._rows.image_dropped.connect(self._images.bring)
        panels.scope.changed.connect(self._choices.set_scene_scope)
        panels.render.wanted.connect(self._on_render_wanted)
        panels.takes.play_wanted.connect(self._player.play_take)
        panels.export.changed.connect(self._on_film_choices)
        panels.export.buttons.export_wanted.connect(self.export_film)
        panels.export.buttons.show_file_wanted.connect(self._on_show_file)
        panels.export.buttons.handoff_wanted.connect(self._export.hand_over)

    def _connect_controllers(self) -> None:
        self._jobs.news.connect(self._render_host.on_event)
        self._jobs.news.connect(self._export.on_event)
        self._render_host.changed.connect(self._on_jobs_changed)
        self._render_host.message.connect(self.message)
        self._states.changed.connect(self._on_states_changed)
        self._choices.spec_changed.connect(self._on_spec)
        self._choices.models_changed.connect(self._states.refresh)
        self._choices.fix_wanted.connect(self._on_fix)
        self._export.estimate_changed.connect(self._on_estimate)
        self._export.exported.connect(self._on_exported)
        self._export.message.connect(self.message)
        self._takes.message.connect(self.message)
        for controller in (self._render_host, self._export, self._images, self._takes):
            controller.failed.connect(self._on_failed)
        self._model.changed.connect(self._show_project)

    @Slot()
    def _show_project(self, _: object = None) -> None:
        project, panels = self._model.project, self._panels
        panels.bar.set_value(project.name)
        panels.bar.set_read_only(self._model.is_read_only)
        panels.export.set_value(project.film)
        panels.export.buttons.set_last_export(project.last_export)
        self._show_counts()
        has_scenes = bool(project.scenes)
        if has_scenes and not self._has_scenes:
            # All panels are about a scene: without one there is no plan and nothing to play.
            panels.table.select(self._rows.ids[:1])
        self._has_scenes = has_scenes

    def _show_counts(self) -> None:
        project = self._model.project
        ready = [scene for scene in project.scenes if scene.prompt.strip()]
        can = not self._model.is_read_only and self._jobs.is_ready
        chosen = set(self._selected)
        missing = self._missing(ready)
        counts = {
            RenderScope.THIS if len(chosen) == 1 else RenderScope.SELECTED: len(chosen),
            RenderScope.MISSING: len(missing),
            RenderScope.ALL: len(ready),
        }
        self._panels.render.set_counts(counts if can else {})

    @Slot(object)
    def _on_selection(self, scene_ids: tuple[str, ...]) -> None:
        self._selected = scene_ids
        self.scene_actions.set_selection(scene_ids)
        shown = scene_ids[0] if scene_ids else ""
        project = self._model.project
        label = f"Scene {project.index(shown) + 1}" if shown else ""
        self._panels.scope.set_scene(label)
        self._panels.inspector.show_scenes(scene_ids)
        self._panels.takes.show_scene(shown if len(scene_ids) == 1 else "")
        self._choices.show_scene(shown)
        self._references.show_scene(shown)
        self._player.show_scene(shown)
        self._show_counts()

    @Slot(object)
    def _rename(self, name: str) -> None:
        project = self._model.project.model_copy(update={"name": name})
        self._model.edit("Rename the project", project, merge="name")

    @Slot(object)
    def _on_play(self, take: Take) -> None:
        self._player.play_take(take)
        self._panels.player.toggle_play()

    @property
    def render_actions(self) -> tuple[QAction, ...]:
        """What renders, for the menu."""
        return tuple(self._panels.render.actions_by_scope.values())

    @property
    def scene_jobs(self) -> dict[str, SceneJob]:
        """Where the newest job of each scene stands, by scene id."""
        return self._rendering.jobs

    @property
    def fingerprints(self) -> dict[str, str]:
        """What each scene's clip would be made from now, by scene id."""
        return self._states.fingerprints

    @Slot()
    def read_models(self) -> None:
        """Look again at what there is to render with."""
        self._choices.read_models()

    def select(self, scene_ids: Sequence[str]) -> None:
        """Turn to these scenes."""
        self._panels.table.select(tuple(scene_ids))

    def render_missing(self) -> None:
        """Render every scene that has no clip, or one made from something else."""
        self._on_render_wanted(RenderScope.MISSING)

    @Slot(object)
    def _on_render_wanted(self, scope: RenderScope) -> None:
        if self._model.is_read_only:
            self.message.emit("The project is open for reading only: nothing is rendered.")
            return
        self._panels.render.show_planning(True)
        self._rendering.plan({scene.id for scene in self._scenes_of(scope)}, self._on_offer)

    def _scenes_of(self, scope: RenderScope) -> tuple[Scene, ...]:
        scenes = self._model.project.scenes
        match scope:
            case RenderScope.THIS | RenderScope.SELECTED:
                return tuple(scene for scene in scenes if scene.id in self._selected)
            case RenderScope.MISSING:
                return self._missing(scenes)
            case RenderScope.ALL:
                return scenes

    def _missing(self, scenes: Sequence[Scene]) -> tuple[Scene, ...]:
        """Those without a clip, or with an old one, that are not to get one anyway."""
        found = missing_or_stale(self._model.project, self._states.fingerprints, scenes)
        coming = self._rendering.coming
        return tuple(scene for scene in found if scene.id not in coming)

    def _on_offer(self, offer: RenderOffer) -> None:
        self._panels.render.show_planning(False)
        if agree_to_offer(self, self._model.project, offer):
            self._rendering.queue(offer)

    @Slot()
    def take_up_jobs(self) -> None:
        """Know what the queue still has of this project from before."""
        self._rendering.find_jobs()

    @Slot()
    def _on_jobs_changed(self) -> None:
        self._rows.set_jobs(self._rendering.jobs)
        self._show_counts()

    @Slot()
    def _on_states_changed(self) -> None:
        self._rows.set_fingerprints(self._states.fingerprints)
        self._panels.takes.set_fingerprints(self._states.fingerprints)
        self._show_counts()

    @Slot(object)
    def _on_spec(self, spec: ModelSpec) -> None:
        self._panels.table.set_spec(spec)
        self._panels.inspector.set_spec(spec)
        self._panels.storyboard.set_spec(spec)
        self._references.set_spec(spec)
        self._rows.set_default_duration(spec.durations.default)

    @Slot(object)
    def _on_fix(self, fix: Fix) -> None:
        if isinstance(fix, EditPrompt):
            # The settings, and so the fix, are those of the first selected scene.
            self._panels.table.select(self._selected[:1])
            self._panels.inspector.focus_prompt()
            return
        self.fix_wanted.emit(fix)

    @Slot(object)
    def _on_film_choices(self, film: FilmChoices) -> None:
        project = self._model.project.model_copy(update={"film": film})
        self._model.edit("Change the export", project, merge="export")

    @Slot()
    def export_film(self) -> None:
        """Export the film as it is now; asks before it replaces a file."""
        path = self._model.project.film.path
        overwrite = False
        if path is not None and taken_problems(path):
            question = f"{path.name!r} exists. Replace it?"
            answer = QMessageBox.question(self, "Export", question)
            if answer != QMessageBox.StandardButton.Yes:
                return
            overwrite = True
        self._export.export(overwrite=overwrite)

    @Slot(object)
    def _on_estimate(self, estimate: ExportEstimate) -> None:
        self._panels.export.show_problems(estimate.problems)
        self._panels.export.buttons.set_estimate(estimate.text)

    @Slot(object)
    def _on_exported(self, path: Path) -> None:
        self._panels.export.buttons.set_last_export(path)
        self._player.show_export()

    @Slot()
    def _on_show_file(self) -> None:
        path = self._model.project.last_export
        if path is not None:
            show_in_desktop(path.parent)

    @Slot(object)
    def _on_failed(self, error: StudioError) -> None:
        self._panels.render.show_planning(False)
        self.message.emit(str(error))
        QMessageBox.warning(self, "ImageAI", str(error))

    def show_missing(self, missing: Sequence[MediaUse]) -> None:
        """Name the files that are not there, and look for them in a folder if that is wanted."""
        lines = [
            f"{item.what}{f' of scene {item.scene}' if item.scene else ''}: {item.path.name}"
            for item in missing[:_MOST_MISSING]
        ]
        more = len(missing) - len(lines)
        box = QMessageBox(QMessageBox.Icon.Warning, "Missing files", "", parent=self)
        count = "A file is" if len(missing) == 1 else f"{len(missing)} files are"
        box.setText(f"{count} not where the project expects it. Everything else works.")
        box.setInformativeText("\n".join([*lines, *([f"and {more} more"] if more > 0 else [])]))
        search = box.addButton("Look in a folder…", QMessageBox.ButtonRole.AcceptRole)
        box.addButton("Go on without", QMessageBox.ButtonRole.RejectRole)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        search.clicked.connect(self._ask_where)
        # Not modal to the program: nothing waits for the answer.
        box.open()

    @Slot()
    def _ask_where(self) -> None:
        choose_folder(self, "Look for the missing files in", "", self._look_in)

    def _look_in(self, folder: Path) -> None:
        project = self._model.project

        def search(cancel: CancelToken) -> Relinked:
            return relink(project, folder, cancel)

        self._background.run(search, self._relinked, self._on_failed)

    def _relinked(self, relinked: Relinked) -> None:
        self._model.take_over(relinked.project)
        found, left = len(relinked.found), len(relinked.still_missing)
        files = "1 missing file was" if found == 1 else f"{found} missing files were"
        rest = f", {left} {'is' if left == 1 else 'are'} still missing" if left else ""
        self.message.emit(f"{files} found{rest}.")

    def use_image(self, path: Path, role: ImageRole) -> bool:
        """Bring a picture into the project, for the shown scene or for all of them.

        Gives whether that can be done; else it is told why not.
        """
        if self._model.is_read_only:
            self.message.emit("The project is open for reading only: it takes no picture.")
            return False
        if role is not ImageRole.PROJECT_REFERENCE and not self._selected:
            self.message.emit("Choose a scene first, then use the picture there.")
            return False
        self._images.bring(ImageUse((path,), role, next(iter(self._selected), "")))
        return True

    def add_recipe(self, recipe: FromRecord) -> None:
        """Add a scene that is made as a clip was made, its settings its own."""
        if self._model.is_read_only:
            self.message.emit("The project is open for reading only: it gets no scene.")
            return
        own = tuple(row.id for row in CHOICES)
        scene = Scene(id=new_id("scene"), prompt=recipe.prompt, own=recipe.choices, own_fields=own)
        project = self._model.project
        self._model.edit(
            "Add a scene from a clip", insert_scenes(project, len(project.scenes), [scene])
        )
        self._panels.table.select((scene.id,))

    def close_down(self) -> None:
        """Let go of what plays and of every thread."""
        self._player.release()
        self._background.close()
        self._thumbnails.close()
