"""Render settings of the project or of one scene, and the plan that they lead to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.errors import StudioError, UnsupportedRequest
from core.platform.units import count_text
from core.project.model.project import Scene
from core.project.render.planning import plan_scene, spec_of_scene
from core.routing.route_plan import route_sentences
from core.spending.caps import ProjectBudget
from core.video.listing import ModelListing, read_listing
from core.video.provider import Ready
from core.video.terms import OutputKind
from gui.render.lora_list import OfferedLora, offered_loras
from gui.render.plan_fixes import ChooseValue, Fix, PlanContext
from gui.render.plan_text import (
    PlanIssue,
    PlanText,
    cap_issues,
    describe_plan,
    describe_problems,
)
from gui.render.render_form import ChoicesEdit, SceneScope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.jobs.job import CancelToken
    from core.project.model.project import VideoProject
    from core.studio import Studio
    from core.video.spec import ModelSpec
    from core.video.terms import Target
    from gui.background import Background
    from gui.project.project_model import ProjectModel
    from gui.render.plan_line import PlanLine
    from gui.render.render_form import RenderForm

_AFTER_MS = 150


@dataclass(frozen=True)
class _Estimate:
    """What would be rendered; no text where no scene is shown."""

    text: PlanText | None
    spec: ModelSpec | None
    project_spec: ModelSpec | None = None
    loras: tuple[OfferedLora, ...] = ()


class ChoicesController(QObject):
    """Keeps form, project and plan line in step.

    Signals:
        spec_changed(ModelSpec): the shown scene would be rendered by this model now.
        project_spec_changed(ModelSpec | None): scenes without a choice of their own would be
            rendered by this model; None where the project names none that there is.
        notes_changed(tuple of str): what the plan of the shown scene leaves out or adjusts.
        models_changed(): what there is to render with was read anew.
        fix_wanted(Fix): what only another room can mend.
    """

    spec_changed = Signal(object)
    project_spec_changed = Signal(object)
    notes_changed = Signal(object)
    models_changed = Signal()
    fix_wanted = Signal(object)

    def __init__(
        self,
        studio: Studio,
        model: ProjectModel,
        form: RenderForm,
        line: PlanLine,
        background: Background,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self._model = model
        self._form = form
        self._line = line
        self._background = background
        self._listing = ModelListing()
        self._scene_ids: tuple[str, ...] = ()
        self._is_scene_scope = False
        self.spec: ModelSpec | None = None
        self._project_spec: ModelSpec | None = None
        self._knows_project_spec = False
        self._timer = QTimer(self, singleShot=True, interval=_AFTER_MS)
        self._timer.timeout.connect(self._plan)
        form.changed.connect(self._on_edit)
        line.fix_wanted.connect(self._on_fix)
        model.changed.connect(self._show)
        self._show()
        self.read_models()

    @Slot()
    def read_models(self, _: object = None) -> None:
        """Look again at what there is to render with."""
        self._background.run(
            lambda cancel: read_listing(
                self._studio.registry, cancel, weighs=False, asks_keyring=False
            ),
            self._take_listing,
            self._fail,
            key="models",
        )

    def _take_listing(self, listing: ModelListing) -> None:
        self._listing = listing.making(OutputKind.VIDEO)
        self._form.set_listing(self._listing)
        self.models_changed.emit()
        self._show()

    def show_scenes(self, scene_ids: tuple[str, ...]) -> None:
        """Plan the first of these scenes, and edit their own choices when that is chosen."""
        if scene_ids != self._scene_ids:
            self._scene_ids = scene_ids
            self._show()

    def set_scene_scope(self, is_scene_scope: bool) -> None:
        """Edit the shown scene's own choices, or the project's."""
        self._is_scene_scope = is_scene_scope
        self._show()

    @property
    def _scenes(self) -> tuple[Scene, ...]:
        chosen = set(self._scene_ids)
        return tuple(scene for scene in self._model.project.scenes if scene.id in chosen)

    @property
    def _scene(self) -> Scene | None:
        return next(iter(self._scenes), None)

    @Slot()
    def _show(self, _: object = None) -> None:
        project, scene = self._model.project, self._scene
        scope, value = None, project.render
        if self._is_scene_scope and scene is not None:
            scenes = self._scenes
            own = tuple(dict.fromkeys(name for one in scenes for name in one.own_fields))
            scope = SceneScope(label_of(project, scenes), own, project.render, len(scenes))
            value = scene.choices(project.render)
        last = None if scene is None else project.chosen_take(scene.id)
        self._form.set_last_seed(None if last is None else last.seed)
        self._form.set_scope(scope)
        self._form.set_value(value)
        self._timer.start()

    @Slot(object)
    def _on_edit(self, edit: ChoicesEdit) -> None:
        self._apply(edit, self._scenes if self._is_scene_scope else (), is_typed=True)

    def _apply(self, edit: ChoicesEdit, scenes: Sequence[Scene], *, is_typed: bool) -> None:
        """Change scenes, or without any the project; what is typed becomes one step."""
        project = self._model.project
        if scenes:
            label = label_of(project, scenes)
            text = f"Change {edit.label} of {label[0].lower()}{label[1:]}"
            merge = f"{edit.field}:{','.join(scene.id for scene in scenes)}" if is_typed else ""
            self._model.edit_scenes(text, [edit.on_scene(scene) for scene in scenes], merge=merge)
            return
        changed = project.model_copy(update={"render": edit.on_project(project.render)})
        merge = f"render:{edit.field}" if is_typed else ""
        self._model.edit(f"Change {edit.label}", changed, merge=merge)

    @Slot(object)
    def _on_fix(self, fix: Fix) -> None:
        if isinstance(fix, ChooseValue):
            scene = self._scene
            # Where the scene has a choice of its own, that is the one that is wrong.
            is_own = scene is not None and fix.field in scene.own_fields
            edit = ChoicesEdit(fix.field, fix.value)
            self._apply(edit, (scene,) if is_own and scene else (), is_typed=False)
            return
        self.fix_wanted.emit(fix)

    @Slot()
    def _plan(self) -> None:
        scene, project, folder = self._scene, self._model.project, self._model.folder
        if scene is None:
            self._line.set_nothing("Choose a scene to see what would be rendered.")
        else:
            self._line.set_checking()
        listing = self._listing

        def plan(cancel: CancelToken) -> _Estimate:
            project_spec = _spec_of_project(self._studio, project)
            if scene is None:
                target, estimate = project.render.target, _Estimate(None, project_spec)
            else:
                target = scene.choices(project.render).target
                estimate = _estimate(self._studio, project, scene, folder, listing, cancel)
            loras = _own_loras(self._studio, target, estimate.spec)
            return replace(estimate, project_spec=project_spec, loras=loras)

        self._background.run(plan, self._take_estimate, self._fail, key="plan")

    def _take_estimate(self, estimate: _Estimate) -> None:
        if estimate.text is not None:
            self._line.set_text(estimate.text)
        self._form.set_loras(estimate.loras)
        self.notes_changed.emit(() if estimate.text is None else estimate.text.notes)
        if estimate.project_spec != self._project_spec or not self._knows_project_spec:
            self._project_spec, self._knows_project_spec = estimate.project_spec, True
            self.project_spec_changed.emit(estimate.project_spec)
        if estimate.spec is not None and estimate.spec != self.spec:
            self.spec = estimate.spec
            self._form.set_spec(estimate.spec)
            self.spec_changed.emit(estimate.spec)

    def _fail(self, error: StudioError) -> None:
        self._line.set_text(PlanText(issues=(PlanIssue(str(error)),)))


def _spec_of_project(studio: Studio, project: VideoProject) -> ModelSpec | None:
    try:
        return spec_of_scene(studio, project, Scene(id=""))
    except UnsupportedRequest:
        return None


def _own_loras(studio: Studio, target: Target, spec: ModelSpec | None) -> tuple[OfferedLora, ...]:
    if spec is None:
        return ()
    return offered_loras(studio.paths.lora_dirs, studio.registry.find(target), spec)


def label_of(project: VideoProject, scenes: Sequence[Scene]) -> str:
    """What scenes are called in sentences: "Scene 3", "4 scenes"."""
    if len(scenes) == 1:
        return f"Scene {project.index(scenes[0].id) + 1}"
    return f"{count_text(len(scenes), 'scene')}"


def _estimate(
    studio: Studio,
    project: VideoProject,
    scene: Scene,
    folder: Path,
    listing: ModelListing,
    cancel: CancelToken,
) -> _Estimate:
    choices = scene.choices(project.render)
    spec: ModelSpec | None = None
    try:
        spec = spec_of_scene(studio, project, scene)
        planned = plan_scene(studio, project, scene, folder, cancel)
    except UnsupportedRequest as error:
        target = choices.target if spec is None else choices.target.with_model(spec.id)
        provider = listing.provider(target)
        model = None if provider is None else provider.model(target.model)
        plan_context = PlanContext(
            target=target,
            choices=choices,
            spec=spec,
            info=None if provider is None else provider.info,
            readiness=Ready() if model is None else model.readiness,
            is_linked=scene.continues,
        )
        return _Estimate(describe_problems(error.problems, plan_context), spec)
    plan = planned.planned.plan
    info = studio.registry.find(plan.target)
    sentences = (*route_sentences(planned.planned), *planned.sent.notes)
    text = describe_plan(plan, info, planned.planned.readiness, studio.read_machine(), sentences)
    issues = cap_issues(studio, [planned.planned], ProjectBudget.of(project))
    return _Estimate(text.with_issues(issues), spec)
