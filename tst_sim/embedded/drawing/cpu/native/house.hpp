// A house as the rasteriser draws it: each instance's triangles in clusters that can be left out as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "scene.hpp"

/// A vertex as Python packs it (vertices.py, `VERTEX`).
struct PackedVertex {
    float position[3];
    int16_t normal[3], layer_and_room;
    uint8_t albedo[3], gloss, light[3], metal;
    uint16_t chart[2];
    int16_t uv[2];
    uint16_t label[2];
};
static_assert(sizeof(PackedVertex) == 40, "as in vertices.py");

/// One instance's own memory behind an `Instance`.
class InstanceGeometry {
public:
    InstanceGeometry() = default;
    /// Triangles must name vertices that exist.
    InstanceGeometry(const PackedVertex* vertices, size_t vertex_count, const uint32_t* triangles, size_t triangle_count);
    Instance instance() const;
    size_t triangles() const { return places_.size() / 3; }

private:
    void add_cluster(const uint32_t* triangles, const std::vector<uint32_t>& chosen, size_t first, size_t end);
    void bound(Cluster& cluster) const;

    std::vector<Vertex> corners_;
    std::vector<Cluster> clusters_;
    std::vector<float> x_, y_, z_;
    std::vector<uint32_t> vertex_;
    std::vector<uint8_t> places_;
};
