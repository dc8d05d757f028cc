#version 330 core

uniform sampler2D light_map;       // square root of linear irradiance / LIGHT_RANGE
uniform sampler2DArray textures;   // square root of factors / FACTOR_RANGE; factor on the gloss
uniform vec3 light_gain;

//! cameras.glsl

#ifdef STACKED
flat in int v_pose;
#else
const int v_pose = 0;
#endif

in vec4 v_normal;
in vec3 v_color;
in vec4 v_texture_coordinates;
in vec3 v_to_light;
flat in vec3 v_layer_gloss_metal;
flat in vec3 v_ambient_specular;
flat in uvec2 v_label;

layout(location = 0) out vec4 out_rgb;
layout(location = 1) out float out_depth;
layout(location = 2) out vec4 out_normal;
layout(location = 3) out uvec2 out_label;

//! shading.glsl

void main() {
    Camera camera = cameras[v_pose];
    vec3 baked = texture(light_map, v_texture_coordinates.xy).rgb;
    vec4 detail = texture(textures, vec3(v_texture_coordinates.zw, v_layer_gloss_metal.x));
    vec3 normal = normalize(v_normal.xyz);
    baked *= baked;
    vec3 matt = v_color * baked * (detail.rgb * detail.rgb * (LIGHT_RANGE * FACTOR_RANGE));
#ifdef ORTHOGRAPHIC
    vec3 view = vec3(0.0, 0.0, -1.0);
    float inverse_length = 1.0;
#else
    vec3 view = vec3(gl_FragCoord.xy * camera.slope.xy + camera.slope.zw, -1.0);
    float inverse_length = inversesqrt(dot(view, view));
#endif
    vec3 shine = add_specular(matt, normal, view, inverse_length, camera.up.xyz, v_to_light, v_ambient_specular, v_normal.w * baked.g * LIGHT_RANGE,
                         v_layer_gloss_metal.y * detail.a, v_layer_gloss_metal.z);
    out_rgb = vec4(tone_mapped(shine * light_gain), 1.0);
#ifdef ORTHOGRAPHIC
    out_depth = camera.depth_of_z.x + camera.depth_of_z.y * gl_FragCoord.z;
#else
    out_depth = 1.0 / gl_FragCoord.w;
#endif
    out_normal = vec4(normal, 0.0);
    out_label = v_label;
}
