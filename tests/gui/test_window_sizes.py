"""The window on small and on fine screens: nothing that matters is cut off."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.program import ROOT, environment

if TYPE_CHECKING:
    from pathlib import Path

LOOK = """
import json, sys
from pathlib import Path
from PySide6.QtCore import QRect
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QScrollArea, QTabWidget
from core.platform.paths import Paths
from core.studio import Studio
from gui import theme
from gui.main_window import MainWindow
from tests.fakes.provider import ENTRY

app = QApplication([])
theme.apply(app, theme.Appearance.DARK)
screen = app.primaryScreen().geometry()
window = MainWindow(Studio([ENTRY], paths=Paths.below(Path(sys.argv[1]))))
window.resize(int(sys.argv[2]), int(sys.argv[3]))
window.show()
window.begin(None)
window.projects.create("A film")
end = __import__("time").monotonic() + 30
while window.video_tab is None or not window.jobs.is_ready:
    app.processEvents()
    assert __import__("time").monotonic() < end
for place in range(window.tabs.count()):
    window.tabs.setCurrentIndex(place)
    app.processEvents()
window.tabs.setCurrentIndex(0)
for _ in range(20):
    app.processEvents()
frame = window.rect()
cut = []
for button in window.findChildren(QAbstractButton):
    if not button.isVisible() or not button.objectName() or not button.text():
        continue
    place = QRect(button.mapTo(window, button.rect().topLeft()), button.size())
    scrolls = button.parentWidget()
    while scrolls is not None and not isinstance(scrolls, QScrollArea):
        scrolls = scrolls.parentWidget()
    is_out = scrolls is None and not frame.contains(place)
    if is_out or button.width() < button.minimumSizeHint().width():
        cut.append(button.objectName())
size = [window.width(), window.height(), window.devicePixelRatio()]
least = [window.minimumSizeHint().width(), window.minimumSizeHint().height()]
left = window.video_tab.findChild(QScrollArea, "video_left")
scrolls = left.widget().minimumSizeHint().width() > left.width()
print(json.dumps({"cut": cut, "size": size, "least": least, "scrolls": scrolls}))
window.close()
"""


def look(home: Path, width: int, height: int, scale: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(home), str(width), str(height)],
        cwd=ROOT,
        env=environment(QT_QPA_PLATFORM="offscreen", QT_SCALE_FACTOR=scale),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    warnings = [line for line in done.stderr.splitlines() if "QObject" in line or "QThread" in line]
    assert warnings == []
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    ("width", "height", "scale"), [(1280, 720, "1"), (1920, 1080, "2"), (1280, 720, "1.5")]
)
def test_nothing_that_matters_is_cut_off(
    tmp_path: Path, width: int, height: int, scale: str
) -> None:
    found = look(tmp_path, width, height, scale)

    assert found["size"] == [width, height, float(scale)]
    assert found["least"][0] <= 1280
    assert found["least"][1] <= 720
    assert not found["scrolls"]
    assert found["cut"] == []
