"""The whole window with the fake provider, and short words for what is done with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QAbstractButton, QApplication, QMessageBox

from core.platform.paths import Paths
from core.project.files.project_file import read_project
from core.project.model.edits import insert_scenes
from core.project.model.project import RenderChoices, Scene, new_id
from core.studio import Studio
from core.video.terms import Target
from gui.main_window import MainWindow
from tests.fakes.provider import ENTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.language.provider import LanguageEntry
    from core.video.packages import PackageInstaller
    from core.video.provider import ProviderEntry
    from core.video.request import FrameRequest
    from gui.project.project_model import ProjectModel
    from gui.video.video_project_tab import VideoProjectTab

WITHIN_MS = 30_000
_LOOK_EVERY_MS = 30


class OpenWindow:
    """A window, and short words for what is done with it."""

    def __init__(
        self,
        home: Path,
        qtbot: QtBot,
        entry: ProviderEntry = ENTRY,
        installer: PackageInstaller | None = None,
        *,
        others: Sequence[ProviderEntry] = (),
        language: Sequence[LanguageEntry] = (),
    ) -> None:
        self.qtbot = qtbot
        self.is_closed = False
        studio = Studio(
            [entry, *others],
            paths=Paths.below(home),
            package_installer=installer,
            language=language,
        )
        self.window = MainWindow(studio)
        # The screen of the tests is smaller than those that the window is made for.
        self.window.resize(1280, 800)
        self.window.show()
        self.window.begin(None)
        self.until(lambda: self.window.jobs.is_ready)

    def until(self, is_so: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(is_so()), timeout=WITHIN_MS)

    @property
    def model(self) -> ProjectModel:
        model = self.window.project_model
        assert model is not None
        return model

    @property
    def tab(self) -> VideoProjectTab:
        tab = self.window.video_tab
        assert tab is not None
        return tab

    @property
    def folder(self) -> Path:
        return self.model.folder

    @property
    def messages(self) -> str:
        return self.window.jobs.console.text

    def new(self, *prompts: str, model: str = "fake-small") -> None:
        before = self.window.project_model
        self.window.projects.create("A film")
        self.until(lambda: self.window.project_model not in (None, before))
        target = Target(provider="fake", deployment="local", model=model)
        render = self.model.project.render.model_copy(update={"target": target})
        self.model.edit("Target", self.model.project.model_copy(update={"render": render}))
        scenes = [Scene(id=new_id("scene"), prompt=prompt) for prompt in prompts]
        self.model.edit("Scenes", insert_scenes(self.model.project, 0, scenes))

    def begin(self, target: Target, frame: FrameRequest, prompt: str = "a red ball") -> None:
        """A project of one scene, which is chosen, to be made there."""
        before = self.window.project_model
        self.window.projects.create("A film")
        self.until(lambda: self.window.project_model not in (None, before))
        render = RenderChoices(target=target, frame=frame)
        self.model.edit("Target", self.model.project.model_copy(update={"render": render}))
        scene = Scene(id=new_id("scene"), prompt=prompt)
        self.model.edit("Scene", insert_scenes(self.model.project, 0, [scene]))
        self.tab.select([scene.id])

    def open(self, folder: Path) -> None:
        before = self.window.project_model
        self.window.projects.open(folder)
        self.until(lambda: self.window.project_model not in (None, before))

    def render(self) -> None:
        self.tab.render_missing()

    def num_takes(self) -> list[int]:
        project = self.model.project
        return [len(project.takes_of(scene.id).takes) for scene in project.scenes]

    def saved(self) -> None:
        self.until(lambda: read_project(self.folder).project == self.model.project)

    def close(self) -> None:
        """Close the window, whatever it asks; may be called twice."""
        if not self.is_closed:
            self.is_closed = True
            if not self.window.close():
                self.window.shut_down()
            self.window.deleteLater()


class BoxAnswers:
    """Answers every message box, and keeps what it said.

    Attributes:
        button: is pressed; the last one of a box that has none such.
        role: of the button that is pressed first of all, where one has it.
        heard: what the boxes said, in order.
    """

    def __init__(self) -> None:
        self.button = QMessageBox.StandardButton.Ok
        self.role: QMessageBox.ButtonRole | None = None
        self.heard: list[str] = []
        self._timer = QTimer(interval=_LOOK_EVERY_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, QMessageBox) and widget.isVisible():
                self.heard.append(f"{widget.text()} {widget.informativeText()}")
                self._button_of(widget).click()

    def _button_of(self, box: QMessageBox) -> QAbstractButton:
        of_role = [button for button in box.buttons() if box.buttonRole(button) is self.role]
        return next(iter(of_role), None) or box.button(self.button) or box.buttons()[-1]

    def stop(self) -> None:
        self._timer.stop()
