"""Drawing a live_scene: on the CPU by our own rasteriser, or on a GPU; one source of shading, the same frames."""
