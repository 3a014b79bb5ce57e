"""Goes the journey once, in a window of its own."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Opens the window, goes the way, says where the film is; 0 when it got there."""
    parser = argparse.ArgumentParser(prog="python -m scripts.journey", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="where everything is kept")
    parser.add_argument("--images", type=Path, help="keep pictures of the window here")
    parser.add_argument("--size", default="1280x800", help="of the window")
    parser.add_argument("--first-hour", action="store_true", help="the way of a first-time user")
    parser.add_argument("--appearance", choices=("light", "dark"), default="light")
    options = parser.parse_args(arguments)
    os.environ["IMAGEAI_HOME"] = str(options.home)
    # Qt's own dialogs are the same everywhere, and part of the window's process.
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QApplication

    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    app = QApplication(sys.argv[:1])
    from core.platform.paths import Paths
    from core.studio import Studio
    from gui import theme
    from gui.main_window import MainWindow
    from gui.text.text_renderer import QtTextRenderer
    from providers import PROVIDERS
    from scripts.journey.first_hour import FirstHour, OwnFiles
    from scripts.journey.hands import Hands
    from scripts.journey.route import Journey, Things
    from scripts.journey.things import draw_image, film_beach, play_music

    theme.apply(app, theme.Appearance(options.appearance))
    window = MainWindow(Studio(PROVIDERS, paths=Paths.of_user(), text_renderer=QtTextRenderer()))
    width, height = map(int, options.size.split("x"))
    window.resize(width, height)
    window.show()
    window.begin(None)
    with tempfile.TemporaryDirectory(prefix="imageai-journey-") as folder:
        if options.images is not None:
            options.images.mkdir(parents=True, exist_ok=True)
        hands = Hands(window, options.images)
        song = play_music(Path(folder) / "tune.wav")
        if options.first_hour:
            footage = film_beach(Path(folder) / "beach.mov")
            film = FirstHour(window, hands).go(OwnFiles(footage, song))
        else:
            film = options.home / "film.mp4"
            things = Things(draw_image(Path(folder) / "ball.png"), song, film)
            Journey(window, hands, things).go()
        report = {"film": str(film), "platform": app.platformName()}
        window.close()
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
