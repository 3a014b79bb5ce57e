"""The window in a process of its own, worked through lines on stdin, to be killed at any moment.

    python -m tests.fakes.window_app FOLDER

With IMAGEAI_TEST_SHIPPED set it has the providers that are shipped instead of the fake one, and
agrees to every price.

Each line on stdin is a JSON object that names what to do: {"do": "new", "name": …}, "target"
perhaps with the "choices" of all renders, "scenes" with "prompts", "write" with "scene" and "text",
"link" with "scene", "render", "export", "quit". Each line on stdout is one too: what the window
tells.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QApplication

from core.platform.paths import Paths
from core.project.model.edits import insert_scenes
from core.project.model.project import RenderChoices, Scene, new_id
from core.studio import Studio
from core.video.terms import Target
from gui.main_window import MainWindow
from providers import PROVIDERS
from tests.fakes.app import ENTRY
from tests.gui.whole_window import BoxAnswers

if TYPE_CHECKING:
    from core.jobs.job import JobUpdate
    from gui.project.project_model import ProjectModel


SHIPPED_VARIABLE = "IMAGEAI_TEST_SHIPPED"


class Puppet(QObject):
    """Obeys the lines on the main thread."""

    line = Signal(object)

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.window = window
        self.line.connect(self.obey)
        window.project_opened.connect(self.on_opened)
        window.saved.connect(self.on_saved)
        window.jobs.news.connect(self.on_news)
        window.jobs.ready.connect(self.on_ready)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self) -> None:
        for line in sys.stdin:
            self.line.emit(json.loads(line))

    @property
    def model(self) -> ProjectModel:
        model = self.window.project_model
        assert model is not None, "no project is open"
        return model

    @Slot(object)
    def obey(self, messages: dict[str, Any]) -> None:
        project = None if self.window.project_model is None else self.model.project
        match messages:
            case {"do": "new", "name": name}:
                self.window.projects.create(name)
            case {"do": "target", **more} if project is not None:
                target = Target(provider="fake", deployment="local", model="fake-small")
                usual = project.render.model_copy(update={"target": target})
                choices = more.get("choices")
                render = RenderChoices.model_validate(choices) if choices else usual
                self.model.edit("Target", project.model_copy(update={"render": render}))
            case {"do": "scenes", "prompts": prompts} if project is not None:
                scenes = [Scene(id=new_id("scene"), prompt=prompt) for prompt in prompts]
                self.model.edit("Add scenes", insert_scenes(project, 0, scenes))
            case {"do": "write", "scene": number, "text": text} if project is not None:
                scene = project.scenes[number].model_copy(update={"prompt": text})
                self.model.edit_scene("Write", scene, merge=f"prompt:{scene.id}")
            case {"do": "link", "scene": number} if project is not None:
                scene = project.scenes[number].model_copy(update={"continues": True})
                self.model.edit_scene("Link", scene)
            case {"do": "render"}:
                assert self.window.video_tab is not None, "no project is open"
                self.window.video_tab.render_missing()
            case {"do": "export"}:
                assert self.window.video_tab is not None, "no project is open"
                self.window.video_tab.export_film()
            case {"do": "quit"}:
                self.window.close()
            case _:
                raise AssertionError(messages)

    @Slot(object)
    def on_opened(self, model: ProjectModel) -> None:
        show_message("opened", folder=str(model.folder), scenes=len(model.project.scenes))

    @Slot()
    def on_saved(self) -> None:
        show_message("saved")

    @Slot()
    def on_ready(self) -> None:
        show_message("ready")

    @Slot(object)
    def on_news(self, news: JobUpdate) -> None:
        show_message("job", id=news.job_id, **news.event.model_dump(mode="json", exclude_none=True))


def show_message(kind: str, **more: object) -> None:
    more.setdefault("event", "")
    sys.stdout.write(json.dumps({"kind": kind, **more}) + "\n")
    sys.stdout.flush()


def main() -> int:
    app = QApplication(sys.argv[:1])
    is_shipped = bool(os.environ.get(SHIPPED_VARIABLE))
    entries = PROVIDERS if is_shipped else [ENTRY]
    window = MainWindow(Studio(entries, paths=Paths.of_user()))
    answers = BoxAnswers() if is_shipped else None
    puppet = Puppet(window)
    window.show()
    window.begin(Path(sys.argv[1]) if sys.argv[1:] else None)
    code = app.exec()
    puppet.line.disconnect()
    if answers is not None:
        answers.stop()
    return code


if __name__ == "__main__":
    raise SystemExit(main())
