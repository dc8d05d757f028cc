"""The renderer on the CPU: our own rasteriser in C++ (`native/`), bound with pybind11."""
