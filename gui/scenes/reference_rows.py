"""What the list of reference images shows of each, and the words under it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.video.terms import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.project.model.project import ReferenceImage
    from core.project.render.references import ChosenReference
    from core.video.spec import ModelSpec

_MOST_NAMED = 3


@dataclass(frozen=True)
class ReferenceRow:
    """One picture of the list.

    Attributes:
        is_global: it is the project's and only shown here.
        chosen: whether the shown scene's clip gets it; None where that is not known.
    """

    reference: ReferenceImage
    is_global: bool = False
    chosen: ChosenReference | None = None

    @property
    def caption(self) -> str:
        """The picture's name, else its file's; what is no text is marked."""
        name = self.reference.name.strip() or self.reference.path.stem
        return _text(name)

    @property
    def verdict(self) -> str:
        """Whether the model gets it, and why not; empty where that is not known."""
        if self.chosen is None:
            return ""
        if self.chosen.is_sent:
            return "Sent to the model."
        return f"Not sent to the model. Left out: {self.chosen.reason}"

    @property
    def spoken(self) -> str:
        """All of it in words, for screen readers."""
        whose = "of the whole project" if self.is_global else ""
        return ", ".join(part for part in (self.caption, whose, self.verdict) if part)


def rows_of(
    own: Sequence[ReferenceImage], choice: Sequence[ChosenReference], *, shows_global: bool
) -> tuple[ReferenceRow, ...]:
    """The list's own pictures and, where wanted, those of the project that go with them."""
    by_path = {chosen.reference.path: chosen for chosen in choice}
    rows = [ReferenceRow(item, chosen=by_path.get(item.path)) for item in own]
    known = {item.path for item in own}
    if shows_global:
        rows += [
            ReferenceRow(chosen.reference, is_global=True, chosen=chosen)
            for chosen in choice
            if chosen.is_global and chosen.reference.path not in known
        ]
    return tuple(rows)


def describe_limit(spec: ModelSpec) -> str:
    """How many pictures a model takes."""
    limit = spec.limit(Role.REFERENCE)
    if limit == 0:
        return f"{spec.label} takes no reference images; they are kept for other models."
    most = (
        f"At most {limit} are sent to {spec.label}: a scene's own first, then one of each "
        "character, then the project's."
    )
    if spec.reference_strength is None:
        return most
    soft = "It takes them for soft keyframes, so the clip comes near each of them once"
    return f"{most} {soft}, unless the plan of a clip says that they are one sheet."


def describe_choice(rows: Sequence[ReferenceRow], whose: str) -> str:
    """How many of the pictures go with a clip, which are left out, and why.

    Args:
        rows: all that the list shows.
        whose: the scene whose clip it is, such as "Scene 3".
    """
    if not rows or not whose:
        return ""
    known = [row.chosen for row in rows if row.chosen is not None]
    if not known:
        return f"{whose} does not use these."
    sent = sum(chosen.is_sent for chosen in known)
    count = f"all {sent}" if sent == len(known) > 1 else f"{sent} of {len(known)}"
    lines = [f"{whose}: {count} sent."]
    left: dict[str, list[str]] = {}
    for row in rows:
        if row.chosen is not None and not row.chosen.is_sent:
            left.setdefault(row.chosen.reason, []).append(row.caption)
    lines += [f"Left out: {_names(names)}. {reason}" for reason, names in left.items()]
    return "\n".join(lines)


def _names(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    shown = ", ".join(names[:_MOST_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown


def _text(name: str) -> str:
    return name.encode("utf-8", "replace").decode("utf-8")
