"""A video project: scenes, takes, references and the film made of them, as one folder."""
