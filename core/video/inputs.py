"""The files that a request names: what each is for, and whether it can be used, all at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from core.errors import Problem, UnreadableLora, UnsupportedRequest
from core.platform.files import exists, is_folder
from core.platform.suggestions import file_guess, nearest_name
from core.video.spec import ANOTHER_MODEL
from core.video.terms import Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from core.media.source_clip import AudioFacts, VideoFacts
    from core.video.request import Input, RenderRequest
    from core.video.spec import ModelSpec


class MediaType(StrEnum):
    """What sort of file it must be."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    LORA = "LoRA"
    WORKFLOW = "workflow"


_MOST_WORKFLOW_BYTES = 20_000_000

USUAL_SCALE = 1.0
"""How strongly an input counts where nobody says."""

_A_RECORDING = {MediaType.VIDEO: "a video", MediaType.AUDIO: "a sound or a video with sound"}


@dataclass(frozen=True)
class RoleInfo:
    """What people are told of a role: its name in sentences, and the sort of file."""

    name: str
    media: MediaType

    def refusal(self, given: int, limit: int, label: str) -> str:
        """Why the model `label` does not take so many; empty where it does."""
        if given <= limit:
            return ""
        if limit:
            names = self.name if limit == 1 else f"{self.name}s"
            most = f"{label} takes at most {limit} {names}"
            return f"{most}, and {given} are given. Leave {given - limit} out."
        names, them = (self.name, "it") if given == 1 else (f"{self.name}s", "them")
        return f"{label} takes no {names}. Leave {them} out {ANOTHER_MODEL}."


ROLES: Mapping[Role, RoleInfo] = {
    Role.START: RoleInfo("start image", MediaType.IMAGE),
    Role.END: RoleInfo("end image", MediaType.IMAGE),
    Role.KEYFRAME: RoleInfo("keyframe", MediaType.IMAGE),
    Role.REFERENCE: RoleInfo("reference image", MediaType.IMAGE),
    Role.SOURCE_VIDEO: RoleInfo("source video", MediaType.VIDEO),
    Role.EXTEND_VIDEO: RoleInfo("video to extend", MediaType.VIDEO),
    Role.RETAKE_VIDEO: RoleInfo("video to retake", MediaType.VIDEO),
    Role.REFRAME_VIDEO: RoleInfo("video to reframe", MediaType.VIDEO),
    Role.AUDIO: RoleInfo("audio file", MediaType.AUDIO),
    Role.MASK: RoleInfo("mask", MediaType.IMAGE),
    Role.CONTROL: RoleInfo("control video", MediaType.VIDEO),
    Role.LORA: RoleInfo("LoRA", MediaType.LORA),
    Role.WORKFLOW: RoleInfo("workflow", MediaType.WORKFLOW),
}

SHAPING = (Role.START, Role.SOURCE_VIDEO, Role.CONTROL, Role.END, Role.KEYFRAME)
"""Roles whose first file decides the aspect where the request does not; fitted to the clip."""

KEPT = (Role.EXTEND_VIDEO, Role.RETAKE_VIDEO, Role.REFRAME_VIDEO)
"""Roles of videos whose own frames are in the clip: it has their rate, and but for a reframed one
their size."""

AS_LONG = (Role.RETAKE_VIDEO, Role.REFRAME_VIDEO)
"""Roles of videos whose length the clip has, whatever length is asked for."""

PACING = (Role.SOURCE_VIDEO, Role.CONTROL)
"""Roles of videos that the clip goes by from its first frame on, so that it is as long."""


@dataclass(frozen=True)
class CheckedInputs:
    """What is known of a request's files once they were read.

    Attributes:
        sizes: by role, the upright width and height of its first image or video.
        image_sizes: the same of every image that is looked at, by its place among the inputs.
        videos: by role, its first video.
        audio: the first audio file.
        edited_share: how much of an image the mask edits, 0 to 1; None without a mask.
        length_s: of all videos and audio files together.
    """

    sizes: Mapping[Role, tuple[int, int]] = field(default_factory=dict[Role, tuple[int, int]])
    length_s: float = 0.0
    notes: tuple[str, ...] = ()
    image_sizes: Mapping[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])
    videos: Mapping[Role, VideoFacts] = field(default_factory=dict[Role, "VideoFacts"])
    audio: AudioFacts | None = None
    edited_share: float | None = None


