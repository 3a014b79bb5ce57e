"""Render settings of the project or of one scene, and the plan that they lead to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from core.errors import StudioError, UnsupportedRequest
from core.project.render.planning import plan_scene, spec_of_scene
from core.video.listing import ModelListing, read_listing
from core.video.provider import Ready
from gui.render.plan_fixes import ChooseValue, Fix, PlanContext
from gui.render.plan_text import PlanIssue, PlanText, describe_plan, describe_problems
from gui.render.render_form import ChoicesEdit, SceneScope

if TYPE_CHECKING:
    from pathlib import Path

    from core.jobs.job import CancelToken
    from core.project.model.project import Scene, VideoProject
    from core.studio import Studio
    from core.video.spec import ModelSpec
    from gui.background import Background
    from gui.project.project_model import ProjectModel
    from gui.render.plan_line import PlanLine
    from gui.render.render_form import RenderForm

_AFTER_MS = 150


@dataclass(frozen=True)
class _Estimate:
    text: PlanText
    spec: ModelSpec | None


class ChoicesController(QObject):
    """Keeps form, project and plan line in step.

    Signals:
        spec_changed(ModelSpec): the shown scene would be rendered by this model now.
        models_changed(): what there is to render with was read anew.
        fix_wanted(Fix): what only another room can mend.
    """

    spec_changed = Signal(object)
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
        self._scene_id = ""
        self._is_scene_scope = False
        self.spec: ModelSpec | None = None
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
            lambda cancel: read_listing(self._studio.registry, cancel, weighs=False),
            self._take_listing,
            self._fail,
            key="models",
        )

    def _take_listing(self, listing: ModelListing) -> None:
        self._listing = listing
        self._form.set_listing(listing)
        self.models_changed.emit()
        self._show()

    def show_scene(self, scene_id: str) -> None:
        """Plan this scene, and edit its own choices when that is chosen."""
        if scene_id != self._scene_id:
            self._scene_id = scene_id
            self._show()

    def set_scene_scope(self, is_scene_scope: bool) -> None:
        """Edit the shown scene's own choices, or the project's."""
        self._is_scene_scope = is_scene_scope
        self._show()

    @property
    def _scene(self) -> Scene | None:
        return self._model.project.scene(self._scene_id)

    @Slot()
    def _show(self, _: object = None) -> None:
        project, scene = self._model.project, self._scene
        scope, value = None, project.render
        if self._is_scene_scope and scene is not None:
            number = project.index(scene.id) + 1
            scope = SceneScope(f"Scene {number}", scene.own_fields, project.render)
            value = scene.choices(project.render)
        last = None if scene is None else project.chosen_take(scene.id)
        self._form.set_last_seed(None if last is None else last.seed)
        self._form.set_scope(scope)
        self._form.set_value(value)
        self._timer.start()

    @Slot(object)
    def _on_edit(self, edit: ChoicesEdit) -> None:
        self._apply(edit, self._scene if self._is_scene_scope else None, is_typed=True)

    def _apply(self, edit: ChoicesEdit, scene: Scene | None, *, is_typed: bool) -> None:
        """Change a scene, or without one the project; what is typed becomes one step."""
        project = self._model.project
        if scene is not None:
            number = project.index(scene.id) + 1
            text, merge = f"Change {edit.label} of scene {number}", f"{edit.field}:{scene.id}"
            self._model.edit_scene(text, edit.on_scene(scene), merge=merge if is_typed else "")
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
            self._apply(edit, scene if is_own else None, is_typed=False)
            return
        self.fix_wanted.emit(fix)

    @Slot()
    def _plan(self) -> None:
        scene, project, folder = self._scene, self._model.project, self._model.folder
        if scene is None:
            self._line.set_nothing("Choose a scene to see what would be rendered.")
            return
        self._line.set_checking()
        listing = self._listing

        def plan(cancel: CancelToken) -> _Estimate:
            return _estimate(self._studio, project, scene, folder, listing, cancel)

        self._background.run(plan, self._take_estimate, self._fail, key="plan")

    def _take_estimate(self, estimate: _Estimate) -> None:
        self._line.set_text(estimate.text)
        if estimate.spec is not None and estimate.spec != self.spec:
            self.spec = estimate.spec
            self._form.set_spec(estimate.spec)
            self.spec_changed.emit(estimate.spec)

    def _fail(self, error: StudioError) -> None:
        self._line.set_text(PlanText(issues=(PlanIssue(str(error)),)))


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
        )
        return _Estimate(describe_problems(error.problems, plan_context), spec)
    plan = planned.planned.plan
    info = studio.registry.find(plan.target)
    text = describe_plan(
        plan, info, planned.planned.readiness, studio.read_machine(), planned.sent.left_out
    )
    return _Estimate(text, spec)
