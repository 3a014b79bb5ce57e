"""What language models are asked to write: prompts, storyboards, one style for all scenes."""
