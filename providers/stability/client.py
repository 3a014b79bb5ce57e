"""How Stability is spoken to: each order is a form, most are answered with the image itself."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from typing_extensions import override

from core.errors import ContentRefused, ProviderError, RenderFailed
from core.redaction import redacted
from core.services.answer_client import AnswerClient
from core.services.service_client import Ended, Finished, Waiting
from core.services.service_http import FormFile, ServiceHttp
from core.video.request import MAX_SEED
from core.video.terms import Role
from providers.stability.info import STABILITY
from providers.stability.models import find_route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from core.services.service_client import RemoteOrder, RemoteState
    from core.video.plan import RenderPlan
    from providers.stability.models import Route

API = "https://api.stability.ai"
_ROUTES, _RESULTS = f"{API}/v2beta/stable-image", f"{API}/v2beta/results"
_MOST_WORDS = 300
_BLURRED = "CONTENT_FILTERED"
_RUNNING = 202


@dataclass(frozen=True)
class StabilityError:
    """What Stability says of a failure; empty where it does not."""

    name: str = ""
    message: str = ""

    @classmethod
    def read(cls, text: str) -> StabilityError:
        """The error in an answer."""
        try:
            found: Any = json.loads(text)
        except ValueError:
            return cls()
        if not isinstance(found, dict):
            return cls()
        fields = cast("dict[str, Any]", found)
        errors: object = fields.get("errors")
        said = cast("list[object]", errors) if isinstance(errors, list) else []
        words = redacted(" ".join("; ".join(map(str, said)).split()))[:_MOST_WORDS].rstrip(".")
        return cls(str(fields.get("name") or ""), words)


class StabilityHttp(ServiceHttp):
    """Speaks to Stability, whose refusals name what is wrong with each field."""

    # Nothing is sent before the image is finished, and a line that is closed earlier loses it.
    order_s = 300.0

    def __init__(self, target: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        super().__init__(STABILITY.label, target, headers, key)

    @override
    def refusal(self, status: int, text: str, headers: Mapping[str, str]) -> ProviderError:
        found = StabilityError.read(text)
        if status == 403 and found.name == "content_moderation":
            return ContentRefused(
                f"Stability AI refused the prompt or an image: {found.message or 'no reason'}.",
                target=self.target,
                hint="Say it in other words, or choose another image. Nothing was bought.",
            )
        return super().refusal(status, found.message or text, headers)


class StabilityClient(AnswerClient):
    """Orders images with one key.

    Attributes:
        usd: what the order costs, whose answers name no price; None where nothing is ordered.
    """

    http: StabilityHttp
    not_sent = frozenset((Role.START, Role.REFERENCE, Role.MASK))

    def __init__(self, target: str, key: str, usd: float | None = None) -> None:
        super().__init__(STABILITY.label, StabilityHttp(target, key))
        self.usd = usd

    @override
    def order(self, order: RemoteOrder) -> dict[str, Any]:
        route = find_route(order.plan.target.model)
        fields, files = order_fields(order.plan, route), form_files(order.plan, route)
        return self.http.order_by_form(f"{_ROUTES}/{route.path}", fields, files)

    @override
    def read(self, answer: dict[str, Any]) -> Finished | Ended:
        if not answer.get("image"):
            error = RenderFailed(
                "Stability AI answers without an image.",
                target=self.http.target,
                hint="It says that it bills only images that it makes; the account's usage says "
                "whether it did. Order it again.",
            )
            return Ended(error, is_charged=None)
        if answer.get("finish_reason") == _BLURRED:
            return Ended(self._blurred(answer), is_charged=True, cost_usd=self.usd)
        seed = answer.get("seed")
        return Finished(
            "", suffix=".png", cost_usd=self.usd, seed=int(seed) if seed is not None else None
        )

    @override
    def image_in(self, answer: dict[str, Any]) -> str:
        return str(answer["image"])

    @override
    def test_key(self) -> None:
        self.http.ask(f"{API}/v1/user/balance")

    def _blurred(self, answer: dict[str, Any]) -> ContentRefused:
        """The image broke the rules of the service, which blurs it, gives it and bills it."""
        where = ""
        if self.answers is not None:
            file = self.answers / "blurred.png"
            file.write_bytes(base64.b64decode(self.image_in(answer)))
            where = f" It is kept as {str(file)!r} until the job is cleared."
        price = "" if self.usd is None else f" (${self.usd:g})"
        return ContentRefused(
            f"Stability AI blurred what came of it, because it breaks its rules, and bills it all "
            f"the same{price}.{where}",
            target=self.http.target,
            hint="Say it in other words and order it anew; resuming this job gives the same image.",
        )


class StabilityOrders(StabilityClient):
    """Orders what takes longer: the answer is an id, by which the result is asked for a day."""

    answers_late = False

    @override
    def submit(self, order: RemoteOrder) -> str:
        return str(self.order(order)["id"])

    @override
    def find(self, attempt: str) -> str | None:
        return None

    @override
    def poll(self, remote: str) -> RemoteState:
        if not self.has_answer(remote):
            answer = self.http.hear(f"{_RESULTS}/{quote(remote, safe='')}")
            if answer.status == _RUNNING:
                return Waiting()
            if answer.status >= 300:
                raise self.http.refusal(answer.status, json.dumps(answer.body), {})
            if not answer.body:
                raise self.http.bad_answer("it is no JSON")
            self.keep(remote, answer.body)
        return super().poll(remote)


def order_fields(plan: RenderPlan, route: Route) -> dict[str, str]:
    """What is ordered, but for its files; nothing is said of what is left to the service."""
    request = plan.request
    has_image = bool(request.of_role(Role.START))
    margins = request.editing.margins
    fields: dict[str, object] = {
        route.prompt: plan.prompt or None,
        "negative_prompt": plan.negative_prompt or None,
        "style_preset": request.style_preset,
        # Zero asks for a random one; the answer tells which it was.
        "seed": plan.seed if plan.spec.takes_seed and 0 < plan.seed < MAX_SEED else None,
        "cfg_scale": plan.guidance_scale,
        "left": margins.left or None,
        "right": margins.right or None,
        "up": margins.up or None,
        "down": margins.down or None,
    }
    if route.search:
        fields[route.search] = request.editing.search
    if route.model:
        fields["model"] = route.model
        fields["mode"] = "image-to-image" if has_image else None
    if plan.spec.sizes and (route.shapes_images or not has_image):
        fields["aspect_ratio"] = _aspect(plan)
    if route.strength is not None and plan.strength is not None:
        share = 1 - plan.strength if route.strength.is_kept else plan.strength
        fields[route.strength.name] = f"{share:g}"
    fields["output_format"] = "png"
    return {name: str(value) for name, value in fields.items() if value is not None}


def _aspect(plan: RenderPlan) -> str:
    size = (plan.width, plan.height)
    return next(row.aspect for row in plan.spec.sizes if (row.width, row.height) == size).value


def form_files(plan: RenderPlan, route: Route) -> list[FormFile]:
    """The images and the mask, which is white where it is edited."""
    # Imported late, as what reads images is.
    from core.media.images import sendable_image
    from core.media.masks import read_mask

    files: list[FormFile] = []
    for role, field in ((Role.START, route.image), (Role.REFERENCE, route.reference)):
        path = plan.request.path_of(role)
        if path is not None:
            kind, content = sendable_image(path)
            # A name of its own would tell what stays here.
            name = f"{field}.{kind.removeprefix('image/')}"
            files.append(FormFile(field, name, content, kind))
    mask = plan.request.path_of(Role.MASK)
    if mask is not None:
        written = BytesIO()
        read_mask(mask).save(written, "PNG")
        files.append(FormFile("mask", "mask.png", written.getvalue(), "image/png"))
    return files
