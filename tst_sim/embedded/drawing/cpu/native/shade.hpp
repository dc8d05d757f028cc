// Deferred shading: colors, normals and labels of the triangle that each pixel shows, each pixel once.
#pragma once

#include "projection.hpp"
#include "textures.hpp"

namespace TST_VARIANT {
namespace {

/// Interpolated attributes of eight pixels, the square of the texture step from pixel to pixel, and flags: which vary.
struct Pixels {
    floats values[ATTRIBUTES];
    floats footprint;
    floats baked[3];
    vec3 normal;
    bool lightmap_varies, has_texture, is_matte;
};

class Shader {
public:
    Shader(const ViewTransform& view, const ShadingData& shading, FrameBuffers& buffers, const Outputs& outputs)
        : view_(view), camera_(view.camera), shading_(shading), buffers_(buffers), outputs_(outputs) {
        for (uint32_t i = 0; i < CACHED_SETUPS; i++) buffers.setups[i].triangle = nullptr;
        for (int i = 0; i < 3; i++) up_[i] = camera_.rotation[3 * i + 1];
        units_per_pixel_x_ = 1 / camera_.pixels_per_unit[0];
    }

    void row(int y) {
        const size_t start = (size_t)y * buffers_.stride;
        for (int x = 0; x < camera_.width; x += LANES) {
            ints triangle_id = load<ints>(buffers_.triangle_id + start + x);
            unsigned shown = bit_mask(triangle_id != 0);
            int count = min(LANES, camera_.width - x);
            floats inverse_depth = load<floats>(buffers_.inverse_depth + start + x);
            floats depth = camera_.orthographic ? -inverse_depth : 1.0f / inverse_depth;
            write(x, y, count, triangle_id, shown, depth);
        }
    }

private:
    void write(int x, int y, int count, ints triangle_id, unsigned shown, floats depth) {
        const size_t at = (size_t)y * camera_.width + x;
        if (outputs_.depth) store_row(outputs_.depth + at, count, select(triangle_id != 0, depth, splat(0.0f)));
        if (buffers_.labels) write_labels(x, y, count, triangle_id);
        if (!outputs_.rgb && !outputs_.normal) return;
        if (!shown) return write_nothing(at, count);
        floats slope_x = (as_floats(COUNTING + x) + (0.5f - view_.middle_x)) * units_per_pixel_x_;
        float slope_y = (view_.middle_y - (y + 0.5f)) / camera_.pixels_per_unit[1];
        Pixels pixels = interpolate_pixels(triangle_id, shown, depth, slope_x, slope_y);
        const vec3& normal = pixels.normal;
        ints there = triangle_id != 0;
        if (outputs_.normal) write_normals(at, count, there, normal);
        if (outputs_.rgb) write_colors(at, count, there, color(pixels, normal, depth, slope_x, slope_y));
    }

    /// Triangles differ from pixel to pixel at most at edges: each is evaluated for all eight.
    Pixels interpolate_pixels(ints triangle_id, unsigned shown, floats depth, floats slope_x, float slope_y) {
        uint32_t id = (uint32_t)triangle_id[__builtin_ctz(shown)];
        ints mine = triangle_id == (int32_t)id;
        Pixels result;
        interpolate(result, setup_of(buffers_.visible[id - 1]), depth, slope_x, slope_y);
        for (shown &= ~bit_mask(mine); shown; shown &= ~bit_mask(mine)) {
            id = (uint32_t)triangle_id[__builtin_ctz(shown)];
            mine = triangle_id == (int32_t)id;
            Pixels pixels;
            interpolate(pixels, setup_of(buffers_.visible[id - 1]), depth, slope_x, slope_y);
            merge(result, pixels, mine);
        }
        return result;
    }

    /// From the world to camera space (right, up, towards the viewer), a unit long.
    vec3 normal_to_camera(floats x, floats y, floats z) const {
        const float* r = camera_.rotation;
        vec3 normal(x * r[0] + y * r[1] + z * r[2], x * r[3] + y * r[4] + z * r[5], x * -r[6] + y * -r[7] + z * -r[8]);
        return normal * vec3(inversesqrt(dot(normal, normal)));
    }

    static void merge(Pixels& result, const Pixels& pixels, ints mine) {
        for (int k = RED; k < INVERSE_DEPTH_X; k++) result.values[k] = select(mine, pixels.values[k], result.values[k]);
        result.normal = {select(mine, pixels.normal.x.v, result.normal.x.v), select(mine, pixels.normal.y.v, result.normal.y.v),
                         select(mine, pixels.normal.z.v, result.normal.z.v)};
        for (int k = 0; k < 3; k++) result.baked[k] = select(mine, pixels.baked[k], result.baked[k]);
        result.footprint = select(mine, pixels.footprint, result.footprint);
        result.lightmap_varies |= pixels.lightmap_varies, result.has_texture |= pixels.has_texture, result.is_matte &= pixels.is_matte;
    }

