"""What an edit does to takes, so that undoing it loses no clip that was finished since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.project.model.project import SceneTakes

if TYPE_CHECKING:
    from collections.abc import Mapping

Takes = dict[str, SceneTakes]


@dataclass(frozen=True)
class TakesEdit:
    """For each scene whose takes an edit changed, what they were and what they became."""

    before: Mapping[str, SceneTakes]
    after: Mapping[str, SceneTakes]

    @classmethod
    def between(
        cls, before: Mapping[str, SceneTakes], after: Mapping[str, SceneTakes]
    ) -> TakesEdit:
        """The difference of two states."""
        if before is after:
            return cls({}, {})
        changed = [
            scene_id
            for scene_id in {**before, **after}
            if before.get(scene_id) != after.get(scene_id)
        ]
        return cls(
            {scene_id: before[scene_id] for scene_id in changed if scene_id in before},
            {scene_id: after[scene_id] for scene_id in changed if scene_id in after},
        )

    @property
    def is_empty(self) -> bool:
        """Whether the edit leaves all takes alone."""
        return not self.before and not self.after

    def done(self, now: Mapping[str, SceneTakes]) -> Takes:
        """The takes there are now, with the edit done."""
        return _moved(now, self.before, self.after)

    def undone(self, now: Mapping[str, SceneTakes]) -> Takes:
        """The takes there are now, with the edit undone."""
        return _moved(now, self.after, self.before)


def _moved(
    now: Mapping[str, SceneTakes],
    origin: Mapping[str, SceneTakes],
    goal: Mapping[str, SceneTakes],
) -> Takes:
    takes = dict(now)
    for scene_id in {**origin, **goal}:
        current = now.get(scene_id, SceneTakes())
        known = {take.id for take in origin.get(scene_id, SceneTakes()).takes}
        wanted = goal.get(scene_id)
        base = wanted or SceneTakes()
        there = {take.id for take in base.takes}
        new = tuple(t for t in current.takes if t.id not in known and t.id not in there)
        if new:
            is_new = current.chosen in {take.id for take in new}
            chosen = current.chosen if is_new else base.chosen
            takes[scene_id] = SceneTakes(takes=(*base.takes, *new), chosen=chosen)
        elif wanted is not None:
            takes[scene_id] = wanted
        else:
            takes.pop(scene_id, None)
    return takes
