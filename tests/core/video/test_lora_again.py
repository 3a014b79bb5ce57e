"""A clip with LoRAs is recorded so that it can be made again, and only with the very same files."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from core.errors import UnsupportedRequest
from core.project.render.rerender import plan_again
from core.video.record import read_settings_of
from tests.core.video.test_render import Run
from tests.fakes.inputs import lora
from tests.fakes.loras import smallest_lora

if TYPE_CHECKING:
    from pathlib import Path

    from core.studio import Studio
    from core.video.record import ClipRecord
    from core.video.request import RenderRequest


@pytest.fixture
def ink(tmp_path: Path) -> Path:
    return smallest_lora(tmp_path / "mine" / "ink.safetensors")


@pytest.fixture
def record(studio: Studio, request_small: RenderRequest, tmp_path: Path, ink: Path) -> ClipRecord:
    request = request_small.with_model("fake-full").with_inputs((lora(ink, 0.8),))
    run = Run(studio, request, tmp_path / "ball.mp4")
    found = read_settings_of(run.path)
    assert found is not None
    return found


def test_the_record_names_file_content_and_scale(record: ClipRecord, ink: Path) -> None:
    (item,) = record.request.inputs
    assert (item.path.name, item.strength) == ("ink.safetensors", 0.8)
    assert record.inputs_sha256 == (hashlib.sha256(ink.read_bytes()).hexdigest(),)


def test_made_again_it_is_found_where_it_lay(studio: Studio, record: ClipRecord, ink: Path) -> None:
    assert plan_again(studio, record).plan.request.inputs == (lora(ink, 0.8),)


def test_moved_into_ones_own_folder_it_is_found_by_its_name(
    studio: Studio, record: ClipRecord, ink: Path
) -> None:
    own = studio.paths.lora_dirs[0] / "style" / ink.name
    own.parent.mkdir(parents=True)
    ink.rename(own)
    assert plan_again(studio, record).plan.request.inputs == (lora(own, 0.8),)


def test_one_that_is_gone_is_told(studio: Studio, record: ClipRecord, ink: Path) -> None:
    ink.unlink()
    gone = r"'ink\.safetensors' .* is not to be found"
    with pytest.raises(UnsupportedRequest, match=gone) as told:
        plan_again(studio, record)
    assert told.value.problems[0].field == "inputs.lora"


def test_one_that_was_changed_is_told_and_the_old_one_used_where_it_is(
    studio: Studio, record: ClipRecord, ink: Path
) -> None:
    old = ink.read_bytes()
    smallest_lora(ink, {"trained": "longer"})
    with pytest.raises(UnsupportedRequest, match="is not the one that it was made with"):
        plan_again(studio, record)
    own = studio.paths.lora_dirs[1] / ink.name
    own.parent.mkdir(parents=True)
    own.write_bytes(old)
    assert plan_again(studio, record).plan.request.inputs == (lora(own, 0.8),)
