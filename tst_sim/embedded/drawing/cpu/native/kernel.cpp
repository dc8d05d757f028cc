// One variant of everything that runs per triangle and per pixel. Compiled once for each instruction set:
// TST_VARIANT names it, and the namespace that keeps its code apart.
#include "raster.hpp"
#include "shade.hpp"
#include "antialias.hpp"

#include <algorithm>

namespace TST_VARIANT {

static void clear(FrameBuffers& buffers, const Camera& camera) {
    const size_t pixels = (size_t)buffers.stride * buffers.rows;
    const float nothing = camera.orthographic ? -1e30f : 0.0f;
    for (size_t i = 0; i < pixels; i++) buffers.inverse_depth[i] = nothing;
    std::memset(buffers.triangle_id, 0, pixels * sizeof *buffers.triangle_id);
    std::memset(buffers.tile_changed, 1, (size_t)buffers.tiles_across * (buffers.rows / TILE));
    // What is beside the picture hides whatever is behind it.
    for (int y = 0; y < buffers.rows; y++)
        for (int x = y < camera.height ? camera.width : 0; x < buffers.stride; x++)
            buffers.inverse_depth[(size_t)y * buffers.stride + x] = 1e30f;
}

static float distance(const Instance& instance, const Camera& camera) {
    float square = 0, along = 0;
    for (int i = 0; i < 3; i++) {
        float away = max(max(instance.low[i] - camera.eye[i], camera.eye[i] - instance.high[i]), 0.0f);
        square += away * away;
        along += camera.rotation[6 + i] * (camera.rotation[6 + i] > 0 ? instance.low[i] : instance.high[i]);
    }
    return camera.orthographic ? along : square;
}

static bool comes_before(const DrawOrder& a, const DrawOrder& b) {
    return a.distance < b.distance || (a.distance == b.distance && a.instance < b.instance);
}

static void draw(const Instance* instances, uint32_t count, const ShadingData& shading, const Camera& camera, FrameBuffers& buffers,
                 const Outputs& outputs) {
    ViewTransform view(camera);
    clear(buffers, camera);
    uint32_t present = 0;
    for (uint32_t i = 0; i < count; i++)
        if (instances[i].count) buffers.order[present++] = {distance(instances[i], camera), i};
    std::sort(buffers.order, buffers.order + present, comes_before);
    Raster raster(view, buffers);
    for (uint32_t i = 0; i < present; i++) raster.draw(instances[buffers.order[i].instance]);
    Shader shader(view, shading, buffers, outputs);
    for (int y = 0; y < camera.height; y++) shader.row(y);
    if (outputs.rgb && outputs.antialias)
        Smoother(buffers.labels, camera.width, camera.height, buffers.blends, buffers.touched).smooth(outputs.rgb);
}

static void smooth(uint8_t* rgb, const uint32_t* labels, int width, int height, float* blends, uint8_t* touched) {
    Smoother(labels, width, height, blends, touched).smooth(rgb);
}

#define TEXT_(name) #name
#define TEXT(name) TEXT_(name)
Kernel kernel() { return {TEXT(TST_VARIANT), draw, smooth}; }

}  // namespace TST_VARIANT
