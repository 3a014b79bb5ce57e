"""The forms of the export: rows over `FilmChoices`, by what they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from typing_extensions import override

from core.film.model.delivery import (
    CODECS,
    CONTAINERS,
    USUAL_AUDIO_KBPS,
    WHY_NOT,
    AudioCodec,
    ExportSettings,
    VideoCodec,
)
from core.film.model.film import Film
from core.project.model.project import FilmChoices
from gui.export.export_labels import (
    AI_MARKS,
    AUDIO_CODECS,
    BITS,
    DEINTERLACES,
    FITS,
    HARDWARE,
    PROFILES,
    QUALITIES,
    RATE_CONTROLS,
    RETIMES,
    file_filters,
)
from gui.export.film_edits import (
    RateControl,
    fit_of,
    rate_control_of,
    with_container,
    with_fit,
    with_path,
    with_rate_control,
    with_video_codec,
)
from gui.export.film_fields import RateField, SizeField, TransitionField
from gui.widgets.choice_field import Choice, ChoiceField, choices_of
from gui.widgets.colour_field import ColourField
from gui.widgets.fields import LineField, SwitchField
from gui.widgets.file_field import FileField, FileKind
from gui.widgets.model_form import FieldPath, ModelForm, part
from gui.widgets.number_field import DECIBELS, NumberField, NumberLook, limits_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

C = TypeVar("C", VideoCodec, AudioCodec)

_USUAL_LUFS = -14.0


class FileForm(ModelForm[FilmChoices]):
    """What people choose first: kind of file, size, rate, quality, place."""

    def __init__(self) -> None:
        super().__init__(FilmChoices())
        self.add_row(
            "container",
            "Kind of file",
            ChoiceField(choices_of({kind: held.label for kind, held in CONTAINERS.items()})),
            "The kind of file; what it cannot hold is replaced by what it can.",
            FieldPath(lambda held: held.settings.container, with_container),
        )
        self.add_row("size", "Size", SizeField(), value_path=part("settings", "frame"))
        rate = part("settings", "frame", "rate")
        self.add_row("fps", "Frames per second", RateField(), value_path=rate)
        self.add_row(
            "quality",
            "Quality",
            ChoiceField(choices_of(QUALITIES)),
            "How good the pictures are; better ones make a larger file.",
            part("settings", "quality"),
            _is_held_by(RateControl.QUALITY),
        )
        kind = FileKind("the place of the film", (), "Automatic", is_saved=True)
        path = FieldPath[FilmChoices](lambda held: held.path, with_path)
        self._place = self.add_row("out", "Save as", FileField("out", kind), value_path=path)
        self.refresh(self.value())

    @override
    def refresh(self, value: FilmChoices) -> None:
        self._place.set_filters(file_filters(value.settings.container))


class CodingForm(ModelForm[FilmChoices]):
    """How pictures are coded."""

    def __init__(self) -> None:
        super().__init__(FilmChoices())
        self._codec = self.add_row(
            "video_codec",
            "Codec",
            ChoiceField(),
            "How the pictures are coded.",
            FieldPath(lambda held: held.settings.video_codec, with_video_codec),
            _is_coded,
        )
        self.add_row(
            "prores_profile",
            "Profile",
            ChoiceField(choices_of(PROFILES)),
            "The flavour of ProRes, from the smallest to the best.",
            part("settings", "prores_profile"),
            lambda held: _is_coded(held) and not _has_rate(held),
        )
        self.add_row(
            "rate_control",
            "Size held by",
            ChoiceField(choices_of(RATE_CONTROLS)),
            "Whether quality or bitrate decides how large the file gets.",
            FieldPath(lambda held: rate_control_of(held.settings), with_rate_control),
            _has_rate,
        )
        self.add_row(
            "crf",
            "CRF",
            _number("crf", NumberLook(0, 1.0, is_whole=True)),
            "Constant quality in the codec's own numbers: lower is better and larger.",
            part("settings", "crf"),
            _is_held_by(RateControl.CRF),
        )
        self.add_row(
            "video_kbps",
            "Bitrate",
            _number("video_kbps", NumberLook(0, 500.0, " kbit/s", is_whole=True)),
            "The average bitrate of the pictures.",
            part("settings", "video_kbps"),
            _is_held_by(RateControl.BITRATE),
        )
        self._bits = self.add_row(
            "bit_depth",
            "Bits per channel",
            ChoiceField(),
            "10 bits keep finer shades; not every player shows them.",
            part("settings", "bit_depth"),
            _is_coded,
        )
        self.add_row(
            "retime",
            "Other frame rates",
            ChoiceField(choices_of(RETIMES)),
            "How frames are made for clips of another rate or speed.",
            part("settings", "retime"),
        )
        self.add_row(
            "hardware",
            "Encoded by",
            ChoiceField(choices_of(HARDWARE)),
            "A chip is faster; the processor makes smaller files.",
            part("settings", "hardware"),
            _is_coded,
        )
        self.refresh(self.value())

    @override
    def refresh(self, value: FilmChoices) -> None:
        labels = {codec: traits.label for codec, traits in CODECS.items()}
        self._codec.show_choices(_in_container(labels, value), value.settings.video_codec)
        traits = CODECS[value.settings.video_codec]
        closed = {bits: f"{traits.label} has no {bits}." for bits in {*BITS} - {*traits.bit_depths}}
        self._bits.show_choices(choices_of(BITS, closed), value.settings.bit_depth)


class AudioForm(ModelForm[FilmChoices]):
    """The clips' own sound, and how sound is coded."""

    def __init__(self) -> None:
        super().__init__(FilmChoices())
        self.add_row(
            "has_clip_sound",
            "",
            SwitchField("Sound of the clips"),
            "Off mutes every clip; music stays.",
            part("film", "has_clip_sound"),
            _has_audio,
        )
        self.add_row(
            "clip_volume_db",
            "Volume of the clips",
            NumberField(limits_of(Film, "clip_volume_db"), DECIBELS),
            "Added to the volume of every clip.",
            part("film", "clip_volume_db"),
            lambda held: _has_audio(held) and held.film.has_clip_sound,
        )
        loudness = NumberLook(1, 1.0, " LUFS", none_text="As it is", first=_USUAL_LUFS)
        self.add_row(
            "loudness_lufs",
            "Loudness",
            _number("loudness_lufs", loudness),
            "Brings the whole film to a loudness; -14 is usual on the web.",
            part("settings", "loudness_lufs"),
            _has_audio,
        )
        self._codec = self.add_row(
            "audio_codec",
            "Audio codec",
            ChoiceField(),
            "How the sound is coded.",
            part("settings", "audio_codec"),
            _is_coded,
        )
        kbps = NumberLook(0, 16.0, " kbit/s", is_whole=True, none_text="Usual", first=192)
        self.add_row(
            "audio_kbps",
            "Audio bitrate",
            _number("audio_kbps", kbps),
            "The bitrate of the sound.",
            part("settings", "audio_kbps"),
            lambda held: _has_audio(held) and held.settings.audio_codec in USUAL_AUDIO_KBPS,
        )
        self.refresh(self.value())

    @override
    def refresh(self, value: FilmChoices) -> None:
        codecs = _in_container(AUDIO_CODECS, value)
        self._codec.show_choices(codecs, value.settings.audio_codec)


