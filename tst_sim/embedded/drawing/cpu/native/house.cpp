#include "house.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace {

float squared(uint8_t root) { return (root / 255.0f) * (root / 255.0f); }

Vertex unpacked(const PackedVertex& vertex) {
    Vertex corner{};
    float lit[3], *values = corner.values;
    for (int i = 0; i < 3; i++) {
        corner.position[i] = vertex.position[i];
        values[NORMAL_X + i] = vertex.normal[i] / 32767.0f;
        lit[i] = squared(vertex.light[i]) * LIGHT_RANGE;
        values[RED + i] = squared(vertex.albedo[i]) * lit[i];
    }
    values[LIGHT] = 0.3f * lit[0] + 0.6f * lit[1] + 0.1f * lit[2];
    for (int i = 0; i < 2; i++) {
        values[CHART_X + i] = vertex.chart[i] / 65535.0f;
        values[UV_X + i] = vertex.uv[i] / UV_STEPS;
    }
    values[LAYER_AND_ROOM] = vertex.layer_and_room;
    values[GLOSS] = vertex.gloss / 255.0f;
    values[METAL] = vertex.metal / 255.0f;
    corner.label = vertex.label[0] | (uint32_t)vertex.label[1] << 16;
    return corner;
}

struct Face {
    float centroid[3], normal[3];
};

Face face_of(const std::vector<Vertex>& corners, const uint32_t* triangle) {
    const float *p = corners[triangle[0]].position, *q = corners[triangle[1]].position, *r = corners[triangle[2]].position;
    Face face{};
    float a[3], b[3];
    for (int i = 0; i < 3; i++) {
        face.centroid[i] = (p[i] + q[i] + r[i]) / 3;
        a[i] = q[i] - p[i], b[i] = r[i] - p[i];
    }
    float length = 0;
    for (int i = 0; i < 3; i++) {
        int j = (i + 1) % 3, k = (i + 2) % 3;
        face.normal[i] = a[j] * b[k] - a[k] * b[j];
        length += face.normal[i] * face.normal[i];
    }
    length = std::sqrt(length);
    for (float& value : face.normal) value = length > 0 ? value / length : 0;
    return face;
}

/// Which of the cube's six sides a normal points to.
int side_of(const Face& face) {
    int axis = 0;
    for (int i = 1; i < 3; i++)
        if (std::fabs(face.normal[i]) > std::fabs(face.normal[axis])) axis = i;
    return 2 * axis + (face.normal[axis] < 0);
}

/// Halves a range of triangles along the longer side of their middles until every part fits a cluster.
void split(const std::vector<Face>& faces, std::vector<uint32_t>& order, size_t first, size_t end, std::vector<size_t>& ends) {
    if (end - first <= MAX_CLUSTER_TRIANGLES) {
        if (end > first) ends.push_back(end);
        return;
    }
    int longest = 0;
    float length = -1;
    for (int i = 0; i < 3; i++) {
        float low = 1e30f, high = -1e30f;
        for (size_t k = first; k < end; k++) {
            low = std::min(low, faces[order[k]].centroid[i]);
            high = std::max(high, faces[order[k]].centroid[i]);
        }
        if (high - low > length) length = high - low, longest = i;
    }
    size_t half = (first + end) / 2;
    auto before = [&](uint32_t a, uint32_t b) {
        float x = faces[a].centroid[longest], y = faces[b].centroid[longest];
        return x < y || (x == y && a < b);
    };
    std::nth_element(order.begin() + first, order.begin() + half, order.begin() + end, before);
    split(faces, order, first, half, ends);
    split(faces, order, half, end, ends);
}

}  // namespace

InstanceGeometry::InstanceGeometry(const PackedVertex* vertices, size_t vertex_count, const uint32_t* triangles, size_t triangle_count) {
    corners_.reserve(vertex_count);
    for (size_t i = 0; i < vertex_count; i++) corners_.push_back(unpacked(vertices[i]));
    std::vector<Face> faces(triangle_count);
    for (size_t i = 0; i < triangle_count; i++) faces[i] = face_of(corners_, triangles + 3 * i);
    std::vector<uint32_t> order(triangle_count);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return side_of(faces[a]) < side_of(faces[b]); });
    std::vector<size_t> ends;
    for (size_t first = 0; first < triangle_count;) {
        size_t end = first;
        while (end < triangle_count && side_of(faces[order[end]]) == side_of(faces[order[first]])) end++;
        split(faces, order, first, end, ends);
        first = end;
    }
    size_t first = 0;
    for (size_t end : ends) {
        std::sort(order.begin() + first, order.begin() + end);
        add_cluster(triangles, order, first, end);
        first = end;
    }
}

