"""Settings and keys: their schema, the file and the keyring that hold them."""
