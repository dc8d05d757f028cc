// Where a pose looks from and through what; see camera.py. A draw of one pose reads the first entry.
struct Camera {
    mat3 world_to_camera;  // rows: right, up, forward
    vec4 eye;
    vec4 up;               // the world's, in camera space (right, up, towards the viewer)
    vec2 scale;            // image halves per unit of slope, or per metre; y negative: row 0 is at the top
    vec2 depth_of_z;       // orthographic: depth by window z: plus, times
    vec4 to_clip;          // depth to clip z (times, plus) and w (times, plus)
    vec4 slope;            // pixel to the view's slope: times, plus
    vec4 principal_point;           // where the optical axis meets the image, in halves of it from its principal_point: x, y
    uvec4 sky;             // what is seen where nothing is, 0 to 255
};
layout(std140) uniform Cameras { Camera cameras[MAX_POSES]; };
