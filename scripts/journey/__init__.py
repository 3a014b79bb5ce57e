"""The whole way from nothing to a film, gone by mouse and keyboard in the real window."""