    void interpolate(Pixels& pixels, const TriangleSetup& setup, floats depth, floats slope_x, float slope_y) const {
        alignas(32) float row[ATTRIBUTES];
        for (int k = 0; k < ATTRIBUTES; k += LANES) {
            floats down = load<floats>(setup.y + k) * slope_y;
            if (camera_.orthographic)
                down += load<floats>(setup.constant + k);
            else
                down += load<floats>(setup.z + k);
            store(row + k, down);
        }
        auto over = [&](int first, int end, bool varies) {
            for (int k = first; k < end; k++) {
                if (!varies)
                    pixels.values[k] = splat(setup.constant[k]);
                else if (camera_.orthographic)
                    pixels.values[k] = row[k] + setup.x[k] * slope_x + setup.z[k] * depth;
                else
                    pixels.values[k] = setup.constant[k] + depth * (setup.x[k] * slope_x + row[k]);
            }
        };
        if (setup.normal_varies) {
            over(NORMAL_X, RED, true);
            pixels.normal = normal_to_camera(pixels.values[NORMAL_X], pixels.values[NORMAL_Y], pixels.values[NORMAL_Z]);
        } else {
            pixels.normal = {splat(setup.normal[0]), splat(setup.normal[1]), splat(setup.normal[2])};
        }
        over(RED, CHART_X, setup.color_varies);
        over(CHART_X, UV_X, setup.lightmap_varies);
        over(UV_X, LAYER_AND_ROOM, setup.has_texture);
        over(LAYER_AND_ROOM, INVERSE_DEPTH_X, false);
        pixels.footprint = splat(0.0f);
        if (setup.has_texture)
            pixels.footprint = vmax(footprint(setup, depth, pixels, INVERSE_DEPTH_X), footprint(setup, depth, pixels, INVERSE_DEPTH_Y));
        for (int k = 0; k < 3; k++) pixels.baked[k] = splat(setup.baked[k]);
        pixels.lightmap_varies = setup.lightmap_varies, pixels.has_texture = setup.has_texture, pixels.is_matte = setup.is_matte;
    }

    /// Square of how far the texture moves in a step of one pixel to the right or down.
    floats footprint(const TriangleSetup& setup, floats depth, const Pixels& pixels, int direction) const {
        const float* gradient = direction == INVERSE_DEPTH_X ? setup.x : setup.y;
        float scale = direction == INVERSE_DEPTH_X ? 1 / camera_.pixels_per_unit[0] : -1 / camera_.pixels_per_unit[1];
        float step = setup.constant[direction];  // of 1 / depth or, orthographic, of -depth
        floats result{};
        for (int k = UV_X; k <= UV_Y; k++) {
            floats moved = camera_.orthographic
                               ? splat(gradient[k] * scale - setup.z[k] * step)
                               : depth * (gradient[k] * scale - step * (pixels.values[k] - setup.constant[k]));
            result += moved * moved;
        }
        return result;
    }

    const TriangleSetup& setup_of(const VisibleTriangle& triangle) {
        TriangleSetup& setup = buffers_.setups[(uint32_t)(&triangle - buffers_.visible) % CACHED_SETUPS];
        if (setup.triangle != &triangle) set_up(setup, triangle);
        return setup;
    }

    /// Gradients of the values over the triangle's plane in camera space (right, up, forward).
    void set_up(TriangleSetup& setup, const VisibleTriangle& triangle) const {
        float p[3][3], a[3], b[3], n[3], ga[3], gb[3];
        for (int k = 0; k < 3; k++) view_.to_camera(triangle.corners[k]->position, p[k]);
        for (int i = 0; i < 3; i++) a[i] = p[1][i] - p[0][i], b[i] = p[2][i] - p[0][i];
        cross(a, b, n), cross(b, n, ga), cross(n, a, gb);
        float square = 1 / max(n[0] * n[0] + n[1] * n[1] + n[2] * n[2], 1e-30f);
        for (int k = 0; k < ATTRIBUTES; k += LANES) {
            floats first = load<floats>(triangle.corners[0]->values + k), constant = first;
            floats to_a = (load<floats>(triangle.corners[1]->values + k) - first) * square;
            floats to_b = (load<floats>(triangle.corners[2]->values + k) - first) * square;
            float* gradients[3] = {setup.x + k, setup.y + k, setup.z + k};
            for (int i = 0; i < 3; i++) {
                floats gradient = ga[i] * to_a + gb[i] * to_b;
                store(gradients[i], gradient);
                constant -= gradient * p[0][i];
            }
            store(setup.constant + k, constant);
        }
        for (int k = INTERPOLATED; k < ATTRIBUTES; k++) {
            setup.x[k] = setup.y[k] = setup.z[k] = 0;
            setup.constant[k] = triangle.corners[2]->values[k];
        }
        setup.constant[INVERSE_DEPTH_X] = triangle.inverse_depth[0], setup.constant[INVERSE_DEPTH_Y] = triangle.inverse_depth[1];
        find_constant_attributes(setup, triangle);
        setup.triangle = &triangle;
    }

