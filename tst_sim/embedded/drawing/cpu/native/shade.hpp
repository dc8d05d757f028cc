// Colors, normals and labels of what every pixel shows: only surfaces that are seen are shaded, each pixel once.
#pragma once

#include "projection.hpp"
#include "textures.hpp"

namespace TST_VARIANT {
namespace {

/// Values of eight pixels, how far the texture moves in a pixel's step, and what of it all is worth looking at.
struct Pixels {
    floats values[VALUES];
    floats reach;
    floats baked[3];
    vec3 normal;
    bool mapped, textured, dull;
};

class Shader {
public:
    Shader(const Eye& eye, const Surfaces& surfaces, Canvas& canvas, const Outputs& outputs)
        : eye_(eye), camera_(eye.camera), surfaces_(surfaces), canvas_(canvas), outputs_(outputs) {
        for (uint32_t i = 0; i < RECORDS; i++) canvas.records[i].drawn = nullptr;
        for (int i = 0; i < 3; i++) up_[i] = camera_.rotation[3 * i + 1];
        per_scale_x_ = 1 / camera_.scale[0];
    }

    void row(int y) {
        const size_t start = (size_t)y * canvas_.stride;
        for (int x = 0; x < camera_.width; x += LANES) {
            ints winner = load<ints>(canvas_.winner + start + x);
            unsigned shown = bit_mask(winner != 0);
            int count = least(LANES, camera_.width - x);
            floats nearness = load<floats>(canvas_.nearness + start + x);
            floats depth = camera_.orthographic ? -nearness : 1.0f / nearness;
            write(x, y, count, winner, shown, depth);
        }
    }

private:
    void write(int x, int y, int count, ints winner, unsigned shown, floats depth) {
        const size_t at = (size_t)y * camera_.width + x;
        if (outputs_.depth) put(outputs_.depth + at, count, chosen(winner != 0, depth, all(0.0f)));
        if (canvas_.labels) write_labels(x, y, count, winner);
        if (!outputs_.rgb && !outputs_.normal) return;
        if (!shown) return write_nothing(at, count);
        floats slope_x = (as_floats(COUNTING + x) + (0.5f - eye_.middle_x)) * per_scale_x_;
        float slope_y = (eye_.middle_y - (y + 0.5f)) / camera_.scale[1];
        Pixels pixels = interpolated(winner, shown, depth, slope_x, slope_y);
        const vec3& normal = pixels.normal;
        ints there = winner != 0;
        if (outputs_.normal) write_normals(at, count, there, normal);
        if (outputs_.rgb) write_colors(at, count, there, color(pixels, normal, depth, slope_x, slope_y));
    }

    /// Triangles differ from pixel to pixel at most at edges: each is evaluated for all eight.
    Pixels interpolated(ints winner, unsigned shown, floats depth, floats slope_x, float slope_y) {
        uint32_t id = (uint32_t)winner[__builtin_ctz(shown)];
        ints mine = winner == (int32_t)id;
        Pixels result;
        evaluate(result, recorded(canvas_.drawn[id - 1]), depth, slope_x, slope_y);
        for (shown &= ~bit_mask(mine); shown; shown &= ~bit_mask(mine)) {
            id = (uint32_t)winner[__builtin_ctz(shown)];
            mine = winner == (int32_t)id;
            Pixels pixels;
            evaluate(pixels, recorded(canvas_.drawn[id - 1]), depth, slope_x, slope_y);
            take(result, pixels, mine);
        }
        return result;
    }

    /// From the world to camera space (right, up, towards the viewer), a unit long.
    vec3 turned(floats x, floats y, floats z) const {
        const float* r = camera_.rotation;
        vec3 normal(x * r[0] + y * r[1] + z * r[2], x * r[3] + y * r[4] + z * r[5], x * -r[6] + y * -r[7] + z * -r[8]);
        return normal * vec3(inversesqrt(dot(normal, normal)));
    }

