"""Words by a language model: who writes is asked, and what was written is taken or left."""
