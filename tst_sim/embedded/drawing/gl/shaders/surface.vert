#version 330 core

//! cameras.glsl

uniform vec3 room_lights[MAX_ROOMS];
uniform vec3 room_ambient_specular[MAX_ROOMS];

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
out vec4 v_texture_coordinates;       // in the light map, in the texture
out vec3 v_to_light;      // camera space: right, up, towards the viewer
flat out vec3 v_layer_gloss_metal;  // texture, gloss, metal
flat out vec3 v_ambient_specular;  // what the room shows a mirror below, at the sides and above
flat out uvec2 v_label;

void main() {
    Camera camera = cameras[pose];
#ifdef STACKED
    gl_Layer = v_pose = pose;
#endif
    vec3 in_camera = camera.world_to_camera * (position - camera.eye.xyz);
    vec4 to_clip = camera.to_clip;
    float w = in_camera.z * to_clip.z + to_clip.w;
    gl_Position = vec4(in_camera.xy * camera.scale + camera.principal_point.xy * w, in_camera.z * to_clip.x + to_clip.y, w);
    vec3 in_camera_normal = camera.world_to_camera * (normal.xyz / 32767.0);
    vec3 lit = light.rgb * light.rgb * LIGHT_RANGE;
    v_normal = vec4(in_camera_normal.xy, -in_camera_normal.z, dot(lit, vec3(0.3, 0.6, 0.1)));
    v_color = albedo.rgb * albedo.rgb * lit;
    v_texture_coordinates = vec4(chart / 65535.0, uv / UV_STEPS);
    int layer_and_room = int(normal.w);
    int room = layer_and_room / MAX_LAYERS;
    vec3 to_light = camera.world_to_camera * (room_lights[room] - camera.eye.xyz) - in_camera;
    v_to_light = vec3(to_light.xy, -to_light.z);
    v_layer_gloss_metal = vec3(float(layer_and_room % MAX_LAYERS), albedo.a, light.a);
    v_ambient_specular = room_ambient_specular[room];
    v_label = label;
}
