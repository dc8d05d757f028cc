#version 330 core

const int MOST_ROOMS = 64;

uniform mat3 world_to_camera;  // rows: right, up, forward
uniform vec3 eye;
uniform vec2 scale;            // image halves per unit of slope, or per metre; y negative: row 0 is at the top
uniform vec4 to_clip;          // depth to clip z (times, plus) and w (times, plus)
uniform vec3 room_lamps[MOST_ROOMS];
uniform float rooms;

layout(location = 0) in vec3 position;
layout(location = 1) in vec4 normal;     // times 32767; w: slot of the texture + 128 times the room
layout(location = 2) in vec4 albedo;     // square root of linear RGB; gloss
layout(location = 3) in vec4 light;      // square root of linear irradiance / 2; metal
layout(location = 4) in vec2 chart;      // place in the light map, times 65535
layout(location = 5) in vec2 uv;         // place in the texture, times 1024
layout(location = 6) in uvec2 label;     // instance, class + 256 times the facet

out vec3 v_normal;
out vec3 v_color;
out float v_light;
out vec2 v_chart;
out vec2 v_uv;
out vec3 v_to_lamp;      // camera space: right, up, forward
flat out vec4 v_finish;  // slot, room's row in the mirrored colours, gloss, metal
flat out uvec2 v_label;

void main() {
    vec3 camera = world_to_camera * (position - eye);
    gl_Position = vec4(camera.xy * scale, camera.z * to_clip.x + to_clip.y, camera.z * to_clip.z + to_clip.w);
    vec3 turned = world_to_camera * (normal.xyz / 32767.0);
    v_normal = vec3(turned.xy, -turned.z);
    vec3 lit = light.rgb * light.rgb * 2.0;
    v_color = albedo.rgb * albedo.rgb * lit;
    v_light = dot(lit, vec3(0.3, 0.6, 0.1));
    v_chart = chart / 65535.0;
    v_uv = uv / 1024.0;
    int finish = int(normal.w);
    int room = finish >> 7;
    v_to_lamp = world_to_camera * (room_lamps[room] - eye) - camera;
    v_finish = vec4(float(finish & 127), (float(room) + 0.5) / rooms, albedo.a, light.a);
    v_label = label;
}
