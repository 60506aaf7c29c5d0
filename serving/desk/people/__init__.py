"""Who works here and who carries clarifications: accounts, lists, consent, standing and training."""
