"""How a model came to be: a recipe, a fit, and a record of both."""
