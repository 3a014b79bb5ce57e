"""Image files as other programs lay them out, put together byte by byte."""

from __future__ import annotations

import json
import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Mapping


def png_chunk(kind: bytes, content: bytes) -> bytes:
    crc = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + crc


def png(*chunks: bytes, after: tuple[bytes, ...] = ()) -> bytes:
    """A red PNG of 8x8 with these chunks before its pixels, and others behind them."""
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0))
    rows = b"".join(b"\0" + b"\xff\0\0" * 8 for _ in range(8))
    pixels = png_chunk(b"IDAT", zlib.compress(rows))
    parts = (b"\x89PNG\r\n\x1a\n", head, *chunks, pixels, *after, png_chunk(b"IEND", b""))
    return b"".join(parts)


def text_chunk(keyword: str, text: str) -> bytes:
    return png_chunk(b"tEXt", keyword.encode() + b"\0" + text.encode("latin-1"))


def packed_text_chunk(keyword: str, text: str) -> bytes:
    packed = zlib.compress(text.encode("latin-1"))
    return png_chunk(b"zTXt", keyword.encode() + b"\0\0" + packed)


def wide_text_chunk(keyword: str, text: str, *, is_packed: bool = False) -> bytes:
    content = text.encode()
    content = zlib.compress(content) if is_packed else content
    return png_chunk(b"iTXt", keyword.encode() + bytes((0, is_packed, 0)) + b"en\0\0" + content)


def exif(comment: bytes, tags: Mapping[int, bytes] | None = None) -> bytes:
    """A TIFF, big end first, with a comment and with texts of its first folder."""
    listed = dict(tags or {})
    count = len(listed) + 1
    at = 8 + 2 + 12 * count + 4
    entries, tail = b"", b""
    for tag, value in sorted(listed.items()):
        value += b"\0"
        entries += struct.pack(">HHII", tag, 2, len(value), at + len(tail))
        tail += value + b"\0" * (len(value) % 2)
    inner_at = at + len(tail)
    entries += struct.pack(">HHII", 0x8769, 4, 1, inner_at)
    inner = struct.pack(">H", 1)
    inner += struct.pack(">HHII", 0x9286, 7, len(comment), inner_at + 2 + 12 + 4)
    inner += struct.pack(">I", 0) + comment
    first = struct.pack(">H", count) + entries + struct.pack(">I", 0)
    return b"MM\0*" + struct.pack(">I", 8) + first + tail + inner


def unicode_comment(text: str, encoding: str = "utf-16-be") -> bytes:
    return b"UNICODE\0" + text.encode(encoding)


def segment(marker: int, content: bytes) -> bytes:
    return b"\xff" + bytes((marker,)) + struct.pack(">H", len(content) + 2) + content


def jpeg(*segments: bytes) -> bytes:
    """A blue JPEG of 8x8 with these segments behind its first mark."""
    written = BytesIO()
    Image.new("RGB", (8, 8), "blue").save(written, "JPEG")
    content = written.getvalue()
    return content[:2] + b"".join(segments) + content[2:]


def jpeg_exif(content: bytes) -> bytes:
    return segment(0xE1, b"Exif\0\0" + content)


def webp(**chunks: bytes) -> bytes:
    """A green WebP of 8x8, in its extended form, with these chunks behind its pixels."""
    written = BytesIO()
    Image.new("RGB", (8, 8), "green").save(written, "WEBP", lossless=True)
    pixels = written.getvalue()[12:]
    size = (7).to_bytes(3, "little")
    body = b"WEBP" + riff_chunk(b"VP8X", bytes((0x0C, 0, 0, 0)) + size + size) + pixels
    for name, content in chunks.items():
        body += riff_chunk(name.ljust(4).encode(), content)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def riff_chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


