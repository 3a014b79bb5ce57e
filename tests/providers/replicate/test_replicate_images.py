"""Images at Replicate: any model that a person names, by what it says that it takes."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from core.errors import UnsupportedRequest
from core.platform.paths import Paths
from core.studio import Studio
from core.video.record import read_settings_of
from core.video.request import Editing, FrameRequest, Input, RenderRequest, Sampling
from core.video.terms import OutputKind, Role, Target
from providers.replicate.images.client import ReplicateImageClient
from providers.replicate.images.models import Z_IMAGE
from providers.replicate.info import IMAGES
from tests.fakes.services.replicate_image_models import (
    CLIPS,
    KLEIN,
    ODD,
    SCHEMAS,
    SKETCH,
)
from tests.fakes.services.replicate_server import ReplicateServer, replicate_image_entry
from tests.providers.contract import Asked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TARGET = Target(provider=IMAGES.id, deployment=IMAGES.deployment)


@pytest.fixture
def studio(service: ReplicateServer, tmp_path: Path) -> Iterator[Studio]:
    studio = Studio([replicate_image_entry()], paths=Paths.below(tmp_path / "home"))
    yield studio
    studio.close()


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.new("RGB", (300, 200), "navy").save(path)
    return path


def asked(model: str, *inputs: Input, **more: Any) -> RenderRequest:
    fields = {"prompt": "a hat", "inputs": inputs, **more}
    return RenderRequest(target=TARGET.with_model(model), output=OutputKind.IMAGE, **fields)


def rendered(studio: Studio, tmp_path: Path, request: RenderRequest) -> Asked:
    out = tmp_path / "image.png"
    job = Asked(studio, studio.submit_render(studio.plan(request, out=out)), out)
    job.run()
    assert job.ended is not None
    return job


def test_the_one_of_the_table_is_ordered_by_its_pixels(
    service: ReplicateServer, studio: Studio, tmp_path: Path
) -> None:
    frame = FrameRequest(aspect="16:9")
    request = asked(Z_IMAGE, frame=frame, sampling=Sampling(seed=5))
    job = rendered(studio, tmp_path, request)
    assert job.ended is not None
    assert job.ended.event == "succeeded", job.ended
    assert service.last.model == Z_IMAGE
    assert service.last.body == {
        "prompt": "a hat",
        "width": 1360,
        "height": 768,
        "num_inference_steps": 8,
        "guidance_scale": 0,
        "seed": 5,
        "output_format": "png",
    }


def test_a_size_beyond_what_it_takes_is_none_of_its_own(studio: Studio) -> None:
    with pytest.raises(UnsupportedRequest, match="4 MP"):
        studio.plan(asked(Z_IMAGE, frame=FrameRequest(resolution="4 MP")))


def test_a_model_that_a_person_names_takes_what_it_says(
    service: ReplicateServer, studio: Studio, tmp_path: Path, photo: Path
) -> None:
    edit, look = Input(role=Role.START, path=photo), Input(role=Role.REFERENCE, path=photo)
    frame = FrameRequest(aspect="3:2", resolution="2 MP")
    request = asked(KLEIN, look, edit, frame=frame, sampling=Sampling(seed=7))
    job = rendered(studio, tmp_path, request)
    assert job.ended is not None
    assert job.ended.event == "succeeded", job.ended
    body = service.last.body
    assert [name.rpartition("/")[2] for name in body.pop("input_images")] == ["file-2", "file-1"]
    assert body == {
        "prompt": "a hat",
        "aspect_ratio": "3:2",
        "resolution": "2 MP",
        "seed": 7,
        "output_format": "png",
    }
    record = read_settings_of(job.out)
    assert record is not None
    assert record.request.target.model == KLEIN
    # Known from now on, without being asked again.
    studio.registry.network.is_off = True
    listed = studio.registry.open(TARGET).models()
    assert KLEIN in [spec.id for spec in listed]


def test_a_model_of_the_community_is_ordered_by_the_version_that_it_has(
    service: ReplicateServer, studio: Studio, tmp_path: Path, photo: Path
) -> None:
    image = Input(role=Role.START, path=photo)
    job = rendered(studio, tmp_path, asked(SKETCH, image, negative_prompt="people"))
    assert job.ended is not None
    assert job.ended.event == "succeeded", job.ended
    body = service.last.body
    assert body.pop("image").endswith("file-1")
    assert body == {
        "prompt": "a hat",
        "aspect_ratio": "4:3",
        "negative_prompt": "people",
        "guidance": 3.5,
        "num_outputs": 1,
    }


@pytest.mark.parametrize(
    ("model", "more", "said"),
    [
        (SKETCH, {"sampling": Sampling(seed=5)}, "takes no seed"),
        (SKETCH, {"frame": FrameRequest(aspect="21:9")}, "21:9"),
        (KLEIN, {"negative_prompt": "people"}, "takes no negative prompt"),
        (KLEIN, {"sampling": Sampling(num_inference_steps=4)}, "fixed number of steps"),
        (KLEIN, {"editing": Editing(strength=0.5)}, "strength"),
        (Z_IMAGE, {"sampling": Sampling(num_inference_steps=60)}, "1 to 50"),
        (ODD, {}, "needs 'face_id'"),
        (CLIPS, {}, "makes clips and no images"),
        ("nobody/nothing", {}, "has no model 'nobody/nothing'"),
        ("flux", {}, "There is no model named 'flux'"),
    ],
)
def test_what_a_model_does_not_take_is_refused_before_anything_is_bought(
    service: ReplicateServer, studio: Studio, model: str, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(UnsupportedRequest, match=said):
        studio.plan(asked(model, **more))
    assert service.purchases == 0


def test_images_and_masks_that_it_does_not_take_are_refused_together(
    service: ReplicateServer, studio: Studio, photo: Path
) -> None:
    look = [Input(role=Role.REFERENCE, path=photo)] * 2
    mask = Input(role=Role.MASK, path=photo)
    with pytest.raises(UnsupportedRequest) as caught:
        studio.plan(asked(SKETCH, Input(role=Role.START, path=photo), *look, mask))
    assert "takes no reference images" in str(caught.value)
    assert "takes no mask" in str(caught.value)
    assert service.uploads == {}


def test_a_model_that_has_changed_is_told(service: ReplicateServer, studio: Studio) -> None:
    described = SCHEMAS[Z_IMAGE]["Input"]
    changed = {**described, "required": ["prompt", "style"]}
    service.habits.models = {Z_IMAGE: {**SCHEMAS[Z_IMAGE], "Input": changed}}
    with pytest.raises(UnsupportedRequest, match="needs 'style' now"):
        studio.plan(asked(Z_IMAGE))


@pytest.mark.parametrize("lack", ["network", "key"])
def test_without_network_or_key_it_says_why_a_model_is_not_known(
    service: ReplicateServer, studio: Studio, monkeypatch: pytest.MonkeyPatch, lack: str
) -> None:
    if lack == "network":
        studio.registry.network.is_off = True
    else:
        monkeypatch.delenv("REPLICATE_API_TOKEN")
    with pytest.raises(UnsupportedRequest) as caught:
        studio.plan(asked(KLEIN))
    said = str(caught.value)
    assert f"What '{KLEIN}' takes is not known" in said
    assert ("network is switched off" if lack == "network" else "keys set replicate") in said
    assert service.asked_models == []


def test_what_it_costs_is_not_known_and_where_that_is_said(
    service: ReplicateServer, studio: Studio
) -> None:
    plan = studio.plan(asked(KLEIN)).plan
    assert plan.cost_usd is None
    assert any(f"replicate.com/{KLEIN}" in note for note in plan.notes)
    assert any("for an hour" in note for note in plan.notes)


def test_images_are_sent_upright_and_opaque(
    service: ReplicateServer, studio: Studio, tmp_path: Path
) -> None:
    clear = tmp_path / "clear.webp"
    Image.new("RGBA", (64, 64), (0, 0, 0, 0)).save(clear)
    rendered(studio, tmp_path, asked(KLEIN, Input(role=Role.START, path=clear)))
    (content,) = service.uploads.values()
    with Image.open(BytesIO(content)) as image:
        assert (image.format, image.mode) == ("PNG", "RGB")
    assert service.file_names == ["input.png"]


@pytest.mark.parametrize(
    ("url", "suffix"),
    [
        ("https://replicate.delivery/x/out-0.webp?se=1", ".webp"),
        ("https://replicate.delivery/x/out.JPG", ".jpg"),
        ("https://replicate.delivery/x/output", ".png"),
    ],
)
def test_a_file_is_of_the_kind_that_its_address_says(url: str, suffix: str) -> None:
    client = ReplicateImageClient(str(TARGET), "r8_any", dict)
    assert client.suffix_of(url) == suffix


def test_an_order_is_made_later_though_what_was_known_of_its_model_is_gone(
    service: ReplicateServer, studio: Studio, tmp_path: Path
) -> None:
    service.habits.refuses = 503
    first = rendered(studio, tmp_path, asked(KLEIN))
    assert first.error.startswith("ProviderUnavailable")
    studio.close()
    (kept,) = (tmp_path / "home").rglob("schemas-replicate-images.json")
    kept.unlink()
    again = Studio([replicate_image_entry()], paths=Paths.below(tmp_path / "home"))
    job = Asked(again, again.resume(first.job_id), first.out)
    assert job.run().event == "succeeded", job.ended
    assert service.purchases == 1
    again.close()
