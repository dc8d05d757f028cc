// What a kernel sees of a house, and the memory it draws in: plain pointers, so that nothing the linker may share
// between variants is compiled with one variant's instructions.
#pragma once

#include <cstddef>
#include <cstdint>

constexpr int MAX_CLUSTER_TRIANGLES = 96;
constexpr int MAX_CLUSTER_VERTICES = 192;
constexpr int VALUES = 16;
constexpr int SUBPIXELS = 256;
constexpr int TILE = 8;
constexpr uint32_t RECORDS = 1024;

/// Interpolated over triangles (up to UV_Y), or the same at all corners of one. World space, linear.
enum Value {
    NORMAL_X, NORMAL_Y, NORMAL_Z, RED, GREEN, BLUE, LIGHT, CHART_X, CHART_Y, UV_X, UV_Y,
    FINISH, GLOSS, METAL, SLOPE_X, SLOPE_Y
};
constexpr int INTERPOLATED = FINISH;

struct Corner {
    float position[3];
    uint32_t label;
    float values[VALUES];
};

/// Triangles that lie together and face one way; vertices in columns, padded to whole vectors.
struct Cluster {
    float low[3], high[3];
    float axis[3], spread;  // all normals are within acos(spread) of the axis
    uint32_t first_vertex, vertices;
    uint32_t first_triangle, triangles;
};

struct Instance {
    float low[3], high[3];
    const Cluster* clusters;
    uint32_t count;
    const float *x, *y, *z;
    const uint32_t* vertex;  // of each column entry: its corner
    const uint8_t* places;   // three column entries a triangle, counted from its cluster's first
    const Corner* corners;
};

struct Camera {
    float rotation[9];  // rows: right, up, forward
    float eye[3];
    float scale[2];  // pixels per unit of slope or, orthographic, per metre
    float middle[2];  // where the optical axis meets the picture, pixels
    float near_m, far_m;
    float gain[3];
    bool orthographic;
    int width, height;
    uint8_t sky[3];
};

/// RGBA texels, 8 bits each; a layer's levels follow each other, each a quarter of the one before.
struct Surfaces {
    const uint32_t* texels;
    const int32_t* first_texel;  // by layer
    const uint8_t* varies;       // by layer: whether its texels differ
    int side, levels;
    const uint32_t* light_map;
    int light_width, light_height;
    const float* lamps;    // by room: x, y, z
    const float* mirrors;  // by room: below, at the sides, above
};

struct Drawn {
    const Corner* corners[3];
    float nearness[3];  // per pixel to the right, per pixel down, at the corner of the image
};

/// How the values of a triangle run over the picture: constant + depth (x gradient + y gradient + z gradient).
struct Record {
    const Drawn* drawn;
    bool bent, tinted, mapped, textured, dull;  // whether normals, colors, light map and texture vary; no gloss, no metal
    float baked[3];                             // where the light map does not vary: its roots, 0 to 255
    float normal[3];                            // where normals do not vary: in camera space, a unit long
    float x[VALUES], y[VALUES], z[VALUES], constant[VALUES];
};

struct Ordered {
    float distance;
    uint32_t instance;
};

struct Canvas {
    int stride, rows, tiles_across;  // rows and columns padded to whole tiles
    float* nearness;                 // 1 / depth or, orthographic, -depth
    uint32_t* winner;                // 1 + place in `drawn`; 0: nothing
    float* tile_farthest;
    uint8_t* tile_changed;
    Drawn* drawn;
    Ordered* order;
    Record* records;
    uint32_t* labels;
    float* blends;
    uint8_t* touched;
};

/// Null: not asked for.
struct Outputs {
    uint8_t* rgb;
    float* depth;
    float* normal;
    uint16_t* instance;
    uint8_t* semantic;
    bool antialias;
};

typedef void DrawFunction(const Instance*, uint32_t, const Surfaces&, const Camera&, Canvas&, const Outputs&);
typedef void SmoothFunction(uint8_t* rgb, const uint32_t* labels, int width, int height, float* blends, uint8_t* touched);

struct Kernel {
    const char* name;
    DrawFunction* draw;
    SmoothFunction* smooth;
};
