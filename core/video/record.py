"""The record of a clip or an image: all that made it, inside the file and beside it."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import Field, model_validator

import core
from core.errors import JournalError
from core.frozen import Frozen, older_fields
from core.jobs.job import Subject, SubjectKind
from core.jobs.job_inputs import digest_of
from core.media.ffmpeg import run_ffmpeg
from core.media.media_file import input_words, open_media
from core.media.output import STILL_SUFFIX
from core.media.streams import choose_video
from core.platform.files import read_plain_file
from core.video.inputs import ROLES
from core.video.plan import ClipSettings, RenderPlan
from core.video.rendered import Provenance, Rendered
from core.video.request import Delivery, Input, RenderRequest
from core.video.terms import OutputKind, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from core.jobs.job import CancelToken
    from core.metadata.ai_marks import SourceType
    from core.metadata.file_settings import FileSettings

HIDDEN_MARK = "hidden_mark"
"""The fact that names the invisible mark of a service."""
_FFMETADATA_SPECIAL = "\\=;#\n"
_PNG_KEYWORD = "Comment"
_MAX_SIDECAR_BYTES, _MAX_INPUT_BYTES = 16_000_000, 1_000_000_000


class Origin(Frozen):
    """Where in which project a clip or an image belongs.

    Attributes:
        fingerprint: of all that it was asked from.
        role: what an image is to the scene's clip; None for the clip itself.
        prompt: as it was typed, where names in it were written out; else empty.
        whose: of each reference image of the request, the name of whom it shows; empty for nobody
            by name, or where none does.
    """

    project_id: str
    scene_id: str
    fingerprint: str = ""
    role: Literal[Role.START] | None = None
    prompt: str = ""
    whose: tuple[str, ...] = ()

    @property
    def subject(self) -> Subject:
        """The scene, or its start frame, as what a job is about."""
        kind = SubjectKind.SCENE if self.role is None else SubjectKind.START_FRAME
        return Subject(kind, f"{self.project_id}/{self.scene_id}")


class ClipRecord(ClipSettings):
    """What was asked, what was planned, and what made the clip; holds no path and no key.

    Attributes:
        request: as asked, its files named without their folders, and without `delivery`: how the
            render was carried out is in the plan, and a webhook may hold a secret.
        inputs_sha256: of each input of the request, in the same order.
        seed: None where the model draws its own and does not tell it.
        origin: the scene that it was made for; None for a clip of no project.
        facts: what else the service told of the render, such as its own id of it.
        still_frame: of an image of an earlier version: which frame of the clip it is, from 0.
    """

    schema_version: Literal[1] = 1
    program: str
    job_id: str
    created_at: datetime
    request: RenderRequest
    seed: int | None = None
    model_label: str
    licence: str
    inputs_sha256: tuple[str, ...] = ()
    provenance: Provenance
    origin: Origin | None = None
    facts: dict[str, str] = Field(default_factory=dict[str, str])
    still_frame: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _read_one_input(cls, stored: object) -> object:
        """Earlier versions knew the start image alone by its content."""
        fields = older_fields(stored, "start_image_sha256")
        if fields is None:
            return stored
        sha256 = fields.pop("start_image_sha256")
        return fields if sha256 is None else {**fields, "inputs_sha256": [sha256]}

    @property
    def is_image(self) -> bool:
        """Whether it is of an image."""
        return self.request.output is OutputKind.IMAGE or self.still_frame is not None


def make_record(
    plan: RenderPlan,
    rendered: Rendered,
    *,
    job_id: str,
    created_at: datetime,
    inputs_sha256: tuple[str, ...] = (),
    origin: Origin | None = None,
) -> ClipRecord:
    """The record of one clip that was made by this plan."""
    settings = plan.model_dump(include=set(ClipSettings.model_fields))
    is_seeded = plan.spec.takes_seed or rendered.seed is not None
    hidden = plan.spec.hidden_mark
    return ClipRecord(
        **settings,
        seed=plan.seed if is_seeded else None,
        program=f"{core.NAME} {core.VERSION}",
        job_id=job_id,
        created_at=created_at,
        request=portable(plan.request),
        model_label=plan.spec.label,
        licence=plan.spec.licence.name,
        inputs_sha256=inputs_sha256,
        provenance=rendered.provenance,
        origin=origin,
        facts={**rendered.facts, **({HIDDEN_MARK: hidden} if hidden and plan.is_image else {})},
    )


def portable(request: RenderRequest) -> RenderRequest:
    """The request without what only this machine knows."""
    bare = tuple(item.model_copy(update={"path": Path(item.path.name)}) for item in request.inputs)
    return request.with_inputs(bare).model_copy(update={"delivery": Delivery()})


def digests_of(inputs: Iterable[Input]) -> tuple[str, ...]:
    """What files hold; nothing where one cannot be read, which each plan tells."""
    with suppress(JournalError):
        return tuple(digest_of(item.path, ROLES[item.role].name) for item in inputs)
    return ()


def embed_record(clip: Path, record: ClipRecord, destination: Path, cancel: CancelToken) -> None:
    """Copy the clip, picture and sound untouched, with the record as its comment.

    Raises:
        FFmpegFailed: the clip cannot be read or the copy cannot be written.
        JobCancelled: asked to stop.
    """
    # A file and not an argument: a long prompt would not fit into a command line everywhere.
    metadata = destination.with_suffix(".ffmetadata")
    text = record.model_dump_json()
    for special in _FFMETADATA_SPECIAL:
        text = text.replace(special, f"\\{special}")
    metadata.write_text(f";FFMETADATA1\ncomment={text}\n", encoding="utf-8")
    sources = [*input_words(clip), "-f", "ffmetadata", "-i", str(metadata)]
    copying = ["-map", "0", "-map_metadata", "1", "-c", "copy", "-movflags", "+faststart"]
    run_ffmpeg([*sources, *copying, str(destination)], cancel)


def parse_record(text: str) -> ClipRecord | None:
    """The record that a comment is, or None when it is none of ours."""
    try:
        return ClipRecord.model_validate_json(text)
    except ValueError:
        return None


def read_sidecar(file: Path) -> ClipRecord | None:
    """The record beside a clip or a picture, or None when there is none of ours."""
    try:
        return ClipRecord.model_validate_json(
            read_plain_file(file.with_suffix(".json"), _MAX_SIDECAR_BYTES)
        )
    except (OSError, ValueError):
        return None


@dataclass(frozen=True)
class FileHead:
    """What the head of a video file tells; nothing is decoded.

    Attributes:
        comment: what this program writes there is JSON.
        width, height, duration_s: 0 where the head does not tell.
    """

    title: str
    comment: str
    width: int
    height: int
    duration_s: float

    @property
    def is_film(self) -> bool:
        """Whether it is a film of this program, which names its clips."""
        try:
            stored: Any = json.loads(self.comment)
        except (ValueError, RecursionError):
            return False
        if not isinstance(stored, dict):
            return False
        return {"program", "clips"} <= cast("dict[str, Any]", stored).keys()


def read_embedded(path: Path) -> ClipRecord | None:
    """The record inside a clip or an image, or None when it carries none of ours."""
    if path.suffix.lower() == STILL_SUFFIX:
        return read_image_record(path)
    head = read_head(path)
    return None if head is None else parse_record(head.comment)


def read_settings_of(path: Path) -> ClipRecord | None:
    """All that made a clip or a still, or None when neither the file nor its sidecar tells."""
    inside = read_embedded(path)
    if inside is not None:
        return inside
    beside = read_sidecar(path)
    if beside is None:
        return None
    # A clip and a picture of one name share the name of their sidecar.
    return beside if beside.is_image == (path.suffix.lower() == STILL_SUFFIX) else None


def read_head(path: Path) -> FileHead | None:
    """What the head of a video file tells, or None when it is none."""
    # Imported late: PyAV loads FFmpeg's libraries.
    import av
    from av.error import FFmpegError

    try:
        with open_media(path) as container:
            video = choose_video(container)
            return FileHead(
                title=container.metadata.get("title", ""),
                comment=container.metadata.get("comment", ""),
                width=video.width if video else 0,
                height=video.height if video else 0,
                duration_s=(container.duration or 0) / av.time_base,
            )
    except (FFmpegError, OSError, ValueError):
        return None


def find_input_file(record: ClipRecord, place: int, folders: Iterable[Path]) -> Path | None:
    """The very file that a clip was made from, by name and content, where it still is.

    Args:
        record: of the clip.
        place: the file's number among the inputs of its request, from 0.
        folders: where it may be.
    """
    if place >= len(record.inputs_sha256):
        return None
    name = record.request.inputs[place].path.name
    # A job calls its copy of the second file of a name by its place too.
    candidates = [folder / known for folder in folders for known in (name, f"{place}-{name}")]
    for candidate in candidates:
        with suppress(OSError):
            digest = hashlib.sha256(read_plain_file(candidate, _MAX_INPUT_BYTES)).hexdigest()
            if digest == record.inputs_sha256[place]:
                return candidate
    return None


def find_loras(
    record: ClipRecord, candidates: Callable[[str], Iterable[Path]]
) -> tuple[tuple[Input, ...], tuple[str, ...]]:
    """The very LoRAs that a clip was made with, and a sentence on each that is not there any more.

    Reads each candidate whole, so it is to be called beside the main thread.

    Args:
        record: of the clip.
        candidates: by the name of a file, the places where it may lie.
    """
    found: list[Input] = []
    missing: list[str] = []
    for item, sha256 in zip(record.request.inputs, record.inputs_sha256, strict=False):
        if item.role is not Role.LORA:
            continue
        there = [path for path in candidates(item.path.name) if path.is_file()]
        same = next((path for path in there if _has_digest(path, sha256)), None)
        if same is not None:
            found.append(item.model_copy(update={"path": same}))
        elif there:
            missing.append(f"The LoRA {str(there[0])!r} is not the one that it was made with.")
        else:
            missing.append(f"The LoRA {item.path.name!r} that it was made with is not to be found.")
    return tuple(found), tuple(missing)


def _has_digest(path: Path, sha256: str) -> bool:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


def write_image_record(
    path: Path, record: ClipRecord, destination: Path, *, holds_prompt: bool = True
) -> None:
    """Copy an image with the record inside, and with the mark that a model made it.

    A PNG gets both as parts of the file and keeps every other byte; another kind becomes a PNG.

    Args:
        path: the image.
        record: of it.
        destination: may be the same.
        holds_prompt: whether prompt and settings stand in it, or the mark alone.

    Raises:
        OSError: it cannot be read or the copy cannot be written.
    """
    # Imported late: only a finished image needs it.
    from core.metadata.ai_marks import marked_png
    from core.metadata.file_settings import write_parameters
    from core.metadata.image_chunks import PNG_BEGIN

    content = path.read_bytes()
    if not content.startswith(PNG_BEGIN):
        content = _as_png(path)
    texts = {"parameters": write_parameters(settings_of(record))} if holds_prompt else {}
    packed = {_PNG_KEYWORD: record.model_dump_json()} if holds_prompt else {}
    try:
        marked = marked_png(content, source_of(record), record.program, texts, packed)
    except ValueError as error:
        raise OSError(str(error)) from error
    destination.write_bytes(marked)


def _as_png(path: Path) -> bytes:
    from PIL import Image

    written = BytesIO()
    with Image.open(path) as image:
        image.save(written, format="PNG")
    return written.getvalue()


def source_of(record: ClipRecord) -> SourceType:
    """What the mark of an image says: made by a model, or one that it has edited."""
    from core.metadata.ai_marks import SourceType

    is_edit = record.request.of_role(Role.START, Role.MASK)
    return SourceType.EDITED if is_edit else SourceType.MADE


def settings_of(record: ClipRecord) -> FileSettings:
    """A record as other programs know it: what it was made with, without names that it has not."""
    from core.metadata.file_settings import FileLora, FileSettings

    asked = record.request
    return FileSettings(
        program=record.program,
        prompt=record.prompt,
        negative_prompt=record.negative_prompt or "",
        seed=record.seed,
        steps=record.num_inference_steps,
        guidance=record.guidance_scale,
        width=record.width,
        height=record.height,
        model=asked.target.model,
        loras=tuple(
            FileLora(item.path.stem, 1.0 if item.strength is None else item.strength)
            for item in asked.of_role(Role.LORA)
        ),
        others=(("Provider", asked.target.provider),),
    )


def read_image_record(path: Path) -> ClipRecord | None:
    """The record inside a PNG, or None when it carries none of ours or is no PNG."""
    # Imported late: most commands never look at a picture.
    from PIL import Image

    try:
        with Image.open(path, formats=("PNG",)) as image:
            stored = image.info.get(_PNG_KEYWORD, "")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    return parse_record(str(stored))
