"""Which scenes each button of the render bar is for, how many they are, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot

from core.errors import UnsupportedRequest
from core.jobs.lanes import Lane
from core.project.render.planning import all_to_render, missing_or_stale
from core.project.render.rendering import plan_scenes
from core.spending.costs import Amount
from gui.render.render_bar import RenderScope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.errors import StudioError
    from core.jobs.job import CancelToken
    from core.project.model.project import Scene, VideoProject
    from core.project.render.rendering import SceneRendering
    from core.studio import Studio
    from gui.background import Background
    from gui.project.project_model import Change, ProjectModel
    from gui.render.render_bar import RenderBar
    from gui.scenes.scene_states import SceneStates

_AFTER_MS = 500


class RenderScopes(QObject):
    """Keeps the render bar true: its counts at once, its prices as soon as they are planned.

    Only scenes that somebody asks money for are planned for it.
    """

    def __init__(
        self,
        studio: Studio,
        model: ProjectModel,
        bar: RenderBar,
        states: SceneStates,
        rendering: SceneRendering,
        background: Background,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._studio = studio
        self._model = model
        self._bar = bar
        self._states = states
        self._rendering = rendering
        self._background = background
        self._selected: tuple[str, ...] = ()
        self._can_render = False
        self._costs: Mapping[str, float | None] = {}
        self._planned: frozenset[str] = frozenset()
        self._pause = QTimer(self, singleShot=True, interval=_AFTER_MS)
        self._pause.timeout.connect(self._plan)
        model.changed.connect(self._on_change)

    def show_counts(self, selected: tuple[str, ...], *, can_render: bool) -> None:
        """Say how many scenes each button renders, of all and of those that are selected."""
        self._selected, self._can_render = selected, can_render
        scopes = self._scopes if can_render else {}
        self._bar.set_counts({scope: len(scenes) for scope, scenes in scopes.items()})
        self._show_prices()

    def scenes_of(self, scope: RenderScope) -> tuple[Scene, ...]:
        """The scenes that a button renders."""
        scenes = self._model.project.scenes
        match scope:
            case RenderScope.THIS | RenderScope.SELECTED:
                return tuple(scene for scene in scenes if scene.id in self._selected)
            case RenderScope.MISSING:
                return self._missing(scenes)
            case RenderScope.ALL:
                return all_to_render(self._model.project)

    @Slot()
    def price_anew(self) -> None:
        """Plan anew what the scenes cost: a key, a model or a price may be another."""
        self._take_costs({}, frozenset())
        self._pause.start()

    @Slot(object)
    def _on_change(self, change: Change) -> None:
        if not change.is_edit:
            return
        if _choices_of(change.before) != _choices_of(change.after):
            self.price_anew()
        else:
            # Words change no price but where a model bills them: it stays until it is known anew.
            self._pause.start()

    @property
    def _scopes(self) -> dict[RenderScope, Sequence[Scene]]:
        project = self._model.project
        ready = [scene for scene in all_to_render(project) if scene.prompt.strip()]
        chosen = self.scenes_of(RenderScope.SELECTED)
        return {
            RenderScope.THIS if len(chosen) == 1 else RenderScope.SELECTED: chosen,
            RenderScope.MISSING: self._missing(ready),
            RenderScope.ALL: ready,
        }

    def _missing(self, scenes: Sequence[Scene]) -> tuple[Scene, ...]:
        """Those without a clip, or with an old one, that are not to get one anyway."""
        found = missing_or_stale(self._model.project, self._states.fingerprints, scenes)
        coming = self._rendering.coming
        return tuple(scene for scene in found if scene.id not in coming)

    def _show_prices(self) -> None:
        scopes = self._scopes if self._can_render and self._costs else {}
        prices: dict[RenderScope, str] = {}
        for scope, scenes in scopes.items():
            known = [self._costs[scene.id] for scene in scenes if scene.id in self._costs]
            # Nothing is said of some, as if it were the price of all.
            is_whole = all(scene.id in self._planned for scene in scenes)
            if is_whole and any(cost != 0 for cost in known):
                prices[scope] = str(Amount.of(known))
        self._bar.set_prices(prices)

    @Slot()
    def _plan(self) -> None:
        studio, project, folder = self._studio, self._model.project, self._model.folder
        wanted = {scene.id for scene in project.scenes if _is_rented(studio, project, scene)}
        if not wanted:
            self._take_costs({}, frozenset())
            return
        everyone = frozenset(scene.id for scene in project.scenes)

        def plan(cancel: CancelToken) -> Mapping[str, float | None]:
            offer = plan_scenes(studio, project, folder, wanted, set(), cancel)
            every = (*offer.planned, *offer.waiting)
            return {item.scene.id: item.planned.plan.cost_usd for item in every}

        self._background.run(
            plan, lambda costs: self._take_costs(costs, everyone), self._let_go, key="prices"
        )

    def _take_costs(self, costs: Mapping[str, float | None], planned: frozenset[str]) -> None:
        """Show the prices of these scenes; what was planned and has none is free or refused."""
        self._costs, self._planned = costs, planned
        self._show_prices()

    def _let_go(self, _: StudioError) -> None:
        """Without prices: whatever is wrong is said by the plan line and before a render."""
        self._take_costs({}, frozenset())


def _choices_of(project: VideoProject) -> tuple[object, ...]:
    """All that a price may depend on, but for words."""
    scenes = (
        (scene.id, scene.own_fields, scene.own, scene.start_image) for scene in project.scenes
    )
    return project.render, *scenes


def _is_rented(studio: Studio, project: VideoProject, scene: Scene) -> bool:
    try:
        info = studio.registry.find(scene.choices(project.render).target)
    except UnsupportedRequest:
        return False
    return info.lane is Lane.CLOUD and not info.is_own_server
