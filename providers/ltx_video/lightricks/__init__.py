"""LTX at its makers: the models and endpoints of the LTX API as tables, and the provider."""
