// From the world to the picture, and what cannot be seen there: outside the frustum, or behind what is drawn.
#pragma once

#include "lanes.hpp"
#include "scene.hpp"

namespace TST_VARIANT {
namespace {

constexpr float GUARD = 2.0f;       // triangles are cut at this many times the picture's half width
constexpr float HIDING = 1.00001f;  // what hides something is nearer by this factor: more than rounding

struct Eye {
    const Camera& camera;
    float middle_x, middle_y;
    floats across[3], upward[3], forward[3];

    explicit Eye(const Camera& c) : camera(c), middle_x(c.middle[0]), middle_y(c.middle[1]) {
        for (int i = 0; i < 3; i++) {
            across[i] = all(c.rotation[i]);
            upward[i] = all(c.rotation[3 + i]);
            forward[i] = all(c.rotation[6 + i]);
        }
    }

    /// Camera space: right, up, forward.
    void turn(floats x, floats y, floats z, floats& right, floats& up, floats& depth) const {
        x -= camera.eye[0], y -= camera.eye[1], z -= camera.eye[2];
        right = across[0] * x + across[1] * y + across[2] * z;
        up = upward[0] * x + upward[1] * y + upward[2] * z;
        depth = forward[0] * x + forward[1] * y + forward[2] * z;
    }

    void turn(const float* world, float* result) const {
        float x = world[0] - camera.eye[0], y = world[1] - camera.eye[1], z = world[2] - camera.eye[2];
        for (int row = 0; row < 3; row++) {
            const float* r = camera.rotation + 3 * row;
            result[row] = r[0] * x + r[1] * y + r[2] * z;
        }
    }
};

enum Sight { UNSEEN, SEEN, CUT };  // CUT: some of it is too near or too far aside to be projected as it is

/// Where a box stands in the picture; UNSEEN only if none of it can be seen.
class Occlusion {
public:
    Occlusion(const Eye& eye, Canvas& canvas) : eye_(eye), canvas_(canvas) {
        const Camera& c = eye.camera;
        left_ = eye.middle_x / c.scale[0], right_ = (c.width - eye.middle_x) / c.scale[0];
        above_ = eye.middle_y / c.scale[1], below_ = (c.height - eye.middle_y) / c.scale[1];
    }

    Sight look(const float* low, const float* high) const {
        static const ints east = {0, -1, 0, -1, 0, -1, 0, -1}, up = {0, 0, -1, -1, 0, 0, -1, -1},
                          far = {0, 0, 0, 0, -1, -1, -1, -1};
        floats x, y, z;
        eye_.turn(chosen(east, all(high[0]), all(low[0])), chosen(up, all(high[1]), all(low[1])),
                  chosen(far, all(high[2]), all(low[2])), x, y, z);
        const Camera& c = eye_.camera;
        floats reach = c.orthographic ? all(1.0f) : z;
        if (every(z < c.near_m) || every(z > c.far_m) || every(x > reach * right_) || every(-x > reach * left_) ||
            every(y > reach * above_) || every(-y > reach * below_))
            return UNSEEN;
        if (!c.orthographic && bit_mask(z < c.near_m)) return CUT;
        floats per_depth = c.orthographic ? all(1.0f) : 1.0f / z;
        floats column = x * per_depth * c.scale[0] + eye_.middle_x, row = eye_.middle_y - y * per_depth * c.scale[1];
        float nearness = c.orthographic ? -least_of(z) : most_of(per_depth);
        float left = least_of(column), right = most_of(column), top = least_of(row), bottom = most_of(row);
        if (hidden(left, right, top, bottom, c.orthographic ? nearness + 1e-4f : nearness * HIDING)) return UNSEEN;
        float guard_x = (GUARD - 1) * 0.5f * c.width, guard_y = (GUARD - 1) * 0.5f * c.height;
        bool whole = left >= -guard_x && right <= c.width + guard_x && top >= -guard_y && bottom <= c.height + guard_y;
        return whole ? SEEN : CUT;
    }

private:
    static bool every(ints mask) { return bit_mask(mask) == 255; }

    bool hidden(float left, float right, float top, float bottom, float nearness) const {
        const Camera& c = eye_.camera;
        int first_x = (int)bounded(left - 1, 0.0f, c.width - 1.0f) / TILE;
        int last_x = (int)bounded(right + 1, 0.0f, c.width - 1.0f) / TILE;
        int first_y = (int)bounded(top - 1, 0.0f, c.height - 1.0f) / TILE;
        int last_y = (int)bounded(bottom + 1, 0.0f, c.height - 1.0f) / TILE;
        for (int y = first_y; y <= last_y; y++)
            for (int x = first_x; x <= last_x; x++)
                if (farthest(x, y) < nearness) return false;
        return true;
    }

    /// The least nearness of a tile's pixels, found again only where something was drawn since.
    float farthest(int x, int y) const {
        int tile = y * canvas_.tiles_across + x;
        if (canvas_.tile_changed[tile]) {
            const float* from = canvas_.nearness + (size_t)y * TILE * canvas_.stride + x * TILE;
            floats result = load<floats>(from);
            for (int row = 1; row < TILE; row++) result = lower(result, load<floats>(from + (size_t)row * canvas_.stride));
            canvas_.tile_farthest[tile] = least_of(result);
            canvas_.tile_changed[tile] = 0;
        }
        return canvas_.tile_farthest[tile];
    }

    const Eye& eye_;
    Canvas& canvas_;
    float left_, right_, above_, below_;
};

}  // namespace
}  // namespace TST_VARIANT
