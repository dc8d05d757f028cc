// Smooth edges in color pictures, from the exact labels of the same picture.
//
// Where labels change there is an edge; how it runs on over its neighbours says how it really lies between the pixels,
// and so how much of each color a pixel shows (morphological anti-aliasing, Reshetov 2009, whose edges are found in
// colors). What is not at an edge stays: writing, grain, tiles.
#pragma once

#include "lanes.hpp"

namespace TST_VARIANT {
namespace {

/// Shares of the four neighbours (below, above, right, left) that each pixel shows.
enum Neighbour { BELOW, ABOVE, RIGHT, LEFT, NEIGHBOURS };

class Smoother {
public:
    /// `blends`: NEIGHBOURS floats a pixel; `touched`: a byte a pixel; both all zero before and after.
    Smoother(const uint32_t* labels, int width, int height, float* blends, uint8_t* touched)
        : labels_(labels), width_(width), height_(height), blends_(blends), touched_(touched) {}

    void smooth(uint8_t* rgb) {
        for (int y = 0; y + 1 < height_; y++) level_runs(y);
        for (int x = 0; x + 1 < width_; x += LANES) upright_runs(x);
        blend(rgb);
    }

private:
    struct Run {
        size_t first;          // its first pixel; the edge is between it and the one `across`
        int length;
        int along, across;     // steps between pixels
        bool before, after;    // whether there are pixels beyond its ends
        Neighbour near, far;   // how the pixel across lies to the pixel, and the other way round
    };

    void level_runs(int y) {
        const uint32_t* labels = labels_ + (size_t)y * width_;
        int x = 0;
        while (x < width_) {
            if (x + LANES <= width_ && !bit_mask(load<ints>(labels + x) != load<ints>(labels + x + width_))) {
                x += LANES;
                continue;
            }
            int end = x;
            while (end < width_ && labels[end] != labels[end + width_]) end++;
            if (end > x)
                blend_run({(size_t)y * width_ + x, end - x, 1, width_, x > 0, end < width_, BELOW, ABOVE});
            x = end + 1;
        }
    }

    /// Runs in the columns from `x` on, eight side by side: bit i of a mask is column x + i.
    void upright_runs(int x) {
        int count = min(LANES, width_ - 1 - x), start[LANES] = {};
        unsigned running = 0;
        for (int y = 0; y <= height_; y++) {
            unsigned now = y < height_ ? changes(labels_ + (size_t)y * width_ + x, count) : 0;
            for (unsigned ended = running & ~now; ended; ended &= ended - 1) {
                int i = __builtin_ctz(ended);
                blend_run({(size_t)start[i] * width_ + x + i, y - start[i], width_, 1, start[i] > 0, y < height_, RIGHT, LEFT});
            }
            for (unsigned begun = now & ~running; begun; begun &= begun - 1) start[__builtin_ctz(begun)] = y;
            running = now;
        }
    }

    static unsigned changes(const uint32_t* labels, int count) {
        if (count == LANES) return bit_mask(load<ints>(labels) != load<ints>(labels + 1));
        unsigned result = 0;
        for (int i = 0; i < count; i++) result |= (unsigned)(labels[i] != labels[i + 1]) << i;
        return result;
    }

    void blend_run(const Run& run) {
        blend_end(run, run.first, run.before ? -run.along : 0, false);
        blend_end(run, run.first + (size_t)(run.length - 1) * run.along, run.after ? run.along : 0, true);
    }

    /// At one end of a run the edge turns to one side, if it does: the line goes half a pixel to there.
    void blend_end(const Run& run, size_t last, int step, bool backwards) {
        size_t beyond = last + step;
        bool near = labels_[beyond] != labels_[last], far = labels_[beyond + run.across] != labels_[last + run.across];
        if (near == far) return;
        int half = (run.length + 1) / 2;
        for (int away = 0; away < half; away++) {
            size_t place = backwards ? last - (size_t)away * run.along : last + (size_t)away * run.along;
            float weight = area((float)away, (float)run.length);
            size_t pixel = near ? place : place + run.across;
            blends_[NEIGHBOURS * pixel + (near ? run.near : run.far)] += weight;
            touched_[pixel] = 1;
        }
    }

    /// What the line over half a run, half a pixel high at the end, cuts off a pixel `away` pixels from there.
    static float area(float away, float length) {
        float start = min(away, length / 2), end = min(away + 1, length / 2);
        return (end - start) * (0.5f - (end + start) / (2 * length));
    }

    /// All new colors are found before the first is written; they wait where the shares were.
    void blend(uint8_t* rgb) {
        each_touched([&](size_t pixel) { mix(rgb, pixel); });
        each_touched([&](size_t pixel) {
            float* waiting = blends_ + NEIGHBOURS * pixel;
            for (int k = 0; k < 3; k++) rgb[3 * pixel + k] = (uint8_t)waiting[k];
            for (int k = 0; k < NEIGHBOURS; k++) waiting[k] = 0;
            touched_[pixel] = 0;
        });
    }

    template <typename Visit>
    void each_touched(Visit visit) const {
        size_t pixels = (size_t)width_ * height_;
        for (size_t start = 0; start < pixels; start += 8) {
            uint64_t any = 0;
            size_t count = min<size_t>(8, pixels - start);
            std::memcpy(&any, touched_ + start, count);
            if (!any) continue;
            for (size_t pixel = start; pixel < start + count; pixel++)
                if (touched_[pixel]) visit(pixel);
        }
    }

    /// A pixel at which runs of both directions meet is blended along the one that cuts more off it.
    void mix(const uint8_t* rgb, size_t pixel) {
        float* weights = blends_ + NEIGHBOURS * pixel;
        bool level = weights[BELOW] + weights[ABOVE] >= weights[RIGHT] + weights[LEFT];
        float next = level ? weights[BELOW] : weights[RIGHT], previous = level ? weights[ABOVE] : weights[LEFT];
        size_t step = level ? width_ : 1;
        const uint8_t* own = rgb + 3 * pixel;
        float mixed[3] = {(float)own[0], (float)own[1], (float)own[2]};
        for (int k = 0; k < 3; k++) {
            if (next > 0) mixed[k] = std::trunc(mixed[k] + 0.5f + (rgb[3 * (pixel + step) + k] - (float)own[k]) * next);
            if (previous > 0)
                mixed[k] = std::trunc(mixed[k] + 0.5f + (rgb[3 * (pixel - step) + k] - (float)own[k]) * previous);
        }
        for (int k = 0; k < 3; k++) weights[k] = mixed[k];
    }

    const uint32_t* labels_;
    int width_, height_;
    float* blends_;
    uint8_t* touched_;
};

}  // namespace
}  // namespace TST_VARIANT
