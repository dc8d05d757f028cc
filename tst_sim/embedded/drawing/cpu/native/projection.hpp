// World to image, frustum culling, and occlusion culling by the farthest inverse depth of 8 x 8 tiles (a hierarchical
// depth buffer of one level; N. Greene et al., "Hierarchical Z-Buffer Visibility", 1993).
#pragma once

#include "lanes.hpp"
#include "scene.hpp"

namespace TST_VARIANT {
namespace {

constexpr float GUARD_BAND = 2.0f;       // triangles are cut at this many times the picture's half width
constexpr float OCCLUSION_MARGIN = 1.00001f;  // what hides something is nearer by this factor: more than rounding

struct ViewTransform {
    const Camera& camera;
    float middle_x, middle_y;
    floats across[3], upward[3], forward[3];

    explicit ViewTransform(const Camera& c) : camera(c), middle_x(c.principal_point[0]), middle_y(c.principal_point[1]) {
        for (int i = 0; i < 3; i++) {
            across[i] = splat(c.rotation[i]);
            upward[i] = splat(c.rotation[3 + i]);
            forward[i] = splat(c.rotation[6 + i]);
        }
    }

    /// Camera space: right, up, forward.
    void to_camera(floats x, floats y, floats z, floats& right, floats& up, floats& depth) const {
        x -= camera.eye[0], y -= camera.eye[1], z -= camera.eye[2];
        right = across[0] * x + across[1] * y + across[2] * z;
        up = upward[0] * x + upward[1] * y + upward[2] * z;
        depth = forward[0] * x + forward[1] * y + forward[2] * z;
    }

    void to_camera(const float* world, float* result) const {
        float x = world[0] - camera.eye[0], y = world[1] - camera.eye[1], z = world[2] - camera.eye[2];
        for (int row = 0; row < 3; row++) {
            const float* r = camera.rotation + 3 * row;
            result[row] = r[0] * x + r[1] * y + r[2] * z;
        }
    }
};

enum Visibility { HIDDEN, VISIBLE, CLIPPED };  // CLIPPED: some of it is too near or too far aside to be projected as it is

/// Where a box stands in the picture; HIDDEN only if none of it can be seen.
class Occlusion {
public:
    Occlusion(const ViewTransform& view, FrameBuffers& buffers) : view_(view), buffers_(buffers) {
        const Camera& c = view.camera;
        left_ = view.middle_x / c.pixels_per_unit[0], right_ = (c.width - view.middle_x) / c.pixels_per_unit[0];
        above_ = view.middle_y / c.pixels_per_unit[1], below_ = (c.height - view.middle_y) / c.pixels_per_unit[1];
    }

    Visibility test(const float* low, const float* high) const {
        static const ints east = {0, -1, 0, -1, 0, -1, 0, -1}, up = {0, 0, -1, -1, 0, 0, -1, -1},
                          far = {0, 0, 0, 0, -1, -1, -1, -1};
        floats x, y, z;
        view_.to_camera(select(east, splat(high[0]), splat(low[0])), select(up, splat(high[1]), splat(low[1])),
                  select(far, splat(high[2]), splat(low[2])), x, y, z);
        const Camera& c = view_.camera;
        floats extent_per_slope = c.orthographic ? splat(1.0f) : z;
        if (every(z < c.near_m) || every(z > c.far_m) || every(x > extent_per_slope * right_) || every(-x > extent_per_slope * left_) ||
            every(y > extent_per_slope * above_) || every(-y > extent_per_slope * below_))
            return HIDDEN;
        if (!c.orthographic && bit_mask(z < c.near_m)) return CLIPPED;
        floats per_depth = c.orthographic ? splat(1.0f) : 1.0f / z;
        floats column = x * per_depth * c.pixels_per_unit[0] + view_.middle_x, row = view_.middle_y - y * per_depth * c.pixels_per_unit[1];
        float inverse_depth = c.orthographic ? -min_lane(z) : max_lane(per_depth);
        float left = min_lane(column), right = max_lane(column), top = min_lane(row), bottom = max_lane(row);
        if (occluded(left, right, top, bottom, c.orthographic ? inverse_depth + 1e-4f : inverse_depth * OCCLUSION_MARGIN)) return HIDDEN;
        float guard_x = (GUARD_BAND - 1) * 0.5f * c.width, guard_y = (GUARD_BAND - 1) * 0.5f * c.height;
        bool whole = left >= -guard_x && right <= c.width + guard_x && top >= -guard_y && bottom <= c.height + guard_y;
        return whole ? VISIBLE : CLIPPED;
    }

private:
    static bool every(ints mask) { return bit_mask(mask) == 255; }

    bool occluded(float left, float right, float top, float bottom, float inverse_depth) const {
        const Camera& c = view_.camera;
        int first_x = (int)clamp(left - 1, 0.0f, c.width - 1.0f) / TILE;
        int last_x = (int)clamp(right + 1, 0.0f, c.width - 1.0f) / TILE;
        int first_y = (int)clamp(top - 1, 0.0f, c.height - 1.0f) / TILE;
        int last_y = (int)clamp(bottom + 1, 0.0f, c.height - 1.0f) / TILE;
        for (int y = first_y; y <= last_y; y++)
            for (int x = first_x; x <= last_x; x++)
                if (farthest(x, y) < inverse_depth) return false;
        return true;
    }

    /// The least inverse depth of a tile's pixels, found again only where something was drawn since.
    float farthest(int x, int y) const {
        int tile = y * buffers_.tiles_across + x;
        if (buffers_.tile_changed[tile]) {
            const float* from = buffers_.inverse_depth + (size_t)y * TILE * buffers_.stride + x * TILE;
            floats result = load<floats>(from);
            for (int row = 1; row < TILE; row++) result = vmin(result, load<floats>(from + (size_t)row * buffers_.stride));
            buffers_.tile_farthest[tile] = min_lane(result);
            buffers_.tile_changed[tile] = 0;
        }
        return buffers_.tile_farthest[tile];
    }

    const ViewTransform& view_;
    FrameBuffers& buffers_;
    float left_, right_, above_, below_;
};

}  // namespace
}  // namespace TST_VARIANT
