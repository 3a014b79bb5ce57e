"""The video project tab: makes the panels and joins them with the project's desks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from core.jobs.job import Progressed
from core.project.files.footage import FileUse
from core.project.model.status import SceneJobState
from gui.background import Background
from gui.characters.characters_controller import CharactersController
from gui.characters.characters_panel import CharactersPanel
from gui.export.export_controller import ExportController, ExportPlace
from gui.export.export_settings_widget import ExportSettingsWidget
from gui.export.film_steps import describe_film_edit
from gui.player.clip_player import ClipPlayer
from gui.player.player_controller import PlayerController
from gui.player.player_keys import PlayerKeys
from gui.project.missing_files import MissingFiles
from gui.project.project_bar import ProjectBar
from gui.render.choices_controller import ChoicesController, label_of
from gui.render.plan_fixes import ChooseFrame, ClearFrame, EditPrompt
from gui.render.plan_line import PlanLine
from gui.render.render_agreement import agree_to_offer
from gui.render.render_bar import RenderBar, RenderScope
from gui.render.render_controller import RenderController
from gui.render.render_form import RenderForm
from gui.render.render_scopes import RenderScopes
from gui.scenes.enhance_controller import EnhanceController
from gui.scenes.image_controller import ImageController, ImageRole, ImageUse
from gui.scenes.reference_images_widget import ReferenceImagesWidget
from gui.scenes.references_controller import ReferencesController
from gui.scenes.scene_actions import SceneActions
from gui.scenes.scene_inspector import SceneInspector
from gui.scenes.scene_states import SceneStates
from gui.scenes.scene_table_model import FilesDropped, SceneTableModel
from gui.scenes.scene_table_view import SceneTableView
from gui.start_frames.start_frames_controller import StartFramesController
from gui.storyboard.storyboard_widget import StoryboardController, StoryboardWidget
from gui.takes.takes_controller import TakesController
from gui.takes.takes_widget import TakesWidget
from gui.video.dropped_files import DroppedFiles
from gui.video.video_layout import ScopeSwitch, VideoPanels, arrange
from gui.widgets.field_undo import FieldUndo
from gui.widgets.thumbnails import Thumbnails
from gui.writing.writing_controller import WritingController

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PySide6.QtGui import QAction

    from core.errors import StudioError
    from core.jobs.job import JobUpdate
    from core.project.model.project import FilmChoices
    from core.project.model.status import SceneJob
    from core.project.render.orders import RenderOffer
    from core.project.render.rerender import FromRecord
    from core.studio import Studio
    from core.video.spec import ModelSpec
    from gui.export.export_controller import ExportEstimate, HandedOver
    from gui.jobs.jobs_area import JobsArea
    from gui.project.project_actions import ProjectActions
    from gui.project.project_model import ProjectModel
    from gui.render.plan_fixes import Fix

_THREADS = 4


class VideoProjectTab(QWidget):
    """One open project from storyboard to film.

    Signals:
        message(str): a sentence for the status console.
        notice(str): what has just been done, to be seen for a moment wherever one looks.
        project_wanted(Path, FileUse): a file that was brought is a project itself, to be opened.
        fix_wanted(Fix): what only another room can mend.
    """

    message = Signal(object)
    notice = Signal(object)
    project_wanted = Signal(object, object)
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
        self._shows_film_when_done = False
        self._thumbnails = Thumbnails(self)
        FieldUndo(self)
        self.scene_actions = SceneActions(model, self)
        self._rows = SceneTableModel(model, self)
        self._panels = self._make_panels()
        self._left = arrange(self, self._panels, self.scene_actions.for_scenes())
        panels = self._panels
        self._images = ImageController(model, background, self)
        self._references = ReferencesController(
            model, panels.references, panels.scene_references, self._images, background, self
        )
        CharactersController(model, panels.characters, self._images, self)
        self._choices = ChoicesController(studio, model, panels.form, panels.line, background, self)
        panels.storyboard.wait_for_spec()
        StoryboardController(model, panels.storyboard, self)
        self._states = SceneStates(studio, model, background, self)
        self._takes = TakesController(model, panels.takes, background, self)
        self._render_host = RenderController(studio, model, background, self)
        self._rendering = self._render_host.rendering
        self._frames = StartFramesController(studio, model, background, self)
        self._scopes = RenderScopes(
            studio, model, panels.render, self._states, self._rendering, background, self
        )
        self._writing = WritingController(
            studio, model, panels.storyboard, panels.inspector, self.scene_actions, background, self
        )
        self._enhance = EnhanceController(studio, model, panels.inspector, background, self)
        self._export = ExportController(studio, model, background, self)
        self._place = ExportPlace(model.folder, self)
        self._player = PlayerController(
            studio, model, panels.player, self._images, background, self
        )
        self.missing_files = MissingFiles(model, background, self)
        self._files = DroppedFiles(studio, model, background, self)
        for panel in (panels.scope, panels.form, panels.export):
            panel.setEnabled(not model.is_read_only)
        PlayerKeys(self, self._panels.player)
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
            characters=CharactersPanel(self._thumbnails),
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
        panels.bar.again_wanted.connect(
            lambda: self.project_wanted.emit(self._model.folder, FileUse.PROJECT)
        )
        panels.table.selection_changed.connect(self._on_selection)
        panels.table.play_wanted.connect(self._player.play_take)
        panels.table.addActions(self.scene_actions.for_scenes())
        self.scene_actions.select_wanted.connect(panels.table.select)
        self.scene_actions.added.connect(panels.table.edit_prompt)
        panels.inspector.frame_brought.connect(self._images.bring)
        panels.inspector.cursor_moved.connect(self.scene_actions.set_cursor)
        self._rows.image_dropped.connect(self._images.bring)
        self._rows.files_dropped.connect(self._files.bring)
        self.scene_actions.footage_wanted.connect(self._files.ask)
        panels.scope.changed.connect(self._choices.set_scene_scope)
        panels.render.wanted.connect(self._on_render_wanted)
        panels.render.frames_wanted.connect(lambda: self._frames.ask(self._selected, self))
        panels.takes.show_wanted.connect(self._player.look_at)
        panels.takes.play_wanted.connect(self._player.play_take)
        panels.export.changed.connect(self._on_film_choices)
        panels.export.buttons.export_wanted.connect(self.export_film)
        panels.export.buttons.show_file_wanted.connect(self._export.show_file)
        panels.export.buttons.handoff_wanted.connect(self._export.hand_over)

    def _connect_controllers(self) -> None:
        self._jobs.name_jobs(
            lambda record: self._render_host.name_of(record) or self._frames.name_of(record)
        )
        hearers = (self._render_host, self._frames, self._export, self._enhance, self._writing)
        for hearer in hearers:
            self._jobs.news.connect(hearer.on_event)
        self._jobs.news.connect(self._on_job_event)
        self._player.scene_wanted.connect(self._on_scene_played)
        self._render_host.changed.connect(self._on_jobs_changed)
        self._frames.updated.connect(self._rows.set_frame_jobs)
        self._frames.fix_wanted.connect(self.fix_wanted)
        self._writing.fix_wanted.connect(self.fix_wanted)
        self._states.changed.connect(self._on_states_changed)
        self._choices.spec_changed.connect(self._on_spec)
        self._choices.notes_changed.connect(self._panels.inspector.show_notes)
        self._choices.project_spec_changed.connect(self._on_project_spec)
        self._choices.models_changed.connect(self._states.refresh)
        self._choices.models_changed.connect(self._scopes.price_anew)
        self._choices.fix_wanted.connect(self._on_fix)
        self._export.estimate_changed.connect(self._on_estimate)
        self._export.exported.connect(self._on_exported)
        self._export.handed_over.connect(self._on_handed_over)
        self._files.scenes_added.connect(self._panels.table.select)
        self._files.film_changed.connect(lambda: self._left.show_section("export"))
        self._files.project_wanted.connect(self.project_wanted)
        for source in (self.scene_actions, self._files, self._images):
            source.message.connect(self.message)
            source.message.connect(self.notice)
        for source in (self._render_host, self._frames, self._takes, self._writing):
            source.message.connect(self.message)
        self.missing_files.message.connect(self.message)
        self.missing_files.failed.connect(self._on_failed)
        controllers = (self._render_host, self._export, self._images, self._takes, self._frames)
        for controller in controllers:
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
        can_render = not self._model.is_read_only and self._jobs.is_ready
        self._scopes.show_counts(self._selected, can_render=can_render)

    @Slot(object)
    def _on_selection(self, scene_ids: tuple[str, ...]) -> None:
        self._selected = scene_ids
        self.scene_actions.set_selection(scene_ids)
        shown = scene_ids[0] if scene_ids else ""
        project = self._model.project
        scenes = [scene for scene in project.scenes if scene.id in scene_ids]
        label = label_of(project, scenes) if scenes else ""
        self._panels.scope.set_scene(label)
        self._panels.inspector.show_scenes(scene_ids)
        self._panels.takes.show_scene(shown if len(scene_ids) == 1 else "")
        self._choices.show_scenes(scene_ids)
        self._references.show_scene(shown)
        self._player.show_scene(shown)
        self._show_counts()

    @Slot(object)
    def _rename(self, name: str) -> None:
        project = self._model.project.model_copy(update={"name": name})
        self._model.edit("Rename the project", project, merge="name")

    @Slot(object)
    def _on_scene_played(self, scene_id: str) -> None:
        # Under somebody who is writing, the fields stay those of the scene that is written about.
        focus = QApplication.focusWidget()
        if focus is None or not self._panels.inspector.isAncestorOf(focus):
            self._panels.table.select((scene_id,))

    @Slot(object)
    def _on_job_event(self, update: JobUpdate) -> None:
        scene_id = self._rendering.scene_of(update.subject)
        if scene_id and isinstance(update.event, Progressed):
            self._player.show_progress(scene_id, update.event)
            self._panels.takes.show_progress(scene_id, update.event.fraction)

    @property
    def render_actions(self) -> tuple[QAction, ...]:
        """What renders, for the menu."""
        bar = self._panels.render
        return (*bar.actions_by_scope.values(), bar.frames)

    def begin_to_write(self) -> None:
        """Go to the storyboard, where an empty project begins."""
        self._panels.storyboard.begin_to_write()

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

    def render_sample(self) -> None:
        """Render every scene of the sample, and show the film once all are there."""
        self._shows_film_when_done = True
        self.render_missing()

    def _show_sample(self) -> None:
        project = self._model.project
        is_done = all(project.chosen_take(scene.id) for scene in project.scenes)
        if self._shows_film_when_done and is_done and not self._rendering.coming:
            self._shows_film_when_done = False
            self._player.show_first_film()
            self._left.show_section("export")

    @Slot(object)
    def _on_render_wanted(self, scope: RenderScope) -> None:
        if self._model.is_read_only:
            self.message.emit("The project is open for reading only: nothing is rendered.")
            return
        self._panels.render.show_planning(True)
        self._rendering.plan({scene.id for scene in self._scopes.scenes_of(scope)}, self._on_offer)

    def _on_offer(self, offer: RenderOffer) -> None:
        self._panels.render.show_planning(False)
        if agree_to_offer(self, self._studio.registry, self._model.project, offer, self._mend):
            self._rendering.queue(offer)

    @Slot()
    def take_up_jobs(self) -> None:
        """Know what the queue still has of this project from before."""
        self._rendering.find_jobs()
        self._frames.frames.find_jobs()

    @Slot()
    def _on_jobs_changed(self) -> None:
        jobs = self._rendering.jobs
        self._rows.set_jobs(jobs)
        running = {i for i, job in jobs.items() if job.state is SceneJobState.RUNNING}
        queued = {i for i, job in jobs.items() if job.state is SceneJobState.QUEUED}
        self._player.set_jobs(queued, running)
        self._panels.takes.end_progress(running)
        self._show_counts()
        self._show_sample()

    @Slot()
    def _on_states_changed(self) -> None:
        self._rows.set_fingerprints(self._states.fingerprints)
        self._panels.takes.set_fingerprints(self._states.fingerprints)
        self._show_counts()

    @Slot(object)
    def _on_spec(self, spec: ModelSpec) -> None:
        self._panels.table.set_spec(spec)
        self._panels.inspector.set_spec(spec)
        self._references.set_spec(spec)
        self._panels.characters.set_spec(spec)

    @Slot(object)
    def _on_project_spec(self, spec: ModelSpec | None) -> None:
        self._panels.storyboard.set_spec(spec)
        if spec is not None:
            self._rows.set_default_duration(spec.durations.default)

    @Slot(object)
    def _on_fix(self, fix: Fix) -> None:
        # The settings, and so the fix, are those of the first selected scene.
        if isinstance(fix, EditPrompt):
            self._panels.table.select(self._selected[:1])
            self._panels.inspector.focus_prompt()
        else:
            self._mend(fix, self._selected[:1])

    def _mend(self, fix: Fix, scene_ids: tuple[str, ...]) -> None:
        if isinstance(fix, ChooseFrame | ClearFrame):
            self._images.mend(fix, scene_ids, self)
        else:
            self.fix_wanted.emit(fix)

    @Slot(object)
    def _on_film_choices(self, film: FilmChoices) -> None:
        step = describe_film_edit(self._model.project.film, film)
        if film.path != self._model.project.film.path:
            self._place.choose(film.path)
        project = self._model.project.model_copy(update={"film": film})
        self._model.edit(step.text, project, merge=step.merge)

    @Slot()
    def export_film(self) -> None:
        """Export the film as it is now; asks before it replaces a file."""
        path, place = self._model.project.film.path, self._place
        if path is None or (place.may_write(path) and place.may_replace(path)):
            self._export.export(overwrite=path is not None and os.path.lexists(path))

    @Slot(object)
    def _on_estimate(self, estimate: ExportEstimate) -> None:
        self._panels.export.show_problems(estimate.problems)
        self._panels.export.buttons.set_estimate(estimate.text)
        self._panels.export.set_film_length(estimate.film_s)

    @Slot(object)
    def _on_exported(self, path: Path) -> None:
        self._panels.export.buttons.set_last_export(path)
        self._panels.export.buttons.show_written(path)
        self._player.show_export()

    @Slot(object)
    def _on_handed_over(self, handed: HandedOver) -> None:
        self._panels.export.buttons.show_written(handed.path, handed.lost)
        self.message.emit(" ".join([f"{str(handed.path)!r} is written.", *handed.lost]))

    @Slot(object)
    def _on_failed(self, error: StudioError) -> None:
        self._panels.render.show_planning(False)
        self.message.emit(str(error))
        QMessageBox.warning(self, "ImageAI", str(error))

    def bring_files(self, paths: tuple[Path, ...]) -> None:
        """Put files from outside to the use that each is fit for."""
        self._files.bring(FilesDropped(paths))

    def use_image(self, path: Path, role: ImageRole) -> bool:
        """Bring a picture into the project, for the shown scene or for all of them.

        Gives whether that can be done; else it is told why not.
        """
        scene_id = next(iter(self._selected), "")
        reason = self._images.reason_against(role, scene_id)
        if reason:
            self.message.emit(reason)
        else:
            whose = self._panels.characters.chosen_id
            self._images.bring(ImageUse((path,), role, scene_id, whose))
        return not reason

    def add_recipe(self, recipe: FromRecord) -> None:
        """Add a scene that is made as a clip was made, its settings its own."""
        self._files.add_recipe(recipe)

    def close_down(self) -> None:
        """Let go of what plays and of every thread."""
        self._jobs.name_jobs(None)
        self._player.release()
        self._background.close()
        self._thumbnails.close()
