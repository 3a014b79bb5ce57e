"""Settings in the files of other programs, each laid out as that program lays it out."""

from __future__ import annotations

import json
import os
import struct
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import UnreadableText
from core.metadata.file_settings import (
    FileLora,
    FileSettings,
    read_parameters,
    write_parameters,
)
from core.metadata.image_chunks import MAX_TEXT_BYTES, read_image_texts
from core.metadata.reading import read_file_settings
from tests.core.metadata.image_files import (
    A1111,
    COMFY,
    COMFY_EDITOR,
    COMFY_FLUX,
    FOOOCUS,
    FORGE,
    INVOKE,
    OLD_INVOKE,
    SWARM,
    exif,
    jpeg,
    jpeg_exif,
    novel_texts,
    packed_text_chunk,
    png,
    png_chunk,
    text_chunk,
    unicode_comment,
    webp,
    wide_text_chunk,
)

if TYPE_CHECKING:
    from pathlib import Path

IN_A1111 = FileSettings(
    program="AUTOMATIC1111",
    prompt="a red kite, wide shot\nsecond line, 猫",
    negative_prompt="blurry, low quality",
    seed=1234567890,
    steps=28,
    guidance=6.5,
    width=832,
    height=1216,
    model="sd_xl_base_1.0",
    sampler="DPM++ 2M Karras",
    loras=(FileLora("ink", 0.8),),
    others=(
        ("Model hash", "6ce0161689"),
        ("VAE hash", "235745af8d"),
        ("Denoising strength", "0.35"),
        ("Lora hashes", "ink: 44a2c7d9b3"),
        ("Version", "v1.10.1"),
    ),
)


def read(tmp_path: Path, content: bytes, name: str = "a.png") -> FileSettings:
    path = tmp_path / name
    path.write_bytes(content)
    found = read_file_settings(path)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", png(wide_text_chunk("parameters", A1111))),
        ("a.png", png(wide_text_chunk("parameters", A1111, is_packed=True))),
        ("a.png", png(after=(wide_text_chunk("parameters", A1111),))),
        ("a.png", png(png_chunk(b"tEXt", b"parameters\0" + A1111.encode()))),
        ("a.jpg", jpeg(jpeg_exif(exif(unicode_comment(A1111))))),
        ("a.jpg", jpeg(jpeg_exif(exif(unicode_comment(A1111, "utf-16-le"))))),
        ("a.jpg", jpeg(jpeg_exif(exif(b"ASCII\0\0\0" + A1111.encode())))),
        ("a.webp", webp(EXIF=exif(unicode_comment(A1111)))),
        ("a.webp", webp(EXIF=b"Exif\0\0" + exif(unicode_comment(A1111)))),
        ("a.txt", A1111.encode()),
    ],
)
def test_the_text_of_automatic1111_is_read_wherever_it_lies(
    tmp_path: Path, name: str, content: bytes
) -> None:
    assert read(tmp_path, content, name) == IN_A1111


def test_a_file_of_forge_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, png(text_chunk("parameters", FORGE)))
    assert (found.program, found.prompt, found.seed, found.steps) == ("Forge", "a red kite", 42, 8)
    assert (found.guidance, found.model) == (1.0, "flux1-dev-Q8_0")
    assert ("Distilled CFG Scale", "3.5") in found.others


def test_the_graph_of_comfyui_is_read_from_the_image_to_the_words(tmp_path: Path) -> None:
    workflow = text_chunk("workflow", json.dumps(COMFY_EDITOR))
    content = png(text_chunk("prompt", json.dumps(COMFY)), workflow)
    assert read(tmp_path, content) == FileSettings(
        program="ComfyUI",
        prompt="a glass bottle",
        negative_prompt="watermark",
        seed=156680208700286,
        steps=20,
        guidance=8.0,
        width=512,
        height=768,
        model="dream.safetensors",
        sampler="euler normal",
        loras=(FileLora("style\\ink.safetensors", 0.7),),
    )


def test_the_graph_of_flux_with_its_parts_in_nodes_of_their_own_is_read(tmp_path: Path) -> None:
    webp_of_comfy = webp(EXIF=exif(b"", {0x010F: b"prompt:" + json.dumps(COMFY_FLUX).encode()}))
    for name, content in (
        ("a.png", png(text_chunk("prompt", json.dumps(COMFY_FLUX)))),
        ("a.webp", webp_of_comfy),
        ("a.json", json.dumps(COMFY_FLUX).encode()),
    ):
        found = read(tmp_path, content, name)
        assert (found.prompt, found.negative_prompt) == ("a fox", "")
        assert (found.seed, found.steps, found.guidance) == (219670278747233, 20, 3.5)
        assert (found.width, found.height, found.model) == (1024, 1024, "flux1-dev.safetensors")
        assert found.sampler == "euler simple"


