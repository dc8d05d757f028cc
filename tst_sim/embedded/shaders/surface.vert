#version 330 core

uniform mat3 world_to_camera;  // rows: right, up, forward
uniform vec3 eye;
uniform vec2 scale;            // image halves per unit of slope, or per metre; y negative: row 0 is at the top
uniform vec4 to_clip;          // depth to clip z (times, plus) and w (times, plus)
uniform vec3 light_gain;

layout(location = 0) in vec3 position;
layout(location = 1) in vec3 normal;     // times 32767
layout(location = 2) in vec4 albedo;     // square root of linear RGB
layout(location = 3) in vec4 light;      // square root of linear irradiance / 2
layout(location = 4) in vec2 chart;      // place in the light map, times 65535
layout(location = 5) in uvec2 label;     // instance, class

out vec3 v_normal;
out vec3 v_color;
out vec2 v_chart;
flat out uvec2 v_label;

void main() {
    vec3 camera = world_to_camera * (position - eye);
    gl_Position = vec4(camera.xy * scale, camera.z * to_clip.x + to_clip.y, camera.z * to_clip.z + to_clip.w);
    vec3 turned = world_to_camera * (normal / 32767.0);
    v_normal = vec3(turned.xy, -turned.z);
    v_color = albedo.rgb * albedo.rgb * light.rgb * light.rgb * 2.0 * light_gain;
    v_chart = chart / 65535.0;
    v_label = label;
}
