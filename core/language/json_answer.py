"""The object in a language model's answer, which may stand in a fence or be only half there."""

from __future__ import annotations

import json
import re
from typing import Any, cast

from core.language.tasks.task import Misfit

_FENCED = re.compile(r"\A\s*```[\w-]*[ \t]*\n(?P<inner>.*?)\n?\s*```\s*\Z", re.DOTALL)
_SHOWN = 80


def object_in(text: str) -> dict[str, Any]:
    """The object that an answer is; a fence around it is taken off, and nothing else.

    Raises:
        Misfit: there is none, it ends half-way, or something stands before or behind it.
    """
    fenced = _FENCED.match(text)
    inner = fenced["inner"] if fenced else text
    if not inner.strip():
        raise Misfit("the answer is empty.")
    try:
        found: Any = json.loads(inner)
    except json.JSONDecodeError as error:
        if error.pos >= len(inner.rstrip()) or error.msg.startswith("Unterminated string"):
            raise Misfit("the answer ends in the middle of its object.") from error
        begin = " ".join(text.split())[:_SHOWN]
        raise Misfit(f"the answer is no JSON object: it begins with {begin!r}.") from error
    except RecursionError as error:
        raise Misfit("the answer is nested too deep.") from error
    if not isinstance(found, dict):
        raise Misfit(f"the answer is no object but a {type(found).__name__}.")
    return cast("dict[str, Any]", found)
