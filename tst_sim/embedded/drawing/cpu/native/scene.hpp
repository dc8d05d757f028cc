// Inputs and scratch buffers of the rasteriser, as plain pointers, so that nothing the linker may share
// between variants is compiled with one variant's instructions.
#pragma once

#include <cstddef>
#include <cstdint>

constexpr int MAX_CLUSTER_TRIANGLES = 96;
constexpr int MAX_CLUSTER_VERTICES = 192;
constexpr int ATTRIBUTES = 16;
constexpr int SUBPIXELS = 256;
constexpr int TILE = 8;
// Written once, in Python, and handed in by hatch_build.py.
constexpr float LIGHT_RANGE = TST_LIGHT_RANGE;    // lightmap and vertex light are roots of fractions of it
constexpr float FACTOR_RANGE = TST_FACTOR_RANGE;  // texels are roots of fractions of it
constexpr float UV_STEPS = TST_UV_STEPS;
constexpr int MAX_LAYERS = TST_MAX_LAYERS, MAX_ROOMS = TST_MAX_ROOMS;
static_assert(MAX_LAYERS == 1 << 7, "a power of two: LAYER_BITS");
constexpr int LAYER_BITS = 7;
constexpr uint32_t CACHED_SETUPS = 1024;  // direct-mapped by triangle id

/// Vertex attributes: interpolated over triangles (up to UV_Y), or flat (the same at all vertices of one). World space, linear.
enum Attribute {
    NORMAL_X, NORMAL_Y, NORMAL_Z, RED, GREEN, BLUE, LIGHT, CHART_X, CHART_Y, UV_X, UV_Y,
    LAYER_AND_ROOM, GLOSS, METAL, INVERSE_DEPTH_X, INVERSE_DEPTH_Y
};
constexpr int INTERPOLATED = LAYER_AND_ROOM;

struct Vertex {
    float position[3];
    uint32_t label;
    float values[ATTRIBUTES];
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
    const Vertex* corners;
};

/// A camera as Python packs it (camera.py, `CAMERA_PARAMS`).
struct CameraParams {
    float rotation[9];  // rows: right, up, forward
    float eye[3];
    float pixels_per_unit[2];  // pixels per unit of slope or, orthographic, per metre
    float principal_point[2];  // where the optical axis meets the image, pixels
    float near_m, far_m;
    float gain[3];
};
static_assert(sizeof(CameraParams) == 84, "as in camera.py");

struct Camera : CameraParams {
    bool orthographic;
    int width, height;
    uint8_t sky[3];
};

/// RGBA texels, 8 bits each; a layer's levels follow each other, each a quarter of the one before.
struct ShadingData {
    const uint32_t* texels;
    const int32_t* first_texel;  // by layer
    const uint8_t* varies;       // by layer: whether its texels differ
    int side, levels;
    const uint32_t* light_map;
    int light_width, light_height;
    const float* room_lights;    // by room: x, y, z
    const float* ambient_specular;  // by room: below, at the sides, above
};

struct VisibleTriangle {
    const Vertex* corners[3];
    float inverse_depth[3];  // per pixel to the right, per pixel down, at the corner of the image
};

/// Plane equations of a triangle's attributes over the image: constant + depth (x gradient + y gradient + z gradient).
struct TriangleSetup {
    const VisibleTriangle* triangle;
    bool normal_varies, color_varies, lightmap_varies, has_texture;
    bool is_matte;  // no gloss, no metal
    float baked[3];                             // where the light map does not vary: its roots, 0 to 255
    float normal[3];                            // where normals do not vary: in camera space, a unit long
    float x[ATTRIBUTES], y[ATTRIBUTES], z[ATTRIBUTES], constant[ATTRIBUTES];
};

struct DrawOrder {
    float distance;
    uint32_t instance;
};

struct FrameBuffers {
    int stride, rows, tiles_across;  // rows and columns padded to whole tiles
    float* inverse_depth;                 // 1 / depth or, orthographic, -depth
    uint32_t* triangle_id;                // 1 + place in `visible`; 0: nothing
    float* tile_farthest;
    uint8_t* tile_changed;
    VisibleTriangle* visible;
    DrawOrder* order;
    TriangleSetup* setups;
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

typedef void DrawFunction(const Instance*, uint32_t, const ShadingData&, const Camera&, FrameBuffers&, const Outputs&);
typedef void SmoothFunction(uint8_t* rgb, const uint32_t* labels, int width, int height, float* blends, uint8_t* touched);

struct Kernel {
    const char* name;
    DrawFunction* draw;
    SmoothFunction* smooth;
};
