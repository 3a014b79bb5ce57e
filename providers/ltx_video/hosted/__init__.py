"""LTX on the machines of services: orders as rows of fields, models, and what all of them do."""