def field_of(role: Role) -> str:
    """The part of a request that problems with inputs of a role name."""
    return f"inputs.{role.value}"


def scale_of(item: Input) -> float:
    """How strongly an input counts: 0 not at all, 1 as it was made."""
    return USUAL_SCALE if item.strength is None else item.strength


def limit_problems(request: RenderRequest, spec: ModelSpec) -> tuple[Problem, ...]:
    """What this model does not take of the inputs, or not so many of."""
    messages = {
        role: ROLES[role].refusal(len(request.of_role(role)), spec.limit(role), spec.label)
        for role in dict.fromkeys(item.role for item in request.inputs)
    }
    return tuple(Problem(field_of(role), text) for role, text in messages.items() if text)


def full_strength_problems(request: RenderRequest, spec: ModelSpec) -> list[Problem]:
    """Each input that is to count for more or less than usual, where a model leaves no choice."""
    return [
        Problem(
            field_of(item.role),
            f"{spec.label} takes an image at its full strength alone. Leave that out.",
        )
        for item in request.inputs
        if scale_of(item) != USUAL_SCALE
    ]


def with_absolute_paths(request: RenderRequest) -> RenderRequest:
    """The request with whole paths, because its job may be resumed from another folder."""
    return request.with_inputs(
        tuple(
            item.model_copy(update={"path": item.path.expanduser().absolute()})
            for item in request.inputs
        )
    )


def with_named_loras(request: RenderRequest, folders: Sequence[Path]) -> RenderRequest:
    """The request with the files that the names of LoRAs stand for; paths are left as they are.

    Args:
        request: before its paths are made whole.
        folders: of a person's own LoRAs, the first one counts first.
    """

    def found(item: Input) -> Input:
        # Imported late, as below: each list of models loads this, and few requests name a LoRA.
        from core.lora.lora_library import find_lora

        if item.role is not Role.LORA or item.path.is_absolute() or _is_file(item.path):
            return item
        path = find_lora(item.path.as_posix(), folders)
        return item if path is None else item.model_copy(update={"path": path})

    return request.with_inputs(tuple(map(found, request.inputs)))


def _is_file(path: Path) -> bool:
    return exists(path) and not is_folder(path)


def check_inputs(request: RenderRequest, lora_folders: Sequence[Path] = ()) -> CheckedInputs:
    """Read every file that a request names as far as it takes to see that it can be used.

    Args:
        request: with whole paths.
        lora_folders: of a person's own LoRAs, where their names were looked for.

    Raises:
        UnsupportedRequest: with every file that cannot be used.
    """
    reading = _InputReading(lora_folders)
    for place, item in enumerate(request.inputs):
        reading.read(place, item)
    if reading.problems:
        raise UnsupportedRequest(reading.problems)
    return CheckedInputs(
        reading.sizes,
        reading.length_s,
        tuple(reading.notes),
        reading.image_sizes,
        reading.videos,
        reading.audio,
        reading.edited_share,
    )