    static void take(Pixels& result, const Pixels& pixels, ints mine) {
        for (int k = RED; k < SLOPE_X; k++) result.values[k] = chosen(mine, pixels.values[k], result.values[k]);
        result.normal = {chosen(mine, pixels.normal.x.v, result.normal.x.v), chosen(mine, pixels.normal.y.v, result.normal.y.v),
                         chosen(mine, pixels.normal.z.v, result.normal.z.v)};
        for (int k = 0; k < 3; k++) result.baked[k] = chosen(mine, pixels.baked[k], result.baked[k]);
        result.reach = chosen(mine, pixels.reach, result.reach);
        result.mapped |= pixels.mapped, result.textured |= pixels.textured, result.dull &= pixels.dull;
    }

    void evaluate(Pixels& pixels, const Record& record, floats depth, floats slope_x, float slope_y) const {
        alignas(32) float row[VALUES];
        for (int k = 0; k < VALUES; k += LANES) {
            floats down = load<floats>(record.y + k) * slope_y;
            if (camera_.orthographic)
                down += load<floats>(record.constant + k);
            else
                down += load<floats>(record.z + k);
            store(row + k, down);
        }
        auto over = [&](int first, int end, bool varies) {
            for (int k = first; k < end; k++) {
                if (!varies)
                    pixels.values[k] = all(record.constant[k]);
                else if (camera_.orthographic)
                    pixels.values[k] = row[k] + record.x[k] * slope_x + record.z[k] * depth;
                else
                    pixels.values[k] = record.constant[k] + depth * (record.x[k] * slope_x + row[k]);
            }
        };
        if (record.bent) {
            over(NORMAL_X, RED, true);
            pixels.normal = turned(pixels.values[NORMAL_X], pixels.values[NORMAL_Y], pixels.values[NORMAL_Z]);
        } else {
            pixels.normal = {all(record.normal[0]), all(record.normal[1]), all(record.normal[2])};
        }
        over(RED, CHART_X, record.tinted);
        over(CHART_X, UV_X, record.mapped);
        over(UV_X, FINISH, record.textured);
        over(FINISH, SLOPE_X, false);
        pixels.reach = all(0.0f);
        if (record.textured)
            pixels.reach = higher(reach(record, depth, pixels, SLOPE_X), reach(record, depth, pixels, SLOPE_Y));
        for (int k = 0; k < 3; k++) pixels.baked[k] = all(record.baked[k]);
        pixels.mapped = record.mapped, pixels.textured = record.textured, pixels.dull = record.dull;
    }

    /// Square of how far the texture moves in a step of one pixel to the right or down.
    floats reach(const Record& record, floats depth, const Pixels& pixels, int direction) const {
        const float* gradient = direction == SLOPE_X ? record.x : record.y;
        float scale = direction == SLOPE_X ? 1 / camera_.scale[0] : -1 / camera_.scale[1];
        float step = record.constant[direction];  // of 1 / depth or, orthographic, of -depth
        floats result{};
        for (int k = UV_X; k <= UV_Y; k++) {
            floats moved = camera_.orthographic
                               ? all(gradient[k] * scale - record.z[k] * step)
                               : depth * (gradient[k] * scale - step * (pixels.values[k] - record.constant[k]));
            result += moved * moved;
        }
        return result;
    }

    const Record& recorded(const Drawn& drawn) {
        Record& record = canvas_.records[(uint32_t)(&drawn - canvas_.drawn) % RECORDS];
        if (record.drawn != &drawn) make(record, drawn);
        return record;
    }