    /// Flags the attributes that vary over a triangle; the others are those of its last vertex.
    void find_constant_attributes(TriangleSetup& setup, const VisibleTriangle& triangle) const {
        auto varies = [&](int first, int end) {
            const float* values[3];
            for (int i = 0; i < 3; i++) values[i] = triangle.corners[i]->values;
            for (int k = first; k < end; k++)
                if (values[0][k] != values[2][k] || values[1][k] != values[2][k]) return true;
            for (int k = first; k < end; k++) setup.constant[k] = values[2][k];
            return false;
        };
        setup.normal_varies = varies(NORMAL_X, RED), setup.color_varies = varies(RED, CHART_X), setup.lightmap_varies = varies(CHART_X, UV_X);
        setup.has_texture = shading_.varies[(int)setup.constant[LAYER_AND_ROOM] & (MAX_LAYERS - 1)];
        vec3 normal = normal_to_camera(splat(setup.constant[NORMAL_X]), splat(setup.constant[NORMAL_Y]), splat(setup.constant[NORMAL_Z]));
        setup.normal[0] = normal.x.v[0], setup.normal[1] = normal.y.v[0], setup.normal[2] = normal.z.v[0];
        setup.is_matte = setup.constant[GLOSS] == 0 && setup.constant[METAL] == 0;
        if (setup.lightmap_varies) return;
        Texel light = sample_lightmap(shading_, splat(setup.constant[CHART_X]), splat(setup.constant[CHART_Y]));
        setup.baked[0] = light.red()[0], setup.baked[1] = light.green()[0], setup.baked[2] = light.blue()[0];
    }

    static void cross(const float* a, const float* b, float* result) {
        for (int i = 0; i < 3; i++) {
            int j = (i + 1) % 3, k = (i + 2) % 3;
            result[i] = a[j] * b[k] - a[k] * b[j];
        }
    }

    vec3 color(const Pixels& pixels, vec3 normal, floats depth, floats slope_x, float slope_y) const {
        const floats* v = pixels.values;
        ints layer_and_room = as_ints(v[LAYER_AND_ROOM]), room = layer_and_room >> LAYER_BITS;
        floats red = pixels.baked[0], green = pixels.baked[1], blue = pixels.baked[2];
        if (pixels.lightmap_varies) {
            Texel light = sample_lightmap(shading_, v[CHART_X], v[CHART_Y]);
            red = light.red(), green = light.green(), blue = light.blue();
        }
        vec3 baked(red * red, green * green, blue * blue);
        Texel detail = sample_surface(layer_and_room & (MAX_LAYERS - 1), pixels);
        red = detail.red(), green = detail.green(), blue = detail.blue();
        vec3 factor(red * red, green * green, blue * blue);
        // Both are square roots in 8 bits, of light / LIGHT_RANGE and of factors / FACTOR_RANGE.
        vec3 matt = vec3(v[RED], v[GREEN], v[BLUE]) * baked * factor * vec3(double(LIGHT_RANGE) * FACTOR_RANGE / (65025.0 * 65025.0));
        vec3 gain(camera_.gain[0], camera_.gain[1], camera_.gain[2]);
        return tone_mapped((pixels.is_matte ? matt : add_specular_light(matt, pixels, normal, room, baked.y, detail.alpha(), depth, slope_x, slope_y)) * gain);
    }

