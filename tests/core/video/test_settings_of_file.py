"""Settings of files on their way into a request: what the target takes, and what is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from core.errors import UnreadableText
from core.jobs.job import Succeeded
from core.metadata.ai_marks import SourceType, read_marks
from core.metadata.reading import read_file_settings
from core.video.planning.settings_of_file import fill_request, read_found_settings
from core.video.record import read_image_record, read_settings_of
from core.video.request import Input, RenderRequest, Sampling
from core.video.terms import DEFAULT_TARGET, OutputKind, Role
from tests.core.metadata.image_files import A1111, png, text_chunk, wide_text_chunk
from tests.fakes.loras import smallest_lora
from tests.fakes.provider import BIG, FULL, SMALL

if TYPE_CHECKING:
    from pathlib import Path

    from core.studio import Studio

EMPTY = RenderRequest(target=DEFAULT_TARGET, prompt="", output=OutputKind.IMAGE)


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    path = tmp_path / "foreign.png"
    path.write_bytes(png(wide_text_chunk("parameters", A1111)))
    return path


@pytest.fixture
def request_small(request_small: RenderRequest) -> RenderRequest:
    return request_small.model_copy(update={"output": OutputKind.IMAGE})


def make(studio: Studio, request: RenderRequest, out: Path) -> Path:
    outcome = studio.queue.run_job(studio.submit_render(studio.plan(request, out=out)))
    assert isinstance(outcome, Succeeded), outcome
    return outcome.path


def test_a_model_gets_what_it_takes_and_the_rest_is_told(foreign: Path, tmp_path: Path) -> None:
    filled = fill_request(read_found_settings(foreign), EMPTY, SMALL, [tmp_path])

    request = filled.request
    assert request.prompt == "a red kite, wide shot\nsecond line, 猫"
    assert request.negative_prompt == "blurry, low quality"
    assert (request.frame.resolution, request.frame.aspect) == ("64p", "2:3")
    assert request.sampling == Sampling(seed=1234567890, num_inference_steps=20, guidance_scale=6.5)
    told = "\n".join(filled.notes)
    for part in (
        "number of steps of 20 in place of 28",
        "Fake Small has no size of 832x1216; 64x96 is the nearest.",
        "The LoRA 'ink' is left out: Fake Small takes no LoRA",
        "It was made by sd_xl_base_1.0; Fake Small makes another image of the same",
        "The sampler 'DPM++ 2M Karras' is left out",
    ):
        assert part in told


def test_what_a_model_does_not_have_is_told_and_left_out(foreign: Path, tmp_path: Path) -> None:
    filled = fill_request(read_found_settings(foreign), EMPTY, BIG, [tmp_path])
    assert filled.request.negative_prompt is None
    assert filled.request.sampling == Sampling(seed=1234567890)
    assert "Fake Big takes no negative prompt, so it is left out." in filled.notes
    assert "Fake Big takes no guidance scale, so it is left out." in filled.notes


def test_what_is_asked_for_counts_and_nothing_is_told_of_it(foreign: Path, tmp_path: Path) -> None:
    asked = EMPTY.model_copy(
        update={"prompt": "mine", "sampling": Sampling(num_inference_steps=3, seed=1)}
    )
    filled = fill_request(read_found_settings(foreign), asked, SMALL, [tmp_path])
    assert filled.request.prompt == "mine"
    assert filled.request.sampling.num_inference_steps == 3
    assert filled.request.sampling.seed == 1
    assert "steps" not in "\n".join(filled.notes)


def test_a_lora_that_is_here_is_taken_by_its_name(foreign: Path, tmp_path: Path) -> None:
    found = read_found_settings(foreign)
    away = fill_request(found, EMPTY, FULL, [tmp_path / "loras"])
    assert "'ink' is not among your own" in "\n".join(away.notes)
    (tmp_path / "loras").mkdir()
    path = tmp_path / "loras" / "ink.safetensors"
    smallest_lora(path)
    filled = fill_request(found, EMPTY, FULL, [tmp_path / "loras"])
    assert filled.request.of_role(Role.LORA) == (Input(role=Role.LORA, path=path, strength=0.8),)


@pytest.mark.parametrize(
    ("seed", "told"), [(2**40, "The seed 1099511627776 is larger than seeds here are"), (-1, "")]
)
def test_a_seed_that_is_none_here_is_left_out(tmp_path: Path, seed: int, told: str) -> None:
    path = tmp_path / "a.png"
    text = f"a kite\nSteps: 4, Seed: {seed}, Size: 96x64"
    path.write_bytes(png(text_chunk("parameters", text)))
    filled = fill_request(read_found_settings(path), EMPTY, SMALL, [tmp_path])
    assert filled.request.sampling.seed is None
    assert (filled.request.frame.resolution, filled.request.frame.aspect) == ("64p", "3:2")
    assert told in "\n".join(filled.notes)
    assert bool(filled.notes) is bool(told)


def test_an_image_of_this_program_gives_all_back(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    request = request_small.model_copy(
        update={"prompt": "a {red|red} ball", "negative_prompt": "fog"}
    )
    path = make(studio, request, tmp_path / "a.png")
    found = read_found_settings(path)
    assert found.target == request.target
    filled = fill_request(found, EMPTY, SMALL, [tmp_path])
    assert (filled.request.prompt, filled.request.typed_prompt) == (
        "a red ball",
        "a {red|red} ball",
    )
    assert filled.request.negative_prompt == "fog"
    assert filled.request.sampling.seed == request.sampling.seed
    assert filled.request.frame.resolution == "64p"
    assert filled.notes == ()


def test_a_file_that_says_nothing_is_told_with_the_programs_that_do(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(png())
    with pytest.raises(UnreadableText, match=r"'a\.png' does not say how it was made"):
        read_found_settings(path)
    with pytest.raises(UnreadableText, match="cannot be read"):
        read_found_settings(tmp_path / "none.png")


def test_what_is_made_here_is_read_by_others_and_marked(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    path = make(studio, request_small, tmp_path / "a.png")
    assert read_marks(path).source is SourceType.MADE
    with Image.open(path) as image:
        words, facts = image.info["parameters"].split("\n")
    assert words == "a red ball"
    for part in ("Steps: 4", "CFG scale: 3", "Seed: 5", "Size: 96x64", "Model: fake-small"):
        assert part in facts
    path.with_suffix(".json").unlink()
    bare = path.read_bytes().replace(b"Comment", b"Kommend")
    (tmp_path / "b.png").write_bytes(bare)
    others = read_file_settings(tmp_path / "b.png")
    assert others is not None
    assert (others.prompt, others.seed, others.steps) == ("a red ball", 5, 4)


def test_an_image_that_was_edited_is_marked_as_such(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    start = tmp_path / "start.png"
    Image.new("RGB", (96, 64), "red").save(start)
    request = request_small.with_inputs((Input(role=Role.START, path=start),))
    assert read_marks(make(studio, request, tmp_path / "a.png")).source is SourceType.EDITED


def test_without_the_prompt_the_mark_stays_and_the_record_lies_beside(
    studio: Studio, request_small: RenderRequest, tmp_path: Path
) -> None:
    images = studio.settings.images.model_copy(update={"holds_prompt": False})
    studio.apply_settings(studio.settings.model_copy(update={"images": images}))

    path = make(studio, request_small, tmp_path / "a.png")

    content = path.read_bytes()
    assert b"red ball" not in content
    assert read_image_record(path) is None
    assert read_marks(path).source is SourceType.MADE
    record = read_settings_of(path)
    assert record is not None
    assert record.request.prompt == "a red ball"
    assert read_found_settings(path).request.prompt == "a red ball"
