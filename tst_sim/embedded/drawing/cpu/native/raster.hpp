// Visibility buffer: the triangle that each pixel shows, and its inverse depth. Coverage by edge functions in whole numbers
// (1/256 pixel; J. Pineda, "A Parallel Algorithm for Polygon Rasterization", 1988), so that
// neighbours share every edge exactly; depth comes from the triangle's plane.
#pragma once

#include "projection.hpp"

namespace TST_VARIANT {
namespace {

struct Point {
    float x, y, z;  // camera space
};

class Raster {
public:
    Raster(const ViewTransform& view, FrameBuffers& buffers) : view_(view), camera_(view.camera), buffers_(buffers), occlusion_(view, buffers) {
        // Beyond this many pixels, edges need more than 32 bits: they reach GUARD_BAND pictures by GUARD_BAND pictures.
        edges_fit_32_bits_ = (int64_t)camera_.width * camera_.height <= 1000000;
        nearest_ = camera_.orthographic ? -camera_.near_m : 1.0f / camera_.near_m;
        farthest_ = camera_.orthographic ? -camera_.far_m : 1.0f / camera_.far_m;
    }

    void draw(const Instance& instance) {
        if (occlusion_.test(instance.low, instance.high) == HIDDEN) return;
        for (uint32_t i = 0; i < instance.count; i++) {
            const Cluster& cluster = instance.clusters[i];
            if (turned_away(cluster)) continue;
            Visibility visibility = occlusion_.test(cluster.low, cluster.high);
            if (visibility != HIDDEN) draw(instance, cluster, visibility);
        }
    }

private:
    /// Whether all triangles of a cluster show their backs (Shirman and Abi-Ezzi, "The cone of normals", 1993).
    bool turned_away(const Cluster& cluster) const {
        if (cluster.spread <= 0) return false;
        float towards[3], radius = 0, length = 0, along = 0;
        for (int i = 0; i < 3; i++) {
            float half = 0.5f * (cluster.high[i] - cluster.low[i]);
            radius += half * half;
            towards[i] = camera_.orthographic ? camera_.rotation[6 + i]
                                              : 0.5f * (cluster.high[i] + cluster.low[i]) - camera_.eye[i];
            length += towards[i] * towards[i];
            along += towards[i] * cluster.axis[i];
        }
        if (camera_.orthographic) radius = 0;
        float sine = std::sqrt(max(0.0f, 1 - cluster.spread * cluster.spread));
        return along > std::sqrt(length) * (sine + 1e-4f) + std::sqrt(radius) * (1 + sine);
    }

    void draw(const Instance& instance, const Cluster& cluster, Visibility visibility) {
        for (uint32_t i = 0; i < cluster.vertices; i += LANES) {
            uint32_t at = cluster.first_vertex + i;
            floats right, up, depth;
            view_.to_camera(load<floats>(instance.x + at), load<floats>(instance.y + at), load<floats>(instance.z + at), right,
                      up, depth);
            store(right_ + i, right), store(up_ + i, up), store(depth_ + i, depth);
            if (visibility == VISIBLE) {
                ints column, row;
                snap(right, up, depth, column, row);
                store(column_ + i, column), store(row_ + i, row);
            }
        }
        const uint8_t* place = instance.places + 3 * (size_t)cluster.first_triangle;
        const uint32_t* vertex = instance.vertex + cluster.first_vertex;
        for (uint32_t i = 0; i < cluster.triangles; i++, place += 3) {
            bool drawn = visibility == VISIBLE ? draw_unclipped(place) : draw_clipped(place);
            if (!drawn) continue;
            VisibleTriangle& next = buffers_.visible[count_++];
            for (int k = 0; k < 3; k++) {
                next.corners[k] = instance.corners + vertex[place[k]];
                next.inverse_depth[k] = plane_[k];
            }
        }
    }

    void snap(floats right, floats up, floats depth, ints& column, ints& row) const {
        floats per_depth = camera_.orthographic ? splat(1.0f) : 1.0f / depth;
        column = nearest_ints((right * per_depth * camera_.pixels_per_unit[0] + view_.middle_x) * (float)SUBPIXELS);
        row = nearest_ints((view_.middle_y - up * per_depth * camera_.pixels_per_unit[1]) * (float)SUBPIXELS);
    }

    bool draw_unclipped(const uint8_t* place) {
        int x[3], y[3];
        for (int k = 0; k < 3; k++) x[k] = column_[place[k]], y[k] = row_[place[k]];
        if (!set_bounds(x, y)) return false;
        find_plane(place);
        return edges_fit_32_bits_ ? fill<int32_t>(x, y) : fill<int64_t>(x, y);
    }