A1111 = (
    "a red kite, <lora:ink:0.8> wide shot\nsecond line, 猫\n"
    "Negative prompt: blurry, low quality\n"
    "Steps: 28, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 6.5, Seed: 1234567890, "
    "Size: 832x1216, Model hash: 6ce0161689, Model: sd_xl_base_1.0, VAE hash: 235745af8d, "
    'Denoising strength: 0.35, Lora hashes: "ink: 44a2c7d9b3", Version: v1.10.1'
)
FORGE = (
    "a red kite\nSteps: 8, Sampler: Euler, Schedule type: Beta, CFG scale: 1, "
    "Distilled CFG Scale: 3.5, Seed: 42, Size: 1024x1024, Model: flux1-dev-Q8_0, "
    "Version: f2.0.1v1.10.1-previous-659-gc055f2d4, Module 1: ae"
)

COMFY: dict[str, Any] = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 156680208700286,
            "steps": 20,
            "cfg": 8.0,
            "sampler_name": "euler",
            "scheduler": "normal",
            "denoise": 1.0,
            "model": ["10", 0],
            "positive": ["6", 0],
            "negative": ["7", 0],
            "latent_image": ["5", 0],
        },
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "dream.safetensors"}},
    "5": {
        "class_type": "EmptyLatentImage",
        "inputs": {"width": 512, "height": 768, "batch_size": 1},
    },
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": ["11", 0], "clip": ["10", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "watermark", "clip": ["10", 1]}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
    "9": {"class_type": "SaveImage", "inputs": {"filename_prefix": "ComfyUI", "images": ["8", 0]}},
    "10": {
        "class_type": "LoraLoader",
        "inputs": {
            "lora_name": "style\\ink.safetensors",
            "strength_model": 0.7,
            "strength_clip": 1.0,
            "model": ["4", 0],
            "clip": ["4", 1],
        },
    },
    "11": {"class_type": "PrimitiveString", "inputs": {"value": "a glass bottle"}},
}

COMFY_FLUX: dict[str, Any] = {
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a fox", "clip": ["11", 0]}},
    "8": {"class_type": "VAEDecode", "inputs": {"samples": ["13", 0], "vae": ["10", 0]}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0], "filename_prefix": "f"}},
    "12": {
        "class_type": "UNETLoader",
        "inputs": {"unet_name": "flux1-dev.safetensors", "weight_dtype": "default"},
    },
    "13": {
        "class_type": "SamplerCustomAdvanced",
        "inputs": {
            "noise": ["25", 0],
            "guider": ["22", 0],
            "sampler": ["16", 0],
            "sigmas": ["17", 0],
            "latent_image": ["27", 0],
        },
    },
    "16": {"class_type": "KSamplerSelect", "inputs": {"sampler_name": "euler"}},
    "17": {
        "class_type": "BasicScheduler",
        "inputs": {"scheduler": "simple", "steps": 20, "denoise": 1, "model": ["12", 0]},
    },
    "22": {"class_type": "BasicGuider", "inputs": {"model": ["12", 0], "conditioning": ["26", 0]}},
    "25": {"class_type": "RandomNoise", "inputs": {"noise_seed": 219670278747233}},
    "26": {"class_type": "FluxGuidance", "inputs": {"guidance": 3.5, "conditioning": ["6", 0]}},
    "27": {
        "class_type": "EmptySD3LatentImage",
        "inputs": {"width": 1024, "height": 1024, "batch_size": 1},
    },
}

COMFY_EDITOR: dict[str, Any] = {
    "last_node_id": 9,
    "version": 0.4,
    "nodes": [
        {
            "id": 3,
            "type": "KSampler",
            "widgets_values": [77, "randomize", 20, 8, "euler", "normal", 1],
            "inputs": [
                {"name": "model", "link": 1},
                {"name": "positive", "link": 4},
                {"name": "negative", "link": 6},
                {"name": "latent_image", "link": 2},
            ],
        },
        {
            "id": 4,
            "type": "CheckpointLoaderSimple",
            "widgets_values": ["dream.safetensors"],
            "inputs": [],
        },
        {"id": 5, "type": "EmptyLatentImage", "widgets_values": [512, 512, 1]},
        {
            "id": 6,
            "type": "CLIPTextEncode",
            "widgets_values": ["a lighthouse"],
            "inputs": [{"name": "clip", "link": 3}],
        },
        {
            "id": 7,
            "type": "CLIPTextEncode",
            "widgets_values": ["text"],
            "inputs": [{"name": "clip", "link": 5}],
        },
        {"id": 8, "type": "VAEDecode", "inputs": [{"name": "samples", "link": 7}]},
        {
            "id": 9,
            "type": "SaveImage",
            "widgets_values": ["ComfyUI"],
            "inputs": [{"name": "images", "link": 9}],
        },
    ],
    "links": [
        [1, 4, 0, 3, 0, "MODEL"],
        [2, 5, 0, 3, 3, "LATENT"],
        [3, 4, 1, 6, 0, "CLIP"],
        [4, 6, 0, 3, 1, "CONDITIONING"],
        [5, 4, 1, 7, 0, "CLIP"],
        [6, 7, 0, 3, 2, "CONDITIONING"],
        [7, 3, 0, 8, 0, "LATENT"],
        [9, 8, 0, 9, 0, "IMAGE"],
    ],
}

