"""The forms of the export: rows over `FilmChoices`, by what they are about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from core.film.model.delivery import (
    CODECS,
    CONTAINERS,
    USUAL_AUDIO_KBPS,
    WHY_NOT,
    AudioCodec,
    Container,
    ExportSettings,
    VideoCodec,
)
from core.film.model.film import Film, Fit
from core.project.model.project import FilmChoices
from gui.export.export_labels import (
    AI_MARKS,
    AUDIO_CODECS,
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
from gui.widgets.choice_field import Choice, ChoiceField
from gui.widgets.colour_field import ColourField
from gui.widgets.fields import LineField, SwitchField
from gui.widgets.file_field import FileField, FileKind
from gui.widgets.model_form import FieldPath, ModelForm, part
from gui.widgets.number_field import DECIBELS, NumberField, NumberLook, limits_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtWidgets import QWidget

T = TypeVar("T")

_DAY_S = 86_400.0
_USUAL_LUFS = -14.0


def choices_of(labels: Mapping[T, str]) -> tuple[Choice, ...]:
    """The values of a table of labels."""
    return tuple(Choice(value, label) for value, label in labels.items())


class _FilmForm(ModelForm[FilmChoices]):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(FilmChoices(), parent)

    def choice(
        self,
        name: str,
        label: str,
        labels: Mapping[T, str],
        value_path: FieldPath[FilmChoices],
        tip: str,
    ) -> ChoiceField:
        """A row with a combo box."""
        field = ChoiceField(choices_of(labels))
        self.add_row(name, label, field.binding(), value_path, tip)
        return field

    def setting(self, name: str, label: str, look: NumberLook, tip: str) -> NumberField:
        """A row with a number of the export settings."""
        field = NumberField(limits_of(ExportSettings, name), look)
        self.add_row(name, label, field.binding(), part("settings", name), tip)
        return field


class FileForm(_FilmForm):
    """What people choose first: kind of file, size, rate, quality, place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        labels = {kind: pairing.label for kind, pairing in CONTAINERS.items()}
        self.choice(
            "container",
            "Kind of file",
            labels,
            FieldPath(lambda held: held.settings.container, _put_container),
            "The kind of file; what it cannot hold is replaced by what it can.",
        )
        size = SizeField()
        size.setObjectName("size_row")
        self.add_row(
            "size",
            "Size",
            size.binding(),
            part("settings", "frame"),
            "",
        )
        rate = RateField()
        rate.setObjectName("rate_row")
        self.add_row(
            "fps",
            "Frames per second",
            rate.binding(),
            part("settings", "frame", "rate"),
            "",
        )
        self.choice(
            "quality",
            "Quality",
            QUALITIES,
            part("settings", "quality"),
            "How good the pictures are; better ones make a larger file.",
        )
        self._place = FileField(
            "out",
            FileKind("the place of the film", (), "Automatic", is_saved=True),
        )
        self._place.setObjectName("out_row")
        value_path = FieldPath[FilmChoices](lambda held: held.path, _put_path)
        self.add_row(
            "out",
            "Save as",
            self._place.binding(),
            value_path,
            "",
        )
        self.refresh(self.value())

    def refresh(self, value: FilmChoices) -> None:
        """Quality is a row only where it counts."""
        settings = value.settings
        counts = rate_control_of(settings) is RateControl.QUALITY
        has_quality = settings.video_codec is not VideoCodec.PRORES
        self.show_row(
            "quality", is_shown=counts and has_quality and not settings.container.is_images
        )
        self._place.set_filters(file_filters(settings.container))


