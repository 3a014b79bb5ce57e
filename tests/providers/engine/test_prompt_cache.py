"""Prompts are encoded layer by layer and kept: proven before they are used, never at a cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from core.errors import JobCancelled
from core.jobs.job import CancelToken
from core.platform.files import hold_file
from providers.ltx_video.engine.pipeline import PartLoader, load_text_pipeline
from providers.ltx_video.engine.protocol import RenderOrder
from providers.ltx_video.engine.text import Embedding, EmbeddingCache, encode
from providers.ltx_video.local import LocalLTX
from tests.providers.tiny_home import (
    TINY_AV,
    TINY_MODELS,
    TINY_VIDEO,
    context_of,
    order_for,
    plan_for,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from providers.ltx_video.models.catalog import LocalModel


@pytest.fixture
def order(tmp_path: Path) -> RenderOrder:
    plan = plan_for(LocalLTX(context_of(tmp_path / "home"), TINY_MODELS), TINY_VIDEO)
    assert plan.memory_plan is not None
    return RenderOrder(
        number=1,
        plan=plan,
        memory=plan.memory_plan,
        profile=TINY_VIDEO.profile,
        folder=tmp_path,
        model_key="key",
        repair="",
        workdir=tmp_path,
        images=(),
        embeddings_dir=tmp_path / "prompts",
        offload_dir=tmp_path / "offload",
    )


@pytest.fixture
def cache(order: RenderOrder) -> EmbeddingCache:
    return EmbeddingCache(order.embeddings_dir)


def encoded(dtype: torch.dtype = torch.bfloat16) -> Embedding:
    mask = torch.zeros(1, 8, dtype=torch.int64)
    mask[0, 5:] = 1
    embeds = torch.zeros(1, 8, 4, dtype=dtype)
    embeds[0, 5:] = torch.arange(12).reshape(3, 4).to(dtype)
    return Embedding(embeds, mask)


def stored(cache_dir: Path) -> Path:
    (file,) = cache_dir.glob("*.safetensors")
    return file


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32])
def test_what_is_kept_is_found_as_it_was(
    order: RenderOrder, cache: EmbeddingCache, dtype: torch.dtype
) -> None:
    cache.keep(order, "a ball", encoded(dtype))
    found = cache.find(order, "a ball")
    assert found is not None
    assert found.embeds.dtype is dtype
    assert torch.equal(found.embeds, encoded(dtype).embeds)
    assert torch.equal(found.mask, encoded(dtype).mask)
    assert cache.find(order, "a box") is None


def flip_a_bit(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


def take_the_proof(file: Path) -> None:
    save_file(load_file(file), file)


def rename_the_tensors(file: Path) -> None:
    with safe_open(file, "pt") as opened:
        proof = opened.metadata()
    save_file({f"other {name}": tensor for name, tensor in load_file(file).items()}, file, proof)


def numbers_that_are_none(file: Path) -> None:
    with safe_open(file, "pt") as opened:
        proof = opened.metadata()
    tensors = load_file(file)
    save_file({**tensors, "embeds": torch.full_like(tensors["embeds"], torch.nan)}, file, proof)


def another_shape(file: Path) -> None:
    with safe_open(file, "pt") as opened:
        proof = opened.metadata()
    tensors = load_file(file)
    save_file({**tensors, "embeds": tensors["embeds"].reshape(4, 3)}, file, proof)


def nothing_in_it(file: Path) -> None:
    file.write_bytes(b"")


def a_folder(file: Path) -> None:
    file.unlink()
    (file / "somebody's").mkdir(parents=True)


@pytest.mark.parametrize(
    "damage",
    [
        flip_a_bit, cut, take_the_proof, rename_the_tensors, numbers_that_are_none, another_shape,
        nothing_in_it, a_folder,
    ],
)  # fmt: skip
def test_damage_is_never_used_and_is_made_good(
    order: RenderOrder, cache: EmbeddingCache, damage: Callable[[Path], None]
) -> None:
    cache.keep(order, "a ball", encoded())
    damage(stored(order.embeddings_dir))
    assert cache.find(order, "a ball") is None
    cache.keep(order, "a ball", encoded())
    found = cache.find(order, "a ball")
    assert found is not None
    assert torch.equal(found.embeds, encoded().embeds)


def test_an_entry_under_the_name_of_another_is_not_used(
    order: RenderOrder, cache: EmbeddingCache
) -> None:
    cache.keep(order, "a ball", encoded())
    file = stored(order.embeddings_dir)
    content = file.read_bytes()
    cache.keep(order, "a box", encoded())
    (other,) = set(order.embeddings_dir.glob("*.safetensors")) - {file}
    other.write_bytes(content)
    assert cache.find(order, "a box") is None
    assert cache.find(order, "a ball") is not None


def test_a_cache_that_is_no_folder_or_is_full_costs_nothing(
    order: RenderOrder, cache: EmbeddingCache
) -> None:
    order.embeddings_dir.write_text("a file", encoding="utf-8")
    cache.keep(order, "a ball", encoded())
    assert cache.find(order, "a ball") is None
    order.embeddings_dir.unlink()
    order.embeddings_dir.symlink_to("/dev/full")
    cache.keep(order, "a ball", encoded())
    assert cache.find(order, "a ball") is None


def test_what_a_killed_engine_left_half_written_is_swept_by_the_next(
    order: RenderOrder, cache: EmbeddingCache
) -> None:
    order.embeddings_dir.mkdir()
    halves = [order.embeddings_dir / f"{'0' * 40}.{end}" for end in ("part", "4711")]
    for half in halves:
        half.write_bytes(b"half")
    lock = hold_file(order.embeddings_dir / ".lock")
    assert lock is not None
    cache.keep(order, "a ball", encoded())  # somebody else is writing: not now
    assert all(half.exists() for half in halves)
    lock.release()
    cache.keep(order, "a ball", encoded())
    assert not any(half.exists() for half in halves)
    assert cache.find(order, "a ball") is not None


@pytest.mark.parametrize("model", [TINY_VIDEO, TINY_AV], ids=["t5", "gemma"])
def test_a_text_is_read_layer_by_layer_and_can_be_left_between_two(
    tiny_home: Path, tmp_path: Path, model: LocalModel
) -> None:
    """On a processor an encoder of real size takes minutes."""
    provider = LocalLTX(context_of(tiny_home), (TINY_VIDEO, TINY_AV))
    order = order_for(provider, tiny_home, model, tmp_path)
    loader = PartLoader(order, CancelToken(), lambda _done, _message: None)
    loader.expect(("text_encoder",))
    pipeline = load_text_pipeline(loader, order, loader.load("tokenizer"))
    told: list[float] = []
    whole = encode(pipeline, order, "a ball", told.append)
    layers = len(told)
    assert layers >= 2
    assert told == [(number + 1) / layers for number in range(layers)]

    def stop(done: float) -> None:
        told.append(done)
        raise JobCancelled

    with pytest.raises(JobCancelled):
        encode(pipeline, order, "a ball", stop)
    assert len(told) == layers + 1
    again = encode(pipeline, order, "a ball", lambda _: None)
    assert torch.equal(again.embeds, whole.embeds)
    assert len(told) == layers + 1, "nobody listens to what is done"
