"""Clips that follow a sound, or keep that of a video: how long they are, and what is heard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.video.inputs import field_of
from core.video.planning.judge import Judge
from core.video.terms import RetakePart, Role

if TYPE_CHECKING:
    from core.media.source_clip import AudioFacts, VideoFacts

# A duration is typed with two digits behind the point at most.
_SAME_LENGTH_S = 0.01


@dataclass(frozen=True)
class AskedAudio(Judge):
    """Judges a request by the sound that it names, and adds to its plan's words."""

    def length_of_audio(self, audio: AudioFacts, longest_s: float) -> float | None:
        """As long as the audio file, where the model makes no other clip of it."""
        allowed, length = self.spec.durations, f"The audio file is {audio.duration_s:.2f} s long"
        if not allowed.minimum <= audio.duration_s <= longest_s:
            self.refuse(
                field_of(Role.AUDIO),
                f"{length}, and {self.spec.label} makes clips of {allowed.minimum:g} to "
                f"{longest_s:g} s, as long as the file. Cut it to such a length first.",
            )
            return None
        asked_s = self.request.frame.duration_s
        if asked_s is not None and abs(asked_s - audio.duration_s) > _SAME_LENGTH_S:
            self.refuse_length(
                f"{length}, and so is the clip that {self.spec.label} makes of it, not "
                f"{asked_s:g} s. Leave the duration out, or cut the file first.",
            )
            return None
        return audio.duration_s

    def follow_audio(self, audio: AudioFacts | None, num_frames: int, fps: int) -> None:
        """How much of the audio file the clip follows, and how it compares to the clip."""
        if audio is None:
            return
        clip_s = num_frames / fps
        length = f"The audio file is {audio.duration_s:.2f} s long"
        if audio.silent_s >= min(clip_s, audio.duration_s):
            self.refuse(
                field_of(Role.AUDIO),
                f"{length} and silent as far as a clip of {clip_s:.2f} s goes, so there is nothing "
                "to follow. Cut its beginning off, or leave it out.",
            )
        rest_s = audio.duration_s - clip_s
        if rest_s > 1 / fps:
            self.notes.append(f"{length}: the clip follows its first {clip_s:.2f} s.")
        elif rest_s < -1 / fps:
            self.notes.append(f"{length}: after that the clip of {clip_s:.2f} s is silent.")
        else:
            self.notes.append(f"{length}, and so is the clip.")

    def audio_of_file(self) -> bool:
        """Whether the clip has the sound that it follows."""
        has_audio = self.request.audio is not False
        what = "is its sound, as it is" if has_audio else "is followed and left out"
        self.notes.append(f"The audio file {what}; {self.spec.label} makes no sound for the clip.")
        return has_audio

    def audio_of_source(self, source: VideoFacts | None) -> bool:
        """Whether the clip keeps the sound of the video that it is made from."""
        asked, has_audio = self.request.audio, source is not None and source.has_audio
        if asked and source is not None and not has_audio:
            self.refuse(
                "audio",
                f"The source video has no sound, and {self.spec.label} makes none for a clip that "
                "is made from another. Leave the sound out.",
            )
        has_audio = has_audio and asked is not False
        what = "keeps the sound of its source video" if has_audio else "is silent"
        self.notes.append(f"The clip {what}; {self.spec.label} makes no new sound for it.")
        return has_audio

    def audio_of_extended(self, facts: VideoFacts) -> bool:
        """Whether there is sound: the video keeps its own, and the new part has the model's."""
        makes_audio, has_audio = self.spec.audio is not None, facts.has_audio
        if self.request.audio is False or not (makes_audio or has_audio):
            return False
        old = "keeps its sound" if has_audio else "stays silent"
        new = "is silent"
        if makes_audio:
            new = "goes on with that" if has_audio else "has new sound"
        self.notes.append(f"The video {old}, and what is new {new}.")
        return True

    def audio_of_retaken(self, facts: VideoFacts, part: RetakePart | None) -> bool:
        """Whether there is sound: the video's own, or that which is made anew."""
        if self.request.audio is False:
            return False
        return facts.has_audio or part not in (None, RetakePart.VIDEO)
