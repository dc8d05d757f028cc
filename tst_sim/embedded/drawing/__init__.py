"""The renderers of a live scene: our own rasteriser on the CPU, OpenGL on a GPU; one shading source, the same
frames."""
