"""The words LTX Mini knows: every attribute of its small world and the English that names it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Attribute(StrEnum):
    """What a caption can say about a clip."""

    SIZE = "size"
    COLOUR = "colour"
    KIND = "kind"
    MOTION = "motion"
    PLACE = "place"
    SETTING = "setting"
    CAMERA = "camera"
    AUDIO = "sound"


_GO = (
    r"(?:is |are )?(?:slowly |quickly |gently |steadily )?"
    r"(?:mov(?:es?|ing)|roll(?:s|ing)?|fl(?:y|ies|ying)|drift(?:s|ing)?|glid(?:es?|ing)"
    r"|slid(?:es?|ing)|float(?:s|ing)?|head(?:s|ing)?|go(?:es|ing)?|travel(?:s|l?ing)?"
    r"|run(?:s|ning)?)"
    r"(?: slowly| quickly| gently| steadily)?"
)
_CAMERA_IS = r"(?:with )?(?:the |a )?camera (?:is )?(?:slowly |gently |quickly )?"
_CAMERA_TURNS = _CAMERA_IS + r"(?:pan(?:s|ning)?|mov(?:es?|ing)|track(?:s|ing)?|turn(?:s|ing)?)"
_TOWARDS = r"(?: to| towards?| across to)? ?(?:the )?"
_SIDE = r"(?:on|at|in|to|near) (?:the )?(?:far )?"
_PART = r"(?:[- ]hand)?(?: side| edge| half)?"
_OF_THE_FRAME = r"(?: of the (?:frame|picture|screen))?"
_OVER = r"(?:on |in |over |above )?(?:the |a )?"

# Order matters twice: attributes whose phrases contain other attributes' words come first ("camera
# pans left" before "on the left"), and within an attribute the longer phrase comes before the
# shorter one. The tokenizer of the trained model holds these very patterns: whoever changes one
# writes the model's folder anew.
PHRASES: dict[Attribute, dict[str, tuple[str, ...]]] = {
    Attribute.CAMERA: {
        "pan_left": (
            _CAMERA_TURNS + _TOWARDS + "left",
            r"(?:slow )?pan(?:s|ning)?" + _TOWARDS + "left",
        ),
        "pan_right": (
            _CAMERA_TURNS + _TOWARDS + "right",
            r"(?:slow )?pan(?:s|ning)?" + _TOWARDS + "right",
        ),
        "zoom_in": (
            _CAMERA_IS + r"(?:zoom(?:s|ing)?|push(?:es|ing)?|doll(?:y|ies|ying)|mov(?:es?|ing)) "
            r"(?:in(?:wards)?|forward|closer)",
            r"(?:slow )?zoom(?:s|ing)? in|dolly (?:in|forward)|push in",
        ),
        "zoom_out": (
            _CAMERA_IS + r"(?:zoom(?:s|ing)?|pull(?:s|ing)?|doll(?:y|ies|ying)|mov(?:es?|ing)) "
            r"(?:out(?:wards)?|back(?:wards?)?|away)",
            r"(?:slow )?zoom(?:s|ing)? out|dolly (?:out|back(?:wards?)?)|pull(?:s|ing)? back",
        ),
        "camera_still": (
            _CAMERA_IS + r"(?:holds? still|stays? still|static|fixed|locked|does not move|still)",
            r"(?:static|fixed|locked|still) (?:camera|shot)",
        ),
    },
    Attribute.AUDIO: {
        "silence": (
            r"(?:in |with )?(?:complete |total )?silence|silent(?:ly)?|without (?:any )?sound"
            r"|no sound|soundless|mute",
        ),
        "low_tone": (
            r"(?:with |and )?(?:a |the )?(?:low|deep|bass)(?:[- ]pitched)? (?:tone|note|sound)",
        ),
        "high_tone": (
            r"(?:with |and )?(?:a |the )?(?:high|shrill)(?:[- ]pitched)? (?:tone|note|sound)"
            r"|whistl(?:e|ing)",
        ),
        "beeps": (r"(?:with |and )?(?:a )?beep(?:s|ing)?(?: sounds?)?",),
        "hum": (
            r"(?:with |and )?(?:a |the )?(?:low |deep |soft )?"
            r"(?:hum(?:ming)?|buzz(?:ing)?|drone)(?: sound)?",
        ),
        "tone": (r"(?:with |and )?(?:a |the )?(?:steady |clear |medium )?(?:tone|note)",),
    },
    Attribute.MOTION: {
        "move_left": (_GO + _TOWARDS + "left(?:wards?)?", r"from right to left", r"leftwards?"),
        "move_right": (_GO + _TOWARDS + "right(?:wards?)?", r"from left to right", r"rightwards?"),
        "move_up": (
            _GO + r" up(?:wards?)?",
            r"(?:is )?(?:ris(?:es?|ing)|ascend(?:s|ing)?|climb(?:s|ing)?|lift(?:s|ing)? off)"
            r"(?: slowly| up(?:wards?)?)?",
            r"upwards?",
        ),
        "move_down": (
            _GO + r" down(?:wards?)?",
            r"(?:is )?(?:fall(?:s|ing)?|sink(?:s|ing)?|descend(?:s|ing)?|drop(?:s|ping)?)"
            r"(?: slowly| down(?:wards?)?)?",
            r"downwards?",
        ),
        "still": (
            r"(?:is |stay(?:s|ing)? |hold(?:s|ing)? |hang(?:s|ing)? |stand(?:s|ing)? "
            r"|sit(?:s|ting)? |rest(?:s|ing)? )?(?:perfectly |completely )?"
            r"(?:still|motionless|stationary|not moving|at rest|resting)",
        ),
    },
    Attribute.PLACE: {
        "place_left": (_SIDE + "left" + _PART + _OF_THE_FRAME,),
        "place_right": (_SIDE + "right" + _PART + _OF_THE_FRAME,),
        "place_top": (
            r"(?:on|at|in|to|near) (?:the )?(?:top|upper (?:part|half|edge))" + _OF_THE_FRAME,
            r"high up|(?:up )?high in the sky",
        ),
        "place_bottom": (
            r"(?:on|at|in|to|near) (?:the )?(?:bottom|lower (?:part|half|edge))" + _OF_THE_FRAME,
            r"low down|near the ground",
        ),
        "place_centre": (
            r"(?:on|at|in|near) (?:the )?(?:centre|center|middle)"
            + _OF_THE_FRAME
            + r"|cent(?:red|ered)",
        ),
    },
    Attribute.SETTING: {
        "sunset": (
            r"(?:at |in |during |against |with )?(?:the |a )?"
            r"(?:sunset|sunrise|dusk|dawn|evening)(?: sky| light)?",
        ),
        "night": (
            r"(?:at |in |under |during )?(?:the |a )?(?:(?:starry |dark )?"
            r"(?:night(?:time)?|midnight|moonlight|stars)(?: sky)?|starry sky)",
        ),
        "field": (
            _OVER + r"(?:sunny |green |grassy )?"
            r"(?:field|meadow|grassland|countryside|sunny day|green hills)",
        ),
        "sea": (
            r"(?:at |on |by |over |above )?(?:the |a )?(?:open )?"
            r"(?:sea(?:side)?|ocean|beach|coast|shore)",
        ),
        "desert": (_OVER + r"(?:sandy |hot )?(?:deserts?|(?:sand )?dunes?|sahara)",),
        "snow": (
            _OVER + r"(?:snow(?:y)?(?: hills| forest| landscape| field)?"
            r"|winter(?: landscape| forest)?)",
        ),
    },
    Attribute.SIZE: {
        "small": (r"small|little|tiny",),
        "big": (r"big|large|huge|giant",),
    },
    Attribute.COLOUR: {
        "red": (r"red|crimson|scarlet",),
        "orange": (r"orange|tangerine",),
        "yellow": (r"yellow|golden|gold",),
        "green": (r"green|emerald",),
        "blue": (r"blue|azure",),
        "purple": (r"purple|violet",),
        "pink": (r"pink|magenta|rose",),
    },
    Attribute.KIND: {
        "ball": (r"balls?|spheres?|orbs?|circles?|globes?",),
        "box": (r"box(?:es)?|cubes?|squares?|crates?|blocks?",),
        "triangle": (r"triangles?|pyramids?|cones?",),
        "star": (r"star[- ]shapes?|star",),
        "ring": (r"rings?|donuts?|doughnuts?|hoops?",),
    },
}

# Words that carry no attribute and that nobody needs to be told about.
_SMALL_WORDS = """
a an the and with is are of in on at to it its there that which while as by for from into over under
across through then one single scene shot video clip showing shows show slowly quickly gently
steadily very camera background sky cinematic beautiful sound shape object shaped up ground frame
picture screen does do did but only just or
"""
_SMALL = frozenset(_SMALL_WORDS.split())
# What is denied goes on to the next mark or word that begins something else.
_DENIAL_WORD = r"\b(?:not|no|never|without|neither|nor|none|cannot|\w+n['’]t)\b"
_CLAUSE_END = r"[.,;:!?]|\b(?:but|only|just|instead|rather|and|then|while|which|that)\b|$"
_DENIAL = re.compile(rf"{_DENIAL_WORD}[^.,;:!?]*?(?={_CLAUSE_END})")
# A sound rings, and is no ring.
_VERB_RINGS = re.compile(r"\b(tone|note|sound|hum|drone|bell|whistle) rings\b")
_GO_WORDS = re.compile(
    r"mov(?:es?|ing)|roll(?:s|ing)?|fl(?:y|ies|ying)|drift(?:s|ing)?|glid(?:es?|ing)"
    r"|slid(?:es?|ing)|float(?:s|ing)?|head(?:s|ing)?|go(?:es|ing)?|travel(?:s|l?ing)?"
    r"|run(?:s|ning)?"
)
# A direction with other words between it and its verb; and one behind a verb that nobody knows.
_FAR_DIRECTION = re.compile(
    rf"\b(?:{_GO_WORDS.pattern})\b([^.,;:!?]{{1,80}}?)\b(?:to|towards?) (?:the )?(left|right)\b"
)
_STRANGE_VERB = re.compile(
    r"\b([^\W\d_]+ing) (?:(?:to|towards?) )?(?:the )?(left|right|up|down)(?:wards?)?\b"
)
_DIRECTION_WORDS = re.compile(r"(?:left|right|down)(?:wards?)?")
_TOKEN = re.compile(r"<(\w+)>")
_PLAIN_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*|\d+")


@dataclass(frozen=True)
class PromptReading:
    """What Mini understands of a prompt.

    Attributes:
        values: what is asked for, the first of each attribute first.
        unknown_words: words that it cannot draw.
        denied: values that the prompt says are not to be there; it can only leave them out.
        stray_words: verbs and directions of a motion that cannot be told.
    """

    values: dict[Attribute, tuple[str, ...]]
    unknown_words: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    stray_words: tuple[str, ...] = ()

    def value(self, attribute: Attribute) -> str | None:
        """The first value the prompt gives for an attribute, or None."""
        found = self.values.get(attribute, ())
        return found[0] if found else None


def replacements() -> Iterator[tuple[str, str]]:
    """Pairs (pattern over lower-case text, what takes its place) in the order of their use."""
    # Only what is put in here is a token; angle brackets in a prompt never are.
    yield "[<>]", " "
    for values in PHRASES.values():
        for value, patterns in values.items():
            for pattern in patterns:
                yield rf"\b(?:{pattern})\b", f" <{value}> "


_REPLACEMENTS = tuple((re.compile(pattern), token) for pattern, token in replacements())
ATTRIBUTE_OF = {value: attribute for attribute, values in PHRASES.items() for value in values}


def tokens() -> tuple[str, ...]:
    """Every token of the vocabulary, in a fixed order."""
    return tuple(ATTRIBUTE_OF)


def _with_tokens(text: str) -> str:
    """A lower-case text with each phrase that is known as the token that it stands for."""
    for pattern, token in _REPLACEMENTS:
        text = pattern.sub(token, text)
    return text


def tokens_of(text: str) -> tuple[str, ...]:
    """What the tokenizer makes of a text: denied or not, and as often as it is said."""
    return tuple(_TOKEN.findall(_with_tokens(text.lower())))


def read(prompt: str) -> PromptReading:
    """Reads a prompt with the phrases of Mini's tokenizer, and what the tokenizer cannot."""
    said, denied = _without_denials(_VERB_RINGS.sub(r"\1", prompt.lower()))
    text = _with_tokens(said)
    if "<move_" not in text:
        text = _with_tokens(_FAR_DIRECTION.sub(r"\1 moving \2", said))
    if "<move_" not in text:
        text = _STRANGE_VERB.sub(r"\1 <move_\2> ", text)
    found = dict.fromkeys(_TOKEN.findall(text))
    values: dict[Attribute, tuple[str, ...]] = {}
    for value in found:
        attribute = ATTRIBUTE_OF[value]
        values[attribute] = (*values.get(attribute, ()), value)
    rest = dict.fromkeys(_PLAIN_WORD.findall(_TOKEN.sub(" ", text)))
    strange = [word for word in rest if word not in _SMALL]
    stray = [
        word for word in strange if _DIRECTION_WORDS.fullmatch(word) or _GO_WORDS.fullmatch(word)
    ]
    unknown = tuple(word for word in strange if word not in stray)
    return PromptReading(values, unknown, denied, tuple(stray))


def _without_denials(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without what it denies, and the values that it denies."""
    # "Not moving" and "no sound" are phrases of the vocabulary themselves.
    known = [
        match.span()
        for pattern, _ in _REPLACEMENTS
        for match in pattern.finditer(text)
        if re.search(_DENIAL_WORD, match[0])
    ]
    denied: list[str] = []

    def leave_out(match: re.Match[str]) -> str:
        if any(start <= match.start() < end for start, end in known):
            return match[0]
        denied.extend(_TOKEN.findall(_with_tokens(match[0])))
        return " , "

    return _DENIAL.sub(leave_out, text), tuple(dict.fromkeys(denied))
