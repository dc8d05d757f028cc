// How a surface's light becomes a color: the one source of it, compiled as GLSL for GPUs and as C++ for CPUs
// (cpu/native/glsl.hpp). Camera space: right, up, towards the viewer.

// Tone mapping, L (1 + 0.08 L) / (1 + 0.55 L), and sRGB's curve (IEC 61966-2-1), as one fraction in roots of the light:
// at most 0.0032 off, up to white.
vec3 display(vec3 linear) {
    vec3 root = sqrt(linear);
    return root * (root * 63.7678 - 0.9007) / (root * (root * 29.2452 + 43.6769) + 1.0);
}

// Polished and metal surfaces: the room, blurred, and the lamp's highlight, over the matt color. `view`: from the
// eye, `shorter` makes it a unit long; `room`: how bright it is below, at the sides and above.
vec3 glossed(vec3 matt, vec3 normal, vec3 view, float shorter, vec3 up, vec3 to_lamp, vec3 room, float light,
             float gloss, float metal) {
    float facing = dot(view, normal);
    vec3 mirror = (view - normal * (facing * 2.0)) * shorter;
    float elevation = dot(mirror, up) * 4.5;
    float sides = mix(room.x, room.y, clamp(elevation + 2.5, 0.0, 1.0));
    float seen = mix(sides, room.z, clamp(elevation - 1.4, 0.0, 1.0));
    float towards = max(dot(mirror, to_lamp), 0.0);
    float blob = towards * towards / dot(to_lamp, to_lamp);
    blob *= blob;
    blob *= blob;
    blob *= blob;
    blob *= blob;
    blob *= blob;
    float graze = clamp(facing * shorter + 1.0, 0.0, 1.0);
    float graze2 = graze * graze;
    float added = (graze2 * graze2 * graze * 0.7 + 0.05) * seen + blob * 0.8;
    return matt * mix(1.0, seen, metal) + light * gloss * added;
}