INVOKE = {
    "app_version": "5.6.0",
    "generation_mode": "sdxl_txt2img",
    "positive_prompt": "a harbour",
    "negative_prompt": "fog",
    "width": 1024,
    "height": 768,
    "seed": 2955226474,
    "rand_device": "cpu",
    "cfg_scale": 7.5,
    "steps": 30,
    "scheduler": "dpmpp_3m_k",
    "model": {
        "key": "x",
        "hash": "blake3:1",
        "name": "Juggernaut XL v9",
        "base": "sdxl",
        "type": "main",
    },
    "loras": [
        {"model": {"key": "y", "name": "ink", "base": "sdxl", "type": "lora"}, "weight": 0.75}
    ],
}
OLD_INVOKE = {
    "model": "stable diffusion",
    "model_weights": "sd-1.5",
    "image": {
        "prompt": [{"prompt": "a mill", "weight": 1.0}],
        "steps": 40,
        "cfg_scale": 7.5,
        "sampler": "k_lms",
        "seed": 12,
        "width": 512,
        "height": 512,
    },
}
SWARM = {
    "sui_image_params": {
        "prompt": "a tram",
        "negativeprompt": "rain",
        "model": "OfficialStableDiffusion/sd_xl_base_1.0",
        "seed": 1234,
        "steps": 24,
        "cfgscale": 6.0,
        "aspectratio": "16:9",
        "width": 1344,
        "height": 768,
        "sampler": "dpmpp_2m",
        "scheduler": "karras",
        "loras": ["ink"],
        "loraweights": ["0.6"],
        "swarm_version": "0.9.5.1",
    },
    "sui_extra_data": {"date": "2025-03-01", "generation_time": "3.1s"},
}
FOOOCUS = {
    "adm_guidance": "(1.5, 0.8, 0.3)",
    "base_model": "juggernautXL_v8Rundiffusion",
    "base_model_hash": "aeb7e9e689",
    "full_prompt": ["cinematic still a lamp"],
    "guidance_scale": 4.0,
    "loras": [["ink", 0.1, "4852686128"]],
    "metadata_scheme": "fooocus",
    "negative_prompt": "unrealistic",
    "performance": "Speed",
    "prompt": "a lamp",
    "refiner_model": "None",
    "resolution": "(1152, 896)",
    "sampler": "dpmpp_2m_sde_gpu",
    "scheduler": "karras",
    "seed": "5731480911414914236",
    "sharpness": 2.0,
    "steps": 30,
    "styles": "['Fooocus V2']",
    "version": "Fooocus v2.5.5",
}
NOVEL = {
    "prompt": "flat",
    "steps": 28,
    "height": 1216,
    "width": 832,
    "scale": 5.0,
    "seed": 3311,
    "n_samples": 1,
    "sampler": "k_euler_ancestral",
    "uc": "lowres",
    "v4_prompt": {
        "caption": {
            "base_caption": "a duel",
            "char_captions": [{"char_caption": "a knight", "centers": []}],
        }
    },
}


def novel_texts() -> tuple[bytes, ...]:
    texts = {
        "Title": "NovelAI generated image",
        "Description": "a duel",
        "Software": "NovelAI",
        "Source": "NovelAI Diffusion V4 37442FCA",
        "Comment": json.dumps(NOVEL),
    }
    return tuple(text_chunk(name, text) for name, text in texts.items())
