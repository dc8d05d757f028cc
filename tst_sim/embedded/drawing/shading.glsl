// How a surface's light becomes a color: the one source of it, compiled as GLSL for GPUs and as C++ for CPUs
// (cpu/native/glsl.hpp). Camera space: right, up, towards the viewer.

// Tone mapping, L (1 + 0.08 L) / (1 + 0.55 L), and sRGB's curve (IEC 61966-2-1), as one fraction in roots of the light:
// at most 0.0032 off, up to white.
vec3 tone_mapped(vec3 linear) {
    vec3 root = sqrt(linear);
    return root * (root * 63.7678 - 0.9007) / (root * (root * 29.2452 + 43.6769) + 1.0);
}

// Polished and metal surfaces: the room, blurred, and the lamp's highlight, over the matt color. `view`: from the
// eye, `inverse_length` makes it a unit long; `room`: how bright it is below, at the sides and above.
vec3 add_specular(vec3 matt, vec3 normal, vec3 view, float inverse_length, vec3 up, vec3 to_light, vec3 room, float light,
             float gloss, float metal) {
    float facing = dot(view, normal);
    vec3 reflected = (view - normal * (facing * 2.0)) * inverse_length;
    float elevation = dot(reflected, up) * 4.5;
    float sides = mix(room.x, room.y, clamp(elevation + 2.5, 0.0, 1.0));
    float ambient = mix(sides, room.z, clamp(elevation - 1.4, 0.0, 1.0));
    float towards = max(dot(reflected, to_light), 0.0);
    float highlight = towards * towards / dot(to_light, to_light);
    highlight *= highlight;
    highlight *= highlight;
    highlight *= highlight;
    highlight *= highlight;
    highlight *= highlight;
    float grazing = clamp(facing * inverse_length + 1.0, 0.0, 1.0);
    float grazing2 = grazing * grazing;
    float added = (grazing2 * grazing2 * grazing * 0.7 + 0.05) * ambient + highlight * 0.8;
    return matt * mix(1.0, ambient, metal) + light * gloss * added;
}
