// The rasteriser's door to Python: checks what comes in, owns the memory, lets other threads run while it draws.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include "house.hpp"

namespace py = pybind11;

namespace baseline {
Kernel kernel();
}
#if defined(TST_HAS_AVX2)
namespace avx2 {
Kernel kernel();
}
#endif

namespace {

constexpr int MAX_PIXELS = 8192;

std::vector<Kernel> kernels() {
    std::vector<Kernel> result;
#if defined(TST_HAS_AVX2)
    if (__builtin_cpu_supports("avx2")) result.push_back(avx2::kernel());
#endif
    result.push_back(baseline::kernel());
    return result;
}

Kernel kernel_named(const std::string& name) {
    for (const Kernel& kernel : kernels())
        if (name.empty() || name == kernel.name) return kernel;
    throw std::invalid_argument("no variant " + name + " for this processor");
}

template <typename T>
using Array = py::array_t<T, py::array::c_style>;

void require(bool holds, const char* message) {
    if (!holds) throw std::invalid_argument(message);
}

template <typename T>
void require_shape(const Array<T>& array, std::vector<py::ssize_t> shape, const char* message) {
    bool fits = array.ndim() == (py::ssize_t)shape.size();
    for (size_t i = 0; fits && i < shape.size(); i++) fits = shape[i] < 0 || array.shape((int)i) == shape[i];
    require(fits, message);
}

/// The memory of a picture in the making, for sizes up to the largest so far.
class BufferPool {
public:
    FrameBuffers fit(int width, int height, size_t triangles, size_t instances, bool labels, bool blends) {
        FrameBuffers result{};
        result.stride = (width + TILE - 1) / TILE * TILE;
        result.rows = (height + TILE - 1) / TILE * TILE;
        result.tiles_across = result.stride / TILE;
        size_t pixels = (size_t)result.stride * result.rows;
        result.inverse_depth = fitted(inverse_depth_, pixels);
        result.triangle_id = fitted(triangle_id_, pixels);
        result.tile_farthest = fitted(tile_farthest_, pixels / (TILE * TILE));
        result.tile_changed = fitted(tile_changed_, pixels / (TILE * TILE));
        result.visible = fitted(visible_, triangles);
        result.order = fitted(order_, instances);
        result.setups = fitted(setups_, CACHED_SETUPS);
        result.labels = labels ? fitted(labels_, (size_t)width * height) : nullptr;
        result.blends = blends ? fitted(blends_, (size_t)width * height * 4) : nullptr;
        result.touched = blends ? fitted(touched_, (size_t)width * height) : nullptr;
        return result;
    }

private:
    template <typename T>
    static T* fitted(std::vector<T>& memory, size_t count) {
        constexpr size_t SPARED = 1 << 22;
        if (memory.size() < count || (memory.size() > SPARED && memory.size() / 4 > count)) std::vector<T>(count).swap(memory);
        return memory.data();
    }

    std::vector<float> inverse_depth_, tile_farthest_, blends_;
    std::vector<uint32_t> triangle_id_, labels_;
    std::vector<uint8_t> tile_changed_, touched_;
    std::vector<VisibleTriangle> visible_;
    std::vector<DrawOrder> order_;
    std::vector<TriangleSetup> setups_;
};

class Rasterizer {
public:
    Rasterizer(int side, const std::string& variant)
        : kernel_(kernel_named(variant)), side_(side), first_texel_(MAX_LAYERS, 0), varies_(MAX_LAYERS, 0), room_lights_(3 * MAX_ROOMS), ambient_specular_(3 * MAX_ROOMS, 1.0f) {
        require(side > 0 && side <= 4096 && !(side & (side - 1)), "a texture's side is a power of two, up to 4096");
        for (int length = side; length; length /= 2) levels_++;
        texels_.assign(mipmap_texels(), 0xffffffffu);
        light_map_ = {0xffffffffu};
    }

    std::string variant() const { return kernel_.name; }

    size_t triangles() const {
        size_t count = 0;
        for (const auto& geometry : geometries_) count += geometry->triangles();
        return count;
    }

