"""The window in a process of its own, measured from inside; prints one line of JSON.

python -m scripts.benchmark.window_process start|open|render [PROJECT]
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from PySide6.QtWidgets import QAbstractItemView, QApplication

from core.paths import Paths
from core.project.project import DEFAULT_TARGET, Scene, new_id
from core.studio import Studio
from gui import theme
from gui.lettering import QtLetterer
from gui.main_window import MainWindow
from gui.project_wishes import NewProject
from gui.stalls import StallWatch
from providers import PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Callable

_WITHIN_S = 300.0
_IDLE_S = 3.0
_STEP_ROWS = 2


def main(arguments: list[str]) -> int:
    """Measures one thing."""
    app = QApplication(sys.argv[:1])
    theme.apply(app, theme.Appearance.LIGHT)
    window = MainWindow(Studio(PROVIDERS, paths=Paths.of_user(), letterer=QtLetterer()))
    window.show()
    window.begin(None)
    while not window.isVisible() or not window.windowHandle().isExposed():
        app.processEvents()
    app.processEvents()
    visible_s = time.time() - psutil.Process().create_time()
    told: dict[str, float | bool] = {"visible_s": visible_s, "has_torch": "torch" in sys.modules}
    _until(lambda: window.jobs.is_ready)
    told["memory_mb"] = _memory_mb()
    match arguments[0]:
        case "open":
            told |= _open(window, Path(arguments[1]))
        case "render":
            told |= _render(window)
        case _:
            pass
    sys.stdout.write(json.dumps(told) + "\n")
    window.close()
    return 0


def _open(window: MainWindow, folder: Path) -> dict[str, float]:
    """Opens a project and scrolls its table from its top to its bottom."""
    begun = time.perf_counter()
    window.begin(folder)
    _until(lambda: window.video_tab is not None)
    table = window.findChild(QAbstractItemView, "scene_table")
    assert table is not None, "the tab has a table"
    _until(lambda: table.model().rowCount() > 0)
    QApplication.processEvents()
    opened_s = time.perf_counter() - begun
    _rest(_IDLE_S)
    frames: list[float] = []
    for row in range(0, table.model().rowCount(), _STEP_ROWS):
        at = time.perf_counter()
        table.scrollTo(table.model().index(row, 0), QAbstractItemView.ScrollHint.PositionAtTop)
        table.viewport().repaint()
        QApplication.processEvents()
        frames.append((time.perf_counter() - at) * 1000)
    frames.sort()
    return {
        "opened_s": opened_s,
        "frame_ms": frames[len(frames) // 2],
        "slowest_frame_ms": frames[-1],
        "memory_open_mb": _memory_mb(),
    }


def _render(window: MainWindow) -> dict[str, float]:
    """Renders one clip of the built-in model; gives the longest silences before and during it."""
    window.fulfil(NewProject("Stall"))
    _until(lambda: window.project_model is not None)
    model = window.project_model
    assert model is not None, "it was just waited for"
    scene = Scene(id=new_id("scene"), prompt="a red ball moving right at sunset")
    render = model.project.render.model_copy(
        update={"target": DEFAULT_TARGET.with_model("ltx-mini")}
    )
    model.edit("Scene", model.project.model_copy(update={"scenes": (scene,), "render": render}))
    _rest(_IDLE_S)
    idle = StallWatch()
    _rest(_IDLE_S)
    idle.close()
    busy = StallWatch()
    assert window.video_tab is not None, "a project is open"
    window.video_tab.render_missing()
    _until(lambda: model.project.chosen_take(scene.id) is not None)
    _rest(1.0)
    busy.close()
    return {"idle_ms": idle.longest_s * 1000, "render_ms": busy.longest_s * 1000}


def _until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + _WITHIN_S
    while not is_so():
        assert time.monotonic() < end, "it takes too long"
        QApplication.processEvents()
        time.sleep(0.001)


def _rest(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.001)


def _memory_mb() -> float:
    return psutil.Process().memory_info().rss / 1e6


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
