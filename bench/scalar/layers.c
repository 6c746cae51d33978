/* Plain scalar C for the layers of a network: what a custom C firmware without SIMD would run.

   layers MODEL INPUT OUTPUT REPEATS: MODEL is what scalar_c.py packs, INPUT and OUTPUT are int8
   tensors. Prints one JSON object: ns of each repeat and the least ns of each layer. The
   arithmetic is that of LiteRT's reference kernels (reference/integer_ops/conv.h, depthwise_conv.h,
   pooling.h, fully_connected.h, add.h, softmax.h and common.h): int32 accumulators, a doubling high
   multiplication, a rounding shift. */

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CONV_2D, ADD, DEPTHWISE, AVERAGE_POOL, DENSE, SOFTMAX };

typedef struct {
  int32_t kind, input, input2, output, in_zero, in2_zero, out_zero, lowest, highest;
  int32_t in_height, in_width, depth, out_height, out_width, channels;
  int32_t filter, stride, pad;
  float in_scale, in2_scale, out_scale;
} Facts;

typedef struct {
  Facts facts;
  int8_t *weights;
  int32_t *bias, *multipliers, *shifts;
  double *reals; /* of a DENSE, which is rounded as a double */
  int32_t *exponentials; /* of a SOFTMAX: by the difference to the largest, 31-bit fractions */
} Layer;

static void *take(FILE *file, size_t bytes) {
  void *data = malloc(bytes ? bytes : 1);
  if (!data || fread(data, 1, bytes, file) != bytes) exit(2);
  return data;
}

/* real = multiplier * 2^(shift - 31), multiplier in 2^30 .. 2^31 */
static void quantise_multiplier(double real, int32_t *multiplier, int32_t *shift) {
  int exponent;
  int64_t q = llround(frexp(real, &exponent) * 2147483648.0);
  if (q == INT64_C(2147483648)) { q /= 2; exponent++; }
  *multiplier = (int32_t)q;
  *shift = exponent;
}

static inline int32_t high_mul(int32_t a, int32_t b) {
  int64_t product = (int64_t)a * b;
  int64_t nudge = product >= 0 ? 1 << 30 : 1 - (1 << 30);
  return (int32_t)((product + nudge) / (INT64_C(1) << 31));
}

static inline int32_t rescale(int32_t x, int32_t multiplier, int32_t shift) {
  int32_t left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : -shift;
  x = high_mul((int32_t)((uint32_t)x << left), multiplier);
  int32_t mask = (int32_t)((1u << right) - 1), rest = x & mask;
  int32_t half = (mask >> 1) + (x < 0);
  return (x >> right) + (rest > half);
}

static inline int8_t clamp(int32_t x, const Facts *f) {
  return (int8_t)(x < f->lowest ? f->lowest : x > f->highest ? f->highest : x);
}

static Layer read_layer(FILE *file) {
  Layer layer = {0};
  Facts *stored = take(file, sizeof(Facts)), f = *stored;
  free(stored);
  layer.facts = f;
  layer.multipliers = malloc(4 * (f.channels + 2));
  layer.shifts = malloc(4 * (f.channels + 2));
  layer.reals = malloc(8 * f.channels);
  if (f.kind == CONV_2D || f.kind == DENSE || f.kind == DEPTHWISE) {
    int32_t depth = f.kind == DEPTHWISE ? 1 : f.depth;
    layer.weights = take(file, (size_t)f.channels * f.filter * f.filter * depth);
    layer.bias = take(file, 4 * (size_t)f.channels);
    float *scales = take(file, 4 * (size_t)f.channels);
    for (int c = 0; c < f.channels; c++) {
      layer.reals[c] = (double)f.in_scale * scales[c] / f.out_scale;
      quantise_multiplier(layer.reals[c], &layer.multipliers[c], &layer.shifts[c]);
    }
    free(scales);
  } else if (f.kind == SOFTMAX) {
    layer.exponentials = take(file, 4 * 256);
  } else if (f.kind == ADD) {
    double twice = 2.0 * fmax(f.in_scale, f.in2_scale);
    double reals[] = {f.in_scale / twice, f.in2_scale / twice, twice / (1048576.0 * f.out_scale)};
    for (int i = 0; i < 3; i++)
      quantise_multiplier(reals[i], &layer.multipliers[i], &layer.shifts[i]);
  }
  return layer;
}

