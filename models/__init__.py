"""What answers: scorers and matchers, their explanations, and the artefacts they are read from."""
