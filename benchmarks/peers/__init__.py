"""Frames/s of the embedded engine beside other renderers: one mesh, the same poses, one core; see docs/peers.md."""