    /// Finds the pixels that the triangle's box holds the centres of; false if there are none or it shows its back.
    bool set_bounds(const int* x, const int* y) {
        left_ = (min(min(x[0], x[1]), x[2]) + SUBPIXELS / 2 - 1) >> 8;
        right_edge_ = (max(max(x[0], x[1]), x[2]) - SUBPIXELS / 2) >> 8;
        top_ = (min(min(y[0], y[1]), y[2]) + SUBPIXELS / 2 - 1) >> 8;
        bottom_ = (max(max(y[0], y[1]), y[2]) - SUBPIXELS / 2) >> 8;
        left_ = max(left_, 0), right_edge_ = min(right_edge_, camera_.width - 1);
        top_ = max(top_, 0), bottom_ = min(bottom_, camera_.height - 1);
        if (left_ > right_edge_ || top_ > bottom_) return false;
        return (int64_t)(x[1] - x[0]) * (y[2] - y[0]) - (int64_t)(x[2] - x[0]) * (y[1] - y[0]) > 0;
    }

    /// 1 / depth (orthographic: -depth) of the triangle's plane, which is linear in the picture.
    void find_plane(const uint8_t* place) {
        Point p[3];
        for (int k = 0; k < 3; k++) p[k] = {right_[place[k]], up_[place[k]], depth_[place[k]]};
        float ax = p[1].x - p[0].x, ay = p[1].y - p[0].y, az = p[1].z - p[0].z;
        float bx = p[2].x - p[0].x, by = p[2].y - p[0].y, bz = p[2].z - p[0].z;
        float nx = ay * bz - az * by, ny = az * bx - ax * bz, nz = ax * by - ay * bx;
        float offset = nx * p[0].x + ny * p[0].y + nz * p[0].z;
        float along_x = nx / camera_.pixels_per_unit[0], along_y = -ny / camera_.pixels_per_unit[1];
        float corner = nz, divisor = offset;
        if (camera_.orthographic) corner = -offset, divisor = nz;
        if (divisor == 0) divisor = 1e-30f;
        find_range(p);
        plane_[0] = along_x / divisor, plane_[1] = along_y / divisor;
        plane_[2] = (corner - along_x * view_.middle_x - along_y * view_.middle_y) / divisor;
    }

    /// No pixel is nearer or farther than the corners: of triangles seen edge-on, the plane alone would say so.
    void find_range(const Point* p) {
        float near = min(min(p[0].z, p[1].z), p[2].z), far = max(max(p[0].z, p[1].z), p[2].z);
        if (camera_.orthographic) {
            nearest_corner_ = -near, farthest_corner_ = -far;
        } else {
            nearest_corner_ = near > 0 ? 1 / near : 1e30f, farthest_corner_ = near > 0 ? 1 / far : 0.0f;
        }
    }

    struct Edge {
        int32_t right, down;  // steps a pixel
        int64_t start;        // at the centre of the first vector's first pixel in the top row, 1/256 of it
    };

    Edge edge(int x0, int y0, int x1, int y1, int first) const {
        int32_t right = y0 - y1, down = x1 - x0;
        bool inclusive = right > 0 || (right == 0 && down > 0);
        int64_t px = (int64_t)first * SUBPIXELS + SUBPIXELS / 2 - x0;
        int64_t py = (int64_t)top_ * SUBPIXELS + SUBPIXELS / 2 - y0;
        return {right, down, (right * px + down * py - !inclusive) >> 8};
    }

    static int32_t clamped_to_int32(int32_t value) { return value; }
    static int32_t clamped_to_int32(int64_t value) { return (int32_t)clamp<int64_t>(value, -(1 << 30), 1 << 30); }

    /// Draws what is nearer than what is there; whether any pixel was.
    template <typename Whole>
    bool fill(const int* x, const int* y) {
        // Narrow triangles are one vector wide wherever they begin; but none may reach into the next row.
        const bool narrow = right_edge_ - left_ < LANES && left_ + LANES <= buffers_.stride;
        const int first = narrow ? left_ : left_ & ~(LANES - 1);
        const Edge edges[3] = {edge(x[0], y[0], x[1], y[1], first), edge(x[1], y[1], x[2], y[2], first),
                               edge(x[2], y[2], x[0], y[0], first)};
        Whole row_start[3];
        ints lanes[3];
        for (int k = 0; k < 3; k++) {
            row_start[k] = (Whole)edges[k].start;
            lanes[k] = edges[k].right * COUNTING;
        }
        const ints id = splat((int32_t)count_ + 1);
        const floats across = plane_[0] * (as_floats(COUNTING) + 0.5f), near = splat(nearest_corner_), far = splat(farthest_corner_);
        const bool clipped = nearest_corner_ > nearest_ || farthest_corner_ < farthest_;
        unsigned any = 0;
        for (int row = top_; row <= bottom_; row++) {
            Whole at[3] = {row_start[0], row_start[1], row_start[2]};
            const float base = plane_[1] * (row + 0.5f) + plane_[2];
            const size_t start = (size_t)row * buffers_.stride;
            for (int column = first; column <= right_edge_; column += LANES) {
                ints outside = (clamped_to_int32(at[0]) + lanes[0]) | (clamped_to_int32(at[1]) + lanes[1]) | (clamped_to_int32(at[2]) + lanes[2]);
                for (int k = 0; k < 3; k++) at[k] += LANES * edges[k].right;
                if (bit_mask(outside) == 255) continue;
                float* inverse_depth = buffers_.inverse_depth + start + column;
                floats here = (base + plane_[0] * (float)column) + across, there = load<floats>(inverse_depth);
                here = vmin(vmax(here, far), near);
                ints shown = (~outside >> 31) & (here > there);
                if (clipped) shown &= (here <= nearest_) & (here >= farthest_);
                unsigned mask = bit_mask(shown);
                if (!mask) continue;
                uint32_t* triangle_id = buffers_.triangle_id + start + column;
                store(inverse_depth, select(shown, here, there));
                store(triangle_id, select(shown, id, load<ints>(triangle_id)));
                uint8_t* changed = buffers_.tile_changed + (row / TILE) * buffers_.tiles_across;
                changed[column / TILE] = changed[(column + LANES - 1) / TILE] = 1;
                any |= mask;
            }
            for (int k = 0; k < 3; k++) row_start[k] += edges[k].down;
        }
        return any != 0;
    }

