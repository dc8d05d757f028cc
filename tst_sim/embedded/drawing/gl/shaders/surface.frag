#version 330 core

uniform sampler2D light_map;       // square root of linear irradiance / 2
uniform sampler2DArray textures;   // square root of factors / 4; share of the gloss
uniform vec3 light_gain;

//! lens.glsl

#ifdef STACKED
flat in int v_pose;
#else
const int v_pose = 0;
#endif

in vec4 v_normal;
in vec3 v_color;
in vec4 v_places;
in vec3 v_to_lamp;
flat in vec3 v_finish;
flat in vec3 v_mirror;
flat in uvec2 v_label;

layout(location = 0) out vec4 out_rgb;
layout(location = 1) out float out_depth;
layout(location = 2) out vec4 out_normal;
layout(location = 3) out uvec2 out_label;

//! shading.glsl

void main() {
    Lens lens = lenses[v_pose];
    vec3 baked = texture(light_map, v_places.xy).rgb;
    vec4 detail = texture(textures, vec3(v_places.zw, v_finish.x));
    vec3 normal = normalize(v_normal.xyz);
    baked *= baked;
    vec3 matt = v_color * baked * (detail.rgb * detail.rgb * 8.0);
#ifdef ORTHOGRAPHIC
    vec3 view = vec3(0.0, 0.0, -1.0);
    float shorter = 1.0;
#else
    vec3 view = vec3(gl_FragCoord.xy * lens.slope.xy + lens.slope.zw, -1.0);
    float shorter = inversesqrt(dot(view, view));
#endif
    vec3 shine = glossed(matt, normal, view, shorter, lens.up.xyz, v_to_lamp, v_mirror, v_normal.w * baked.g * 2.0,
                         v_finish.y * detail.a, v_finish.z);
    out_rgb = vec4(display(shine * light_gain), 1.0);
#ifdef ORTHOGRAPHIC
    out_depth = lens.depth_of_z.x + lens.depth_of_z.y * gl_FragCoord.z;
#else
    out_depth = 1.0 / gl_FragCoord.w;
#endif
    out_normal = vec4(normal, 0.0);
    out_label = v_label;
}