@dataclass
class _InputReading:
    lora_folders: Sequence[Path]
    problems: list[Problem] = field(default_factory=list[Problem])
    notes: list[str] = field(default_factory=list[str])
    sizes: dict[Role, tuple[int, int]] = field(default_factory=dict[Role, tuple[int, int]])
    image_sizes: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])
    videos: dict[Role, VideoFacts] = field(default_factory=dict[Role, "VideoFacts"])
    audio: AudioFacts | None = None
    edited_share: float | None = None
    length_s: float = 0.0

    def read(self, place: int, item: Input) -> None:
        """Look at one file; what is wrong with it is kept."""
        info, where = ROLES[item.role], field_of(item.role)
        message: str | None = None
        match info.media:
            case MediaType.IMAGE if item.role is Role.MASK:
                self._mask(item)
            case MediaType.IMAGE:
                self._image(place, item, where)
            case MediaType.LORA:
                message = self._lora(item.path)
            case MediaType.WORKFLOW:
                message = _workflow_problem(item.path)
            case MediaType.VIDEO | MediaType.AUDIO:
                message = self._recording(item, info)
        if message:
            self.problems.append(Problem(where, message))

    def _image(self, place: int, item: Input, where: str) -> None:
        # Imported late, as below: each list of models loads this, and few requests name a file.
        from core.media.images import read_rgb_image

        try:
            upright = read_rgb_image(item.path, ROLES[item.role].name, where)
        except UnsupportedRequest as error:
            self.problems += error.problems
            return
        self.notes += upright.notes
        self.sizes.setdefault(item.role, upright.image.size)
        self.image_sizes[place] = upright.image.size

    def _mask(self, item: Input) -> None:
        from core.media.masks import edited_share, read_mask

        try:
            mask = read_mask(item.path)
        except UnsupportedRequest as error:
            self.problems += error.problems
            return
        self.sizes.setdefault(item.role, mask.size)
        self.edited_share = edited_share(mask)

    def _recording(self, item: Input, info: RoleInfo) -> str | None:
        import av
        from av.error import FFmpegError

        from core.errors import UnreadableClip
        from core.media.media_file import open_media
        from core.media.source_clip import read_audio_facts, read_video_facts
        from core.media.stills import is_photo
        from core.media.streams import choose_audio, choose_video

        name = repr(str(item.path))
        if not item.path.exists():
            guess = file_guess(item.path)
            return f"There is no {info.name} at {name}.{guess} Choose another file or remove it."
        if item.path.is_dir():
            return f"The {info.name} {name} is a folder. Name a file in it."
        if is_photo(item.path):
            return f"The {info.name} {name} is an image. Name {_A_RECORDING[info.media]}."
        try:
            with open_media(item.path) as container:
                video, audio = choose_video(container), choose_audio(container)
                if (video if info.media is MediaType.VIDEO else audio) is None:
                    return f"The {info.name} {name} holds no {info.media.value}. Choose another."
                self.length_s += (container.duration or 0) / av.time_base
            if info.media is MediaType.VIDEO:
                facts = read_video_facts(item.path)
                if facts.num_frames == 1:
                    return f"The {info.name} {name} is a single picture. Name a video."
                self.videos.setdefault(item.role, facts)
                self.sizes.setdefault(item.role, (facts.width, facts.height))
            elif self.audio is None:
                self.audio = read_audio_facts(item.path)
        except UnreadableClip as error:
            return f"The {info.name} {name} cannot be used: {error.message} {error.hint}".strip()
        except (FFmpegError, OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            advice = f"Get a whole copy of it, or name {_A_RECORDING[info.media]}."
            return f"The {info.name} {name} cannot be read: {why}. {advice}"
        return None

    def _lora(self, path: Path) -> str | None:
        from core.lora.lora_file import read_lora
        from core.lora.lora_library import read_library

        if not exists(path) and self.lora_folders:
            own = [lora.name for lora in read_library(self.lora_folders)]
            near = nearest_name(path.stem, own)
            guess = f" Did you mean {near!r}?" if near else file_guess(path)
            folders = " or ".join(repr(str(folder)) for folder in self.lora_folders)
            return (
                f"There is no LoRA at {str(path)!r}, and none of your own is named {path.stem!r}, "
                f"in {folders}.{guess} Choose another or leave it out."
            )
        try:
            read_lora(path)
        except UnreadableLora as error:
            return error.message
        return None


def _workflow_problem(path: Path) -> str | None:
    """Why a workflow cannot be read; what stands in it is for its provider to judge."""
    import json

    from core.platform.files import read_plain_file

    name = repr(str(path))
    if not exists(path):
        return f"There is no workflow at {name}.{file_guess(path)} Choose another file."
    if is_folder(path):
        return f"The workflow {name} is a folder. Name a file in it."
    try:
        json.loads(read_plain_file(path, _MOST_WORKFLOW_BYTES))
    except OSError as error:
        return f"The workflow {name} cannot be read: {error.strerror or error}. Choose another."
    except (ValueError, RecursionError):
        return f"The workflow {name} is no JSON. Export it anew, in API format."
    return None
