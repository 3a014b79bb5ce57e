"""A mask from the mouse to the service and back: painted, sent, and the result laid over within."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from core.video.record import read_image_record
from core.video.terms import Role, Target
from gui.images.image_batch import ImageBatch
from gui.images.mask_editor.mask_dialog import MaskDialog
from providers.openai.info import OPENAI
from tests.fakes.services.openai_server import openai_entry, openai_server
from tests.gui.children import child
from tests.gui.controls import controls_of
from tests.gui.images.painting import drag, pixels
from tests.gui.operating import click, write
from tests.gui.whole_window import OpenWindow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from gui.images.image_tab import ImageTab
    from tests.fakes.services.openai_server import OpenAIServer
    from tests.gui.whole_window import BoxAnswers

TARGET = Target(provider=OPENAI.id, deployment=OPENAI.deployment, model="gpt-image-2.6-flare")
SIDE = 300


@pytest.fixture
def openai(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    with openai_server(tmp_path / "service") as service:
        service.stand_in(monkeypatch)
        yield service


@pytest.fixture
def window(openai: OpenAIServer, tmp_path: Path, qtbot: QtBot) -> Iterator[OpenWindow]:
    window = OpenWindow(tmp_path / "home", qtbot, openai_entry())
    window.window.tabs.setCurrentWidget(window.window.tabs.images)
    yield window
    window.close()


def tab_of(window: OpenWindow) -> ImageTab:
    tab = window.window.tabs.images.tab
    assert tab is not None
    return tab


@pytest.mark.parametrize("is_soft", [False, True])
def test_what_is_painted_is_what_the_service_may_edit(
    window: OpenWindow,
    openai: OpenAIServer,
    answers: BoxAnswers,
    tmp_path: Path,
    qtbot: QtBot,
    is_soft: bool,
) -> None:
    photo = tmp_path / "photo.png"
    noise = np.random.default_rng(3).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    Image.fromarray(noise).save(photo)
    tab = tab_of(window)
    window.until(lambda: tab.order.model is None or controls_of(tab)["image_model"].count() > 2)
    tab.set_value(ImageBatch(target=TARGET, prompt="", quality="low", images=(photo,)))
    write("a hat")(controls_of(tab)["image_prompt"])

    click(controls_of(tab)["image_mask_paint"])
    window.until(lambda: window.window.findChild(MaskDialog))
    dialog = child(window.window, MaskDialog)
    dialog.canvas.set_brush_size(60)
    drag(dialog.canvas, [(100, 150), (200, 150)])
    if is_soft:
        click(controls_of(dialog)["mask_feather"])
        qtbot.waitUntil(dialog.canvas.isEnabled)
    mask = pixels(dialog.painted)
    click(controls_of(dialog)["mask_ok"])
    window.until(lambda: tab.value().mask)
    assert openai.purchases == 0, "a mask costs nothing"

    click(controls_of(tab)["image_make"])
    window.until(lambda: tab.gallery.entry is not None)

    assert openai.purchases == 1
    (form,) = openai.forms
    (sent,) = (content for field, _, content in form if field == "mask")
    with Image.open(BytesIO(sent)) as found:
        assert np.array_equal(255 - np.asarray(found.getchannel("A")), mask)
    entry = tab.gallery.entry
    assert entry is not None
    made = np.asarray(Image.open(entry.path))
    outside = mask == 0
    assert np.array_equal(made[outside], noise[outside])
    assert tuple(made[150, 150]) == openai.habits.colour
    record = read_image_record(entry.path)
    assert record is not None, "it is inside: this is no file of the service any more"
    assert record.feather_px == (0 if is_soft else 3)
    assert any(item.role is Role.MASK for item in record.request.inputs)
    assert entry.path.with_name(f"{entry.path.stem}-original.png").is_file()
    soft = (mask > 0) & (mask < 255)
    assert soft.any() is np.bool_(is_soft)
    expected = noise + (mask[..., None] / 255) * (
        np.array(openai.habits.colour) - noise.astype(int)
    )
    assert not is_soft or np.abs(made - expected)[soft].max() <= 1


def test_the_mask_survives_the_window_and_is_found_again(
    window: OpenWindow, tmp_path: Path, qtbot: QtBot
) -> None:
    photo = tmp_path / "photo.png"
    Image.new("RGB", (SIDE, SIDE), "olive").save(photo)
    tab = tab_of(window)
    window.until(lambda: controls_of(tab)["image_model"].count() > 2)
    tab.set_value(ImageBatch(target=TARGET, prompt="a hat", images=(photo,)))
    click(controls_of(tab)["image_mask_paint"])
    window.until(lambda: window.window.findChild(MaskDialog))
    drag(child(window.window, MaskDialog).canvas, [(150, 150)])
    click(controls_of(child(window.window, MaskDialog))["mask_ok"])
    window.until(lambda: tab.value().mask)
    mask = tab.value().mask
    assert mask is not None
    assert mask.parent == window.window.studio.paths.masks_dir
    window.close()
    assert mask.is_file()
