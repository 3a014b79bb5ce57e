"""The window in a process of its own, measured from inside; prints one line of JSON.

    python -m scripts.benchmark.window_process start|open|gallery|render|mask BEGUN [PROJECT]

It runs main.py as it is. What measures lies among Qt's events before there is a window, and is
reached as soon as main.py begins to work them off. BEGUN is when this process was started, as
`time.time()` counts: the system itself knows it to the second only.
"""

from __future__ import annotations

import json
import math
import runpy
import sys
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import psutil
from PIL import Image
from PySide6.QtCore import (
    QAbstractEventDispatcher,
    QEvent,
    QEventLoop,
    QObject,
    QPointF,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication

from core.project.model.project import Scene, new_id
from core.project.model.status import SceneJobState
from core.video.terms import DEFAULT_TARGET
from gui.main_window import MainWindow
from gui.ui_watchdog import ProcessorWait, UiWatchdog
from gui.widgets.thumbnails import Thumbnails

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QWidget

_MAIN = Path(__file__).resolve().parents[2] / "main.py"
_CALM_S = 2.0
_IMAGE, _EDITOR = (3840, 2160), (1280, 800)
_MOVES, _WIDE = 200, 500
# A fling stops nowhere; the wheel moves three rows a notch, ten times a second.
_FLING_ROWS, _NOTCH_ROWS, _NOTCH_S = 2, 3, 0.1


class Probe(QObject):
    """Measures one thing as soon as events are worked off, and ends the program.

    Attributes:
        measured: what was measured; None until then, and for good when it came to nothing.
    """

    _begun = Signal()

    def __init__(self, measure: Callable[[MainWindow], dict[str, float]]) -> None:
        super().__init__()
        self.measured: dict[str, float] | None = None
        self._measure = measure
        self._begun.connect(self._on_begun, Qt.ConnectionType.QueuedConnection)
        self._begun.emit()

    @Slot()
    def _on_begun(self) -> None:
        (window,) = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
        try:
            self.measured = self._measure(window)
        except RuntimeError as error:
            sys.stderr.write(f"{error}\n")
        finally:
            QApplication.exit()


def main(arguments: list[str]) -> int:
    """Measures one thing."""
    what, begun, *project = arguments

    def measure(window: MainWindow) -> dict[str, float]:
        match what:
            case "start":
                return _start(window, float(begun))
            case "open":
                return _start(window, float(begun)) | _open(window, Path(*project))
            case "gallery":
                return _start(window, float(begun)) | _gallery(window)
            case "render":
                return _start(window, float(begun)) | _render(window)
            case "mask":
                return _start(window, float(begun)) | _mask(window)
            case _:
                raise RuntimeError(f"{what!r} is nothing to measure")

    probe = Probe(measure)
    sys.argv[:] = [str(_MAIN)]
    try:
        runpy.run_path(str(_MAIN), run_name="__main__")
    except SystemExit as ended:
        if ended.code:
            return 1
    if probe.measured is None:
        return 1
    sys.stdout.write(json.dumps(probe.measured) + "\n")
    return 0


def _start(window: MainWindow, begun: float) -> dict[str, float]:
    """Waits until the window is there, and nothing is left to do for it."""
    _until(lambda: window.isVisible() and window.windowHandle().isExposed())
    visible_s = time.time() - begun
    _work_off()
    idle_s = time.time() - begun
    _until(lambda: window.jobs.is_ready)
    _rest(_CALM_S)
    return {
        "visible_s": visible_s,
        "idle_s": idle_s,
        "has_torch": "torch" in sys.modules,
        "memory_mb": _memory_mb(),
    }


def _open(window: MainWindow, folder: Path) -> dict[str, float]:
    """Opens a project and scrolls its table, down in one fling and up by the notches of a wheel."""
    begun = time.perf_counter()
    window.begin(folder)
    _until(lambda: window.video_tab is not None)
    table = window.findChild(QAbstractItemView, "scene_table")
    if table is None:
        raise RuntimeError("The video tab has no table of scenes.")
    _until(lambda: table.model().rowCount() > 0)
    _work_off()
    opened_s = time.perf_counter() - begun
    _rest(_CALM_S)
    rows = range(table.model().rowCount())
    fling_ms = _scroll(table, rows[::_FLING_ROWS], 0.0)
    notch_ms = _scroll(table, rows[::-_NOTCH_ROWS], _NOTCH_S)
    return {
        "opened_s": opened_s,
        "fling_ms": median(fling_ms),
        "slowest_fling_ms": max(fling_ms),
        "notch_ms": median(notch_ms),
        "slowest_notch_ms": max(notch_ms),
        "memory_open_mb": _memory_mb(),
        "scenes": len(rows),
    }


def _scroll(table: QAbstractItemView, rows: Sequence[int], pause_s: float) -> list[float]:
    """Brings one row after the other to be seen; how long each step took until it was drawn."""
    steps_ms: list[float] = []
    for row in rows:
        _rest(pause_s)
        at = time.perf_counter()
        table.scrollTo(table.model().index(row, 0), QAbstractItemView.ScrollHint.PositionAtTop)
        table.viewport().repaint()
        QApplication.processEvents()
        steps_ms.append((time.perf_counter() - at) * 1000)
    return steps_ms


def _gallery(window: MainWindow) -> dict[str, float]:
    """Opens the image tab and scrolls through all pictures, down in one fling and up by notches."""
    begun = time.perf_counter()
    window.tabs.setCurrentWidget(window.tabs.images)
    shown_s = time.perf_counter() - begun
    (thumbnails,) = window.tabs.findChildren(
        Thumbnails, options=Qt.FindChildOption.FindDirectChildrenOnly
    )
    tiles = window.findChild(QAbstractItemView, "gallery")
    if tiles is None:
        raise RuntimeError("The image tab has no gallery.")
    _until(lambda: tiles.model().rowCount() > 0)
    tiles.viewport().repaint()
    listed_s = time.perf_counter() - begun
    _until(lambda: thumbnails.is_idle)
    tiles.viewport().repaint()
    opened_s = time.perf_counter() - begun
    _rest(_CALM_S)
    row_height = tiles.sizeHintForRow(0)
    bar = tiles.verticalScrollBar()
    fling_ms = _turn(tiles, range(0, bar.maximum(), _FLING_ROWS * row_height), 0.0)
    notch_ms = _turn(tiles, range(bar.maximum(), 0, -_NOTCH_ROWS * row_height), _NOTCH_S)
    return {
        "shown_s": shown_s,
        "listed_s": listed_s,
        "opened_s": opened_s,
        "fling_ms": median(fling_ms),
        "slowest_fling_ms": max(fling_ms),
        "notch_ms": median(notch_ms),
        "slowest_notch_ms": max(notch_ms),
        "memory_open_mb": _memory_mb(),
        "pictures": tiles.model().rowCount(),
    }


def _turn(view: QAbstractItemView, places: Sequence[int], pause_s: float) -> list[float]:
    """Scrolls to one place after the other; how long each step took until it was drawn.

    What the main thread waits for a processor that others use is left out.
    """
    steps_ms: list[float] = []
    wait = ProcessorWait()
    for place in places:
        _rest(pause_s)
        at, waited_s = time.perf_counter(), wait.read_s()
        view.verticalScrollBar().setValue(place)
        view.viewport().repaint()
        QApplication.processEvents()
        waited_s = wait.read_s() - waited_s
        steps_ms.append((time.perf_counter() - at - waited_s) * 1000)
    return steps_ms


def _render(window: MainWindow) -> dict[str, float]:
    """Renders one clip of the built-in model; gives the longest silences before and during it."""
    window.projects.create("Stall")
    _until(lambda: window.video_tab is not None)
    model, tab = window.project_model, window.video_tab
    if model is None or tab is None:
        raise RuntimeError("No project is open.")
    scene = Scene(id=new_id("scene"), prompt="a red ball moving right at sunset")
    render = model.project.render.model_copy(
        update={"target": DEFAULT_TARGET.with_model("ltx-mini")}
    )
    model.edit("Scene", model.project.model_copy(update={"scenes": (scene,), "render": render}))
    _rest(_CALM_S)
    idle = UiWatchdog()
    _rest(_CALM_S)
    idle.close()

    def has_ended() -> bool:
        job = tab.scene_jobs.get(scene.id)
        if job is not None and job.state is SceneJobState.FAILED:
            raise RuntimeError(f"The clip was not made: {job.reason}")
        return model.project.chosen_take(scene.id) is not None

    busy = UiWatchdog()
    tab.render_missing()
    _until(has_ended)
    _rest(1.0)
    busy.close()
    return {"idle_ms": idle.longest_s * 1000, "render_ms": busy.longest_s * 1000}


def _mask(window: MainWindow) -> dict[str, float]:
    """Paints strokes over a large image; gives how long each move took until it was drawn."""
    # Imported late: it is no part of what is measured otherwise.
    from gui.images.mask_editor.image_view import levels_of
    from gui.images.mask_editor.mask_dialog import MaskDialog, MaskDraft

    pixels = Image.effect_noise(_IMAGE, 90)
    image = QImage(pixels.tobytes(), *_IMAGE, _IMAGE[0], QImage.Format.Format_Grayscale8)
    levels = levels_of(image.convertToFormat(QImage.Format.Format_RGB32))
    draft = MaskDraft(Path("image.png"), levels, Image.new("L", _IMAGE, 0))
    dialog = MaskDialog(draft, window)
    dialog.resize(*_EDITOR)
    dialog.show()
    _until(dialog.windowHandle().isExposed)
    _rest(_CALM_S)
    canvas, usual = dialog.canvas, dialog.canvas.brush_size
    measured: dict[str, float] = {}
    ends_ms: list[float] = []
    undo_ms: list[float] = []
    for look, name in ((canvas.fit, "fit"), (partial(canvas.zoom_to, 1.0), "whole")):
        for size, suffix in ((usual, ""), (_WIDE, "_wide")):
            look()
            canvas.set_brush_size(size)
            _work_off()
            first, *others = _stroke(canvas)
            _timed_ms(partial(_mouse, canvas, QEvent.Type.MouseButtonPress, first))
            moves_ms = [
                _timed_ms(partial(_mouse, canvas, QEvent.Type.MouseMove, place)) for place in others
            ]
            release = partial(_mouse, canvas, QEvent.Type.MouseButtonRelease, others[-1])
            ends_ms.append(_timed_ms(release))
            undo_ms.append(_timed_ms(dialog.painted.undo))
            measured[f"{name}{suffix}_ms"] = median(moves_ms)
            measured[f"slowest_{name}{suffix}_ms"] = max(moves_ms)
    dialog.close()
    return measured | {"slowest_end_ms": max(ends_ms), "slowest_undo_ms": max(undo_ms)}


def _stroke(canvas: QWidget) -> list[QPointF]:
    """Places of a stroke that crosses itself, all over a widget."""
    middle = QPointF(canvas.rect().center())
    turns = [2 * math.pi * number / _MOVES for number in range(_MOVES + 1)]
    return [
        QPointF(
            middle.x() * (1 + 0.8 * math.cos(3 * turn)), middle.y() * (1 + 0.8 * math.sin(2 * turn))
        )
        for turn in turns
    ]


def _mouse(canvas: QWidget, kind: QEvent.Type, place: QPointF) -> None:
    """An event of the left button."""
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    button = none if kind is QEvent.Type.MouseMove else left
    held = none if kind is QEvent.Type.MouseButtonRelease else left
    keys = Qt.KeyboardModifier.NoModifier
    event = QMouseEvent(kind, place, canvas.mapToGlobal(place), button, held, keys)
    QApplication.sendEvent(canvas, event)


def _timed_ms(act: Callable[[], object]) -> float:
    """How long something takes until what it changed is drawn, without waiting for a processor."""
    wait = ProcessorWait()
    at, waited_s = time.perf_counter(), wait.read_s()
    act()
    _work_off()
    return (time.perf_counter() - at - (wait.read_s() - waited_s)) * 1000


def _work_off() -> None:
    """Work events off until there is none."""
    dispatcher = QAbstractEventDispatcher.instance()
    while dispatcher.processEvents(QEventLoop.ProcessEventsFlag.AllEvents):
        pass


def _until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        QApplication.processEvents()
        time.sleep(0.001)


def _rest(seconds: float) -> None:
    end = time.monotonic() + seconds
    _until(lambda: time.monotonic() > end)


def _memory_mb() -> float:
    return psutil.Process().memory_info().rss / 1e6


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
