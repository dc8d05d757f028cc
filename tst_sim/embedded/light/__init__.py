"""Light that does not move, baked once a house: `lighting.bake` is the door.

`fast` estimates it from a distance field (estimated.py), `baked` traces it (traced.py), `none` leaves it out.
"""

LIGHTS = ("none", "fast", "baked")
"""The ways of lighting a house."""