    void set_instance(size_t number, const Array<uint8_t>& vertices, const Array<uint32_t>& triangles) {
        require_shape(vertices, {-1, (py::ssize_t)sizeof(PackedVertex)}, "vertices are (n, 40) bytes");
        require_shape(triangles, {-1, 3}, "triangles are (m, 3)");
        require(number < 65535, "instances are numbered from 0 to 65534");
        const auto* first = reinterpret_cast<const PackedVertex*>(vertices.data());
        const size_t vertex_count = (size_t)vertices.shape(0), triangle_count = (size_t)triangles.shape(0);
        for (size_t i = 0; i < vertex_count; i++) {
            for (float value : first[i].position) require(std::isfinite(value), "positions are finite");
            require(first[i].layer_and_room >= 0 && first[i].layer_and_room < MAX_LAYERS * MAX_ROOMS, "layer_and_room is a layer + 128 times a room");
        }
        for (size_t i = 0; i < 3 * triangle_count; i++) require(triangles.data()[i] < vertex_count, "triangles name vertices");
        std::lock_guard<std::mutex> lock(mutex_);
        auto geometry = std::make_unique<InstanceGeometry>(first, vertex_count, triangles.data(), triangle_count);
        while (geometries_.size() <= number) {
            geometries_.push_back(std::make_unique<InstanceGeometry>());
            instances_.push_back(geometries_.back()->instance());
        }
        geometries_[number] = std::move(geometry);
        instances_[number] = geometries_[number]->instance();
    }

    void set_light_map(const Array<uint8_t>& texels) {
        require_shape(texels, {-1, -1, 4}, "a light map is (h, w, 4)");
        require(texels.size() > 0 && texels.shape(0) <= 32768 && texels.shape(1) <= 32768, "a light map has 1 to 32768 texels a side");
        std::lock_guard<std::mutex> lock(mutex_);
        light_height_ = (int)texels.shape(0), light_width_ = (int)texels.shape(1);
        light_map_.resize((size_t)light_height_ * light_width_);
        std::memcpy(light_map_.data(), texels.data(), light_map_.size() * 4);
    }

    /// Levels of detail are made here: each texel the mean of four, rounded.
    void add_texture(int layer, const Array<uint8_t>& texels) {
        require(layer >= 0 && layer < MAX_LAYERS, "layers are numbered from 0 to 127");
        require_shape(texels, {side_, side_, 4}, "a layer is (side, side, 4)");
        std::lock_guard<std::mutex> lock(mutex_);
        const size_t start = texels_.size();
        texels_.resize(start + mipmap_texels());
        uint8_t* from = reinterpret_cast<uint8_t*>(&texels_[start]);
        std::memcpy(from, texels.data(), (size_t)side_ * side_ * 4);
        for (int side = side_; side > 1; side /= 2) {
            uint8_t* to = from + (size_t)side * side * 4;
            for (int y = 0; y < side / 2; y++)
                for (int x = 0; x < side / 2; x++)
                    for (int k = 0; k < 4; k++) {
                        const uint8_t* corner = from + ((size_t)2 * y * side + 2 * x) * 4 + k;
                        int sum = corner[0] + corner[4] + corner[side * 4] + corner[side * 4 + 4];
                        to[((size_t)y * (side / 2) + x) * 4 + k] = (uint8_t)((sum + 2) / 4);
                    }
            from = to;
        }
        first_texel_[layer] = (int32_t)start;
        auto differs = [&](uint32_t texel) { return texel != texels_[start]; };
        varies_[layer] = std::any_of(texels_.begin() + start, texels_.begin() + start + side_ * side_, differs);
    }

    void set_room_lights(const Array<float>& room_lights, const Array<float>& ambient_specular) {
        require_shape(room_lights, {MAX_ROOMS, 3}, "room_lights are (64, 3)");
        require_shape(ambient_specular, {MAX_ROOMS, 3}, "ambient_specular is (64, 3)");
        std::lock_guard<std::mutex> lock(mutex_);
        room_lights_.assign(room_lights.data(), room_lights.data() + room_lights.size());
        ambient_specular_.assign(ambient_specular.data(), ambient_specular.data() + ambient_specular.size());
    }

    py::dict draw(const Array<float>& camera_params, int width, int height, bool orthographic, std::array<uint8_t, 3> sky,
                  const std::vector<std::string>& names, bool antialias) {
        require_shape(camera_params, {sizeof(CameraParams) / sizeof(float)}, "camera_params are the 21 floats of camera.py's CAMERA_PARAMS");
        require(width > 0 && height > 0 && width <= MAX_PIXELS && height <= MAX_PIXELS, "an image has 1 to 8192 pixels a side");
        Camera camera = camera_of(camera_params.data(), width, height, orthographic, sky);
        py::dict frame;
        Outputs outputs{};
        outputs.antialias = antialias;
        for (const std::string& name : names) frame[name.c_str()] = image(name, height, width, outputs);
        bool smooth = outputs.rgb && antialias;
        py::gil_scoped_release release;
        std::lock_guard<std::mutex> lock(mutex_);
        FrameBuffers buffers = pool_.fit(width, height, triangles(), instances_.size(),
                                       smooth || outputs.instance || outputs.semantic, smooth);
        ShadingData shading{texels_.data(), first_texel_.data(), varies_.data(), side_, levels_, light_map_.data(), light_width_, light_height_,
                          room_lights_.data(), ambient_specular_.data()};
        kernel_.draw(instances_.data(), (uint32_t)instances_.size(), shading, camera, buffers, outputs);
        return frame;
    }

private:
    static Camera camera_of(const float* data, int width, int height, bool orthographic, std::array<uint8_t, 3> sky) {
        Camera camera{};
        std::memcpy(static_cast<CameraParams*>(&camera), data, sizeof(CameraParams));
        camera.orthographic = orthographic, camera.width = width, camera.height = height;
        std::copy_n(sky.begin(), 3, camera.sky);
        for (size_t i = 0; i < sizeof(CameraParams) / sizeof(float); i++) require(std::isfinite(data[i]), "camera_params are finite");
        require(camera.pixels_per_unit[0] > 0 && camera.pixels_per_unit[1] > 0 && 0 < camera.near_m && camera.near_m < camera.far_m, "a camera has a positive scale and 0 < near < far");
        require(camera.principal_point[0] >= 0 && camera.principal_point[0] <= width && camera.principal_point[1] >= 0 && camera.principal_point[1] <= height, "the principal point is in the image");
        return camera;
    }

