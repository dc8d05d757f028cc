#version 330 core

uniform sampler2D light_map;  // square root of linear irradiance / 2

#ifdef ORTHOGRAPHIC
uniform vec2 depth_of_z;      // depth by window z: plus, times
#endif

in vec3 v_normal;
in vec3 v_color;
in vec2 v_chart;
flat in uvec2 v_label;

layout(location = 0) out vec4 out_rgb;
layout(location = 1) out float out_depth;
layout(location = 2) out vec4 out_normal;
layout(location = 3) out uvec2 out_label;

vec3 display(vec3 linear) {
    vec3 toned = linear * (1.0 + linear * 0.08) / (1.0 + linear * 0.55);
    vec3 root = sqrt(toned);
    // sRGB's curve (IEC 61966-2-1) fitted in roots of the value, at most 0.009 off.
    return 1.4213 * root - 0.1348 * sqrt(root) - 0.2952 * toned;
}

void main() {
    vec3 baked = texture(light_map, v_chart).rgb;
    out_rgb = vec4(display(v_color * baked * baked * 2.0), 1.0);
#ifdef ORTHOGRAPHIC
    out_depth = depth_of_z.x + depth_of_z.y * gl_FragCoord.z;
#else
    out_depth = 1.0 / gl_FragCoord.w;
#endif
    out_normal = vec4(normalize(v_normal), 0.0);
    out_label = v_label;
}
