// As much of GLSL as `shading.glsl` needs, eight pixels at a time: the GPU and the CPU compile the same source.
#pragma once

#include "lanes.hpp"

namespace TST_VARIANT {
namespace {

struct Float8 {
    floats v;
    Float8() = default;
    Float8(floats values) : v(values) {}
    Float8(double value) : v(splat((float)value)) {}
    friend Float8 operator+(Float8 a, Float8 b) { return a.v + b.v; }
    friend Float8 operator-(Float8 a, Float8 b) { return a.v - b.v; }
    friend Float8 operator*(Float8 a, Float8 b) { return a.v * b.v; }
    friend Float8 operator/(Float8 a, Float8 b) { return a.v / b.v; }
    Float8& operator*=(Float8 other) { v *= other.v; return *this; }
};

TST_INLINE Float8 inversesqrt(Float8 a) { return inverse_root(a.v); }
TST_INLINE Float8 sqrt(Float8 a) { return a.v * inverse_root(vmax(a.v, splat(1e-20f))); }
TST_INLINE Float8 max(Float8 a, Float8 b) { return vmax(a.v, b.v); }
TST_INLINE Float8 min(Float8 a, Float8 b) { return vmin(a.v, b.v); }
TST_INLINE Float8 clamp(Float8 a, Float8 low, Float8 high) { return min(max(a, low), high); }
TST_INLINE Float8 mix(Float8 a, Float8 b, Float8 weight) { return a + (b - a) * weight; }

struct vec3 {
    Float8 x, y, z;
    vec3() = default;
    vec3(Float8 every) : x(every), y(every), z(every) {}
    vec3(double every) : vec3(Float8(every)) {}
    vec3(Float8 x_, Float8 y_, Float8 z_) : x(x_), y(y_), z(z_) {}
    friend vec3 operator+(vec3 a, vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
    friend vec3 operator-(vec3 a, vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
    friend vec3 operator*(vec3 a, vec3 b) { return {a.x * b.x, a.y * b.y, a.z * b.z}; }
    friend vec3 operator/(vec3 a, vec3 b) { return {a.x / b.x, a.y / b.y, a.z / b.z}; }
};

TST_INLINE vec3 sqrt(vec3 a) { return {sqrt(a.x), sqrt(a.y), sqrt(a.z)}; }
TST_INLINE Float8 dot(vec3 a, vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

#define float Float8
#include "../../shading.glsl"
#undef float

}  // namespace
}  // namespace TST_VARIANT
