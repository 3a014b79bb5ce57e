"""The tables of the LTX guide, from the catalogue, the profiles and the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.commands import COMMANDS
from core.config.setting_fields import fields
from core.config.settings import Settings
from core.platform.machine import Gpu, Machine
from core.video.controls import CONTROLS
from core.video.memory import Device
from core.video.spec import Precision
from core.video.terms import EncoderBits, Residency, Target
from providers.ltx_video.mini.vocabulary import PHRASES, Attribute
from providers.ltx_video.models.catalog import DEPLOYMENT, MODELS, PROVIDER
from providers.ltx_video.models.memory_plan import memory_ladder
from providers.ltx_video.models.profiles import Guidance
from providers.ltx_video.models.workload import Workload
from scripts.markdown import markdown_table

if TYPE_CHECKING:
    from core.video.control_row import ControlRow
    from core.video.memory import MemoryPlan
    from core.video.spec import FloatRange, IntRange
    from providers.ltx_video.models.catalog import LocalModel
    from providers.ltx_video.models.profiles import Profile

# The sizes of a generation's models are the same; their names begin alike.
_GENERATIONS = {
    "ltx-video-": "LTX-Video",
    "ltx-2": "LTX-2, 2.3, 2.5",
    "ltx-mini": "LTX Mini",
}
_ATTRIBUTES = {
    Attribute.KIND: "things",
    Attribute.COLOUR: "colours",
    Attribute.SIZE: "sizes, besides the usual one",
    Attribute.MOTION: "motions",
    Attribute.PLACE: "places in the picture",
    Attribute.SETTING: "settings",
    Attribute.CAMERA: "camera",
    Attribute.AUDIO: "sounds",
}


def models() -> str:
    """Every model: what it makes, takes and needs."""
    head = ("model", "download", "sound", "default clip", "seconds", "fps", "needs", "licence")
    return markdown_table(head, [_model_row(model) for model in MODELS])


def commands() -> str:
    """Every command besides the one that makes a clip."""
    rows = [(f"`{name}`", command.summary) for name, command in COMMANDS.items()]
    return markdown_table(("command", "what it does"), rows)


def controls() -> str:
    """Every control of a render: where it is in the window and on the command line."""
    rows = [
        (row.label, f"`{row.options[0].replace('/', '`, `')}`", row.tip, _takers(row))
        for row in CONTROLS
    ]
    return markdown_table(("in the window", "option", "what it is", "models"), rows)


def _takers(row: ControlRow) -> str:
    """How many of the models take it."""
    count = sum(row.allowed(model.spec) is not None for model in MODELS)
    return {0: "none yet", len(MODELS): "all"}.get(count, f"{count} of {len(MODELS)}")


def _model_row(model: LocalModel) -> tuple[str, ...]:
    spec = model.spec
    gated = ", gated" if spec.licence.is_gated else ""
    audio = f"{spec.audio.sample_rate_hz // 1000} kHz" if spec.audio else "-"
    download = "built in" if spec.size_bytes is None else f"{spec.size_bytes / 1e9:.1f} GB"
    default = f"{spec.default_size}, {spec.durations.default:g} s at {spec.default_fps} fps"
    return (
        f"`{spec.id}`",
        download,
        audio,
        default,
        str(spec.durations),
        ", ".join(map(str, spec.fps)),
        spec.needs.amounts,
        f"{spec.licence.name}{gated}",
    )


def sizes() -> str:
    """Every resolution of every size table, with the shapes it comes in."""
    groups: dict[tuple[str, str], dict[str, None]] = {}
    for model in MODELS:
        for name in model.spec.resolutions:
            shapes = [size for size in model.spec.sizes if size.resolution == name]
            listed = ", ".join(f"{size} ({size.aspect.value})" for size in shapes)
            longest = model.spec.durations.longest(name)
            said = f"{_generation(model.id)}: {longest:g} s"
            groups.setdefault((f"`{name}`", listed), {})[said] = None
    rows = [(*key, "; ".join(said)) for key, said in groups.items()]
    return markdown_table(("resolution", "sizes", "at most"), rows)


def _generation(model: str) -> str:
    for start, label in _GENERATIONS.items():
        if model.startswith(start):
            return label
    return model


def camera() -> str:
    """Every camera move and the words it stands for."""
    big, mini = MODELS[0].spec.camera, MODELS[-1].spec.camera
    assert big is not None, "the table gives every model its camera moves"
    assert mini is not None, "the table gives every model its camera moves"
    head = ("name", "words joined to the prompt", "for LTX Mini")
    rows = [
        (f"`{motion}`", big.phrase(motion) or "-", mini.phrase(motion) or "not offered")
        for motion in big.motions
    ]
    return markdown_table(head, rows)


def profiles() -> str:
    """How every model is run."""
    head = ("model", "steps", "`--steps`", "guidance", "`--guidance`", "other knobs", "schedule")
    return markdown_table(head, [_profile_row(model) for model in MODELS])


def _profile_row(model: LocalModel) -> tuple[str, ...]:
    spec, profile = model.spec, model.profile
    return (
        f"`{spec.id}`",
        str(profile.num_inference_steps),
        _choice(spec.steps),
        f"{profile.guidance.guidance_scale:g}",
        _choice(spec.guidance_scale),
        _other_knobs(profile.guidance),
        _schedule(profile),
    )


def _choice(allowed: IntRange | FloatRange | None) -> str:
    return "fixed" if allowed is None else str(allowed)


_VRAM_GB = (8, 12, 16, 24, 32, 48, 80)
_RAM_GB = 64
_SCRATCH_GB = 500


def memory() -> str:
    """Which layout each model gets for its usual clip on graphics cards of several sizes."""
    head = ("model", *(f"{vram_gb} GB" for vram_gb in _VRAM_GB))
    return markdown_table(head, [_memory_row(model) for model in MODELS])


def _memory_row(model: LocalModel) -> tuple[str, ...]:
    target = Target(provider=PROVIDER, deployment=DEPLOYMENT, model=model.id)
    clip = Workload.usual(target, model.spec, model.profile)
    cells = [_layout_cell(model, clip, float(vram_gb)) for vram_gb in _VRAM_GB]
    return (f"`{model.id}`", *cells)


def _layout_cell(model: LocalModel, clip: Workload, vram_gb: float) -> str:
    """The layout by its number in the guide's list, and the most graphics memory that it takes."""
    gpu = Gpu("GPU", "cuda", vram_gb, vram_gb)
    machine = Machine("Linux", "x86_64", 16, float(_RAM_GB), float(_RAM_GB), (gpu,))
    memory = memory_ladder(
        machine, model.footprint, model.profile.dtype, clip, scratch_free_gb=_SCRATCH_GB
    ).choose()
    if not memory.fits:
        return "-"
    if memory.device is Device.CPU:
        return "processor"
    return f"{_layout_number(memory)}: {memory.peak_vram_gb:.1f}"