/* What lies under a window, less the zero point, so that padding is 0. */
static void gather(const Facts *f, const int8_t *in, int16_t *patch, int32_t top, int32_t left) {
  int16_t zero = (int16_t)f->in_zero;
  for (int32_t row = top; row < top + f->filter; row++)
    for (int32_t column = left; column < left + f->filter; column++) {
      int inside = row >= 0 && row < f->in_height && column >= 0 && column < f->in_width;
      const int8_t *u = in + (row * f->in_width + column) * f->depth;
      for (int32_t k = f->depth; k > 0; k--) *patch++ = inside ? *u++ - zero : 0;
    }
}

static void conv_2d(const Layer *layer, const int8_t *in, int8_t *out, int16_t *patch) {
  const Facts *f = &layer->facts;
  int32_t size = f->filter * f->filter * f->depth;
  for (int32_t y = 0; y < f->out_height; y++)
    for (int32_t x = 0; x < f->out_width; x++) {
      gather(f, in, patch, y * f->stride - f->pad, x * f->stride - f->pad);
      const int8_t *w = layer->weights;
      for (int32_t c = 0; c < f->channels; c++, w += size) {
        int32_t total = layer->bias[c];
        for (int32_t k = 0; k < size; k++) total += w[k] * patch[k];
        int32_t scaled = rescale(total, layer->multipliers[c], layer->shifts[c]);
        *out++ = clamp(scaled + f->out_zero, f);
      }
    }
}

/* Gathered inputs meet the weights, which lie as they do, a tap's channels side by side. */
static void depthwise(const Layer *layer, const int8_t *in, int8_t *out, int16_t *patch) {
  const Facts *f = &layer->facts;
  int32_t taps = f->filter * f->filter, times = f->channels / f->depth;
  for (int32_t y = 0; y < f->out_height; y++)
    for (int32_t x = 0; x < f->out_width; x++) {
      gather(f, in, patch, y * f->stride - f->pad, x * f->stride - f->pad);
      for (int32_t c = 0; c < f->channels; c++) {
        const int8_t *w = layer->weights + c;
        const int16_t *u = patch + (times == 1 ? c : c / times);
        int32_t total = layer->bias[c];
        for (int32_t k = taps; k > 0; k--, w += f->channels, u += f->depth) total += *w * *u;
        int32_t scaled = rescale(total, layer->multipliers[c], layer->shifts[c]);
        *out++ = clamp(scaled + f->out_zero, f);
      }
    }
}

static int8_t mean(const Facts *f, const int8_t *in, int32_t top, int32_t left, int32_t c) {
  int32_t total = 0, count = 0;
  for (int32_t row = top; row < top + f->filter; row++)
    for (int32_t column = left; column < left + f->filter; column++) {
      if (row < 0 || row >= f->in_height || column < 0 || column >= f->in_width) continue;
      total += in[(row * f->in_width + column) * f->depth + c];
      count++;
    }
  return clamp((total > 0 ? total + count / 2 : total - count / 2) / count, f);
}

static void average_pool(const Layer *layer, const int8_t *in, int8_t *out) {
  const Facts *f = &layer->facts;
  for (int32_t y = 0; y < f->out_height; y++)
    for (int32_t x = 0; x < f->out_width; x++)
      for (int32_t c = 0; c < f->channels; c++)
        *out++ = mean(f, in, y * f->stride - f->pad, x * f->stride - f->pad, c);
}

static void dense(const Layer *layer, const int8_t *in, int8_t *out) {
  const Facts *f = &layer->facts;
  for (int32_t row = 0; row < f->out_width; row++, in += f->depth)
    for (int32_t c = 0; c < f->channels; c++) {
      const int8_t *w = layer->weights + c * f->depth;
      int32_t total = layer->bias[c];
      for (int32_t k = 0; k < f->depth; k++) total += w[k] * (in[k] - f->in_zero);
      *out++ = clamp((int32_t)round(total * layer->reals[c]) + f->out_zero, f);
    }
}

static inline int32_t rounded_shift(int32_t x, int32_t right) {
  int32_t mask = (int32_t)((1u << right) - 1);
  return (x >> right) + ((x & mask) > (mask >> 1) + (x < 0));
}

