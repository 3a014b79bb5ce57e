"""The node classes of a ComfyUI stub: `/object_info`, in all spellings that occur side by side."""

from __future__ import annotations

from typing import Any

FILES = {
    "checkpoints": [
        "sd15.safetensors",
        "video/ltx-2.3-22b-distilled-fp8.safetensors",
        "video\\ltx-2.3-22b-dev-fp8.safetensors",
        "ltx-2-19b-distilled-fp8.safetensors",
        "ltxv-13b-0.9.8-dev.safetensors",
        "ltxv-2b-0.9.8-distilled.safetensors",
        "ltxv-2b-0.9.8-distilled-fp8.safetensors",
        "ltx-video-2b-v0.9.5.safetensors",
    ],
    "text_encoders": ["t5xxl_fp8_e4m3fn.safetensors", "gemma_3_12B_it_fp4_mixed.safetensors"],
    "latent_upscale_models": ["ltx-2.3-spatial-upscaler-x2-1.1.safetensors"],
    "loras": ["styles/ink.safetensors"],
}
"""What lies in the folders of the server, unless a test says otherwise."""

_OLD, _NEW = "old", "new"

# Class: required inputs, optional ones, outputs. An input is a kind, a kind with its limits, or the
# folder whose files are its choices.
_INT = ("INT", {"default": 0, "min": 0, "max": 2**64 - 1})
_SIZE = ("INT", {"default": 512, "min": 32, "max": 16384, "step": 32})
_LENGTH = ("INT", {"default": 97, "min": 1, "max": 16384, "step": 8})
_FPS = ("FLOAT", {"default": 25.0, "min": 0.0, "max": 1000.0})
_STRENGTH = ("FLOAT", {"default": 1.0, "min": 0.0, "max": 1.0})
_SCALE = ("FLOAT", {"default": 8.0, "min": 0.0, "max": 100.0})
_TEXT = ("STRING", {"multiline": True})
_GUIDED = {"positive": "CONDITIONING", "negative": "CONDITIONING"}

