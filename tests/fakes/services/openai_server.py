"""OpenAI's image API on loopback, on the very host that it has."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import Image
from typing_extensions import override

from core.video.provider import ProviderEntry
from providers.openai.info import BACKGROUND, OPENAI
from providers.openai.provider import OpenAIBackground, OpenAIImages
from tests.fakes.services.image_service import (
    ImageHabits,
    ImageHandler,
    ImageService,
    letters_of,
)
from tests.fakes.services.stub_service import proxied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.video.provider import ProviderContext, VideoProvider
    from tests.fakes.services.image_service import ImageJob

KEY = "sk-proj-secret-9f21"
HOST = "api.openai.com"
_TOKENS = {"low": 700, "medium": 1500, "high": 1700, "xhigh": 3000, "max": 7000}
_MOST_IMAGES, _MOST_PREVIEWS = 16, 3


@dataclass
class OpenAIHabits(ImageHabits):
    """And what this service alone does where it is asked for a stream.

    Attributes:
        previews: so many are sent before the image.
        first: events that come before all others, as (name, object).
        last: the stream's last event in the place of the image; None for the image.
    """

    previews: int = 2
    first: tuple[tuple[str, dict[str, Any]], ...] = ()
    last: tuple[str, dict[str, Any]] | None = None


OpenAIServer = ImageService[OpenAIHabits]
PREVIEW_COLOUR = (20, 40, 220)


class _Site(ImageHandler[OpenAIServer]):
    @override
    def complaint(self, said: object) -> dict[str, Any]:
        if isinstance(said, dict):
            return {"error": said}
        return {"error": {"message": said, "type": "invalid_request_error", "code": None}}

    @override
    def get(self) -> None:
        if not self._is_known():
            return
        if self.path == "/v1/models":
            self.say(200, {"object": "list", "data": [{"id": "gpt-image-2"}]})
        elif not self.has_put_off():
            self._tell_how_far(self.service.jobs.get(self.path.removeprefix("/v1/responses/")))

    @override
    def post(self) -> None:
        content = self.body()
        if self.path.startswith("/v1/responses/") and self._is_known():
            job = self.service.jobs[self.path.split("/")[3]]
            job.is_cancelled = not self._is_done(job)
            self.say(
                200, {"id": job.id, "status": "cancelled" if job.is_cancelled else "completed"}
            )
            return
        if not self._is_known() or self.has_refused(KEY):
            return
        if self.path == "/v1/responses":
            self._take(json.loads(content))
            return
        if self.path == "/v1/images/generations":
            self._make(json.loads(content), images=[])
            return
        if self.path != "/v1/images/edits":
            self.say(404, self.complaint("no such place"))
            return
        parts = self._form(content)
        self.service.forms.append(parts)
        fields = {name: value.decode() for name, file, value in parts if not file}
        images = [value for name, _, value in parts if name in ("image", "image[]")]
        mask = next((value for name, _, value in parts if name == "mask"), None)
        wrong = _wrong_with(images, mask, {name for name, file, _ in parts if file})
        if wrong:
            self.say(400, self.complaint(wrong))
            return
        self._make(fields, images)

    def _is_known(self) -> bool:
        assert self.headers["Host"] == HOST
        if self.headers.get("Authorization") == f"Bearer {KEY}":
            return True
        self.say(401, self.complaint(f"Incorrect API key: {self.headers.get('Authorization')}"))
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

    def _make(self, body: dict[str, Any], images: list[bytes]) -> None:
        assert body["quality"] in _TOKENS, "left out, it may cost anything"
        job = self.service.accept(body)
        for content in images:
            self.service.uploads[f"{job.id}-{len(self.service.uploads)}"] = content
        width, height = map(int, body["size"].split("x"))
        made, sent = _TOKENS[body["quality"]], 1300 * len(images)
        job.usd = round(20 * 5e-6 + sent * 8e-6 + made * 30e-6, 6)
        usage = {
            "input_tokens": 20 + sent,
            "input_tokens_details": {"text_tokens": 20, "image_tokens": sent},
            "output_tokens": made,
            "total_tokens": 20 + sent + made,
        }
        image = letters_of(self.service.image_of((width, height)))
        answer = {
            "created": 1_796_000_000,
            "data": [] if self.service.habits.gives_nothing else [{"b64_json": image}],
            "usage": usage,
            "size": body["size"],
            "quality": body["quality"],
            "output_format": "png",
            "background": "opaque",
        }
        if body.get("stream") in (True, "true"):
            assert int(body["partial_images"]) <= _MOST_PREVIEWS
            self._stream("image_edit" if images else "image_generation", answer)
        elif not self.has_failed_to_answer(json.dumps(answer).encode()):
            self.say(200, answer, {"x-request-id": f"req_{job.id}"})

    def _take(self, body: dict[str, Any]) -> None:
        """An order in the background, which has an id."""
        assert (body["background"], body["store"]) == (True, True)
        assert body["tool_choice"] == {"type": "image_generation"}
        (tool,) = body["tools"]
        assert tool["quality"] in _TOKENS, "left out, it may cost anything"
        words, *images = body["input"][0]["content"]
        assert words["type"] == "input_text"
        assert tool["action"] == ("edit" if images else "generate")
        job = self.service.accept({**tool, "prompt": words["text"], "by": body["model"]})
        for image in images:
            letters = image["image_url"].partition(";base64,")[2]
            content = base64.b64decode(letters)
            self.service.uploads[f"{job.id}-{len(self.service.uploads)}"] = content
        if not self.has_dropped():
            self.say(200, {"id": job.id, "status": "queued", "background": True, "output": []})

    def _is_done(self, job: ImageJob) -> bool:
        return job.polls > self.service.habits.polls_until_done

    def _tell_how_far(self, job: ImageJob | None) -> None:
        habits = self.service.habits
        if job is None or habits.is_gone:
            self.say(404, self.complaint("Response not found"))
            return
        job.polls += 1
        told = {"id": job.id, "status": "in_progress", "background": True, "output": []}
        if job.is_cancelled:
            told["status"] = "cancelled"
        elif self._is_done(job):
            told |= {"status": "completed", "output": [self._call(job)], **self._counted(job)}
        if habits.fails and self._is_done(job):
            told |= {"status": "failed", "error": {"code": "server_error", "message": "no luck"}}
            told["output"] = []
        if self._is_done(job):
            self.send_in_pieces(json.dumps(told).encode())
        else:
            self.say(200, told)

    def _call(self, job: ImageJob) -> dict[str, Any]:
        size = tuple(map(int, job.body["size"].split("x")))
        call = {"type": "image_generation_call", "status": "completed", "id": f"ig_{job.id}"}
        if self.service.habits.gives_nothing:
            error = {"code": "moderation_blocked", "message": "unsafe", "type": "user_error"}
            return {**call, "status": "failed", "result": None, "error": error}
        told = {name: job.body[name] for name in ("size", "quality", "output_format")}
        image = letters_of(self.service.image_of((size[0], size[1])))
        return {**call, **told, "result": image, "revised_prompt": f"{job.body['prompt']}, round"}

    def _counted(self, job: ImageJob) -> dict[str, Any]:
        made = _TOKENS[job.body["quality"]]
        job.usd = round(20 * 5e-6 + made * 30e-6 + 300 * 0.1e-6 + 120 * 0.5e-6, 6)
        image_gen = {
            "input_tokens": 20,
            "input_tokens_details": {"text_tokens": 20, "image_tokens": 0},
            "output_tokens": made,
            "total_tokens": 20 + made,
        }
        usage = {"input_tokens": 300, "output_tokens": 120, "total_tokens": 420}
        return {"usage": usage, "tool_usage": {"image_gen": image_gen}}

    def _stream(self, kind: str, answer: dict[str, Any]) -> None:
        habits = self.service.habits
        if (habits.gives_page or habits.drops_answers) and self.has_failed_to_answer(b""):
            return
        # Of no length that is told: an end that comes too early looks like any other.
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.end_headers()
        told = {name: answer[name] for name in ("created", "size", "quality", "output_format")}
        for name, event in habits.first:
            self._tell(name, event)
        written = BytesIO()
        Image.new("RGB", (64, 64), PREVIEW_COLOUR).save(written, "PNG")
        for index in range(habits.previews):
            preview = {"b64_json": letters_of(written.getvalue()), "partial_image_index": index}
            self._tell(f"{kind}.partial_image", {**told, **preview})
        self._stall("stalls_answers")
        if habits.last is not None:
            self._tell(*habits.last)
            return
        images = answer["data"]
        final = {**told, **(images[0] if images else {}), "usage": answer["usage"]}
        if habits.cuts:
            habits.cuts -= 1
            self.wfile.write(_event(f"{kind}.completed", final)[:-4000])
            return
        self._tell(f"{kind}.completed", final)
        self.wfile.write(b"data: [DONE]\n\n")

    def _tell(self, name: str, event: dict[str, Any]) -> None:
        self.wfile.write(_event(name, event))
        self.wfile.flush()


def _event(name: str, event: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **event})}\n\n".encode()


def _wrong_with(images: list[bytes], mask: bytes | None, fields: set[str]) -> str:
    if not 1 <= len(images) <= _MOST_IMAGES:
        return f"Invalid number of images: {len(images)}, expected 1 to {_MOST_IMAGES}."
    if ("image" in fields) is (len(images) > 1):
        return "Duplicate parameter: 'image'. Use 'image[]' for several."
    if mask is None:
        return ""
    with Image.open(BytesIO(mask)) as found, Image.open(BytesIO(images[0])) as image:
        if found.mode != "RGBA" or found.format != image.format or found.size != image.size:
            return "Invalid mask image format - mask needs an alpha channel, kind and size."
    return ""


@contextmanager
def openai_server(folder: Path) -> Iterator[OpenAIServer]:
    """OpenAI, running behind a proxy on a free port of loopback."""
    service = OpenAIServer(folder, OpenAIHabits())
    with proxied(service, _Site, (HOST,)) as environment:
        service.environment = {**environment, "OPENAI_API_KEY": KEY}
        yield service


def openai_background_entry(_: str = "") -> ProviderEntry:
    """The same of the way in the background."""

    def open_quick(context: ProviderContext) -> VideoProvider:
        provider = OpenAIBackground(context)
        provider.poll_s, provider.leave_s = 0.1, 0.5
        return provider

    return ProviderEntry(BACKGROUND, open_quick)


def openai_entry(_: str = "") -> ProviderEntry:
    """The shipped line of the registration list."""
    return ProviderEntry(OPENAI, OpenAIImages)
