"""A clip that a ComfyUI makes, through the whole window: no price, a preview, its place in line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QLabel, QToolButton

from core.jobs.job import Progressed
from core.video.request import FrameRequest
from core.video.terms import Target
from providers.ltx_video.comfyui.info import INFO
from tests.fakes.services.comfyui_server import ComfyStub, comfyui_entry, comfyui_server
from tests.gui.children import child
from tests.gui.operating import click
from tests.gui.whole_window import OpenWindow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from core.jobs.job import JobUpdate
    from tests.gui.whole_window import BoxAnswers

TARGET = Target(provider=INFO.id, deployment=INFO.deployment, model="ltx-video-2b-0.9.8-distilled")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ComfyStub]:
    with comfyui_server(tmp_path / "service") as server:
        server.stand_in(monkeypatch)
        yield server


@pytest.fixture
def open_window(
    server: ComfyStub, tmp_path: Path, qtbot: QtBot
) -> Iterator[Callable[[], OpenWindow]]:
    windows: list[OpenWindow] = []

    def make() -> OpenWindow:
        windows.append(OpenWindow(tmp_path / "home", qtbot, comfyui_entry()))
        return windows[-1]

    yield make
    for window in windows:
        window.close()


def begin(window: OpenWindow) -> None:
    """A project of one scene, which a ComfyUI renders."""
    window.begin(TARGET, FrameRequest(duration_s=0.5, resolution="480p"))


def test_a_clip_becomes_a_take_and_nobody_is_asked_for_money(
    server: ComfyStub, open_window: Callable[[], OpenWindow], answers: BoxAnswers
) -> None:
    window = open_window()
    begin(window)
    seen: list[Progressed] = []

    def listen(update: JobUpdate) -> None:
        if isinstance(update.event, Progressed):
            seen.append(update.event)

    window.window.studio.queue.subscribe(listen)
    server.habits.polls_until_done = 10_000
    click(child(window.tab, QToolButton, "render_this"))
    window.until(lambda: any(event.preview for event in seen))
    server.habits.polls_until_done = 0
    window.until(lambda: window.num_takes() == [1])
    assert not any("costs" in text for text in answers.heard)
    assert len(server.ours) == 1
    assert window.window.studio.ledger.spent_usd() == 0


def test_what_the_server_lacks_is_told_where_the_model_is_chosen(
    server: ComfyStub, open_window: Callable[[], OpenWindow], answers: BoxAnswers
) -> None:
    server.habits.files = {}
    window = open_window()
    begin(window)

    def shown() -> str:
        return " ".join(label.text() for label in window.tab.findChildren(QLabel))

    window.until(lambda: "no model file for LTX-Video 2B" in shown())
    assert "models/checkpoints" in shown()
