"""The same film with MoviePy 2; runs in an environment of its own and prints its seconds.

MoviePy wants an older Pillow than ImageAI has, so this file imports nothing of ImageAI. It reads
one JSON object from standard input: clips, music, film, fps, dissolve_s, crf, preset, audio_bitrate
and threads.
"""

from __future__ import annotations

import json
import sys
import time

from moviepy import (  # pyright: ignore[reportMissingImports] - in another environment
    AudioFileClip,
    CompositeAudioClip,
    VideoFileClip,
    concatenate_videoclips,
    vfx,
)

order = json.load(sys.stdin)
began = time.perf_counter()
clips = [VideoFileClip(path) for path in order["clips"]]
shown = [
    clip if number == 0 else clip.with_effects([vfx.CrossFadeIn(order["dissolve_s"])])
    for number, clip in enumerate(clips)
]
film = concatenate_videoclips(shown, method="compose", padding=-order["dissolve_s"])
music = AudioFileClip(order["music"]).subclipped(0, film.duration)
film = film.with_audio(CompositeAudioClip([film.audio, music]))
film.write_videofile(
    order["film"],
    fps=order["fps"],
    codec="libx264",
    preset=order["preset"],
    threads=order["threads"],
    audio_codec="aac",
    audio_bitrate=order["audio_bitrate"],
    audio_fps=48000,
    ffmpeg_params=["-crf", str(order["crf"]), "-pix_fmt", "yuv420p"],
    temp_audiofile=order["film"] + ".m4a",
    logger=None,
)
seconds = time.perf_counter() - began
for clip in clips:
    clip.close()
print(seconds)
