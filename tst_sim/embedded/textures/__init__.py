"""Generated textures: what materials look like close up, and what pictures, screens and covers show.

`library.py` holds the layers by name, `choice.py` says which one a material has, `mapping.py` lays
it on triangles. Each layer is a detail around the material's color: a factor whose mean is 1 in
linear light, so that colors, light and whatever is computed from them stay what they are.
"""
