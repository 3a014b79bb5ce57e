"""What an order of LTX at a service consists of besides what all orders do.

Ids, kinds and prices are facts of the service and change there: they are rows of its own tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import Problem
from core.services.orders import WireEndpoint, WireField
from core.video.price import PriceRow, PriceTable, PriceUnit
from core.video.terms import RetakePart, Role

if TYPE_CHECKING:
    from datetime import date

    from core.services.service_client import RemoteOrder
    from core.video.plan import RenderPlan


@dataclass(frozen=True)
class Endpoint(WireEndpoint):
    """One way to make clips at a service.

    Attributes:
        needs: the roles without which it makes nothing.
        note: what a person should know before it is paid.
        shortest_new_s: of the part that is made anew, or of the new frames.
    """

    needs: tuple[Role, ...] = ()
    note: str = ""
    shortest_new_s: float = 0.0

    def problems(self, plan: RenderPlan) -> tuple[Problem, ...]:
        """What only this endpoint refuses of a plan."""
        # Imported late, as everywhere here: a list of models looks at no inputs.
        from core.video.inputs import field_of, scale_of

        found: list[Problem] = []
        label, request = plan.spec.label, plan.request
        names = {field.name for field in self.fields}
        for item in request.of_role(Role.START, Role.END):
            if scale_of(item) != 1 and names.isdisjoint(("image_strength", "images")):
                message = f"{label} takes an image at its full strength alone. Leave that out."
                found.append(Problem(field_of(item.role), message))
        if Role.START in self.needs and not request.of_role(Role.START):
            found.append(
                Problem(
                    field_of(Role.END),
                    f"{label} takes an end image only together with a start image. Name one.",
                )
            )
        if request.audio is not None and "generate_audio" not in names:
            found.append(
                Problem(
                    "audio",
                    f"{label} leaves no choice of sound for {plan.task.value}. Leave it out.",
                )
            )
        new_s = plan.num_new / plan.fps if self.shortest_new_s else 0.0
        if new_s < self.shortest_new_s:
            is_retake = plan.retake is not None
            found.append(
                Problem(
                    "editing.retake_to_s" if is_retake else "frame.duration_s",
                    f"{label} makes at least {self.shortest_new_s:g} s anew, not {new_s:.2f} s. "
                    "Choose a longer part.",
                )
            )
        return tuple(found)


def strength_field(name: str, role: Role) -> WireField:
    """How strongly the file of a role counts."""

    def strength(order: RemoteOrder) -> object:
        from core.video.inputs import scale_of

        item = order.plan.request.one(role)
        return None if item is None else scale_of(item)

    return WireField(name, strength)


def camera_field(name: str, usual: str | None) -> WireField:
    """The service's word for a move of the camera, or the usual one."""

    def word(order: RemoteOrder) -> object:
        # Imported late, as the tables of controls are elsewhere: a list of models has no order.
        from core.video.allowed import find_value

        plan = order.plan
        motion, camera = plan.request.motion.camera, plan.spec.camera
        if motion is None or camera is None:
            return usual
        return camera.phrase(str(find_value(motion, camera.motions)))

    return WireField(name, word)


_RETAKE_MODES = {
    RetakePart.BOTH: "replace_audio_and_video",
    RetakePart.VIDEO: "replace_video",
    RetakePart.AUDIO: "replace_audio",
}


def retake_mode(order: RemoteOrder) -> object:
    """What is made anew, in the word that all services have for it."""
    return _RETAKE_MODES[order.plan.retake.part] if order.plan.retake else None


FPS = WireField("fps", lambda order: order.plan.fps)
AUDIO = WireField("generate_audio", lambda order: order.plan.has_audio)
SECONDS = WireField("duration", lambda order: round(order.plan.duration_s))
NEW_SECONDS = WireField("duration", lambda order: order.plan.num_new / order.plan.fps)
EXTEND_MODE = WireField("mode", lambda order: "start" if order.plan.new_before else "end")
RETAKE_START = WireField("start_time", lambda order: order.plan.new[0].start / order.plan.fps)


def per_second(as_of: date, source: str, **usd: float) -> PriceTable:
    """A price list by the second of clip, with the sizes as `at_1080p=…`."""
    rows = tuple(
        PriceRow(usd=price, per=PriceUnit.SECOND, resolution=name.removeprefix("at_"))
        for name, price in usd.items()
    )
    return PriceTable(rows=rows, as_of=as_of, source=source)
