"""What a person must agree to before renders are queued: money, and scenes that are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from core.video.provider import Ready

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QWidget

    from core.project.model.project import VideoProject
    from core.project.render.rendering import RenderOffer
    from core.video.render_planner import PlannedRender

_MOST_SHOWN = 8
_Button = QMessageBox.StandardButton


def agree(parent: QWidget, project: VideoProject, offer: RenderOffer) -> bool:
    """Ask what there is to ask; free renders of sound scenes are never asked about."""
    if not offer.planned and not offer.waiting:
        if offer.refused:
            text = "Nothing can be rendered as it is."
            _box(parent, text, refusals(project, offer), _Button.Close).exec()
        return False
    if offer.is_free and not offer.refused:
        return True
    text = " ".join(filter(None, [_left_out(offer), price_sentence(offer)]))
    box = _box(parent, text, refusals(project, offer), _Button.Ok | _Button.Cancel)
    count = len(offer.planned) + len(offer.waiting)
    box.button(_Button.Ok).setText("Render it" if count == 1 else f"Render {count} scenes")
    box.setDefaultButton(_Button.Ok if offer.is_free else _Button.Cancel)
    return box.exec() == _Button.Ok


def price_sentence(offer: RenderOffer) -> str:
    """What the renders cost; empty where they are free."""
    if offer.is_free:
        return ""
    count = len(offer.planned) + len(offer.waiting)
    what = "This clip" if count == 1 else f"These {count} clips"
    return _costs(what, count, offer.cost_usd)


def _costs(what: str, count: int, cost_usd: float | None) -> str:
    verb = "costs" if count == 1 else "cost"
    price = "money, and the price is not known" if cost_usd is None else f"${cost_usd:.2f}"
    return f"{what} {verb} {price}."


def refusals(project: VideoProject, offer: RenderOffer) -> str:
    """Each scene that cannot be rendered, with its reasons."""
    lines = [
        f"Scene {project.index(item.scene.id) + 1}: "
        + " ".join(problem.message for problem in item.problems)
        for item in offer.refused
        if project.scene(item.scene.id) is not None
    ]
    more = len(lines) - _MOST_SHOWN
    return "\n\n".join([*lines[:_MOST_SHOWN], *([f"And {more} more."] if more > 0 else [])])


def _left_out(offer: RenderOffer) -> str:
    count = len(offer.refused)
    if not count:
        return ""
    return "A scene is left out." if count == 1 else f"{count} scenes are left out."


def _box(parent: QWidget, text: str, details: str, buttons: _Button) -> QMessageBox:
    box = QMessageBox(QMessageBox.Icon.Question, "Render", text, buttons, parent)
    box.setInformativeText(details)
    return box


def agree_to_price(parent: QWidget, planned: Sequence[PlannedRender]) -> bool:
    """Ask about everything that is about to be bought at once.

    What is free is not asked about, nor what cannot start: it is refused before it costs anything.
    """
    costs = [one.plan.cost_usd for one in planned if isinstance(one.readiness, Ready)]
    known = [cost for cost in costs if cost is not None]
    cost_usd = sum(known) if len(known) == len(costs) else None
    if cost_usd == 0:
        return True
    count = len(costs)
    what = "This" if count == 1 else f"These {count} renders"
    answer = QMessageBox.question(
        parent,
        "Render",
        _costs(what, count, cost_usd),
        QMessageBox.StandardButton.Ok | QMessageBox.StandardButton.Cancel,
        QMessageBox.StandardButton.Cancel,
    )
    return answer == QMessageBox.StandardButton.Ok