def test_the_graph_of_the_editor_alone_is_read_too(tmp_path: Path) -> None:
    found = read(tmp_path, png(text_chunk("workflow", json.dumps(COMFY_EDITOR))))
    assert (found.prompt, found.negative_prompt, found.seed) == ("a lighthouse", "text", 77)
    assert (found.steps, found.guidance, found.model) == (20, 8.0, "dream.safetensors")


def test_of_two_samplers_the_one_next_to_the_image_is_read_and_that_is_told(
    tmp_path: Path,
) -> None:
    second = {**COMFY["3"]["inputs"], "seed": 5, "steps": 12, "latent_image": ["3", 0]}
    graph = {
        **COMFY,
        "30": {"class_type": "KSampler", "inputs": second},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["30", 0]}},
    }
    found = read(tmp_path, png(text_chunk("prompt", json.dumps(graph))))
    assert (found.seed, found.steps, found.width) == (5, 12, 512)
    assert found.notes == (
        "Several samplers stand one after the other; what the last one does is read.",
    )


def test_a_graph_that_goes_in_circles_ends(tmp_path: Path) -> None:
    graph = {**COMFY, "11": {"class_type": "Loop", "inputs": {"value": ["6", 0]}}}
    path = tmp_path / "a.png"
    path.write_bytes(png(text_chunk("prompt", json.dumps(graph))))
    assert read_file_settings(path) is None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            png(text_chunk("invokeai_metadata", json.dumps(INVOKE))),
            FileSettings(
                "InvokeAI", "a harbour", "fog", 2955226474, 30, 7.5, 1024, 768,
                "Juggernaut XL v9", "dpmpp_3m_k", (FileLora("ink", 0.75),),
                (("generation mode", "sdxl_txt2img"), ("app version", "5.6.0")),
            ),
        ),
        (
            png(text_chunk("parameters", json.dumps(SWARM, indent=2))),
            FileSettings(
                "SwarmUI", "a tram", "rain", 1234, 24, 6.0, 1344, 768,
                "OfficialStableDiffusion/sd_xl_base_1.0", "dpmpp_2m karras",
                (FileLora("ink", 0.6),),
            ),
        ),
        (
            png(text_chunk("parameters", json.dumps(FOOOCUS))),
            FileSettings(
                "Fooocus v2.5.5", "a lamp", "unrealistic", 5731480911414914236, 30, 4.0, 1152, 896,
                "juggernautXL_v8Rundiffusion", "dpmpp_2m_sde_gpu karras", (FileLora("ink", 0.1),),
                (("performance", "Speed"), ("sharpness", "2.0")),
            ),
        ),
        (
            png(*novel_texts()),
            FileSettings(
                "NovelAI", "a duel | a knight", "lowres", 3311, 28, 5.0, 832, 1216,
                "NovelAI Diffusion V4 37442FCA", "k_euler_ancestral",
            ),
        ),
        (
            png(text_chunk("sd-metadata", json.dumps(OLD_INVOKE))),
            FileSettings(
                "InvokeAI", "a mill", "", 12, 40, 7.5, 512, 512, "sd-1.5", "k_lms",
            ),
        ),
    ],
    ids=["InvokeAI", "SwarmUI", "Fooocus", "NovelAI", "old InvokeAI"],
)  # fmt: skip
def test_other_programs_are_read(tmp_path: Path, content: bytes, expected: FileSettings) -> None:
    assert read(tmp_path, content) == expected


def test_swarm_in_a_jpeg_and_fooocus_in_a_webp_are_read(tmp_path: Path) -> None:
    swarm = jpeg(jpeg_exif(exif(unicode_comment(json.dumps(SWARM)))))
    assert read(tmp_path, swarm, "a.jpg").prompt == "a tram"
    fooocus = webp(EXIF=exif(b"\0" * 8 + json.dumps(FOOOCUS).encode()))
    assert read(tmp_path, fooocus, "a.webp").prompt == "a lamp"


@pytest.mark.parametrize("name", ["a.json", "a.png.json"])
def test_what_the_earlier_imageai_wrote_beside_an_image_is_read(tmp_path: Path, name: str) -> None:
    sidecar = {
        "prompt": "a pier", "provider": "google", "model": "gemini-2.5-flash-image",
        "timestamp": 1759000000.0, "cost": 0.039, "width": 1024, "height": 576,
    }  # fmt: skip
    (tmp_path / name).write_text(json.dumps(sidecar))
    found = read(tmp_path, png())
    assert (found.program, found.prompt, found.model) == (
        "ImageAI",
        "a pier",
        "gemini-2.5-flash-image",
    )
    assert (found.width, found.height) == (1024, 576)
    assert ("provider", "google") in found.others


