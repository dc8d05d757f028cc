// Bilinear lookups in the lightmap and in the mipmapped textures (level: the one whose texels are nearest to a pixel in size).
#pragma once

#include "glsl.hpp"
#include "scene.hpp"

namespace TST_VARIANT {
namespace {

/// Channels of eight texels, 0 to 255, two to a vector.
struct Texel {
    halves red_blue, green_alpha;

    floats red() const { return low(red_blue); }
    floats green() const { return low(green_alpha); }
    floats blue() const { return high(red_blue); }
    floats alpha() const { return high(green_alpha); }

private:
    // Weighted sums have 255 * 256 for 255.
    static floats low(halves pair) { return as_floats((ints)pair & 0xffff) * (1 / 256.0f); }
    static floats high(halves pair) { return as_floats((ints)pair >> 16 & 0xffff) * (1 / 256.0f); }
};

/// Weights in 1/256, in both halves of a lane.
TST_INLINE halves lerp_weights(floats fraction) {
    ints whole = as_ints(fraction * 256.0f);
    return (halves)(whole | whole << 16);
}

/// A row of two texels, mixed: channels times 256.
TST_INLINE Texel lerp(ints left, ints right, halves weight) {
    const ints bytes = splat(0x00ff00ff);
    halves rest = 256 - weight;
    return {(halves)(left & bytes) * rest + (halves)(right & bytes) * weight,
            (halves)(left >> 8 & bytes) * rest + (halves)(right >> 8 & bytes) * weight};
}

TST_INLINE Texel bilinear(const uint32_t* texels, ints left_top, ints right_top, ints left_bottom, ints right_bottom, floats right,
                  floats down) {
    halves weight = lerp_weights(right);
    Texel top = lerp(gather(texels, left_top), gather(texels, right_top), weight);
    Texel bottom = lerp(gather(texels, left_bottom), gather(texels, right_bottom), weight);
    // 65536 has no room in 16 bits, so the upper row's share is 65535 less the lower one's.
    ints whole = as_ints(down * 65535.0f);
    halves below = (halves)(whole | whole << 16), above = 65535 - below;
    return {mul_high(top.red_blue, above) + mul_high(bottom.red_blue, below),
            mul_high(top.green_alpha, above) + mul_high(bottom.green_alpha, below)};
}

/// One texel's color all over.
TST_INLINE Texel uniform(ints texel) {
    const ints bytes = splat(0x00ff00ff);
    return {(halves)(texel & bytes) * 256, (halves)(texel >> 8 & bytes) * 256};
}

/// x, y: 0 to 1 over the map; beyond its borders they stay.
TST_INLINE Texel sample_lightmap(const ShadingData& shading, floats x, floats y) {
    int width = shading.light_width, height = shading.light_height;
    x = vmin(vmax(x * (float)width - 0.5f, splat(0.0f)), splat(width - 1.0f));
    y = vmin(vmax(y * (float)height - 0.5f, splat(0.0f)), splat(height - 1.0f));
    ints left = as_ints(x), top = as_ints(y);
    ints right = left - (left < width - 1), below = (top - (top < height - 1)) * width;
    floats across = x - as_floats(left), down = y - as_floats(top);
    top *= width;
    return bilinear(shading.light_map, top + left, top + right, below + left, below + right, across, down);
}

/// x, y: sides of the texture, which repeats; `footprint`: the square of the texture's sides that a pixel spans.
TST_INLINE Texel sample_texture(const ShadingData& shading, ints first_texel, floats x, floats y, floats footprint) {
    // The exponent of a float is its logarithm rounded down; half a level more rounds to the nearest.
    floats texels = vmin(footprint * (float)(shading.side * shading.side) * 2.0f, splat(1e9f));
    ints level = ((bits(texels) >> 23) - 127) >> 1;
    level = select(level < 0, splat(0), select(level >= shading.levels, splat(shading.levels - 1), level));
    ints side = splat(shading.side) >> level;
    // Levels before: side^2 (1 + 1/4 + ...) = 4/3 (side^2 - this one's side^2).
    ints first = first_texel + (shading.side * shading.side - side * side) / 3 * 4;
    floats scale = as_floats(side);
    x = x * scale - 0.5f;
    y = y * scale - 0.5f;
    ints left = floor_ints(x), top = floor_ints(y), wrap = side - 1;
    floats across = x - as_floats(left), down = y - as_floats(top);
    ints right = (left + 1) & wrap, below = first + ((top + 1) & wrap) * side;
    left &= wrap, top = first + (top & wrap) * side;
    return bilinear(shading.texels, top + left, top + right, below + left, below + right, across, down);
}

}  // namespace
}  // namespace TST_VARIANT