    vec3 add_specular_light(vec3 matt, const Pixels& pixels, vec3 normal, ints room, Float8 baked, Float8 gloss_factor, floats depth, floats slope_x,
               float slope_y) const {
        const floats* v = pixels.values;
        vec3 view = camera_.orthographic ? vec3(0.0, 0.0, -1.0) : vec3(slope_x, slope_y, -1.0);
        Float8 inverse_length = camera_.orthographic ? Float8(1.0) : inversesqrt(dot(view, view));
        vec3 point = camera_.orthographic ? vec3(slope_x, slope_y, -depth) : view * vec3(depth);
        return add_specular(matt, normal, view, inverse_length, vec3(up_[0], up_[1], -up_[2]), room_light(room) - point,
                       by_room(shading_.ambient_specular, room), v[LIGHT] * baked.v * (LIGHT_RANGE / 65025.0f),
                       v[GLOSS] * gloss_factor * (1 / 255.0), v[METAL]);
    }

    Texel sample_surface(ints layer, const Pixels& pixels) const {
        ints first = layer;
        for (int i = 0; i < LANES; i++) first[i] = shading_.first_texel[layer[i]];
        if (!pixels.has_texture) return uniform(gather(shading_.texels, first));
        return sample_texture(shading_, first, pixels.values[UV_X], pixels.values[UV_Y], pixels.footprint);
    }

    /// Where the room's lamp is in camera space.
    vec3 room_light(ints room) const {
        vec3 place = by_room(shading_.room_lights, room);
        floats right, up, depth;
        view_.to_camera(place.x.v, place.y.v, place.z.v, right, up, depth);
        return {right, up, -depth};
    }

    /// Eight pixels are in one room but at its borders.
    static vec3 by_room(const float* values, ints room) {
        const float* first = values + 3 * room[0];
        if (bit_mask(room != room[0]) == 0) return {splat(first[0]), splat(first[1]), splat(first[2])};
        const uint32_t* from = (const uint32_t*)values;
        ints at = room * 3;
        return {(floats)gather(from, at), (floats)gather(from, at + 1), (floats)gather(from, at + 2)};
    }

    static void store_row(float* to, int count, floats values) {
        if (count == LANES) return store(to, values);
        for (int i = 0; i < count; i++) to[i] = values[i];
    }

    void write_labels(int x, int y, int count, ints triangle_id) {
        const size_t at = (size_t)y * camera_.width + x;
        alignas(32) uint32_t labels[LANES];
        uint32_t id = 0, label = 0;
        for (int i = 0; i < LANES; i++) {
            if ((uint32_t)triangle_id[i] != id && i < count) {
                id = (uint32_t)triangle_id[i];
                label = id ? buffers_.visible[id - 1].corners[2]->label : 0;
            }
            labels[i] = label;
        }
        std::memcpy(buffers_.labels + at, labels, count * sizeof *labels);
        for (int i = 0; outputs_.instance && i < count; i++) outputs_.instance[at + i] = (uint16_t)labels[i];
        for (int i = 0; outputs_.semantic && i < count; i++) outputs_.semantic[at + i] = (uint8_t)(labels[i] >> 16);
    }

    void write_nothing(size_t at, int count) {
        for (int i = 0; i < 3 * count; i++) {
            if (outputs_.normal) outputs_.normal[3 * at + i] = 0;
            if (outputs_.rgb) outputs_.rgb[3 * at + i] = camera_.sky[i % 3];
        }
    }

    void write_normals(size_t at, int count, ints there, vec3 normal) {
        floats x = select(there, normal.x.v, splat(0.0f)), y = select(there, normal.y.v, splat(0.0f)),
               z = select(there, normal.z.v, splat(0.0f));
        alignas(32) float columns[3][LANES];
        store(columns[0], x), store(columns[1], y), store(columns[2], z);
        float* to = outputs_.normal + 3 * at;
        for (int i = 0; i < count; i++, to += 3) to[0] = columns[0][i], to[1] = columns[1][i], to[2] = columns[2][i];
    }

    void write_colors(size_t at, int count, ints there, vec3 color) {
        const floats values[3] = {color.x.v, color.y.v, color.z.v};
        ints packed{};
        for (int k = 0; k < 3; k++) {
            ints whole = as_ints(vmin(vmax(values[k], splat(0.0f)), splat(1.0f)) * 255.0f + 0.5f);
            packed |= select(there, whole, splat((int32_t)camera_.sky[k])) << 8 * k;
        }
        alignas(32) uint32_t pixels[LANES];
        store(pixels, packed);
        uint8_t* to = outputs_.rgb + 3 * at;
        for (int i = 0; i < count; i++, to += 3) std::memcpy(to, pixels + i, 3);
    }

    const ViewTransform& view_;
    const Camera& camera_;
    const ShadingData& shading_;
    FrameBuffers& buffers_;
    const Outputs& outputs_;
    float up_[3], units_per_pixel_x_;
};

}  // namespace
}  // namespace TST_VARIANT
