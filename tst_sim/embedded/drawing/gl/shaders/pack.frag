#version 330 core

// The images of many poses become the bytes of their frames, four to a word: nothing is left to do on the CPU.

#if defined(PACK_RGB) || defined(PACK_DEPTH) || defined(PACK_NORMAL)
uniform sampler2DArray image;
#else
uniform usampler2DArray image;
#endif
uniform ivec2 size;   // pixels of an image
uniform int across;   // words in a row

//! cameras.glsl

flat in int v_pose;
flat in int v_top;

layout(location = 0) out uint word;

ivec3 place_of(int pixel) {
    pixel = min(pixel, size.x * size.y - 1);
    return ivec3(pixel % size.x, pixel / size.x, v_pose);
}

#ifdef PACK_RGB
uvec3 color(int pixel) {
    vec4 drawn = texelFetch(image, place_of(pixel), 0);
    return drawn.a == 0.0 ? cameras[v_pose].sky.rgb : uvec3(drawn.rgb * 255.0 + 0.5);
}
#endif

void main() {
    int number = (int(gl_FragCoord.y) - v_top) * across + int(gl_FragCoord.x);
#ifdef PACK_RGB
    int first = 4 * number / 3;
    int skipped = 4 * number - 3 * first;
    uvec3 left = color(first), right = color(first + 1);
    uvec4 bytes = uvec4(left, right.r);
    if (skipped == 1) bytes = uvec4(left.gb, right.rg);
    if (skipped == 2) bytes = uvec4(left.b, right);
    word = bytes.r | bytes.g << 8 | bytes.b << 16 | bytes.a << 24;
#endif
#ifdef PACK_DEPTH
    word = floatBitsToUint(texelFetch(image, place_of(number), 0).r);
#endif
#ifdef PACK_NORMAL
    word = floatBitsToUint(texelFetch(image, place_of(number / 3), 0)[number % 3]);
#endif
#ifdef PACK_INSTANCE
    word = texelFetch(image, place_of(2 * number), 0).r | texelFetch(image, place_of(2 * number + 1), 0).r << 16;
#endif
#ifdef PACK_SEMANTIC
    word = 0u;
    for (int i = 0; i < 4; ++i) word |= (texelFetch(image, place_of(4 * number + i), 0).g & 255u) << (8 * i);
#endif
#ifdef PACK_LABEL
    uvec4 label = texelFetch(image, place_of(number), 0);
    word = label.r | label.g << 16;
#endif
}
