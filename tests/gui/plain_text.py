"""A plain drawing of each line of standard input, to hold the program's own drawing against.

Run as a program: `python -m tests.gui.plain_text FOLDER PIXELS < TEXTS`, one JSON list of texts.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pymupdf_fonts
from PySide6.QtCore import QByteArray, QPointF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QImage,
    QPainter,
    QPainterPath,
)


def main(folder: Path, pixels: int) -> None:
    application = QGuiApplication([])
    for code in ("figo", "symbol1", "symbol2"):
        QFontDatabase.addApplicationFontFromData(QByteArray(pymupdf_fonts.myfont(code)))
    font = QFont()
    font.setFamilies(["FiraGO", "Noto Sans Symbols", "Noto Sans Symbols2"])
    font.setPixelSize(pixels)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    for number, text in enumerate(json.load(sys.stdin)):
        path = QPainterPath()
        path.setFillRule(Qt.FillRule.WindingFill)
        path.addText(QPointF(0, 0), font, text)
        box = path.boundingRect().toAlignedRect()
        image = QImage(box.size(), QImage.Format.Format_RGBA64_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(path.translated(-box.left(), -box.top()), QColor("#ffffff"))
        painter.end()
        image.convertToFormat(QImage.Format.Format_RGBA8888).save(str(folder / f"{number}.png"))
    application.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
