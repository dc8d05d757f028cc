"""The renderer on OpenGL, for GPUs."""
