"""GLSL sources, read with `importlib.resources`."""
