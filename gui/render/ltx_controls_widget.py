"""What LTX takes beside size and length; shown only while LTX renders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from core.video.request import AUTO
from core.video.spec import Control
from gui import theme
from gui.render.camera_speed_field import CameraSpeedField
from gui.render.choice_box import BoxChoice, ChoiceBox, with_kept
from gui.render.choice_row import ChoiceGrid, RowLabels
from gui.render.choices_panel import ChoicesPanel
from gui.render.lora_list import MEMORY_LABELS, LoraList, pick_lora_files
from gui.render.model_choices import Offer, find_offer
from gui.render.number_box import NumberBox
from gui.render.seed_field import SeedField
from gui.widgets.fields import ignore_wheel
from gui.widgets.panes import FoldingSection

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from core.video.request import Target
    from core.video.spec import ModelSpec

LTX = "ltx-video"
"""The provider whose controls these are."""

_NEGATIVE_LINES = 3
_DEPLOYMENT = RowLabels("deployment", "target", "Runs at", "Where LTX runs")
_PLACE = RowLabels("place", "target", "Runs at", "Where LTX runs")
_SIMPLE = (
    RowLabels("audio", "audio", "Sound", "Whether the clips get sound"),
    RowLabels("audio_prompt", "audio_prompt", "Audio prompt", "What is to be heard"),
    RowLabels("camera", "camera", "Camera", "How the camera moves"),
    RowLabels("camera_speed", "camera_speed", "Camera speed", "How fast the camera moves"),
)
_ADVANCED = (
    RowLabels(
        "guidance_scale",
        "guidance_scale",
        "Guidance",
        "How closely the model follows the prompt; high values look harsh",
    ),
    RowLabels(
        "num_inference_steps",
        "num_inference_steps",
        "Steps",
        "How often the picture is refined; more take longer",
    ),
    RowLabels("seed", "seed", "Seed", "The same seed gives the same clip", is_tall=True),
    RowLabels(
        "negative_prompt",
        "negative_prompt",
        "Negative prompt",
        "What the clip should not show",
        is_tall=True,
    ),
    RowLabels("loras", "loras", "LoRAs", "Small weights laid over the model's own", is_tall=True),
    RowLabels("memory", "memory", "Memory", "Where the weights lie while a clip is made"),
    RowLabels(
        "webhook_url",
        "webhook_url",
        "Webhook",
        "An https address that the service tells when a clip is ready",
    ),
)


class LTXControlsWidget(ChoicesPanel):
    """Edits deployment, sound, camera, and what advanced users want to set."""

    def __init__(
        self,
        parent: QWidget | None = None,
        pick: Callable[[QWidget], tuple[Path, ...]] = pick_lora_files,
    ) -> None:
        super().__init__(parent)
        self._deployment, self._place = ChoiceBox(), QLabel()
        self._audio = QCheckBox("With sound")
        self._audio_prompt = QLineEdit(placeholderText="Rain on a tin roof, distant thunder")
        self._camera, self._speed = ChoiceBox(), CameraSpeedField()
        self._loras = LoraList(pick=pick)
        self._guidance = NumberBox(decimals=2, step=0.5)
        self._steps = NumberBox(decimals=0, step=1)
        self._seed = SeedField()
        self._negative = QPlainTextEdit(tabChangesFocus=True)
        self._negative.setPlaceholderText("What the clip should not show")
        lines = _NEGATIVE_LINES * self._negative.fontMetrics().lineSpacing()
        self._negative.setFixedHeight(lines + theme.EDGE)
        self._memory = ChoiceBox()
        self._webhook = QLineEdit(placeholderText="https://")
        simple, advanced = ChoiceGrid(), ChoiceGrid()
        self._add_simple_rows(simple)
        self._add_advanced_rows(advanced)
        self._section = FoldingSection(
            "advanced", "Advanced", "LoRAs, guidance, steps, seed and more", [advanced]
        )
        self._body = QWidget()
        inner = QVBoxLayout(self._body)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(theme.GAP)
        inner.addWidget(simple)
        inner.addWidget(self._section)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._body)
        ignore_wheel(self)
        self._connect()
        self.show_rows()

    def set_last_seed(self, seed: int | None) -> None:
        """The seed of the clip that was made last, for "same again"."""
        self._seed.set_last(seed)

    def open_advanced(self) -> None:
        """Show what is folded away."""
        self._section.open()

    def show_rows(self) -> None:
        """Fill the rows from value, scope and offers."""
        # The inner part and not the panel: a panel without a parent would become a window.
        self._body.setVisible(self._value.target.provider == LTX)
        self._show_deployments()
        spec, value = self.spec(), self._value
        takes = frozenset[Control]() if spec is None else spec.controls
        self._section.setVisible(spec is not None)
        is_silent = value.audio is False
        self.show_row("audio", is_offered=Control.AUDIO in takes)
        self.show_row(
            "audio_prompt",
            is_offered=Control.AUDIO_PROMPT in takes and not is_silent,
            has_usual=False,
        )
        self.show_row("camera", is_offered=Control.CAMERA_MOTION in takes, has_usual=False)
        self.show_row("camera_speed", is_offered=_takes_speed(spec) and value.camera is not None)
        for name, control, has_usual in (
            ("loras", Control.LORAS, False),
            ("guidance_scale", Control.GUIDANCE_SCALE, True),
            ("num_inference_steps", Control.STEPS, True),
            ("seed", Control.SEED, False),
            ("negative_prompt", Control.NEGATIVE_PROMPT, False),
            ("memory", Control.MEMORY, False),
            ("webhook_url", Control.WEBHOOK, False),
        ):
            self.show_row(name, is_offered=control in takes, has_usual=has_usual)
        if spec is not None:
            self._show_values(spec)

    def _add_simple_rows(self, grid: ChoiceGrid) -> None:
        # The model's row, in another panel, has the way back for the whole target.
        self.add_row(grid, _DEPLOYMENT, self._deployment, has_reset=False)
        self.add_row(grid, _PLACE, self._place, has_reset=False)
        editors = (self._audio, self._audio_prompt, self._camera, self._speed)
        for words, editor in zip(_SIMPLE, editors, strict=True):
            self.add_row(grid, words, editor)

    def _add_advanced_rows(self, grid: ChoiceGrid) -> None:
        editors = (
            self._guidance,
            self._steps,
            self._seed,
            self._negative,
            self._loras,
            self._memory,
            self._webhook,
        )
        for words, editor in zip(_ADVANCED, editors, strict=True):
            self.add_row(grid, words, editor)

    def _connect(self) -> None:
        self._deployment.edited.connect(self._on_deployment)
        self._audio.clicked.connect(self._on_audio)
        self._audio_prompt.textEdited.connect(self._on_audio_prompt)
        self._camera.edited.connect(self._on_camera)
        self._speed.edited.connect(self._on_speed)
        self._loras.edited.connect(self._on_loras)
        self._guidance.edited.connect(self._on_guidance)
        self._steps.edited.connect(self._on_steps)
        self._seed.edited.connect(self._on_seed)
        self._negative.textChanged.connect(self._on_negative)
        self._memory.edited.connect(self._on_memory)
        self._webhook.textEdited.connect(self._on_webhook)

    def _show_deployments(self) -> None:
        target = self._value.target
        ours = [offer for offer in self._offers if offer.info.id == target.provider]
        choices = [BoxChoice(o.info.deployment, o.place, tip=o.info.summary) for o in ours]
        known = with_kept(choices, target.deployment, f"{target.deployment} (not known)")
        self._deployment.show_choices(known, target.deployment)
        # With nothing to choose between it is only told.
        self._place.setText(known[0].label)
        self.show_row("deployment", is_offered=len(known) > 1, has_usual=False)
        self.show_row("place", is_offered=len(known) == 1, has_usual=False)

    def _show_values(self, spec: ModelSpec) -> None:
        value = self._value
        self._audio.setChecked(value.audio is not False)
        _show_text(self._audio_prompt, value.audio_prompt)
        _show_text(self._webhook, value.webhook_url)
        if self._negative.toPlainText() != value.negative_prompt:
            self._negative.blockSignals(True)
            self._negative.setPlainText(value.negative_prompt)
            self._negative.blockSignals(False)
        self._loras.show_loras(value.loras, spec.max_loras)
        self._seed.show_value(value.seed)
        self._show_camera(spec)
        if spec.guidance_scale is not None:
            limits = spec.guidance_scale
            asked = value.guidance_scale
            shown = limits.default if asked is None else asked
            self._guidance.show_number(shown, limits.minimum, limits.maximum)
        if spec.steps is not None:
            limits, steps = spec.steps, value.num_inference_steps
            shown = limits.default if steps is None else steps
            self._steps.show_number(shown, limits.minimum, limits.maximum)
        layouts = [BoxChoice(None, "Automatic", tip="The quickest that fits")]
        layouts += [BoxChoice(layout, MEMORY_LABELS[layout]) for layout in spec.residencies]
        kept = MEMORY_LABELS[value.memory] if value.memory is not None else ""
        self._memory.show_choices(
            with_kept(layouts, value.memory, f"{kept} (not with {spec.label})"), value.memory
        )

    def _show_camera(self, spec: ModelSpec) -> None:
        asked = self._value.camera
        motions = spec.camera.motions if spec.camera is not None else ()
        choices = [BoxChoice(None, "None", tip="Leave it to the prompt")]
        choices += [BoxChoice(motion, _motion_label(motion)) for motion in motions]
        kept = "" if asked is None else f"{_motion_label(asked)} (not with {spec.label})"
        self._camera.show_choices(with_kept(choices, asked, kept), asked)
        limits = spec.camera.speed if spec.camera is not None else None
        if limits is not None:
            speed = self._value.camera_speed
            shown = limits.default if speed is None else speed
            self._speed.show_speed(shown, limits.minimum, limits.maximum)

    @Slot(object)
    def _on_deployment(self, deployment: object) -> None:
        target = self._value.target.model_copy(update={"deployment": str(deployment)})
        self.choose("target", _with_known_model(target, self._offers))

    @Slot(bool)
    def _on_audio(self, has_audio: bool) -> None:
        self.choose("audio", has_audio)

    @Slot(str)
    def _on_audio_prompt(self, text: str) -> None:
        self.choose("audio_prompt", text)

    @Slot(object)
    def _on_camera(self, motion: object) -> None:
        self.choose("camera", motion)

    @Slot(object)
    def _on_speed(self, speed: object) -> None:
        self.choose("camera_speed", speed)

    @Slot(object)
    def _on_loras(self, loras: object) -> None:
        self.choose("loras", loras)

    @Slot(object)
    def _on_guidance(self, scale: object) -> None:
        self.choose("guidance_scale", scale)

    @Slot(object)
    def _on_steps(self, steps: object) -> None:
        self.choose("num_inference_steps", steps)

    @Slot(object)
    def _on_seed(self, seed: object) -> None:
        self.choose("seed", seed)

    @Slot()
    def _on_negative(self) -> None:
        self.choose("negative_prompt", self._negative.toPlainText())

    @Slot(object)
    def _on_memory(self, memory: object) -> None:
        self.choose("memory", memory)

    @Slot(str)
    def _on_webhook(self, url: str) -> None:
        self.choose("webhook_url", url.strip())


def _takes_speed(spec: ModelSpec | None) -> bool:
    return spec is not None and spec.camera is not None and spec.camera.speed is not None


def _with_known_model(target: Target, offers: tuple[Offer, ...]) -> Target:
    """The target, with the model left to the provider where that does not have it."""
    offer = find_offer(offers, target)
    is_known = offer is not None and offer.model(target.model) is not None
    return target if is_known else target.with_model(AUTO)


def _motion_label(motion: str) -> str:
    return motion.replace("_", " ").title()


def _show_text(edit: QLineEdit, text: str) -> None:
    """Show a text; the cursor stays where a person is typing that very text."""
    if edit.text().strip() != text:
        edit.setText(text)