def _layout_number(memory: MemoryPlan) -> int:
    """Where the layout stands in the list of the guide."""
    match memory.residency:
        case Residency.RESIDENT:
            return 2 if memory.tiled_decode else 1
        case Residency.MODEL_OFFLOAD if memory.text_encoder_device is not memory.device:
            return 6
        case Residency.MODEL_OFFLOAD if memory.text_encoder_bits is not EncoderBits.SIXTEEN:
            return 5
        case Residency.MODEL_OFFLOAD:
            return 4 if memory.precision is Precision.FLOAT8 else 3
        case Residency.GROUP_OFFLOAD:
            return 7
        case Residency.GROUP_OFFLOAD_TO_DISK:
            return 8


def _other_knobs(guidance: Guidance) -> str:
    switched_off = Guidance()
    changed = [
        f"{name} {value:g}"
        for name, value in guidance
        if name != "guidance_scale" and value != getattr(switched_off, name)
    ]
    return ", ".join(changed) or "-"


def _schedule(profile: Profile) -> str:
    if profile.sigmas is not None:
        return f"{len(profile.sigmas)} trained noise levels"
    if profile.shift_mu is not None:
        return f"shifted by {profile.shift_mu:g}"
    return "the pipeline's own"


def mini_words() -> str:
    """What LTX Mini can be asked for."""
    rows = [
        (label, ", ".join(_plain(value) for value in PHRASES[attribute]))
        for attribute, label in _ATTRIBUTES.items()
    ]
    return markdown_table(("what", "values"), rows)


def _plain(value: str) -> str:
    """A value in words: "place_left" is "left", "low_tone" is "low tone"."""
    short = value.removeprefix("place_").removeprefix("camera_")
    return short.replace("_", " ")


def settings() -> str:
    """Every setting with its default."""
    rows = [
        (f"`{field.name}`", f"`{field.default}`" if field.default else "not set", field.help)
        for field in fields(Settings())
    ]
    return markdown_table(("setting", "default", "what it is for"), rows)
