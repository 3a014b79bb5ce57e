"""What LTX alone has to choose: where it runs; shown only while LTX renders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLabel

from core.video.control_row import Control
from core.video.controls import ROWS
from core.video.listing import ModelListing
from core.video.terms import AUTO
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.marked_rows import MarkedRow, RowGrid

if TYPE_CHECKING:
    from core.video.terms import Target

LTX = "ltx-video"
"""The provider whose panel this is."""
_ROW = ROWS[Control.DEPLOYMENT]


class LTXControlsWidget(RowGrid):
    """Edits the deployment of a target.

    Signals:
        edited(Target): a person chose another.
    """

    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._listing = ModelListing()
        self._target: Target | None = None
        self._deployment, self._place = ChoiceField(), QLabel()
        # The model's row has the way back for the whole target.
        self._choosing = MarkedRow(self, "deployment", _ROW.label, _ROW.tip, has_reset=False)
        self._choosing.set_field(self._deployment)
        self._telling = MarkedRow(self, "place", _ROW.label, _ROW.tip, has_reset=False)
        self._telling.set_field(self._place)
        self._deployment.edited.connect(self._on_deployment)

    def show_target(self, target: Target, listing: ModelListing, why_marked: str) -> None:
        """Show where a target runs, and why it differs from the project; tells nobody."""
        self._target, self._listing = target, listing
        self.setVisible(target.provider == LTX)
        ours = [provider for provider in listing.providers if provider.info.id == target.provider]
        choices = [Choice(o.info.deployment, o.place, tip=o.info.summary) for o in ours]
        if all(choice.value != target.deployment for choice in choices):
            choices.append(Choice(target.deployment, f"{target.deployment} (not known)"))
        self._deployment.show_choices(choices, target.deployment)
        # With nothing to choose between it is only told.
        self._place.setText(choices[0].label)
        for row, is_shown in (
            (self._choosing, len(choices) > 1),
            (self._telling, len(choices) == 1),
        ):
            row.mark(why_marked, "")
            row.set_visible(is_shown, can_reset=False)

    @Slot(object)
    def _on_deployment(self, deployment: object) -> None:
        if self._target is not None:
            target = self._target.model_copy(update={"deployment": str(deployment)})
            provider = self._listing.provider(target)
            # Another deployment may not have the model.
            is_known = provider is not None and provider.model(target.model) is not None
            self.edited.emit(target if is_known else target.with_model(AUTO))
