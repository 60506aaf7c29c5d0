"""How an offer reaches a person: e-mail, and the card image that goes with it."""
