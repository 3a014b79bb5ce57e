"""Media files whatever they are for: FFmpeg, frames, images, and where a new file goes."""
