"""The models tab: which models there are, installing and removing them."""
