"""A short piece of music, composed and played here: chords, a bass and a tune, in stereo."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Samples = NDArray[np.float64]

RATE_HZ = 48_000
_BEAT_S = 0.5
_BEATS_A_BAR = 4
# Semitones above A: the chords of four bars, which then come again, and the tune over them.
_CHORDS = ((0, 4, 7), (-3, 0, 4), (5, 9, 12), (7, 11, 14))
_TUNE = (12, 16, 19, 16, 12, 9, 12, 16, 17, 21, 17, 14, 19, 14, 11, 14)
_A_HZ = 220.0


def compose(duration_s: float) -> Samples:
    """The piece, as (samples, 2) floats within -1 and 1; it ends with its last bar dying away."""
    count = round(duration_s * RATE_HZ)
    piece = np.zeros((count, 2))
    bar_s = _BEAT_S * _BEATS_A_BAR
    beats = int(duration_s / _BEAT_S)
    for bar in range(int(duration_s / bar_s) + 1):
        chord = _CHORDS[bar % len(_CHORDS)]
        for voice, note in enumerate(chord):
            _add(piece, bar * bar_s, _tone(note, bar_s * 1.2, soft=True), 0.10, voice / 2)
        _add(piece, bar * bar_s, _tone(chord[0] - 12, bar_s), 0.22, 0.5)
    for beat in range(beats):
        note = _TUNE[beat % len(_TUNE)]
        _add(piece, beat * _BEAT_S, _tone(note + 12, _BEAT_S * 1.6), 0.09, 0.35 + 0.3 * (beat % 2))
    return piece / max(1.0, float(np.abs(piece).max()) / 0.8)


def write_music(path: Path, duration_s: float) -> None:
    """Write the piece as a WAV file of 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((compose(duration_s) * 32767).astype("<i2").tobytes())


def _tone(semitones: int, duration_s: float, *, soft: bool = False) -> Samples:
    time = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    phase = 2 * np.pi * _A_HZ * 2 ** (semitones / 12) * time
    audio = np.sin(phase) + 0.3 * np.sin(2 * phase) + 0.12 * np.sin(3 * phase)
    attack = np.minimum(1.0, time / (0.3 if soft else 0.01))
    release = np.minimum(1.0, (duration_s - time) / 0.2)
    fading = 1.0 if soft else np.exp(-2.2 * time / duration_s)
    return audio * attack * release * fading


def _add(piece: Samples, start_s: float, audio: Samples, level: float, right: float) -> None:
    begin = round(start_s * RATE_HZ)
    audio = audio[: max(0, len(piece) - begin)]
    sides = np.array([np.cos(right * np.pi / 2), np.sin(right * np.pi / 2)])
    piece[begin : begin + len(audio)] += level * audio[:, None] * sides
