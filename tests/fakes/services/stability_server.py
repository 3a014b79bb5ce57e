"""Stability's image API on loopback, on the very host that it has."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import Image
from typing_extensions import override

from core.video.provider import ProviderEntry
from providers.stability.info import STABILITY
from providers.stability.provider import StabilityImages
from tests.fakes.services.image_service import (
    ImageHabits,
    ImageHandler,
    ImageJob,
    ImageService,
    letters_of,
)
from tests.fakes.services.stub_service import proxied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "sk-stability-secret-7c1"
HOST = "api.stability.ai"
_IMAGES, _RESULTS = "/v2beta/stable-image/", "/v2beta/results/"
_MOST_BYTES = 10 * 1024 * 1024
_ONE = {
    "1:1": (1024, 1024), "16:9": (1344, 768), "9:16": (768, 1344), "3:2": (1216, 832),
    "2:3": (832, 1216), "5:4": (1152, 896), "4:5": (896, 1152), "21:9": (1536, 640),
}  # fmt: skip
_SD35 = {"sd3.5-large": 6.5, "sd3.5-large-turbo": 4, "sd3.5-medium": 3.5, "sd3.5-flash": 2.5}
_PLAIN = ("prompt", "negative_prompt", "seed", "output_format")
_WORDS = (*_PLAIN, "style_preset")


@dataclass(frozen=True)
class _Path:
    """What a route costs and takes: the fields that it must have, and those that it may have."""

    credits: float
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    is_async: bool = False


_PATHS = {
    "generate/core": _Path(3, ("prompt",), (*_WORDS, "aspect_ratio")),
    "generate/ultra": _Path(8, ("prompt",), (*_WORDS, "aspect_ratio", "image", "strength")),
    "generate/sd3": _Path(
        0, ("prompt",), (*_WORDS, "aspect_ratio", "image", "strength", "model", "mode", "cfg_scale")
    ),
    "edit/erase": _Path(5, ("image",), ("mask", "grow_mask", "seed", "output_format")),
    "edit/inpaint": _Path(5, ("image", "prompt"), (*_WORDS, "mask", "grow_mask")),
    "edit/outpaint": _Path(
        4, ("image",),
        ("left", "right", "up", "down", "creativity", "prompt", "seed", "style_preset",
         "output_format"),
    ),
    "edit/search-and-replace": _Path(5, ("image", "prompt", "search_prompt"), (*_WORDS,)),
    "edit/search-and-recolor": _Path(5, ("image", "prompt", "select_prompt"), (*_WORDS,)),
    "edit/remove-background": _Path(5, ("image",), ("output_format",)),
    "edit/replace-background-and-relight": _Path(
        8, ("subject_image",),
        ("background_prompt", "background_reference", "negative_prompt", "seed", "output_format",
         "preserve_original_subject"),
        is_async=True,
    ),
    "upscale/fast": _Path(2, ("image",), ("output_format",)),
    "upscale/conservative": _Path(40, ("image", "prompt"), (*_PLAIN, "creativity")),
    "upscale/creative": _Path(60, ("image", "prompt"), (*_WORDS, "creativity"), is_async=True),
    "control/sketch": _Path(5, ("image", "prompt"), (*_WORDS, "control_strength")),
    "control/structure": _Path(5, ("image", "prompt"), (*_WORDS, "control_strength")),
    "control/style": _Path(5, ("image", "prompt"), (*_WORDS, "aspect_ratio", "fidelity")),
    "control/style-transfer": _Path(
        8, ("init_image", "style_image"),
        ("prompt", "negative_prompt", "seed", "output_format", "change_strength"),
    ),
}  # fmt: skip


@dataclass
class StabilityHabits(ImageHabits):
    """How it behaves besides.

    Attributes:
        filters: what is made breaks the rules: it comes blurred and is billed.
    """

    filters: bool = False


@dataclass
class StabilityJob(ImageJob):
    """One purchase, with what it is answered with."""

    size: tuple[int, int] = (0, 0)
    is_async: bool = False


@dataclass
class StabilityServer(ImageService[StabilityHabits]):
    """Stability and its books.

    Attributes:
        fields: of each order the fields that are no files, by their names.
        paths: of each order, the route.
    """

    fields: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


class _Site(ImageHandler[StabilityServer]):
    @override
    def complaint(self, said: object) -> dict[str, Any]:
        if isinstance(said, dict):
            return {"id": "4212a4b6", "errors": ["no"], **said}
        return {"id": "4212a4b6", "name": "bad_request", "errors": [str(said)]}

    @override
    def get(self) -> None:
        if not self._is_known():
            return
        if self.path == "/v1/user/balance":
            self.say(200, {"credits": 866.5})
        elif self.path.startswith(_RESULTS):
            self._tell(self.path.removeprefix(_RESULTS))
        else:
            self.say(404, self.complaint("no such place"))

    @override
    def post(self) -> None:
        content = self.body()
        if self.headers["Content-Type"].partition(";")[0] != "multipart/form-data":
            self.say(400, self.complaint("content-type: must be multipart/form-data"))
            return
        if not self._is_known() or self.has_refused(KEY):
            return
        route = self.path.removeprefix(_IMAGES)
        if route not in _PATHS:
            self.say(404, self.complaint("no such place"))
            return
        parts = self._form(content)
        fields = {name: value.decode() for name, file, value in parts if not file}
        files = {name: value for name, file, value in parts if file}
        wrong = _wrong_with(route, fields, files, len(content))
        if wrong:
            self.say(413 if "payload" in wrong else 400, self.complaint(wrong))
            return
        self._make(route, fields, files, parts)

    def _is_known(self) -> bool:
        assert self.headers["Host"] == HOST
        assert self.headers["Accept"] == "application/json"
        if self.headers.get("Authorization") == f"Bearer {KEY}":
            return True
        said = {
            "name": "unauthorized",
            "errors": [f"authorization: {self.headers.get('Authorization')}"],
        }
        self.say(401, self.complaint(said))
        return False

    def _form(self, content: bytes) -> list[tuple[str, str, bytes]]:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP).parsebytes(head + content)
        found: list[tuple[str, str, bytes]] = []
        for part in message.iter_parts():
            name = part.get_param("name", header="content-disposition")
            value: Any = part.get_payload(decode=True)
            found.append((str(name), part.get_filename() or "", value))
        return found

    def _make(
        self,
        route: str,
        fields: dict[str, str],
        files: dict[str, bytes],
        parts: list[tuple[str, str, bytes]],
    ) -> None:
        service, path = self.service, _PATHS[route]
        with service.lock:
            job = StabilityJob(
                f"{service.purchases + 1:016x}", dict(fields), is_async=path.is_async
            )
            service.jobs[job.id] = job
            service.forms.append(parts)
            service.fields.append(fields)
            service.paths.append(route)
        credits_ = _SD35[fields["model"]] if route == "generate/sd3" else path.credits
        job.usd = round(credits_ * 0.01, 4)
        job.size = _size_of(route, fields, files)
        for name, content in files.items():
            if name != "mask":
                service.uploads[f"{job.id}-{name}"] = content
        if path.is_async:
            if not self.has_dropped():
                # The two routes that work so differ in this.
                self.say(202 if route == "upscale/creative" else 200, {"id": job.id})
            return
        answer = self._answer(job)
        if not self.has_failed_to_answer(json.dumps(answer).encode()):
            self.say(200, answer)

    def _answer(self, job: StabilityJob) -> dict[str, Any]:
        habits = self.service.habits
        seed = int(job.body.get("seed", "0")) or 343_940_597
        if habits.gives_nothing:
            return {"finish_reason": "SUCCESS", "seed": seed}
        return {
            "image": letters_of(self.service.image_of(job.size)),
            "finish_reason": "CONTENT_FILTERED" if habits.filters else "SUCCESS",
            "seed": seed,
        }

    def _tell(self, name: str) -> None:
        job = self.service.jobs.get(name)
        if self.has_put_off():
            return
        if not isinstance(job, StabilityJob) or not job.is_async or self.service.habits.is_gone:
            said = {
                "name": "generation_not_found",
                "errors": ["id: the generation either does not exist or has expired."],
            }
            self.say(404, self.complaint(said))
            return
        job.polls += 1
        if job.polls <= self.service.habits.polls_until_done:
            self.say(202, {"id": name, "status": "in-progress"})
            return
        self.send_in_pieces(json.dumps(self._answer(job)).encode())


def _wrong_with(route: str, fields: dict[str, str], files: dict[str, bytes], num_bytes: int) -> str:
    path, given = _PATHS[route], {*fields, *files}
    if num_bytes > _MOST_BYTES:
        return "body: payloads cannot be larger than 10MiB in size"
    missing = [name for name in path.needs if name not in given]
    unknown = [name for name in given if name not in (*path.needs, *path.may)]
    if missing or unknown:
        return f"{missing}: required; {unknown}: not known"
    if ("strength" in given) != ("image" in given) and route.startswith("generate"):
        return "strength: required with an image, and only then"
    if route == "generate/sd3" and "image" in given and "aspect_ratio" in given:
        return "aspect_ratio: not with an image"
    if route == "generate/sd3" and ("mode" in given) != ("image" in given):
        return "mode: image-to-image with an image, and only then"
    if fields.get("aspect_ratio", "1:1") not in _ONE:
        return "aspect_ratio: not known"
    if "prompt" in fields and not 1 <= len(fields["prompt"]) <= 10_000:
        return "prompt: 1 to 10000 characters"
    if "mask" in files:
        with Image.open(BytesIO(files["mask"])) as mask, Image.open(BytesIO(files["image"])) as one:
            if mask.mode != "L" or mask.size != one.size:
                return "mask: must be black and white"
    if route == "edit/outpaint" and not {"left", "right", "up", "down"} & given:
        return "left, right, up, down: one of them is required"
    return ""


def _size_of(route: str, fields: dict[str, str], files: dict[str, bytes]) -> tuple[int, int]:
    if route in ("control/style", "control/style-transfer"):
        return _of_style(fields, files.get("init_image") or files["image"])
    image = next(
        (files[name] for name in ("image", "init_image", "subject_image") if name in files), None
    )
    if image is None or "aspect_ratio" in fields:
        width, height = _ONE[fields.get("aspect_ratio", "1:1")]
        scale = 1.5 if route == "generate/core" else 1
        return round(width * scale), round(height * scale)
    with Image.open(BytesIO(image)) as found:
        width, height = found.size
    if route == "edit/outpaint":
        side = {name: int(fields.get(name, "0")) for name in ("left", "right", "up", "down")}
        return width + side["left"] + side["right"], height + side["up"] + side["down"]
    if route == "upscale/fast":
        return width * 4, height * 4
    if route.startswith("upscale"):
        scale = (3112 * 3112 / width / height) ** 0.5
        return round(width * scale), round(height * scale)
    if route.startswith("generate"):
        ratio = width / height
        return min(_ONE.values(), key=lambda size: abs(size[0] / size[1] - ratio))
    return width, height


def _of_style(fields: dict[str, str], image: bytes) -> tuple[int, int]:
    """A megapixel of the very ratio."""
    with Image.open(BytesIO(image)) as found:
        wide, high = found.size
    if "aspect_ratio" in fields:
        wide, high = map(int, fields["aspect_ratio"].split(":"))
    ratios = [int(one) / int(two) for one, two in (name.split(":") for name in _ONE)]
    ratio = min(ratios, key=lambda one: abs(one - wide / high))
    width = round((1024 * 1024 * ratio) ** 0.5)
    return width, round(width / ratio)


@contextmanager
def stability_server(folder: Path) -> Iterator[StabilityServer]:
    """Stability, running behind a proxy on a free port of loopback."""
    service = StabilityServer(folder, StabilityHabits())
    with proxied(service, _Site, (HOST,)) as environment:
        service.environment = {**environment, "STABILITY_API_KEY": KEY}
        yield service


class _Often(StabilityImages):
    poll_s = 0.05
    leave_s = 0.3


def stability_entry(_: str = "") -> ProviderEntry:
    """The shipped line of the registration list, which asks more often than it may."""
    return ProviderEntry(STABILITY, _Often)
