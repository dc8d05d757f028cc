"""Light that does not move, baked once a house: `lighting.bake` is the door.

`fast` estimates it from a distance field (room_light.py); `baked` traces it (the files around path_light.py).
"""
