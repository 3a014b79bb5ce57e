"""What a person must agree to before renders are queued: money, packages, scenes left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from core.errors import first_of
from core.platform.units import price
from core.video.planning.render_planner import most_usd, total_usd
from core.video.provider import NotReady, Ready
from gui.render.plan_fixes import (
    SHOW_COSTS,
    SetKey,
    ShowInstall,
    fix_for_readiness,
    frame_fixes,
    problem_in_window,
    said_in_window,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QWidget

    from core.project.model.project import VideoProject
    from core.project.render.orders import RenderOffer
    from core.video.planning.render_planner import PlannedRender
    from core.video.registry import ProviderRegistry
    from gui.render.plan_fixes import Fix, QuickFix

_MOST_SHOWN = 8
_Button = QMessageBox.StandardButton


def agree_to_offer(
    parent: QWidget,
    registry: ProviderRegistry,
    project: VideoProject,
    offer: RenderOffer,
    mend: Callable[[Fix, tuple[str, ...]], None],
) -> bool:
    """Ask about the scenes of a project, and tell which of them are left out, and why.

    Args:
        parent: the window that asks.
        registry: knows what a model that is not ready needs.
        project: as it is now.
        offer: what would be rendered.
        mend: called with what a person wants done, and for which scenes.
    """
    renders = [item.planned for item in (*offer.planned, *offer.waiting)]
    reasons = _refusals(project, offer)
    if not renders:
        if reasons:
            _tell_refused(parent, project, offer, reasons, mend)
        return False
    if not can_start(parent, registry, renders, lambda fix: mend(fix, ())):
        return False
    if offer.refusal is not None:
        _refuse(parent, offer.refusal.message, SHOW_COSTS, lambda fix: mend(fix, ()))
        return False
    count = len(offer.refused)
    left_out = "A scene is left out." if count == 1 else f"{count} scenes are left out."
    details = "\n\n".join(filter(None, [lost_orders_text(project, offer), reasons]))
    return agree(parent, renders, left_out if count else "", details)


def can_start(
    parent: QWidget,
    registry: ProviderRegistry,
    renders: Sequence[PlannedRender],
    mend: Callable[[Fix], None],
) -> bool:
    """Whether no render waits for a key or for a model; else it is told, with what mends it."""
    for one in renders:
        readiness, target = one.readiness, one.plan.target
        if not isinstance(readiness, NotReady):
            continue
        quick_fix = fix_for_readiness(readiness, target, registry.find(target))
        if quick_fix is None or not isinstance(quick_fix.fix, SetKey | ShowInstall):
            continue
        _refuse(parent, said_in_window(readiness, one.plan.spec), quick_fix, mend)
        return False
    return True


def agree(
    parent: QWidget, renders: Sequence[PlannedRender], left_out: str = "", reasons: str = ""
) -> bool:
    """Ask once about everything that is about to be queued.

    Free renders that need nothing more are not asked about, nor what cannot start: it is refused
    before it costs anything.

    Args:
        parent: the window that asks.
        renders: what would be queued, with what follows by itself.
        left_out: says that something is not among them; empty where that is nothing.
        reasons: why it is not.
    """
    ready = [one for one in renders if isinstance(one.readiness, Ready)]
    costs, packages = _price(ready), _packages(ready)
    text = " ".join(filter(None, [left_out, costs, packages]))
    if not text:
        return True
    box = _box(parent, text, reasons, _Button.Ok | _Button.Cancel)
    verb = "Install and render" if packages else "Render"
    count, noun = len(renders), renders[0].plan.noun
    box.button(_Button.Ok).setText(f"{verb} it" if count == 1 else f"{verb} {count} {noun}s")
    box.setDefaultButton(_Button.Cancel if costs else _Button.Ok)
    return box.exec() == _Button.Ok


def _tell_refused(
    parent: QWidget,
    project: VideoProject,
    offer: RenderOffer,
    reasons: str,
    mend: Callable[[Fix, tuple[str, ...]], None],
) -> None:
    """Say why nothing is rendered; where it is for a frame, offer what mends it at once."""
    box = _box(parent, "Nothing can be rendered as it is.", reasons, _Button.Close)
    box.setIcon(QMessageBox.Icon.Warning)
    scenes = [project.scene(item.scene.id) for item in offer.refused]
    for item, scene in zip(offer.refused, scenes, strict=True):
        fixes = [fix for problem in item.problems for fix in frame_fixes(problem, None)]
        if scene is None or scene.continues or not fixes:
            continue
        same = tuple(
            one.id
            for one in scenes
            if one is not None
            and (one.start_image, one.end_image) == (scene.start_image, scene.end_image)
        )
        buttons = {
            box.addButton(fix.label, QMessageBox.ButtonRole.ActionRole): fix.fix for fix in fixes
        }
        box.exec()
        for button, fix in buttons.items():
            if box.clickedButton() is button:
                mend(fix, same)
        return
    box.exec()


def _refuse(parent: QWidget, reason: str, quick_fix: QuickFix, mend: Callable[[Fix], None]) -> None:
    """Say why nothing is rendered, and offer what mends it at once."""
    box = _box(parent, "Nothing is rendered yet.", reason, _Button.Close)
    box.setIcon(QMessageBox.Icon.Warning)
    button = box.addButton(quick_fix.label, QMessageBox.ButtonRole.ActionRole)
    box.exec()
    if box.clickedButton() is button:
        mend(quick_fix.fix)


def _price(renders: Sequence[PlannedRender]) -> str:
    """What the renders cost, here and where they may go on; empty where they are free."""
    total, most = total_usd(renders), most_usd(renders)
    if total == most == 0:
        return ""
    noun, count = renders[0].plan.noun, len(renders)
    what = f"This {noun} costs" if count == 1 else f"These {count} {noun}s cost"
    costs = f"{what} {_amount(total)}."
    if most == total:
        return costs
    it = "it" if count == 1 else "all of them"
    return f"{costs} Where {it} must be made elsewhere, it costs {_amount(most)}."


def _amount(cost_usd: float | None) -> str:
    if cost_usd == 0:
        return "nothing"
    return "money, and the price is not known" if cost_usd is None else price(cost_usd)


def _packages(renders: Sequence[PlannedRender]) -> str:
    """What is fetched and installed before the first of them; empty where all is there."""
    missing = {one.readiness.installs for one in renders if isinstance(one.readiness, Ready)}
    named = " and ".join(sorted(str(packages) for packages in missing if packages is not None))
    return f"Python packages are installed first, this once: {named}." if named else ""


def lost_orders_text(project: VideoProject, offer: RenderOffer) -> str:
    """The scenes that may be bought already, and where that is asked; empty where there is none."""
    if not offer.lost:
        return ""
    numbers = sorted(
        project.index(scene_id) + 1 for scene_id in offer.lost if project.scene(scene_id)
    )
    which = "Scene" if len(numbers) == 1 else "Scenes"
    return (
        f"{which} {', '.join(map(str, numbers))}: the answer to an earlier order was lost, so it "
        "may be bought already, and would be twice. Select the failed job first: it says where to "
        "look."
    )


def _refusals(project: VideoProject, offer: RenderOffer) -> str:
    """Each scene that cannot be rendered, with its reasons."""
    lines = [
        f"Scene {project.index(item.scene.id) + 1}: "
        + " ".join(map(problem_in_window, item.problems))
        for item in offer.refused
        if project.scene(item.scene.id) is not None
    ]
    return "\n\n".join(first_of(lines, _MOST_SHOWN, "And {:,} more."))


def _box(parent: QWidget, text: str, details: str, buttons: _Button) -> QMessageBox:
    box = QMessageBox(QMessageBox.Icon.Question, "Render", text, buttons, parent)
    box.setInformativeText(details)
    return box