    /// Gradients of the values over the triangle's plane in camera space (right, up, forward).
    void make(Record& record, const Drawn& drawn) const {
        float p[3][3], a[3], b[3], n[3], ga[3], gb[3];
        for (int k = 0; k < 3; k++) eye_.turn(drawn.corners[k]->position, p[k]);
        for (int i = 0; i < 3; i++) a[i] = p[1][i] - p[0][i], b[i] = p[2][i] - p[0][i];
        cross(a, b, n), cross(b, n, ga), cross(n, a, gb);
        float square = 1 / most(n[0] * n[0] + n[1] * n[1] + n[2] * n[2], 1e-30f);
        for (int k = 0; k < VALUES; k += LANES) {
            floats first = load<floats>(drawn.corners[0]->values + k), constant = first;
            floats to_a = (load<floats>(drawn.corners[1]->values + k) - first) * square;
            floats to_b = (load<floats>(drawn.corners[2]->values + k) - first) * square;
            float* gradients[3] = {record.x + k, record.y + k, record.z + k};
            for (int i = 0; i < 3; i++) {
                floats gradient = ga[i] * to_a + gb[i] * to_b;
                store(gradients[i], gradient);
                constant -= gradient * p[0][i];
            }
            store(record.constant + k, constant);
        }
        for (int k = INTERPOLATED; k < VALUES; k++) {
            record.x[k] = record.y[k] = record.z[k] = 0;
            record.constant[k] = drawn.corners[2]->values[k];
        }
        record.constant[SLOPE_X] = drawn.nearness[0], record.constant[SLOPE_Y] = drawn.nearness[1];
        judge(record, drawn);
        record.drawn = &drawn;
    }

    /// What of a record varies over its triangle; what does not is as its last corner has it.
    void judge(Record& record, const Drawn& drawn) const {
        auto varies = [&](int first, int end) {
            const float* values[3];
            for (int i = 0; i < 3; i++) values[i] = drawn.corners[i]->values;
            for (int k = first; k < end; k++)
                if (values[0][k] != values[2][k] || values[1][k] != values[2][k]) return true;
            for (int k = first; k < end; k++) record.constant[k] = values[2][k];
            return false;
        };
        record.bent = varies(NORMAL_X, RED), record.tinted = varies(RED, CHART_X), record.mapped = varies(CHART_X, UV_X);
        record.textured = surfaces_.varies[(int)record.constant[FINISH] & 127];
        vec3 normal = turned(all(record.constant[NORMAL_X]), all(record.constant[NORMAL_Y]), all(record.constant[NORMAL_Z]));
        record.normal[0] = normal.x.v[0], record.normal[1] = normal.y.v[0], record.normal[2] = normal.z.v[0];
        record.dull = record.constant[GLOSS] == 0 && record.constant[METAL] == 0;
        if (record.mapped) return;
        Texel light = light_at(surfaces_, all(record.constant[CHART_X]), all(record.constant[CHART_Y]));
        record.baked[0] = light.red()[0], record.baked[1] = light.green()[0], record.baked[2] = light.blue()[0];
    }

    static void cross(const float* a, const float* b, float* result) {
        for (int i = 0; i < 3; i++) {
            int j = (i + 1) % 3, k = (i + 2) % 3;
            result[i] = a[j] * b[k] - a[k] * b[j];
        }
    }

    vec3 color(const Pixels& pixels, vec3 normal, floats depth, floats slope_x, float slope_y) const {
        const floats* v = pixels.values;
        ints finish = as_ints(v[FINISH]), room = finish >> 7;
        floats red = pixels.baked[0], green = pixels.baked[1], blue = pixels.baked[2];
        if (pixels.mapped) {
            Texel light = light_at(surfaces_, v[CHART_X], v[CHART_Y]);
            red = light.red(), green = light.green(), blue = light.blue();
        }
        vec3 baked(red * red, green * green, blue * blue);
        Texel detail = surface(finish & 127, pixels);
        red = detail.red(), green = detail.green(), blue = detail.blue();
        vec3 factor(red * red, green * green, blue * blue);
        // Both are square roots in 8 bits, of light / 2 and of factors / 4.
        vec3 matt = vec3(v[RED], v[GREEN], v[BLUE]) * baked * factor * vec3(8 / (65025.0 * 65025.0));
        vec3 gain(camera_.gain[0], camera_.gain[1], camera_.gain[2]);
        return display((pixels.dull ? matt : shiny(matt, pixels, normal, room, baked.y, detail.alpha(), depth, slope_x, slope_y)) * gain);
    }

