"""The one question before money is spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from core.video.provider import Ready

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QWidget

    from core.video.render_planner import PlannedRender


def agree_to_price(parent: QWidget, planned: Sequence[PlannedRender]) -> bool:
    """Ask about everything that is about to be bought at once.

    What is free is not asked about, nor what cannot start: it is refused before it costs anything.
    """
    costs = [one.plan.cost_usd for one in planned if isinstance(one.readiness, Ready)]
    known = [cost for cost in costs if cost is not None]
    if len(known) == len(costs) and sum(known) == 0:
        return True
    count = "This" if len(costs) == 1 else f"These {len(costs)} renders"
    verb = "costs" if len(costs) == 1 else "cost"
    price = f"${sum(known):.2f}" if len(known) == len(costs) else "money, and the price is unknown"
    answer = QMessageBox.question(
        parent,
        "Render",
        f"{count} {verb} {price}.",
        QMessageBox.StandardButton.Ok | QMessageBox.StandardButton.Cancel,
        QMessageBox.StandardButton.Cancel,
    )
    return answer == QMessageBox.StandardButton.Ok
