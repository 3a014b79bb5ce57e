"""Tables of the image models that run on this machine."""

from __future__ import annotations

from core.platform.units import bytes_text
from core.video.spec import FloatRange
from core.video.terms import Role
from providers.local_images.models.catalog import MODELS, LocalImageModel
from providers.local_images.models.families import FAMILIES, EditWay, ImageWork
from scripts.markdown import markdown_table


def models() -> str:
    """Every model: what it is good for, what it takes of a disk and a machine, and its terms."""
    head = ("model", "good for", "edits", "steps", "disk", "needs", "licence", "from")
    return markdown_table(
        head,
        [
            (
                f"`{row.id}`",
                row.spec.summary,
                _edits(row),
                _steps(row),
                bytes_text(row.spec.size_bytes or 0),
                row.spec.needs.amounts,
                str(row.spec.licence),
                row.weights.repo_ids[0] if row.weights else "",
            )
            for row in MODELS
        ],
    )


def families() -> str:
    """Which pipeline of diffusers does what in each family, and what a single file may be."""
    head = ("family", "of words", "of an image", "within a mask", "a single file")
    return markdown_table(
        head,
        [
            (
                family.label,
                *(
                    f"`{family.classes[work]}`" if work in family.classes else ""
                    for work in ImageWork
                ),
                ("all of it" if family.is_whole_file else "its transformer")
                if family.marks
                else "",
            )
            for family in FAMILIES
        ],
    )


def _edits(row: LocalImageModel) -> str:
    spec = row.spec
    if row.family.edit is None:
        return ""
    count = spec.limit(Role.START) + spec.limit(Role.REFERENCE)
    how = "by a strength" if row.family.edit is EditWay.NOISE else f"looks at {count}"
    return f"{how}, a mask" if spec.limit(Role.MASK) else how


def _steps(row: LocalImageModel) -> str:
    guidance = row.spec.guidance_scale
    steps = str(row.profile.num_inference_steps)
    return f"{steps}, guidance {guidance.default:g}" if isinstance(guidance, FloatRange) else steps
