"""What paid renders cost: a table, a chart, and the caps, in a dialog of their own."""