class CodingForm(_FilmForm):
    """How pictures are coded."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._codec = self.choice(
            "video_codec",
            "Codec",
            {codec: traits.label for codec, traits in CODECS.items()},
            FieldPath(lambda held: held.settings.video_codec, _put_video_codec),
            "How the pictures are coded.",
        )
        self.choice(
            "prores_profile",
            "Profile",
            PROFILES,
            part("settings", "prores_profile"),
            "The flavour of ProRes, from the smallest to the best.",
        )
        self.choice(
            "rate_control",
            "Size held by",
            RATE_CONTROLS,
            FieldPath(lambda held: rate_control_of(held.settings), _put_rate_control),
            "Whether quality or bitrate decides how large the file gets.",
        )
        self.setting(
            "crf",
            "CRF",
            NumberLook(0, 1.0, is_whole=True),
            "Constant quality in the codec's own numbers: lower is better and larger.",
        )
        self.setting(
            "video_kbps",
            "Bitrate",
            NumberLook(0, 500.0, " kbit/s", is_whole=True),
            "The average bitrate of the pictures.",
        )
        self._bits = self.choice(
            "bit_depth",
            "Bits per channel",
            {8: "8", 10: "10, finer shades"},
            part("settings", "bit_depth"),
            "10 bits keep finer shades; not every player shows them.",
        )
        self.choice(
            "retime",
            "Other frame rates",
            RETIMES,
            part("settings", "retime"),
            "How frames are made for clips of another rate or speed.",
        )
        self.choice(
            "hardware",
            "Encoded by",
            HARDWARE,
            part("settings", "hardware"),
            "A chip is faster; the processor makes smaller files.",
        )
        self.refresh(self.value())

    def refresh(self, value: FilmChoices) -> None:
        """Show what the codec has, and what the kind of file takes."""
        settings = value.settings
        is_coded = not settings.container.is_images
        is_prores = settings.video_codec is VideoCodec.PRORES
        by = rate_control_of(settings)
        has_rate = is_coded and not is_prores
        self.show_row("video_codec", is_shown=is_coded)
        self.show_row("prores_profile", is_shown=is_coded and is_prores)
        self.show_row("rate_control", is_shown=has_rate)
        self.show_row("crf", is_shown=has_rate and by is RateControl.CRF)
        self.show_row("video_kbps", is_shown=has_rate and by is RateControl.BITRATE)
        self.show_row("bit_depth", is_shown=is_coded)
        self.show_row("hardware", is_shown=is_coded)
        self._codec.set_choices(
            [
                Choice(codec, traits.label, _why_not(settings.container, codec))
                for codec, traits in CODECS.items()
            ]
        )
        traits = CODECS[settings.video_codec]
        self._bits.set_choices(
            [
                Choice(
                    bits,
                    label,
                    "" if bits in traits.bit_depths else f"{traits.label} has no {bits}.",
                )
                for bits, label in ((8, "8"), (10, "10, finer shades"))
            ]
        )


class AudioForm(_FilmForm):
    """The clips' own sound, and how sound is coded."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        audio = SwitchField("Sound of the clips")
        self.add_row(
            "has_clip_sound",
            "",
            audio.binding(),
            part("film", "has_clip_sound"),
            "Off mutes every clip; music stays.",
        )
        volume = NumberField(limits_of(Film, "clip_volume_db"), DECIBELS)
        self.add_row(
            "clip_volume_db",
            "Volume of the clips",
            volume.binding(),
            part("film", "clip_volume_db"),
            "Added to the volume of every clip.",
        )
        loudness = NumberLook(1, 1.0, " LUFS", none_text="As it is", first=_USUAL_LUFS)
        self.setting(
            "loudness_lufs",
            "Loudness",
            loudness,
            "Brings the whole film to a loudness; -14 is usual on the web.",
        )
        self._codec = self.choice(
            "audio_codec",
            "Audio codec",
            AUDIO_CODECS,
            part("settings", "audio_codec"),
            "How the sound is coded.",
        )
        self.setting(
            "audio_kbps",
            "Audio bitrate",
            NumberLook(0, 16.0, " kbit/s", is_whole=True, none_text="Usual", first=192),
            "The bitrate of the sound.",
        )
        self.refresh(self.value())

    def refresh(self, value: FilmChoices) -> None:
        """Show what there is to say about sound in this kind of file."""
        settings = value.settings
        holds_audio = not settings.container.is_images
        has_audio = holds_audio and settings.audio_codec is not AudioCodec.NONE
        self.show_row("has_clip_sound", is_shown=has_audio)
        self.show_row("clip_volume_db", is_shown=has_audio and value.film.has_clip_sound)
        self.show_row("loudness_lufs", is_shown=has_audio)
        self.show_row("audio_codec", is_shown=holds_audio)
        is_rated = settings.audio_codec in USUAL_AUDIO_KBPS
        self.show_row("audio_kbps", is_shown=has_audio and is_rated)
        self._codec.set_choices(
            [
                Choice(codec, label, _why_not(settings.container, codec))
                for codec, label in AUDIO_CODECS.items()
            ]
        )


class CutsForm(_FilmForm):
    """How clips meet, and how they fill the frame."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        transition = TransitionField()
        transition.setObjectName("transition_row")
        value_path = part("film", "transition")
        self.add_row(
            "transition",
            "Between scenes",
            transition.binding(),
            value_path,
            "",
        )
        self.choice(
            "fit",
            "Other shapes",
            FITS,
            FieldPath(fit_of, _put_fit),
            "How clips of another shape fill the frame.",
        )
        background = ColourField("background", "Colour of bars and behind transparency")
        background.setObjectName("background_row")
        value_path = part("film", "background")
        self.add_row(
            "background",
            "Bars",
            background.binding(),
            value_path,
            "",
        )
        skip = SwitchField("Leave out clips that cannot be read")
        self.add_row(
            "skips_bad_clips",
            "",
            skip.binding(),
            part("skips_bad_clips"),
            "Off: a damaged clip stops the export before it begins.",
        )


class AboutForm(_FilmForm):
    """What the file says about itself, and what is written beside it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = LineField()
        title.setPlaceholderText("The project's name")
        self.add_row(
            "title",
            "Title",
            title.binding(),
            part("film", "title"),
            "The film's title, in the file.",
        )
        chapters = SwitchField("A chapter for each scene")
        self.add_row(
            "has_chapters",
            "",
            chapters.binding(),
            part("film", "has_chapters"),
            "Players can then jump from scene to scene.",
        )
        self.choice(
            "is_marked_ai",
            "Marked as AI",
            AI_MARKS,
            part("settings", "is_marked_ai"),
            "Whether the file says that models made its pictures.",
        )
        poster = NumberField(
            limits_of(FilmChoices, "poster_s", most=_DAY_S),
            NumberLook(2, 0.5, " s", none_text="None"),
        )
        self.add_row(
            "poster",
            "Poster at",
            poster.binding(),
            part("poster_s"),
            "Also writes the picture at that moment beside the film, as a PNG.",
        )


def _why_not(container: Container, codec: VideoCodec | AudioCodec) -> str:
    return WHY_NOT.get((container, codec), "")


def _put_container(held: FilmChoices, value: object) -> FilmChoices:
    return with_container(held, Container(str(value)))


def _put_video_codec(held: FilmChoices, value: object) -> FilmChoices:
    return with_video_codec(held, VideoCodec(str(value)))


def _put_rate_control(held: FilmChoices, value: object) -> FilmChoices:
    return with_rate_control(held, RateControl(str(value)))


def _put_fit(held: FilmChoices, value: object) -> FilmChoices:
    return with_fit(held, Fit(str(value)))


def _put_path(held: FilmChoices, value: object) -> FilmChoices:
    return with_path(held, value if isinstance(value, Path) else None)
