"""Houses written for other programs: GLB, OBJ, floor plans."""
