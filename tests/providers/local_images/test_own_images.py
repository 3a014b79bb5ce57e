"""A person's own checkpoints: any folder of diffusers, a single file, and what is refused."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from core.errors import NotConfigured, UnsupportedRequest
from core.jobs.job import CancelToken
from core.video.terms import Task
from providers.local_images.provider import LocalImages
from tests.providers.local_images.test_image_engine import like_bare
from tests.providers.local_images.tiny_rows import ROWS, lora, mask, start, tiny_request
from tests.providers.tiny_home import context_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.video.plan import RenderPlan
    from core.video.request import RenderRequest
    from tests.providers.tiny_home import Watched

    Fitted = Callable[[RenderRequest], RenderPlan]
    Add = Callable[..., tuple[str, str]]


@pytest.fixture
def add(provider: LocalImages) -> Iterator[Add]:
    """Adds a checkpoint, gives its id and what is said of it, and removes it in the end."""
    added: list[str] = []

    def put(path: Path, name: str = "mine", like: str | None = None) -> tuple[str, str]:
        found = provider.store.add(path, name, like, CancelToken(), lambda _: None)
        added.append(found.model)
        return found.model, " ".join(found.notes)

    yield put
    for model in added:
        provider.store.remove(model)


def test_a_folder_of_a_known_family_is_run_like_its_relative(
    provider: LocalImages,
    fitted: Fitted,
    watched: Watched,
    made: Path,
    bare: Path,
    tmp_path: Path,
    add: Add,
) -> None:
    folder = shutil.copytree(made / "tiny-z", tmp_path / "My-Turbo")
    (folder / "notes.bin").write_bytes(b"of no use")
    model, notes = add(folder, "My Z")
    assert (model, "run like tiny-z" in notes) == ("my-z", True)
    plan = fitted(tiny_request(model).model_copy(update={"negative_prompt": None}))
    rendered = provider.render(plan, watched.context)
    like_bare(rendered.path, bare / "tiny-z-words.png")
    names = {file.name for file in rendered.provenance.model_files}
    assert "model_index.json" in names
    assert "notes.bin" not in names


def test_a_folder_of_a_family_that_is_not_offered_is_run_by_its_own_pipeline(
    provider: LocalImages, fitted: Fitted, watched: Watched, made: Path, add: Add
) -> None:
    model, notes = add(made / "tiny-sd")
    assert "Stable Diffusion 1" in notes
    spec = next(one for one in provider.models() if one.id == model)
    assert Task.IMAGE_EDIT in spec.tasks
    assert spec.steps is not None
    assert spec.guidance_scale is not None
    assert (spec.steps.default, spec.guidance_scale.default) == (30, 7.5)
    request = tiny_request(
        model, start(made / "image.png"), mask(made / "mask.png"), steps=2, size=None
    )
    rendered = provider.render(fitted(request), watched.context)
    with Image.open(rendered.path) as image:
        assert image.size == (384, 256), "of its ratio, and no side is shorter than is made"


def test_a_single_file_has_the_rest_from_the_model_it_is_like(
    provider: LocalImages, fitted: Fitted, watched: Watched, made: Path, bare: Path, add: Add
) -> None:
    model, notes = add(made / "z-image-own.safetensors", "own-file")
    assert "other parts are those of tiny-z" in notes
    rendered = provider.render(fitted(tiny_request(model)), watched.context)
    like_bare(rendered.path, bare / "tiny-z-words.png")
    names = {file.name for file in rendered.provenance.model_files}
    assert "transformer/z-image-own.safetensors" in names
    assert "transformer/diffusion_pytorch_model.safetensors" not in names


def test_a_lora_is_held_against_a_single_file_as_well(
    provider: LocalImages, fitted: Fitted, made: Path, tmp_path: Path, add: Add
) -> None:
    model, _ = add(made / "z-image-own.safetensors", "own-file")
    name = "unet.mid_block.attentions.0.proj_in"
    tensors = {
        f"{name}.lora_A.weight": torch.ones(2, 32),
        f"{name}.lora_B.weight": torch.ones(32, 2),
    }
    save_file(tensors, tmp_path / "sdxl.safetensors")
    with pytest.raises(UnsupportedRequest, match="another kind of model"):
        fitted(tiny_request(model, lora(tmp_path / "sdxl.safetensors")))


def test_what_cannot_be_run_is_refused_with_its_reason(
    provider: LocalImages, made: Path, tmp_path: Path, add: Add
) -> None:
    pickle = tmp_path / "old.ckpt"
    pickle.write_bytes(b"\x80\x02}")
    with pytest.raises(UnsupportedRequest, match="is a pickle"):
        add(pickle)
    plain = tmp_path / "plain.safetensors"
    save_file(load_file(made / "tiny-z" / "vae" / "diffusion_pytorch_model.safetensors"), plain)
    with pytest.raises(UnsupportedRequest, match="no family that is known by a single file"):
        add(plain)
    film = tmp_path / "film"
    film.mkdir()
    (film / "model_index.json").write_text(json.dumps({"_class_name": "LTXPipeline"}))
    with pytest.raises(UnsupportedRequest, match="makes no images of words"):
        add(film)
    own = tmp_path / "own-code"
    own.mkdir()
    (own / "model_index.json").write_text(json.dumps({"_class_name": ["pipeline", "Mine"]}))
    with pytest.raises(UnsupportedRequest, match="a program of its own"):
        add(own)
    pickled = shutil.copytree(made / "tiny-z", tmp_path / "pickled")
    (pickled / "transformer" / "diffusion_pytorch_model.safetensors").rename(
        pickled / "transformer" / "diffusion_pytorch_model.bin"
    )
    with pytest.raises(UnsupportedRequest, match="is a pickle"):
        add(pickled)
    with pytest.raises(UnsupportedRequest) as several:
        add(tmp_path / "nowhere", "no/name", "tiny-zz")
    assert [problem.field for problem in several.value.problems] == ["name", "like", "path"]


def test_a_file_of_another_size_is_refused(made: Path, tmp_path: Path, add: Add) -> None:
    weights = load_file(made / "z-image-own.safetensors")
    del weights["layers.1.feed_forward.w1.weight"]
    save_file(weights, tmp_path / "less.safetensors")
    with pytest.raises(UnsupportedRequest, match="of another size than tiny-z"):
        add(tmp_path / "less.safetensors")


def test_a_file_needs_its_relative_installed(made: Path, tmp_path: Path) -> None:
    bare = LocalImages(context_of(tmp_path), ROWS)
    with pytest.raises(NotConfigured, match="rest of Z-Image is not installed"):
        bare.store.add(
            made / "z-image-own.safetensors", "mine", None, CancelToken(), lambda _: None
        )