_CLASSES: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]] = {
    "CheckpointLoaderSimple": (
        {"ckpt_name": (_OLD, "checkpoints")}, {}, ("MODEL", "CLIP", "VAE"),
    ),
    "CLIPLoader": (
        {
            "clip_name": (_OLD, "text_encoders"),
            "type": (["stable_diffusion", "ltxv", "wan"], {}),
        },
        {"device": (["default", "cpu"], {})},
        ("CLIP",),
    ),
    "LTXAVTextEncoderLoader": (
        {
            "text_encoder": (_NEW, "text_encoders"),
            "ckpt_name": (_NEW, "checkpoints"),
            "device": ("COMBO", {"options": ["default", "cpu"]}),
        },
        {},
        ("CLIP",),
    ),
    "LTXVAudioVAELoader": ({"ckpt_name": (_NEW, "checkpoints")}, {}, ("VAE",)),
    "LatentUpscaleModelLoader": (
        {"model_name": (_NEW, "latent_upscale_models")}, {}, ("LATENT_UPSCALE_MODEL",),
    ),
    "LoraLoaderModelOnly": (
        {
            "model": "MODEL",
            "lora_name": (_OLD, "loras"),
            "strength_model": ("FLOAT", {"default": 1.0, "min": -100.0, "max": 100.0}),
        },
        {},
        ("MODEL",),
    ),
    "CLIPTextEncode": ({"text": _TEXT, "clip": "CLIP"}, {}, ("CONDITIONING",)),
    "LTXVConditioning": (
        {**_GUIDED, "frame_rate": _FPS}, {}, ("CONDITIONING", "CONDITIONING"),
    ),
    "EmptyLTXVLatentVideo": (
        {
            "width": _SIZE,
            "height": _SIZE,
            "length": _LENGTH,
            "batch_size": ("INT", {"default": 1, "min": 1, "max": 4096}),
        },
        {},
        ("LATENT",),
    ),
    "LTXVPreprocess": (
        {"image": "IMAGE", "img_compression": ("INT", {"default": 35, "min": 0, "max": 100})},
        {},
        ("IMAGE",),
    ),
    "LTXVImgToVideo": (
        {
            **_GUIDED,
            "vae": "VAE",
            "image": "IMAGE",
            "width": _SIZE,
            "height": _SIZE,
            "length": ("INT", {"default": 97, "min": 9, "max": 16384, "step": 8}),
            "batch_size": ("INT", {"default": 1, "min": 1, "max": 4096}),
            "strength": _STRENGTH,
        },
        {},
        ("CONDITIONING", "CONDITIONING", "LATENT"),
    ),
    "LTXVImgToVideoInplace": (
        {
            "vae": "VAE",
            "image": "IMAGE",
            "latent": "LATENT",
            "strength": _STRENGTH,
            "bypass": ("BOOLEAN", {"default": False}),
        },
        {},
        ("LATENT",),
    ),
    "LTXVAddGuide": (
        {
            **_GUIDED,
            "vae": "VAE",
            "latent": "LATENT",
            "image": "IMAGE",
            "frame_idx": ("INT", {"default": 0, "min": -9999, "max": 9999}),
            "strength": _STRENGTH,
        },
        {},
        ("CONDITIONING", "CONDITIONING", "LATENT"),
    ),
    "LTXVCropGuides": (
        {**_GUIDED, "latent": "LATENT"}, {}, ("CONDITIONING", "CONDITIONING", "LATENT"),
    ),
    "LTXVScheduler": (
        {
            "steps": ("INT", {"default": 20, "min": 1, "max": 10000}),
            "max_shift": ("FLOAT", {"default": 2.05, "min": 0.0, "max": 100.0}),
            "base_shift": ("FLOAT", {"default": 0.95, "min": 0.0, "max": 100.0}),
            "stretch": ("BOOLEAN", {"default": True}),
            "terminal": ("FLOAT", {"default": 0.1, "min": 0.0, "max": 0.99}),
        },
        {"latent": "LATENT"},
        ("SIGMAS",),
    ),
    "ManualSigmas": ({"sigmas": ("STRING", {"default": "1, 0.5"})}, {}, ("SIGMAS",)),
    "KSamplerSelect": (
        {"sampler_name": ("COMBO", {"options": ["euler", "euler_ancestral"]})}, {}, ("SAMPLER",),
    ),
    "SamplerCustom": (
        {
            "model": "MODEL",
            "add_noise": ("BOOLEAN", {"default": True}),
            "noise_seed": _INT,
            "cfg": _SCALE,
            **_GUIDED,
            "sampler": "SAMPLER",
            "sigmas": "SIGMAS",
            "latent_image": "LATENT",
        },
        {},
        ("LATENT", "LATENT"),
    ),
    "RandomNoise": ({"noise_seed": _INT}, {}, ("NOISE",)),
    "CFGGuider": ({"model": "MODEL", **_GUIDED, "cfg": _SCALE}, {}, ("GUIDER",)),
    "SamplerCustomAdvanced": (
        {
            "noise": "NOISE",
            "guider": "GUIDER",
            "sampler": "SAMPLER",
            "sigmas": "SIGMAS",
            "latent_image": "LATENT",
        },
        {},
        ("LATENT", "LATENT"),
    ),
    "LTXVEmptyLatentAudio": (
        {
            "frames_number": ("INT", {"default": 97, "min": 1, "max": 1000}),
            "frame_rate": ("INT", {"default": 25, "min": 1, "max": 1000}),
            "batch_size": ("INT", {"default": 1, "min": 1, "max": 4096}),
            "audio_vae": "VAE",
        },
        {},
        ("LATENT",),
    ),
    "LTXVAudioVAEEncode": ({"audio": "AUDIO", "audio_vae": "VAE"}, {}, ("LATENT",)),
    "LTXVAudioVAEDecode": ({"samples": "LATENT", "audio_vae": "VAE"}, {}, ("AUDIO",)),
    "LTXVConcatAVLatent": (
        {"video_latent": "LATENT", "audio_latent": "LATENT"}, {}, ("LATENT",),
    ),
    "LTXVSeparateAVLatent": ({"av_latent": "LATENT"}, {}, ("LATENT", "LATENT")),
    "LTXVLatentUpsampler": (
        {"samples": "LATENT", "upscale_model": "LATENT_UPSCALE_MODEL", "vae": "VAE"},
        {},
        ("LATENT",),
    ),
    "SetLatentNoiseMask": ({"samples": "LATENT", "mask": "MASK"}, {}, ("LATENT",)),
    "SolidMask": (
        {
            "value": ("FLOAT", {"default": 1.0, "min": 0.0, "max": 1.0}),
            "width": ("INT", {"default": 512, "min": 1, "max": 16384}),
            "height": ("INT", {"default": 512, "min": 1, "max": 16384}),
        },
        {},
        ("MASK",),
    ),
    "VAEEncode": ({"pixels": "IMAGE", "vae": "VAE"}, {}, ("LATENT",)),
    "VAEDecode": ({"samples": "LATENT", "vae": "VAE"}, {}, ("IMAGE",)),
    "VAEDecodeTiled": (
        {
            "samples": "LATENT",
            "vae": "VAE",
            "tile_size": ("INT", {"default": 512, "min": 64, "max": 4096}),
            "overlap": ("INT", {"default": 64, "min": 0, "max": 4096}),
            "temporal_size": ("INT", {"default": 64, "min": 8, "max": 4096}),
            "temporal_overlap": ("INT", {"default": 8, "min": 4, "max": 4096}),
        },
        {},
        ("IMAGE",),
    ),
    "LoadImage": ({"image": (["example.png"], {"image_upload": True})}, {}, ("IMAGE", "MASK")),
    "LoadVideo": (
        {"file": ("COMBO", {"options": [], "video_upload": True})}, {}, ("VIDEO",),
    ),
    "LoadAudio": ({"audio": ("COMBO", {"options": [], "audio_upload": True})}, {}, ("AUDIO",)),
    "GetVideoComponents": ({"video": "VIDEO"}, {}, ("IMAGE", "AUDIO", "FLOAT")),
    "CreateVideo": (
        {"images": "IMAGE", "fps": ("FLOAT", {"default": 30.0, "min": 1.0, "max": 120.0})},
        {"audio": "AUDIO"},
        ("VIDEO",),
    ),
    "SaveVideo": (
        {
            "video": "VIDEO",
            "filename_prefix": ("STRING", {"default": "video/ComfyUI"}),
            "format": (
                "COMFY_DYNAMICCOMBO_V3",
                {"options": [{"key": "auto", "inputs": {}}, {"key": "mp4", "inputs": {}}]},
            ),
        },
        {"codec": ("COMBO", {"options": ["auto", "h264"]})},
        (),
    ),
    "PreviewImage": ({"images": "IMAGE"}, {}, ()),
}  # fmt: skip
OUTPUT_CLASSES = ("SaveVideo", "PreviewImage")
LATER = (
    "LTXAVTextEncoderLoader",
    "LTXVAudioVAELoader",
    "LTXVEmptyLatentAudio",
    "LTXVAudioVAEEncode",
    "LTXVAudioVAEDecode",
    "LTXVConcatAVLatent",
    "LTXVSeparateAVLatent",
    "LTXVImgToVideoInplace",
    "LTXVLatentUpsampler",
    "LatentUpscaleModelLoader",
    "ManualSigmas",
)
"""What version 0.3.64 does not have."""


def object_info(files: dict[str, list[str]], missing: tuple[str, ...]) -> dict[str, Any]:
    """Every class but the missing ones, with these files in the server's folders."""
    return {
        name: {
            "input": {
                "required": {each: _shape(about, files) for each, about in required.items()},
                "optional": {each: _shape(about, files) for each, about in optional.items()},
            },
            "output": list(outputs),
            "output_node": name in OUTPUT_CLASSES,
            "name": name,
            "display_name": name,
            "description": "Long words that nobody of ours reads.",
            "python_module": "nodes",
        }
        for name, (required, optional, outputs) in _CLASSES.items()
        if name not in missing
    }


def _shape(about: Any, files: dict[str, list[str]]) -> list[Any]:
    match about:
        case str(kind):
            return [kind, {}]
        case ("old", folder):
            return [files.get(folder, []), {}]
        case ("new", folder):
            return ["COMBO", {"options": files.get(folder, []), "multiselect": False}]
        case _:
            return list(about)
