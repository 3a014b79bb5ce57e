"""The process that draws texts: an order on standard input, an answer on standard output."""

from __future__ import annotations

import sys

from gui.text.messages import DrawAnswer, DrawOrder


def main() -> int:
    """Answers one order."""
    order = DrawOrder.model_validate_json(sys.stdin.buffer.read())
    sys.stdout.write(_answer(order).model_dump_json())
    return 0


def _answer(order: DrawOrder) -> DrawAnswer:
    try:
        # Loaded late: where Qt lacks a library, that is an answer too.
        from PySide6.QtGui import QGuiApplication

        from gui.text.drawing import draw
    except ImportError as error:
        return DrawAnswer(missing=str(error))
    application = QGuiApplication(["imageai"])
    answer = draw(order)
    application.shutdown()
    return answer


if __name__ == "__main__":
    raise SystemExit(main())
