"""Where the panels of the video tab stand: down the left side in the order of the work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QLabel,
    QRadioButton,
    QTabWidget,
    QToolBar,
    QWidget,
)
from typing_extensions import override

from gui import theme
from gui.widgets.drag_hover import switch_on_drag
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.layouts import vbox
from gui.widgets.panes import FoldingSection, Splitter, reveal, scrolled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtGui import QAction, QResizeEvent

    from gui.characters.characters_panel import CharactersPanel
    from gui.export.export_settings_widget import ExportSettingsWidget
    from gui.player.clip_player import ClipPlayer
    from gui.project.project_bar import ProjectBar
    from gui.render.plan_line import PlanLine
    from gui.render.render_bar import RenderBar
    from gui.render.render_form import RenderForm
    from gui.scenes.reference_images_widget import ReferenceImagesWidget
    from gui.scenes.scene_inspector import SceneInspector
    from gui.scenes.scene_table_view import SceneTableView
    from gui.storyboard.storyboard_widget import StoryboardWidget
    from gui.takes.takes_widget import TakesWidget

_LEFT, _MIDDLE, _RIGHT = 372, 524, 360
_NARROWEST = 300
_TABLE, _INSPECTOR = 330, 230
_PLAYER, _TAKES = 360, 150


@dataclass(frozen=True)
class VideoPanels:
    """Every panel of the tab."""

    bar: ProjectBar
    storyboard: StoryboardWidget
    form: RenderForm
    line: PlanLine
    references: ReferenceImagesWidget
    characters: CharactersPanel
    scene_references: ReferenceImagesWidget
    export: ExportSettingsWidget
    table: SceneTableView
    inspector: SceneInspector
    takes: TakesWidget
    player: ClipPlayer
    render: RenderBar
    scope: ScopeSwitch


class ScopeSwitch(QWidget):
    """Whose render settings are edited: the project's or the shown scene's.

    Signals:
        changed(bool): whether they are the scene's.
    """

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._project = QRadioButton("Whole &project")
        self._project.setObjectName("scope_project")
        self._project.setChecked(True)
        self._project.setToolTip("What you choose counts for every scene")
        self._scene = QRadioButton("This &scene alone")
        self._scene.setObjectName("scope_scene")
        self._scene.setToolTip("What you choose counts for the scene that is shown")
        self._scene.toggled.connect(self._on_toggled)
        FlowLayout(QLabel("Settings for"), self._project, self._scene, of=self, gap=theme.GAP)
        self.set_scene("")

    def set_scene(self, label: str) -> None:
        """Name the scene that is shown; empty where there is none."""
        self._scene.setText(f"{label} alone" if label else "This scene alone")
        # What a person chose stays, also where nothing is selected for a moment.
        self._scene.setEnabled(bool(label))

    @Slot(bool)
    def _on_toggled(self, is_scene: bool) -> None:
        self.changed.emit(is_scene)


class SectionColumn(QWidget):
    """The sections down the left side, below whose settings they show."""

    def __init__(self, panels: VideoPanels, sections: Mapping[str, FoldingSection]) -> None:
        super().__init__()
        self._sections = sections
        content = QWidget()
        rows = vbox(*sections.values(), None, of=content, gap=theme.GAP)
        rows.setContentsMargins(0, 0, theme.GAP, theme.GAP)
        self._area = scrolled(content, "video_left")
        # Above what scrolls: whose settings are changed is seen wherever one is.
        head = vbox(panels.bar, panels.scope, gap=theme.GAP)
        head.setContentsMargins(0, 0, theme.GAP, 0)
        vbox(head, self._area, of=self, gap=theme.GAP // 2, grows=self._area)
        self._storyboard = panels.storyboard
        self.setObjectName("settings_column")
        self.setMinimumWidth(_NARROWEST)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._storyboard.fit(self.height())

    def show_section(self, name: str) -> None:
        """Open a section and go there."""
        self._sections[name].open()
        reveal(self._sections[name])


def arrange(tab: QWidget, panels: VideoPanels, actions: Sequence[QAction]) -> SectionColumn:
    """Put the panels into the tab; gives its left side."""
    for panel, name in (
        (panels.inspector, "scene_inspector"),
        (panels.player, "player_panel"),
        (panels.takes, "takes_panel"),
    ):
        panel.setObjectName(name)
    left = SectionColumn(panels, _sections(panels))
    halves = Splitter(Qt.Orientation.Horizontal)
    halves.setObjectName("video_columns")
    halves.addWidget(left)
    halves.addWidget(_scenes(panels, actions))
    halves.addWidget(_stacked("player_rows", [panels.player, panels.takes], [_PLAYER, _TAKES]))
    halves.setSizes([_LEFT, _MIDDLE, _RIGHT])
    for place in range(3):
        halves.setStretchFactor(place, int(place > 0))
        halves.setCollapsible(place, False)
    rows = vbox(panels.bar.read_only, halves, of=tab, gap=theme.GAP, grows=halves)
    rows.setContentsMargins(theme.EDGE, theme.GAP, theme.EDGE, 0)
    return left


def _sections(panels: VideoPanels) -> dict[str, FoldingSection]:
    references = QTabWidget()
    references.setObjectName("reference_tabs")
    # On the window's own ground, for which the colours of words are chosen.
    references.setDocumentMode(True)
    switch_on_drag(references)
    references.addTab(panels.references, "Whole project")
    references.addTab(panels.scene_references, "This scene")
    references.addTab(panels.characters, "Characters")
    sections = (
        FoldingSection(
            "storyboard", "1  Storyboard", "Text that becomes scenes", [panels.storyboard],
            is_open=True,
        ),
        FoldingSection(
            "render", "2  Render settings", "How clips are made",
            [panels.form, panels.line], is_open=True,
        ),
        FoldingSection(
            "references", "3  Characters and references", "What things look like, by name or not",
            [references],
        ),
        FoldingSection("export", "4  Export", "What becomes of the clips", [panels.export]),
    )  # fmt: skip
    return dict(zip(("storyboard", "render", "references", "export"), sections, strict=True))


def _scenes(panels: VideoPanels, actions: Sequence[QAction]) -> QWidget:
    tools = QToolBar()
    tools.setObjectName("scene_tools")
    tools.addActions(list(actions))
    upper = QWidget()
    parts = (tools, panels.table, panels.render)
    vbox(*parts, of=upper, gap=2, grows=panels.table)
    return _stacked("scene_rows", [upper, panels.inspector], [_TABLE, _INSPECTOR])


def _stacked(name: str, widgets: Sequence[QWidget], sizes: Sequence[int]) -> Splitter:
    splitter = Splitter(Qt.Orientation.Vertical)
    splitter.setObjectName(name)
    for place, widget in enumerate(widgets):
        splitter.addWidget(widget)
        splitter.setCollapsible(place, False)
    splitter.setSizes(list(sizes))
    splitter.setStretchFactor(0, 1)
    return splitter
