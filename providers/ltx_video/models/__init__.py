"""The LTX models as tables: what each takes, needs, costs in memory and time."""
