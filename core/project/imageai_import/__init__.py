"""Projects of the earlier ImageAI become projects of this one."""