def cuts_form() -> ModelForm[FilmChoices]:
    """How clips meet, and how they fill the frame."""
    form = ModelForm(FilmChoices())
    transition = part("film", "transition")
    form.add_row("transition", "Between scenes", TransitionField(), value_path=transition)
    form.add_row(
        "fit",
        "Other shapes",
        ChoiceField(choices_of(FITS)),
        "How clips of another shape fill the frame.",
        FieldPath(fit_of, with_fit),
    )
    form.add_row(
        "still",
        "Hold stills for",
        NumberField(limits_of(Film, "still_s"), NumberLook(suffix=" s")),
        "How long pictures among the clips are held that say nothing of their own.",
        part("film", "still_s"),
    )
    form.add_row(
        "deinterlace",
        "Interlaced clips",
        ChoiceField(choices_of(DEINTERLACES)),
        "How frames of two fields become whole pictures.",
        part("film", "deinterlace"),
    )
    background = ColourField("background", "Colour of bars and behind transparency")
    form.add_row("background", "Bars", background, value_path=part("film", "background"))
    form.add_row(
        "skips_bad_clips",
        "",
        SwitchField("Leave out clips that cannot be read"),
        "Off: a damaged clip stops the export before it begins.",
    )
    return form


def about_form() -> ModelForm[FilmChoices]:
    """What the file says about itself, and what is written beside it."""
    form = ModelForm(FilmChoices())
    title = LineField()
    title.setPlaceholderText("The project's name")
    tip = "The film's title, in the file."
    form.add_row("title", "Title", title, tip, part("film", "title"))
    form.add_row(
        "has_chapters",
        "",
        SwitchField("A chapter for each scene"),
        "Players can then jump from scene to scene.",
        part("film", "has_chapters"),
    )
    form.add_row(
        "is_marked_ai",
        "Marked as AI",
        ChoiceField(choices_of(AI_MARKS)),
        "Whether the file says that models made its pictures.",
        part("settings", "is_marked_ai"),
    )
    moment = NumberLook(2, 0.5, " s", none_text="None")
    form.add_row(
        "poster",
        "Poster at",
        NumberField(limits_of(FilmChoices, "poster_s"), moment),
        "Also writes the picture at that moment beside the film, as a PNG.",
        part("poster_s"),
    )
    return form


def _number(name: str, look: NumberLook) -> NumberField:
    return NumberField(limits_of(ExportSettings, name), look)


def _in_container(labels: Mapping[C, str], held: FilmChoices) -> list[Choice]:
    """Codecs, those closed that the kind of file does not take."""
    container = held.settings.container
    return choices_of(labels, {codec: WHY_NOT.get((container, codec), "") for codec in labels})


def _is_coded(held: FilmChoices) -> bool:
    return not held.settings.container.is_images


def _has_audio(held: FilmChoices) -> bool:
    return held.settings.has_audio


def _has_rate(held: FilmChoices) -> bool:
    return _is_coded(held) and held.settings.video_codec is not VideoCodec.PRORES


def _is_held_by(by: RateControl) -> Callable[[FilmChoices], bool]:
    return lambda held: _has_rate(held) and rate_control_of(held.settings) is by
