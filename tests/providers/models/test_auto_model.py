"""Which model `auto` stands for, and what is said about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.video.memory import Device, MemoryPlan
from core.video.model_store import OnDisk
from core.video.request import FrameRequest, RenderRequest
from core.video.spec import Precision, Residency
from core.video.terms import AUTO, Target
from providers.ltx_video.models.auto_model import choose_model
from providers.ltx_video.models.catalog import MODELS

if TYPE_CHECKING:
    from core.video.plan import RenderPlan
    from core.video.provider import ModelChoice
    from providers.ltx_video.models.catalog import LocalModel


def layout(*, fits: bool) -> MemoryPlan:
    return MemoryPlan(
        rung=0,
        device=Device.CPU,
        residency=Residency.RESIDENT,
        precision=Precision.BFLOAT16,
        text_encoder_device=Device.CPU,
        fits=fits,
        reasons=() if fits else ("3.0 GB are missing.",),
    )


def choose_auto(
    *,
    installed: tuple[str, ...] = (),
    damaged: tuple[str, ...] = (),
    too_big: tuple[str, ...] = (),
    frame: FrameRequest | None = None,
) -> ModelChoice:
    def on_disk(model: LocalModel) -> OnDisk:
        if model.id in damaged:
            return OnDisk.DAMAGED
        return OnDisk.WHOLE if model.id in installed else OnDisk.NOTHING

    def memory_for(model: LocalModel, plan: RenderPlan) -> MemoryPlan:
        assert plan.spec is model.spec
        return layout(fits=model.id not in too_big)

    request = RenderRequest(
        target=Target(provider="ltx-video", deployment="local", model=AUTO),
        prompt="a red ball",
        frame=frame or FrameRequest(),
    )
    return choose_model(request, on_disk=on_disk, memory_for=memory_for)


def test_with_nothing_installed_auto_is_the_built_in_model() -> None:
    choice = choose_auto()
    assert choice.model == "ltx-mini"
    assert "no other is installed" in choice.notes[0]
    assert f"{len(MODELS) - 1} larger models" in choice.notes[1]


def test_a_single_model_that_can_be_installed_is_told_as_one() -> None:
    all_but_one = tuple(model.id for model in MODELS[1:])
    choice = choose_auto(installed=all_but_one, too_big=all_but_one)
    assert choice.notes[-1].startswith("1 larger model can be installed")


def test_auto_is_the_best_installed_model_that_fits() -> None:
    choice = choose_auto(
        installed=("ltx-video-2b-0.9.5", "ltx-2.3-distilled", "ltx-2.5-distilled"),
        too_big=("ltx-2.5-distilled",),
    )
    assert choice.model == "ltx-2.3-distilled"
    assert choice.notes[1] == "LTX-2.5 distilled is passed over: 3.0 GB are missing."


def test_auto_passes_over_damaged_files_and_says_so() -> None:
    choice = choose_auto(damaged=("ltx-2.3",))
    assert choice.model == "ltx-mini"
    assert "because no installed one" in choice.notes[0]
    assert choice.notes[1] == "LTX-2.3 dev is passed over: its files are damaged."


def test_auto_passes_over_a_model_that_cannot_do_what_is_asked() -> None:
    choice = choose_auto(
        installed=("ltx-2.3-distilled", "ltx-video-2b-0.9.5"),
        too_big=("ltx-2.3-distilled",),
        frame=FrameRequest(resolution="1080p"),
    )
    assert choice.model == "ltx-mini"
    assert "1080p" in choice.notes[2]