    static py::array image(const std::string& name, int height, int width, Outputs& outputs) {
        if (name == "rgb") return allocated<uint8_t>({height, width, 3}, outputs.rgb);
        if (name == "depth") return allocated<float>({height, width}, outputs.depth);
        if (name == "normal") return allocated<float>({height, width, 3}, outputs.normal);
        if (name == "instance") return allocated<uint16_t>({height, width}, outputs.instance);
        if (name == "semantic") return allocated<uint8_t>({height, width}, outputs.semantic);
        throw std::invalid_argument("no modality " + name);
    }

    template <typename T>
    static py::array allocated(std::vector<py::ssize_t> shape, T*& data) {
        Array<T> array(shape);
        data = array.mutable_data();
        return std::move(array);
    }

    size_t mipmap_texels() const {
        size_t count = 0;
        for (size_t side = side_; side; side /= 2) count += side * side;
        return count;
    }

    Kernel kernel_;
    int side_, levels_ = 0, light_width_ = 1, light_height_ = 1;
    std::vector<uint32_t> texels_, light_map_;
    std::vector<int32_t> first_texel_;
    std::vector<uint8_t> varies_;
    std::vector<float> room_lights_, ambient_specular_;
    std::vector<std::unique_ptr<InstanceGeometry>> geometries_;
    std::vector<Instance> instances_;
    BufferPool pool_;
    std::mutex mutex_;  // a picture in the making, without Python's lock
};

py::array antialiased(const Array<uint8_t>& rgb, const Array<uint32_t>& labels) {
    require_shape(rgb, {-1, -1, 3}, "a picture is (h, w, 3)");
    require_shape(labels, {rgb.shape(0), rgb.shape(1)}, "labels are (h, w)");
    Array<uint8_t> result({rgb.shape(0), rgb.shape(1), (py::ssize_t)3});
    std::copy_n(rgb.data(), rgb.size(), result.mutable_data());
    std::vector<float> blends((size_t)labels.size() * 4);
    std::vector<uint8_t> touched((size_t)labels.size());
    kernels().front().smooth(result.mutable_data(), labels.data(), (int)rgb.shape(1), (int)rgb.shape(0), blends.data(), touched.data());
    return std::move(result);
}

std::vector<std::string> variants() {
    std::vector<std::string> names;
    for (const Kernel& kernel : kernels()) names.push_back(kernel.name);
    return names;
}

}  // namespace

PYBIND11_MODULE(_native, module) {
    module.doc() = "Draws triangles on the CPU.";
    module.def("antialiased", &antialiased, py::arg("rgb"), py::arg("labels"));
    module.def("variants", &variants, "Instruction sets that this processor has and this build knows, the best first.");
    py::class_<Rasterizer>(module, "Rasterizer")
        .def(py::init<int, const std::string&>(), py::arg("side"), py::arg("variant") = "")
        .def_property_readonly("variant", &Rasterizer::variant)
        .def_property_readonly("triangles", &Rasterizer::triangles)
        .def("set_instance", &Rasterizer::set_instance, py::arg("number"), py::arg("vertices"), py::arg("triangles"))
        .def("set_light_map", &Rasterizer::set_light_map, py::arg("texels"))
        .def("add_texture", &Rasterizer::add_texture, py::arg("layer"), py::arg("texels"))
        .def("set_room_lights", &Rasterizer::set_room_lights, py::arg("room_lights"), py::arg("ambient_specular"))
        .def("draw", &Rasterizer::draw, py::arg("camera_params"), py::arg("width"), py::arg("height"), py::arg("orthographic"),
             py::arg("sky"), py::arg("names"), py::arg("antialias"));
}