    /// A triangle that reaches behind the eye or far aside: cut to what can be projected.
    bool draw_clipped(const uint8_t* place) {
        Point corners[2][9];
        int count = 3;
        for (int k = 0; k < 3; k++) corners[0][k] = {right_[place[k]], up_[place[k]], depth_[place[k]]};
        Point *from = corners[0], *to = corners[1];
        float margin_x = (GUARD_BAND - 1) * 0.5f * camera_.width, margin_y = (GUARD_BAND - 1) * 0.5f * camera_.height;
        float left = (view_.middle_x + margin_x) / camera_.pixels_per_unit[0], above = (view_.middle_y + margin_y) / camera_.pixels_per_unit[1];
        float right = (camera_.width - view_.middle_x + margin_x) / camera_.pixels_per_unit[0];
        float below = (camera_.height - view_.middle_y + margin_y) / camera_.pixels_per_unit[1];
        float slope = camera_.orthographic ? 0.0f : 1.0f, flat = 1.0f - slope;
        const float planes[5][4] = {{0, 0, 1, camera_.orthographic ? 1e30f : -0.5f * camera_.near_m},
                                    {1, 0, slope * left, flat * left},
                                    {-1, 0, slope * right, flat * right},
                                    {0, 1, slope * below, flat * below},
                                    {0, -1, slope * above, flat * above}};
        for (const float* plane : planes) {
            count = clip(from, count, plane, to);
            Point* swapped = from;
            from = to, to = swapped;
        }
        if (count < 3) return false;
        find_plane(place);
        return fan(from, count);
    }

    /// What of a convex polygon is on the positive side of x a + y b + z c + d.
    static int clip(const Point* from, int count, const float* plane, Point* to) {
        int kept_count = 0;
        for (int k = 0; k < count; k++) {
            const Point &here = from[k], &next = from[(k + 1) % count];
            float a = side(here, plane), b = side(next, plane);
            if (a >= 0) to[kept_count++] = here;
            if ((a >= 0) != (b >= 0)) to[kept_count++] = a >= 0 ? crossing(here, next, a, b) : crossing(next, here, b, a);
        }
        return kept_count;
    }

    static float side(const Point& p, const float* plane) {
        return p.x * plane[0] + p.y * plane[1] + p.z * plane[2] + plane[3];
    }

    /// Always from the inner end, so that both triangles at an edge cut it at the same point.
    static Point crossing(const Point& in, const Point& out, float a, float b) {
        float fraction = a / (a - b);
        return {in.x + (out.x - in.x) * fraction, in.y + (out.y - in.y) * fraction, in.z + (out.z - in.z) * fraction};
    }

    bool fan(const Point* corners, int count) {
        int columns[9], rows[9];
        for (int k = 0; k < count; k++) {
            ints column, row;
            snap(splat(corners[k].x), splat(corners[k].y), splat(corners[k].z), column, row);
            columns[k] = column[0], rows[k] = row[0];
        }
        bool drawn = false;
        for (int k = 2; k < count; k++) {
            int x[3] = {columns[0], columns[k - 1], columns[k]}, y[3] = {rows[0], rows[k - 1], rows[k]};
            if (set_bounds(x, y)) drawn |= edges_fit_32_bits_ ? fill<int32_t>(x, y) : fill<int64_t>(x, y);
        }
        return drawn;
    }

    const ViewTransform& view_;
    const Camera& camera_;
    FrameBuffers& buffers_;
    Occlusion occlusion_;
    bool edges_fit_32_bits_;
    float nearest_, farthest_;
    uint32_t count_ = 0;
    int left_, right_edge_, top_, bottom_;
    float plane_[3], nearest_corner_, farthest_corner_;
    alignas(32) float right_[MAX_CLUSTER_VERTICES], up_[MAX_CLUSTER_VERTICES], depth_[MAX_CLUSTER_VERTICES];
    alignas(32) int32_t column_[MAX_CLUSTER_VERTICES], row_[MAX_CLUSTER_VERTICES];
};

}  // namespace
}  // namespace TST_VARIANT