@pytest.mark.parametrize(
    "content",
    [
        png(),
        png(text_chunk("Software", "Paint"), text_chunk("Comment", "hello, world")),
        png(text_chunk("prompt", "a plain word")),
        png(text_chunk("prompt", '{"1": 2, "2": {"inputs": 3}}')),
        png(text_chunk("parameters", "[" * 5000 + "]" * 5000)),
        png(text_chunk("prompt", '{"a":' * 3000 + "1" + "}" * 3000)),
        png(packed_text_chunk("parameters", "")),
        png(png_chunk(b"zTXt", b"parameters\0\0no zlib")),
        png(png_chunk(b"iTXt", b"parameters\0\1")),
        png()[:40],
        jpeg(),
        jpeg(jpeg_exif(b"MM\0*\xff\xff\xff\xff")),
        jpeg(jpeg_exif(b"nonsense")),
        webp(EXIF=b"II*\0"),
        b"",
        b"GIF89a",
    ],
)
def test_what_no_known_program_wrote_says_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    assert read_file_settings(path) is None


def test_a_text_that_is_too_long_is_not_read_and_that_is_told(tmp_path: Path) -> None:
    long = "x" * (MAX_TEXT_BYTES + 1)
    path = tmp_path / "a.png"
    for chunk in (text_chunk("parameters", long), packed_text_chunk("parameters", long * 50)):
        path.write_bytes(png(chunk))
        with pytest.raises(UnreadableText, match=r"'parameters'.* of more than 1 MB"):
            read_file_settings(path)


def test_a_folder_a_pipe_and_nothing_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for name in (".", "pipe.png", "none.png"):
        with pytest.raises(UnreadableText, match="cannot be read"):
            read_file_settings(tmp_path / name)


def test_a_prompt_that_looks_like_a_trap_for_patterns_is_read_at_once(tmp_path: Path) -> None:
    for text in ("a" * 900_000, " " * 900_000 + "x", "<lora:a:" * 100_000, "a: " * 300_000):
        read_parameters(text)
        read_parameters(f"{text}\nSteps: 1, Seed: 2, Size: 1x1")


def test_a_signature_of_the_maker_is_seen_in_each_kind_of_file(tmp_path: Path) -> None:
    jumbf = b"JP\0\1\0\0\0\1\0\0\0\x20jumb\0\0\0\x1ejumdc2pa\0\x11\0\x10"
    for name, signed, bare in (
        ("a.png", png(png_chunk(b"caBX", jumbf)), png()),
        ("a.jpg", jpeg(segment_of(jumbf)), jpeg()),
        ("a.webp", webp(C2PA=jumbf), webp()),
    ):
        path = tmp_path / name
        path.write_bytes(signed)
        assert read_image_texts(path).is_signed
        path.write_bytes(bare)
        assert not read_image_texts(path).is_signed


def segment_of(content: bytes) -> bytes:
    return b"\xff\xeb" + struct.pack(">H", len(content) + 2) + content


WORDS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="<"), min_size=1
).map(lambda text: " ".join(text.split()))


@given(
    WORDS,
    WORDS,
    st.integers(0, 2**64),
    st.integers(1, 200),
    st.text('abc,:"\\-. 猫', min_size=1).map(str.strip).filter(bool),
)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_what_is_written_for_others_is_what_is_read(
    prompt: str, negative: str, seed: int, steps: int, model: str
) -> None:
    written = FileSettings(
        "ImageAI 1.0", prompt, negative, seed, steps, 3.5, 832, 1216, model, "euler",
        (FileLora("ink", 0.5),), (("Provider", "local"),),
    )  # fmt: skip
    found = read_parameters(write_parameters(written))
    assert found is not None
    if prompt.startswith("Negative prompt:") or negative.startswith("Negative prompt:"):
        return
    assert (found.prompt, found.negative_prompt) == (prompt, negative)
    assert (found.seed, found.steps, found.guidance) == (seed, steps, 3.5)
    assert (found.width, found.height, found.model) == (832, 1216, model)
    assert found.loras == written.loras


@given(st.binary(max_size=400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_any_bytes_are_read_without_a_fault(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    for head in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe1", b"RIFF\0\0\0\0WEBP"):
        path.write_bytes(head + content)
        read_file_settings(path)
    path.write_bytes(jpeg(jpeg_exif(content)))
    read_file_settings(path)
    path.write_bytes(png(png_chunk(b"iTXt", b"parameters\0" + content)))
    read_file_settings(path)
    path.write_bytes(png(png_chunk(b"zTXt", b"parameters\0\0" + zlib.compress(content))))
    read_file_settings(path)