/* 1 / (1 + x) by three steps of Newton's from 48/17 - 32/17 x: gemmlowp's fixedpoint.h. */
static int32_t reciprocal(uint32_t total, int32_t *exponent) {
  int32_t headroom = __builtin_clz(total);
  int64_t normal = (total << headroom) & 0x7FFFFFFF;
  int32_t half = (int32_t)((normal + INT64_C(2147483648)) >> 1);
  int32_t x = 1515870810 + high_mul(half, -1010580540);
  for (int step = 0; step < 3; step++)
    x += high_mul(x, (1 << 29) - high_mul(half, x)) * 4;
  *exponent = 35 - headroom;
  return x >= 1 << 30 ? INT32_MAX : x * 2;
}

static void softmax(const Layer *layer, const int8_t *in, int8_t *out) {
  const Facts *f = &layer->facts;
  for (int32_t row = 0; row < f->out_width; row++, in += f->depth) {
    int32_t largest = in[0], exponent;
    for (int32_t i = 1; i < f->depth; i++) largest = in[i] > largest ? in[i] : largest;
    uint32_t total = 0;
    for (int32_t i = 0; i < f->depth; i++)
      total += rounded_shift(layer->exponentials[largest - in[i]], 12);
    int32_t fraction = reciprocal(total, &exponent);
    for (int32_t i = 0; i < f->depth; i++) {
      int32_t product = high_mul(fraction, layer->exponentials[largest - in[i]]);
      *out++ = clamp(rounded_shift(product, exponent) - 128, f);
    }
  }
}

static void add(const Layer *layer, const int8_t *a, const int8_t *b, int8_t *out) {
  const Facts *f = &layer->facts;
  const int32_t *m = layer->multipliers, *s = layer->shifts;
  for (int32_t i = f->out_height * f->out_width * f->channels; i > 0; i--) {
    int32_t total = rescale((*a++ - f->in_zero) * (1 << 20), m[0], s[0]);
    total += rescale((*b++ - f->in2_zero) * (1 << 20), m[1], s[1]);
    *out++ = clamp(rescale(total, m[2], s[2]) + f->out_zero, f);
  }
}

static void run(const Layer *layer, int8_t *tensors, int16_t *patch) {
  const Facts *f = &layer->facts;
  const int8_t *in = tensors + f->input;
  int8_t *out = tensors + f->output;
  switch (f->kind) {
    case CONV_2D: conv_2d(layer, in, out, patch); break;
    case ADD: add(layer, in, tensors + f->input2, out); break;
    case DEPTHWISE: depthwise(layer, in, out, patch); break;
    case AVERAGE_POOL: average_pool(layer, in, out); break;
    case DENSE: dense(layer, in, out); break;
    case SOFTMAX: softmax(layer, in, out); break;
  }
}

static double now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

int main(int argc, char **argv) {
  FILE *file = argc == 5 ? fopen(argv[1], "rb") : NULL;
  FILE *image = file ? fopen(argv[2], "rb") : NULL;
  if (!image) return 2;
  int32_t *counts = take(file, 12); /* layers, bytes of all tensors, bytes of the input */
  Layer *layers = malloc(counts[0] * sizeof(Layer));
  double *least = malloc(counts[0] * sizeof(double));
  int8_t *tensors = malloc(counts[1]);
  for (int i = 0; i < counts[0]; i++) layers[i] = read_layer(file), least[i] = 1e18;
  int8_t *input = take(image, counts[2]);
  for (int i = 0; i < counts[2]; i++) tensors[i] = input[i];
  int16_t patch[1 << 14];
  const Facts *f = &layers[counts[0] - 1].facts;
  printf("{\"durations_ns\": [");
  for (int repeat = atoi(argv[4]); repeat >= 0; repeat--) { /* the first one warms up */
    double start = now_ns(), begin = start;
    for (int i = 0; i < counts[0]; i++) {
      run(&layers[i], tensors, patch);
      double end = now_ns();
      if (end - begin < least[i]) least[i] = end - begin;
      begin = end;
    }
    if (repeat < atoi(argv[4])) printf("%.0f%s", begin - start, repeat ? ", " : "");
  }
  printf("], \"layers_ns\": [");
  for (int i = 0; i < counts[0]; i++) printf("%.0f%s", least[i], i + 1 < counts[0] ? ", " : "");
  printf("]}\n");
  FILE *result = fopen(argv[3], "wb");
  size_t bytes = (size_t)f->out_height * f->out_width * f->channels;
  return !result || fwrite(tensors + f->output, 1, bytes, result) != bytes || fclose(result);
}
