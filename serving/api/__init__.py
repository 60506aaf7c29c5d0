"""The JSON door, ``/v1``: types in and out, no rules of its own."""
