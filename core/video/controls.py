"""Every control of a render in one table: forms, options, checks, records and docs go by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.video.allowed import (
    Allowed,
    AnyValue,
    FileLimit,
    Moment,
    OneOf,
    OneSize,
    OnOff,
    TextLimit,
    WebAddress,
)
from core.video.control_row import Control, ControlKind, ControlRow
from core.video.editing.tools import IMAGE_TOOLS, WITH_STRENGTH
from core.video.request import MAX_SEED
from core.video.spec import ANOTHER_MODEL, IntRange
from core.video.terms import EncoderBits, ExtendDirection, RetakePart, Role, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from core.video.spec import ModelSpec

_NO_ENHANCER = f"brings no prompt enhancer. Leave it out {ANOTHER_MODEL}."
_BY_WORDS = (Task.SEARCH_AND_REPLACE, Task.SEARCH_AND_RECOLOR)


def _files(role: Role) -> Callable[[ModelSpec], Allowed | None]:
    def takes(spec: ModelSpec) -> Allowed | None:
        limit = spec.limit(role)
        return FileLimit(role, limit) if limit else None

    return takes


def _words(is_taken: Callable[[ModelSpec], bool]) -> Callable[[ModelSpec], Allowed | None]:
    def takes(spec: ModelSpec) -> Allowed | None:
        return TextLimit(spec.max_prompt_tokens) if is_taken(spec) else None

    return takes


def _strength(spec: ModelSpec) -> Allowed | None:
    is_used = spec.limit(Role.SOURCE_VIDEO) or {*WITH_STRENGTH} & {*spec.tasks}
    return spec.strength if is_used else None


def _tools(spec: ModelSpec) -> Allowed | None:
    tools = tuple(task for task in IMAGE_TOOLS if task in spec.tasks)
    return OneOf(tools) if tools else None


def _margin(spec: ModelSpec) -> Allowed | None:
    most = spec.most_margin
    return IntRange(minimum=0, maximum=most, default=0) if most else None


def _retake_parts(spec: ModelSpec) -> Allowed | None:
    if not spec.limit(Role.RETAKE_VIDEO):
        return None
    parts = tuple(RetakePart) if spec.audio else (RetakePart.VIDEO,)
    # Of a clip without sound only the picture, unless more is asked for.
    return OneOf(parts)


CONTROLS: tuple[ControlRow, ...] = (
    ControlRow(
        Control.PROMPT, "prompt", ControlKind.TEXT, "Prompt", "What is to be seen", "prompt",
        _words(lambda spec: spec.takes_prompt),
        options=("--prompt", "-p"), metavar="TEXT", is_choice=False,
    ),
    ControlRow(
        Control.WILDCARD_SEED, "wildcard_seed", ControlKind.WHOLE, "Wildcard seed",
        "What decides the wildcards of the prompt, such as {red|blue}; of it and the seed, one "
        "that is not given is the other",
        "wildcard seed",
        lambda spec: IntRange(minimum=0, maximum=MAX_SEED, default=0) if spec.takes_prompt
        else None,
        options=("--wildcard-seed",), metavar="NUMBER", is_choice=False,
    ),
    ControlRow(
        Control.ENHANCE_PROMPT, "enhance_prompt", ControlKind.SWITCH, "Enhance prompt",
        "Let the model's own enhancer rewrite the prompt first; the record keeps both",
        "prompt enhancement", lambda spec: OnOff(default=False) if spec.enhances_prompt else None,
        _NO_ENHANCER, options=("--enhance-prompt/--no-enhance-prompt",),
    ),
    ControlRow(
        Control.ENHANCED_PROMPT, "enhanced_prompt", ControlKind.TEXT, "Enhanced prompt",
        "What the model reads in place of the prompt, as 'main.py enhance' wrote it",
        "enhanced prompt", _words(lambda spec: spec.enhances_prompt), _NO_ENHANCER,
        options=("--enhanced-prompt",), metavar="TEXT", is_choice=False,
    ),
    ControlRow(
        Control.NEGATIVE_PROMPT, "negative_prompt", ControlKind.TEXT, "Negative prompt",
        "What the clip should not show", "negative prompt",
        _words(lambda spec: spec.takes_negative_prompt),
        "takes no negative prompt. Leave it out, and say in the prompt what there should be "
        "instead.",
        options=("--negative-prompt",), metavar="TEXT",
    ),
    ControlRow(
        Control.PROVIDER, "target.provider", ControlKind.CHOICE, "Provider",
        "Who makes the clips", "provider", lambda spec: AnyValue(),
        options=("--provider",), metavar="NAME", is_choice=False,
    ),
    ControlRow(
        Control.DEPLOYMENT, "target.deployment", ControlKind.CHOICE, "Runs at",
        "Where the model runs", "deployment", lambda spec: AnyValue(),
        options=("--deployment", "--ltx-deployment"), metavar="NAME", is_choice=False,
    ),
    ControlRow(
        Control.TARGET, "target", ControlKind.CHOICE, "Model", "Which model makes the clips",
        "model", lambda spec: AnyValue(),
        options=("--model", "--ltx-model"), metavar="NAME",
    ),
    ControlRow(
        Control.RESOLUTION, "frame.resolution", ControlKind.CHOICE, "Resolution",
        "How large the clips are, by name or in pixels", "resolution",
        lambda spec: OneSize(spec.sizes, spec.size_grid) if spec.sizes else None,
        options=("--resolution", "--ltx-resolution"), metavar="SIZE",
    ),
    ControlRow(
        Control.ASPECT, "frame.aspect", ControlKind.CHOICE, "Aspect",
        "Width to height of the clips", "aspect ratio",
        lambda spec: OneOf(tuple(aspect.value for aspect in spec.aspects)) if spec.sizes else None,
        options=("--aspect", "--ltx-aspect"), metavar="W:H",
    ),
    ControlRow(
        Control.DURATION, "frame.duration_s", ControlKind.NUMBER, "Duration",
        "How long a clip is, in seconds; the plan tells the exact length", "duration",
        lambda spec: spec.durations if spec.fps else None,
        "makes no clips, so there is no length to choose. Leave it out.",
        unit="s", options=("--duration", "--ltx-duration"), metavar="SECONDS", is_for_images=False,
    ),
    ControlRow(
        Control.AUTO_DURATION, "frame.auto_duration", ControlKind.SWITCH, "Automatic duration",
        "Let the model choose by the prompt how long the clip is; the plan tells between what",
        "automatic duration", lambda spec: OnOff(default=False) if spec.shortest_auto_s else None,
        f"chooses no duration itself. Name one {ANOTHER_MODEL}.",
        options=("--auto-duration/--no-auto-duration",), is_for_images=False,
    ),
    ControlRow(
        Control.FPS, "frame.fps", ControlKind.WHOLE, "Frame rate",
        "Frames per second of the clips", "frame rate",
        lambda spec: OneOf(spec.fps, spec.default_fps) if spec.fps else None,
        "makes no clips, so there is no frame rate to choose. Leave it out.",
        unit="fps", options=("--fps", "--ltx-fps"), metavar="NUMBER", is_for_images=False,
    ),
    ControlRow(
        Control.INTERPOLATED_FPS, "frame.interpolated_fps", ControlKind.WHOLE, "Interpolate to",
        "A higher frame rate, for which the frames between are made afterwards",
        "higher frame rate", lambda spec: OneOf(spec.higher_fps) if spec.fps else None,
        "makes no clips, so there is no higher frame rate to choose. Leave it out.",
        unit="fps", options=("--interpolate-fps",), metavar="NUMBER", is_for_images=False,
    ),
    ControlRow(
        Control.START_IMAGE, "inputs.start", ControlKind.FILE, "Start frame",
        "The picture that the clip starts from", "start image", _files(Role.START),
        options=("--image", "--ltx-image"), metavar="FILE", is_choice=False,
    ),
    ControlRow(
        Control.END_IMAGE, "inputs.end", ControlKind.FILE, "End frame",
        "The picture that the clip ends on", "end image", _files(Role.END),
        options=("--end-image",), metavar="FILE", is_choice=False, is_for_images=False,
    ),
    ControlRow(
        Control.KEYFRAMES, "inputs.keyframe", ControlKind.FILES, "Keyframes",
        "Pictures that the clip comes by, each at its time", "keyframe", _files(Role.KEYFRAME),
        options=("--keyframe",), metavar="TIME:FILE[@STRENGTH]", is_for_images=False,
    ),
    ControlRow(
        Control.SOURCE_VIDEO, "inputs.source_video", ControlKind.FILE, "Source video",
        "The clip that a new one is made from", "source video", _files(Role.SOURCE_VIDEO),
        options=("--source-video",), metavar="FILE", is_for_images=False,
    ),
    ControlRow(
        Control.STRENGTH, "editing.strength", ControlKind.NUMBER, "Strength",
        "How much of the source video or the image is changed: 0 gives it back, 1 ignores it",
        "strength", _strength,
        f"leaves no choice how much is changed. Leave the {{noun}} out {ANOTHER_MODEL}.",
        options=("--strength",), metavar="NUMBER", needs=Role.SOURCE_VIDEO,
        image_needs=Role.START, image_tasks=WITH_STRENGTH,
    ),
    ControlRow(
        Control.EXTEND_VIDEO, "inputs.extend_video", ControlKind.FILE, "Extend",
        "The clip that goes on; the duration is that of the new part", "video to extend",
        _files(Role.EXTEND_VIDEO),
        options=("--extend",), metavar="FILE", is_for_images=False,
    ),
    ControlRow(
        Control.EXTEND_DIRECTION, "editing.direction", ControlKind.CHOICE, "Extend to",
        "Whether the new part comes after the clip, before it, or half of it at both ends",
        "direction",
        lambda spec: OneOf(spec.extend_directions, ExtendDirection.FORWARD)
        if spec.limit(Role.EXTEND_VIDEO) else None,
        "takes no direction, because it extends no clip. Leave it out.",
        options=("--extend-direction",), metavar="DIRECTION", is_for_images=False,
        needs=Role.EXTEND_VIDEO,
    ),
    ControlRow(
        Control.RETAKE_VIDEO, "inputs.retake_video", ControlKind.FILE, "Retake",
        "The clip of which a part is made again", "video to retake", _files(Role.RETAKE_VIDEO),
        options=("--retake",), metavar="FILE", is_for_images=False,
    ),
    ControlRow(
        Control.RETAKE_FROM, "editing.retake_from_s", ControlKind.NUMBER, "Retake from",
        "Where the part begins that is made again; at the clip's beginning when not given",
        "beginning", lambda spec: Moment() if spec.limit(Role.RETAKE_VIDEO) else None,
        "takes no beginning, because it makes no part of a clip again. Leave it out.",
        unit="s", options=("--from",), metavar="SECONDS", is_for_images=False,
        needs=Role.RETAKE_VIDEO,
    ),
    ControlRow(
        Control.RETAKE_TO, "editing.retake_to_s", ControlKind.NUMBER, "Retake to",
        "Where the part ends that is made again; at the clip's end when not given",
        "end", lambda spec: Moment() if spec.limit(Role.RETAKE_VIDEO) else None,
        "takes no end, because it makes no part of a clip again. Leave it out.",
        unit="s", options=("--to",), metavar="SECONDS", is_for_images=False,
        needs=Role.RETAKE_VIDEO,
    ),
    ControlRow(
        Control.RETAKE_PART, "editing.retake_part", ControlKind.CHOICE, "Retake of",
        "What is made again of that part", "choice of picture or sound", _retake_parts,
        "takes no choice of picture or sound, because it makes no part of a clip again. Leave it "
        "out.",
        options=("--retake-part",), metavar="PART", is_for_images=False, needs=Role.RETAKE_VIDEO,
    ),
    ControlRow(
        Control.REFRAME_VIDEO, "inputs.reframe_video", ControlKind.FILE, "Reframe",
        "The clip that gets another aspect: all of its picture is kept, and what is beside it made",
        "video to reframe", _files(Role.REFRAME_VIDEO),
        options=("--reframe",), metavar="FILE", is_for_images=False,
    ),
    ControlRow(
        Control.CONTROL_VIDEO, "inputs.control", ControlKind.FILE, "Control video",
        "The clip whose shapes and moves the new one follows, whatever it looks like",
        "control video", _files(Role.CONTROL),
        options=("--control-video",), metavar="FILE", is_for_images=False,
    ),
    ControlRow(
        Control.CONTROL_MAP, "editing.control_map", ControlKind.CHOICE, "Follows",
        "What of the control video is followed: its outlines (canny), how far away things are "
        "(depth), how people move (pose), or what it shows, because it is a map already (given)",
        "kind of map", lambda spec: OneOf(spec.control_maps) if spec.control_maps else None,
        "takes no kind of map, because it follows no control video. Leave it out.",
        options=("--control",), metavar="MAP", is_for_images=False, needs=Role.CONTROL,
    ),
    ControlRow(
        Control.AUDIO_FILE, "inputs.audio", ControlKind.FILE, "Audio file",
        "The sound that the clip follows and gets", "audio file", _files(Role.AUDIO),
        options=("--audio-file",), metavar="FILE", is_for_images=False,
    ),
    ControlRow(
        Control.REFERENCE_IMAGES, "inputs.reference", ControlKind.FILES, "References",
        "Pictures that show what something looks like", "reference image",
        _files(Role.REFERENCE),
        options=("--reference",), metavar="FILE", is_choice=False,
    ),
    ControlRow(
        Control.AUDIO, "audio", ControlKind.SWITCH, "Sound", "Whether the clips get sound",
        "sound",
        lambda spec: OnOff(is_fixed=spec.is_audio_fixed) if spec.audio else None,
        f"makes no sound. Leave it out {ANOTHER_MODEL}.",
        options=("--audio/--no-audio",), is_for_images=False,
    ),
    ControlRow(
        Control.AUDIO_PROMPT, "audio_prompt", ControlKind.TEXT, "Audio prompt",
        "What is to be heard; the model reads it as the end of the prompt", "audio prompt",
        _words(lambda spec: spec.takes_audio_prompt),
        "takes no audio prompt. {advice}",
        options=("--audio-prompt",), metavar="TEXT", is_for_images=False,
    ),
    ControlRow(
        Control.CAMERA_MOTION, "motion.camera", ControlKind.CHOICE, "Camera",
        "How the camera moves", "camera move",
        lambda spec: OneOf(spec.camera.motions) if spec.camera else None,
        "has no camera moves to choose. Describe the move in the prompt.",
        options=("--camera-motion", "--ltx-camera-motion"), metavar="MOVE",
    ),
    ControlRow(
        Control.CAMERA_SPEED, "motion.speed", ControlKind.NUMBER, "Camera speed",
        "How fast the camera moves, 1 is normal", "camera speed",
        lambda spec: spec.camera.speed if spec.camera else None,
        "has no camera speed. Leave it out.",
        unit="×", options=("--camera-speed",), metavar="NUMBER",
    ),
    ControlRow(
        Control.MOTION_SPEED, "motion.motion_speed", ControlKind.NUMBER, "Motion speed",
        "How fast everything moves: 1 is real time, less is slow motion", "motion speed",
        lambda spec: spec.motion_speed,
        f"has no motion speed. Leave it out {ANOTHER_MODEL}.",
        unit="×", options=("--motion-speed",), metavar="NUMBER", is_for_images=False,
    ),
    ControlRow(
        Control.STEPS, "sampling.num_inference_steps", ControlKind.WHOLE, "Steps",
        "How often the picture is refined; more take longer", "number of steps",
        lambda spec: spec.steps, "has a fixed number of steps. Leave it out.",
        options=("--steps", "--ltx-steps"), metavar="NUMBER",
    ),
    ControlRow(
        Control.GUIDANCE_SCALE, "sampling.guidance_scale", ControlKind.NUMBER, "Guidance",
        "How closely the model follows the prompt; high values look harsh", "guidance scale",
        lambda spec: spec.guidance_scale, "has a fixed guidance scale. Leave it out.",
        options=("--guidance", "--ltx-guidance"), metavar="NUMBER",
    ),
    ControlRow(
        Control.TWO_STAGE, "sampling.two_stage", ControlKind.SWITCH, "Two stages",
        "First at half the size, then enlarged and refined at the full one", "two stages",
        lambda spec: OnOff(default=False) if spec.refine_steps else None,
        f"does not work in two stages. Leave it out {ANOTHER_MODEL}.",
        options=("--two-stage/--no-two-stage",),
    ),
    ControlRow(
        Control.SEED, "sampling.seed", ControlKind.WHOLE, "Seed",
        "The same seed gives the same clip", "seed",
        lambda spec: IntRange(minimum=0, maximum=MAX_SEED, default=0) if spec.takes_seed else None,
        "takes no seed: it makes another each time. Leave it out.",
        options=("--seed", "--ltx-seed"), metavar="NUMBER",
    ),
    ControlRow(
        Control.LORAS, "inputs.lora", ControlKind.FILES, "LoRAs",
        "Small weights laid over the model's own", "LoRA", _files(Role.LORA),
        options=("--lora",), metavar="FILE[@STRENGTH]",
    ),
    ControlRow(
        Control.PERSON_GENERATION, "person_generation", ControlKind.CHOICE, "People",
        "Whom the clip may show: adults (allow_adult), nobody (dont_allow) or children too "
        "(allow_all), which the service allows only some projects and regions; not given, the "
        "service decides",
        "choice of people",
        lambda spec: OneOf(spec.person_generation) if spec.person_generation else None,
        f"leaves no {{noun}}. Leave it out {ANOTHER_MODEL}.",
        options=("--person-generation",), metavar="WHOM", is_for_images=False,
    ),
    ControlRow(
        Control.QUALITY, "quality", ControlKind.CHOICE, "Quality",
        "How much work goes into an image; more costs more", "quality",
        lambda spec: OneOf(spec.qualities, spec.qualities[0]) if spec.qualities else None,
        options=("--quality",), metavar="NAME", is_choice=False, is_for_clips=False,
    ),
    ControlRow(
        Control.MASK, "inputs.mask", ControlKind.FILE, "Mask",
        "Where an image is edited: white there, black where it stays as it is", "mask",
        _files(Role.MASK),
        options=("--mask",), metavar="FILE", is_choice=False, is_for_clips=False,
        image_tasks=(Task.IMAGE_EDIT, Task.ERASE), needed_by=(Task.ERASE,),
    ),
    ControlRow(
        Control.TOOL, "editing.tool", ControlKind.CHOICE, "Tool",
        "What is done to the image; without one it is edited by words, or within a mask", "tool",
        _tools, f"works on images by no {{noun}}. Leave it out {ANOTHER_MODEL}.",
        options=("--tool",), metavar="NAME", is_choice=False, is_for_clips=False,
    ),
    *(
        ControlRow(
            control, f"editing.margins.{side}", ControlKind.WHOLE, label,
            f"How many pixels are added {where}", f"margin {where}", _margin,
            unit="px", options=(f"--{side}",), metavar="PIXELS", is_choice=False,
            is_for_clips=False, image_tasks=(Task.OUTPAINT,), needed_by=(Task.OUTPAINT,),
        )
        for control, side, label, where in (
            (Control.MARGIN_LEFT, "left", "Left", "on the left"),
            (Control.MARGIN_RIGHT, "right", "Right", "on the right"),
            (Control.MARGIN_UP, "up", "Up", "above"),
            (Control.MARGIN_DOWN, "down", "Down", "below"),
        )
    ),
    ControlRow(
        Control.SEARCH, "editing.search", ControlKind.TEXT, "Search",
        "Words for what of the image is changed", "search text",
        _words(lambda spec: bool({*_BY_WORDS} & {*spec.tasks})),
        options=("--search",), metavar="TEXT", is_choice=False, is_for_clips=False,
        image_tasks=_BY_WORDS, needed_by=_BY_WORDS,
    ),
    ControlRow(
        Control.UPSCALE_FACTOR, "editing.upscale_factor", ControlKind.NUMBER, "Factor",
        "How many times as wide and high the image becomes", "factor",
        lambda spec: spec.upscale_factor,
        unit="×", options=("--upscale",), metavar="NUMBER", is_choice=False, is_for_clips=False,
        image_tasks=(Task.UPSCALE,),
    ),
    ControlRow(
        Control.STYLE_PRESET, "style_preset", ControlKind.CHOICE, "Style",
        "How an image looks", "style preset",
        lambda spec: OneOf(spec.style_presets) if spec.style_presets else None,
        f"has no style presets. Describe the style in the prompt {ANOTHER_MODEL}.",
        options=("--style-preset",), metavar="NAME", is_choice=False, is_for_clips=False,
    ),
    ControlRow(
        Control.BACKGROUND, "background", ControlKind.CHOICE, "Background",
        "What is behind that which an image shows: transparent for what is laid over something",
        "background", lambda spec: OneOf(spec.backgrounds) if spec.backgrounds else None,
        f"leaves no {{noun}} to choose. Leave it out {ANOTHER_MODEL}.",
        options=("--background",), metavar="NAME", is_choice=False, is_for_clips=False,
    ),
    ControlRow(
        Control.PREVIEW, "delivery.preview", ControlKind.SWITCH, "Preview",
        "Show the image while it is made, which the service may bill", "preview",
        lambda spec: OnOff(default=False) if spec.sells_previews else None,
        f"sells no {{noun}} of an image. Leave it out {ANOTHER_MODEL}.",
        options=("--preview/--no-preview",), is_choice=False, is_for_clips=False,
    ),
    ControlRow(
        Control.WORKFLOW, "inputs.workflow", ControlKind.FILE, "Workflow",
        "A graph of your own in API format, whose nodes are titled for what they get, such as "
        "'prompt'", "workflow", _files(Role.WORKFLOW),
        options=("--workflow",), metavar="FILE", is_for_images=False,
    ),
    ControlRow(
        Control.MEMORY, "delivery.memory", ControlKind.CHOICE, "Memory",
        "Where the weights lie while a clip is made", "memory layout",
        lambda spec: OneOf(spec.residencies) if len(spec.residencies) > 1 else None,
        "has no layout in memory to choose. Leave it to the program.",
        options=("--memory",), metavar="LAYOUT",
    ),
    ControlRow(
        Control.TEXT_ENCODER, "delivery.text_encoder", ControlKind.CHOICE, "Text encoder",
        "How many bits the weights take that read the prompt: fewer take less memory and change "
        "the clip a little", "choice of bits for its text encoder",
        lambda spec: OneOf(tuple(EncoderBits))
        if len(spec.residencies) > 1 and spec.packs_text_encoder else None,
        "has no choice of bits for its text encoder. Leave it to the program.",
        options=("--text-encoder",), metavar="BITS",
    ),
    ControlRow(
        Control.WEBHOOK, "delivery.webhook_url", ControlKind.TEXT, "Webhook",
        "An https address that the service tells when a clip is ready", "webhook",
        lambda spec: WebAddress() if spec.takes_webhook else None,
        "tells no other program that a clip is ready. Leave it out.",
        options=("--webhook",), metavar="URL",
    ),
)  # fmt: skip
"""Every control, in the order of forms and help."""

ROWS: Mapping[Control, ControlRow] = {row.id: row for row in CONTROLS}

CHOICES: tuple[ControlRow, ...] = tuple(row for row in CONTROLS if row.is_choice)
"""What a project and its scenes choose."""


def option_of(field: str) -> str | None:
    """The option that asks for a part of a request, None where the command line has none."""
    row = next((row for row in CONTROLS if row.path == field), None)
    return row.options[0].partition("/")[0] if row is not None and row.options else None


def taken_by(spec: ModelSpec) -> frozenset[Control]:
    """The controls that a model has."""
    return frozenset(row.id for row in CONTROLS if row.allowed(spec) is not None)
