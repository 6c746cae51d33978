/* Plain scalar C for the layers of an embedding: what a custom C firmware without SIMD would run.

   layers MODEL INPUT OUTPUT REPEATS: MODEL is what scalar_c.py packs, INPUT and OUTPUT are int8
   tensors. Prints one JSON object: ns of each repeat and the least ns of each layer. The
   arithmetic is that of LiteRT's reference kernels (reference/integer_ops/conv.h, add.h and
   common.h): int32 accumulators, a doubling high multiplication, a rounding shift. */

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CONV_2D, ADD };

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
  if (f.kind == CONV_2D) {
    layer.weights = take(file, (size_t)f.channels * f.filter * f.filter * f.depth);
    layer.bias = take(file, 4 * (size_t)f.channels);
    float *scales = take(file, 4 * (size_t)f.channels);
    for (int c = 0; c < f.channels; c++)
      quantise_multiplier((double)f.in_scale * scales[c] / f.out_scale, &layer.multipliers[c],
                          &layer.shifts[c]);
    free(scales);
  } else {
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

static void add(const Layer *layer, const int8_t *a, const int8_t *b, int8_t *out) {
  const Facts *f = &layer->facts;
  const int32_t *m = layer->multipliers, *s = layer->shifts;
  for (int32_t i = f->out_height * f->out_width * f->channels; i > 0; i--) {
    int32_t total = rescale((*a++ - f->in_zero) * (1 << 20), m[0], s[0]);
    total += rescale((*b++ - f->in2_zero) * (1 << 20), m[1], s[1]);
    *out++ = clamp(rescale(total, m[2], s[2]) + f->out_zero, f);
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
  const Facts *f = NULL;
  printf("{\"durations_ns\": [");
  for (int repeat = atoi(argv[4]); repeat >= 0; repeat--) { /* the first one warms up */
    double start = now_ns(), begin = start;
    for (int i = 0; i < counts[0]; i++) {
      f = &layers[i].facts;
      if (f->kind == CONV_2D) conv_2d(&layers[i], tensors + f->input, tensors + f->output, patch);
      else add(&layers[i], tensors + f->input, tensors + f->input2, tensors + f->output);
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