void InstanceGeometry::add_cluster(const uint32_t* triangles, const std::vector<uint32_t>& chosen, size_t first, size_t end) {
    std::vector<uint32_t> used;
    for (size_t i = first; i < end; i++) used.insert(used.end(), triangles + 3 * chosen[i], triangles + 3 * chosen[i] + 3);
    std::sort(used.begin(), used.end());
    used.erase(std::unique(used.begin(), used.end()), used.end());
    if (used.size() > MAX_CLUSTER_VERTICES) {
        size_t half = (first + end) / 2;
        add_cluster(triangles, chosen, first, half);
        add_cluster(triangles, chosen, half, end);
        return;
    }
    Cluster cluster{};
    cluster.first_vertex = (uint32_t)x_.size(), cluster.vertices = (uint32_t)used.size();
    cluster.first_triangle = (uint32_t)(places_.size() / 3), cluster.triangles = (uint32_t)(end - first);
    for (size_t i = first; i < end; i++)
        for (int k = 0; k < 3; k++) {
            auto found = std::lower_bound(used.begin(), used.end(), triangles[3 * chosen[i] + k]);
            places_.push_back((uint8_t)(found - used.begin()));
        }
    while (used.size() % 8) used.push_back(used.back());
    for (uint32_t number : used) {
        const float* position = corners_[number].position;
        x_.push_back(position[0]), y_.push_back(position[1]), z_.push_back(position[2]);
        vertex_.push_back(number);
    }
    bound(cluster);
    clusters_.push_back(cluster);
}

/// Box of the vertices and cone of the triangles' own normals, not of the smooth ones.
void InstanceGeometry::bound(Cluster& cluster) const {
    const std::vector<float>* columns[3] = {&x_, &y_, &z_};
    for (int i = 0; i < 3; i++) {
        auto begin = columns[i]->begin() + cluster.first_vertex;
        auto ends = std::minmax_element(begin, begin + cluster.vertices);
        cluster.low[i] = *ends.first, cluster.high[i] = *ends.second;
    }
    std::vector<Face> faces;
    for (uint32_t i = 0; i < cluster.triangles; i++) {
        const uint8_t* place = &places_[3 * (cluster.first_triangle + i)];
        uint32_t triangle[3];
        for (int k = 0; k < 3; k++) triangle[k] = vertex_[cluster.first_vertex + place[k]];
        Face face = face_of(corners_, triangle);
        if (face.normal[0] != 0 || face.normal[1] != 0 || face.normal[2] != 0) faces.push_back(face);
    }
    float sum[3] = {}, length = 0;
    for (const Face& face : faces)
        for (int i = 0; i < 3; i++) sum[i] += face.normal[i];
    for (float value : sum) length += value * value;
    length = std::sqrt(length);
    cluster.spread = length > 0 ? 1.0f : 0.0f;
    for (int i = 0; i < 3; i++) cluster.axis[i] = length > 0 ? sum[i] / length : 0;
    for (const Face& face : faces) {
        float cosine = 0;
        for (int i = 0; i < 3; i++) cosine += face.normal[i] * cluster.axis[i];
        cluster.spread = std::min(cluster.spread, cosine);
    }
    if (cluster.spread < 0) cluster.spread = 0;
}

Instance InstanceGeometry::instance() const {
    Instance result{};
    for (int i = 0; i < 3; i++) {
        result.low[i] = 1e30f, result.high[i] = -1e30f;
        for (const Cluster& cluster : clusters_) {
            result.low[i] = std::min(result.low[i], cluster.low[i]);
            result.high[i] = std::max(result.high[i], cluster.high[i]);
        }
    }
    result.clusters = clusters_.data(), result.count = (uint32_t)clusters_.size();
    result.x = x_.data(), result.y = y_.data(), result.z = z_.data();
    result.vertex = vertex_.data(), result.places = places_.data(), result.corners = corners_.data();
    return result;
}
