"""Static light, baked once a house: `lighting.bake` is the entry.

`fast` estimates it from a distance field (estimated.py), `baked` traces it (traced.py), `none` leaves it out.
"""

LIGHTS = ("none", "fast", "baked")
"""The ways of lighting a house."""
