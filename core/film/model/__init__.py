"""What a film is, as a person asks for it and as an exact timeline; knows no other room of film."""
