"""What services on loopback do that answer an order with an image, and do wrong on request."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Generic, TypeVar

from PIL import Image
from typing_extensions import override

from tests.fakes.services.stub_service import Habits, RemoteJob, StubHandler, StubService


@dataclass
class ImageFile:
    """What the finished images of a service are like.

    Attributes:
        kind: of the file, as Pillow calls it.
        colour: of the image.
    """

    kind: str = "PNG"
    colour: tuple[int, int, int] = (200, 30, 30)


def image_bytes(size: tuple[int, int], file: ImageFile) -> bytes:
    """A finished file."""
    written = BytesIO()
    Image.new("RGB", size, file.colour).save(written, file.kind)
    return written.getvalue()


@dataclass
class ImageHabits(ImageFile, Habits):
    """How such a service behaves besides.

    Attributes:
        stalls_answers: an order is accepted, and answered only once this is over.
        gives_page: the answer to an accepted order is a web page, with 200.
        cuts: so many answers end half-way.
        gives_nothing: the answer has no image, though it may be billed.
    """

    stalls_answers: bool = False
    gives_page: bool = False
    cuts: int = 0
    gives_nothing: bool = False


ImageH = TypeVar("ImageH", bound=ImageHabits)


@dataclass
class ImageJob(RemoteJob):
    """One purchase, and what it costs."""

    usd: float = 0.0


@dataclass
class ImageService(StubService[ImageH, ImageJob], Generic[ImageH]):
    """The service and its books.

    Attributes:
        forms: of each order that came as a form, its parts as (field, file name, content).
    """

    forms: list[list[tuple[str, str, bytes]]] = field(default_factory=list)

    @property
    def billed_usd(self) -> float:
        """What all purchases cost."""
        return sum(job.usd for job in self.jobs.values())

    def accept(self, body: dict[str, Any]) -> ImageJob:
        """Take an order."""
        with self.lock:
            name = f"order-{self.purchases + 1}"
            self.jobs[name] = ImageJob(name, body)
            return self.jobs[name]

    def image_of(self, size: tuple[int, int]) -> bytes:
        """The finished file."""
        if self.habits.garbles:
            return b"this is no image" * 100
        return image_bytes(self.habits.size or size, self.habits)


ImageS = TypeVar("ImageS", bound="ImageService[Any]")


class ImageHandler(StubHandler[ImageS], Generic[ImageS]):
    """Answers in JSON with base64, or wrongly."""

    def has_failed_to_answer(self, content: bytes) -> bool:
        """Whether an accepted order got another answer than this one, or none."""
        habits = self.service.habits
        if self.has_dropped():
            return True
        while habits.stalls_answers and not self.service.is_closed:
            time.sleep(0.02)
        if habits.gives_page:
            self.send(200, b"<html><body>Sign in first</body></html>", "text/html")
            return True
        if habits.cuts:
            habits.cuts -= 1
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
            return True
        return False

    @override
    def complaint(self, said: object) -> dict[str, Any]:
        raise NotImplementedError


def letters_of(content: bytes) -> str:
    """A file in base64."""
    return base64.b64encode(content).decode()
