"""What lies under everything: paths, files, SQLite, network, machine, log, units."""
