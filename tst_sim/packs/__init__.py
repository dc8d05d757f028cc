"""Asset packs: meshes of the user's own for the assets that houses are furnished with.

A pack answers for an asset with drawn parts or with nothing; the first of the user's packs that
answers wins, and the built-in shapes answer for whatever is left. A pack changes what is drawn,
never where it stands: placement geometry, and so every house, is the same with any pack.
"""
