// Eight numbers at a time, in the compiler's own vector types: one source for SSE2, AVX2 and NEON.
// Nothing here may round in another way on another machine: no fused multiply-add, no approximate reciprocals.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

// Vectors that cross a call go through memory.
#define TST_INLINE __attribute__((always_inline)) inline

namespace TST_VARIANT {
namespace {

constexpr int LANES = 8;
typedef float floats __attribute__((vector_size(32)));
typedef int32_t ints __attribute__((vector_size(32)));
typedef uint16_t halves __attribute__((vector_size(32)));  // two to a lane

constexpr ints COUNTING = {0, 1, 2, 3, 4, 5, 6, 7};

template <typename T>
inline T min(T a, T b) { return b < a ? b : a; }
template <typename T>
inline T max(T a, T b) { return a < b ? b : a; }
template <typename T>
inline T clamp(T value, T low, T high) { return max(low, min(value, high)); }

inline floats splat(float value) { return value - floats{}; }
inline ints splat(int32_t value) { return value - ints{}; }

template <typename V, typename T>
inline V load(const T* from) {
    V result;
    std::memcpy(&result, from, sizeof result);
    return result;
}
template <typename V, typename T>
inline void store(T* to, V values) { std::memcpy(to, &values, sizeof values); }

inline ints bits(floats values) { return (ints)values; }
#if defined(__AVX2__)
inline floats select(ints mask, floats yes, floats no) {
    return (floats)_mm256_blendv_ps((__m256)no, (__m256)yes, (__m256)mask);
}
/// Of a number and what is none: b.
inline floats vmin(floats a, floats b) { return (floats)_mm256_min_ps((__m256)a, (__m256)b); }
inline floats vmax(floats a, floats b) { return (floats)_mm256_max_ps((__m256)a, (__m256)b); }
#else
inline floats select(ints mask, floats yes, floats no) { return (floats)((mask & bits(yes)) | (~mask & bits(no))); }
/// Of a number and what is none: b.
inline floats vmin(floats a, floats b) { return select(a < b, a, b); }
inline floats vmax(floats a, floats b) { return select(a > b, a, b); }
#endif
inline ints select(ints mask, ints yes, ints no) { return (ints)select(mask, (floats)yes, (floats)no); }
inline floats as_floats(ints values) { return __builtin_convertvector(values, floats); }
/// Towards zero.
inline ints as_ints(floats values) { return __builtin_convertvector(values, ints); }
inline ints floor_ints(floats values) {
    ints whole = as_ints(values);
    return whole + (as_floats(whole) > values);
}
/// To the nearest, halves up.
inline ints nearest_ints(floats values) { return floor_ints(values + 0.5f); }

/// 1 / root, to five millionths, of what is positive and no denormal number: a guess from the exponent and two steps of
/// Newton's method. Processors' own approximations differ from maker to maker, and their exact roots are slow.
TST_INLINE floats inverse_root(floats values) {
    floats guess = (floats)(0x5f375a86 - (bits(values) >> 1)), half = values * 0.5f;
    guess = guess * (1.5f - half * guess * guess);
    return guess * (1.5f - half * guess * guess);
}

/// Bit i is set where lane i of a comparison holds.
inline unsigned bit_mask(ints mask) {
#if defined(__AVX2__)
    return (unsigned)_mm256_movemask_ps((__m256)mask);
#else
    unsigned result = 0;
    for (int i = 0; i < LANES; i++) result |= (unsigned)(mask[i] < 0) << i;
    return result;
#endif
}

TST_INLINE ints gather(const uint32_t* from, ints places) {
    alignas(32) int32_t at[LANES];
    store(at, places);
    return ints{(int32_t)from[at[0]], (int32_t)from[at[1]], (int32_t)from[at[2]], (int32_t)from[at[3]],
                (int32_t)from[at[4]], (int32_t)from[at[5]], (int32_t)from[at[6]], (int32_t)from[at[7]]};
}

/// The upper half of each product of 16 bits by 16 bits.
inline halves mul_high(halves a, halves b) {
#if defined(__AVX2__)
    return (halves)_mm256_mulhi_epu16((__m256i)a, (__m256i)b);
#else
    typedef uint32_t wide __attribute__((vector_size(64)));
    wide product = __builtin_convertvector(a, wide) * __builtin_convertvector(b, wide);
    return __builtin_convertvector(product >> 16, halves);
#endif
}

inline float min_lane(floats values) {
    float result = values[0];
    for (int i = 1; i < LANES; i++) result = min(result, values[i]);
    return result;
}
inline float max_lane(floats values) {
    float result = values[0];
    for (int i = 1; i < LANES; i++) result = max(result, values[i]);
    return result;
}

}  // namespace
}  // namespace TST_VARIANT