    vec3 shiny(vec3 matt, const Pixels& pixels, vec3 normal, ints room, Float8 baked, Float8 share, floats depth, floats slope_x,
               float slope_y) const {
        const floats* v = pixels.values;
        vec3 view = camera_.orthographic ? vec3(0.0, 0.0, -1.0) : vec3(slope_x, slope_y, -1.0);
        Float8 shorter = camera_.orthographic ? Float8(1.0) : inversesqrt(dot(view, view));
        vec3 point = camera_.orthographic ? vec3(slope_x, slope_y, -depth) : view * vec3(depth);
        return glossed(matt, normal, view, shorter, vec3(up_[0], up_[1], -up_[2]), lamp(room) - point,
                       of_room(surfaces_.mirrors, room), v[LIGHT] * baked.v * (2 / 65025.0f),
                       v[GLOSS] * share * (1 / 255.0), v[METAL]);
    }

    Texel surface(ints layer, const Pixels& pixels) const {
        ints first = layer;
        for (int i = 0; i < LANES; i++) first[i] = surfaces_.first_texel[layer[i]];
        if (!pixels.textured) return even(gathered(surfaces_.texels, first));
        return surface_at(surfaces_, first, pixels.values[UV_X], pixels.values[UV_Y], pixels.reach);
    }

    /// Where the room's lamp is in camera space.
    vec3 lamp(ints room) const {
        vec3 place = of_room(surfaces_.lamps, room);
        floats right, up, depth;
        eye_.turn(place.x.v, place.y.v, place.z.v, right, up, depth);
        return {right, up, -depth};
    }

    /// Eight pixels are in one room but at its borders.
    static vec3 of_room(const float* values, ints room) {
        const float* first = values + 3 * room[0];
        if (bit_mask(room != room[0]) == 0) return {all(first[0]), all(first[1]), all(first[2])};
        const uint32_t* from = (const uint32_t*)values;
        ints at = room * 3;
        return {(floats)gathered(from, at), (floats)gathered(from, at + 1), (floats)gathered(from, at + 2)};
    }

    static void put(float* to, int count, floats values) {
        if (count == LANES) return store(to, values);
        for (int i = 0; i < count; i++) to[i] = values[i];
    }

    void write_labels(int x, int y, int count, ints winner) {
        const size_t at = (size_t)y * camera_.width + x;
        alignas(32) uint32_t labels[LANES];
        uint32_t id = 0, label = 0;
        for (int i = 0; i < LANES; i++) {
            if ((uint32_t)winner[i] != id && i < count) {
                id = (uint32_t)winner[i];
                label = id ? canvas_.drawn[id - 1].corners[2]->label : 0;
            }
            labels[i] = label;
        }
        std::memcpy(canvas_.labels + at, labels, count * sizeof *labels);
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
        floats x = chosen(there, normal.x.v, all(0.0f)), y = chosen(there, normal.y.v, all(0.0f)),
               z = chosen(there, normal.z.v, all(0.0f));
        alignas(32) float columns[3][LANES];
        store(columns[0], x), store(columns[1], y), store(columns[2], z);
        float* to = outputs_.normal + 3 * at;
        for (int i = 0; i < count; i++, to += 3) to[0] = columns[0][i], to[1] = columns[1][i], to[2] = columns[2][i];
    }

    void write_colors(size_t at, int count, ints there, vec3 color) {
        const floats values[3] = {color.x.v, color.y.v, color.z.v};
        ints packed{};
        for (int k = 0; k < 3; k++) {
            ints whole = as_ints(lower(higher(values[k], all(0.0f)), all(1.0f)) * 255.0f + 0.5f);
            packed |= chosen(there, whole, all((int32_t)camera_.sky[k])) << 8 * k;
        }
        alignas(32) uint32_t pixels[LANES];
        store(pixels, packed);
        uint8_t* to = outputs_.rgb + 3 * at;
        for (int i = 0; i < count; i++, to += 3) std::memcpy(to, pixels + i, 3);
    }

    const Eye& eye_;
    const Camera& camera_;
    const Surfaces& surfaces_;
    Canvas& canvas_;
    const Outputs& outputs_;
    float up_[3], per_scale_x_;
};

}  // namespace
}  // namespace TST_VARIANT
