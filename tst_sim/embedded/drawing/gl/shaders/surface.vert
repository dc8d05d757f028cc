#version 330 core

//! lens.glsl

const int MAX_ROOMS = 64;

uniform vec3 room_lamps[MAX_ROOMS];
uniform vec3 room_mirrors[MAX_ROOMS];

layout(location = 0) in vec3 position;
layout(location = 1) in vec4 normal;     // times 32767; w: number of the texture + 128 times the room
layout(location = 2) in vec4 albedo;     // square root of linear RGB; gloss
layout(location = 3) in vec4 light;      // square root of linear irradiance / 2; metal
layout(location = 4) in vec2 chart;      // place in the light map, times 65535
layout(location = 5) in vec2 uv;         // place in the texture, times 1024
layout(location = 6) in uvec2 label;     // instance, class + 256 times the facet
#ifdef STACKED
layout(location = 7) in int pose;        // the layer it is drawn into
flat out int v_pose;
#else
const int pose = 0;
#endif

invariant gl_Position;   // the same to the bit in a draw of one pose and of many
out vec4 v_normal;       // w: brightness of the light
out vec3 v_color;
out vec4 v_places;       // in the light map, in the texture
out vec3 v_to_lamp;      // camera space: right, up, towards the viewer
flat out vec3 v_finish;  // texture, gloss, metal
flat out vec3 v_mirror;  // what the room shows a mirror below, at the sides and above
flat out uvec2 v_label;

void main() {
    Lens lens = lenses[pose];
#ifdef STACKED
    gl_Layer = v_pose = pose;
#endif
    vec3 camera = lens.world_to_camera * (position - lens.eye.xyz);
    vec4 to_clip = lens.to_clip;
    float w = camera.z * to_clip.z + to_clip.w;
    gl_Position = vec4(camera.xy * lens.scale + lens.middle.xy * w, camera.z * to_clip.x + to_clip.y, w);
    vec3 turned = lens.world_to_camera * (normal.xyz / 32767.0);
    vec3 lit = light.rgb * light.rgb * 2.0;
    v_normal = vec4(turned.xy, -turned.z, dot(lit, vec3(0.3, 0.6, 0.1)));
    v_color = albedo.rgb * albedo.rgb * lit;
    v_places = vec4(chart / 65535.0, uv / 1024.0);
    int finish = int(normal.w);
    int room = finish >> 7;
    vec3 to_lamp = lens.world_to_camera * (room_lamps[room] - lens.eye.xyz) - camera;
    v_to_lamp = vec3(to_lamp.xy, -to_lamp.z);
    v_finish = vec3(float(finish & 127), albedo.a, light.a);
    v_mirror = room_mirrors[room];
    v_label = label;
}
