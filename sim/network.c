//go:build cgo

// What a motor gives beyond its law, as a small network says that was learned from
// logs: of the errors of position and the speeds that it went through.

#include <math.h>
#include <stdlib.h>

#include "world.h"

int ws_learn(ws_world* w) {
  if (!w->network) w->network = calloc(w->m->nu + 1, sizeof *w->network);
  return !w->network;
}

// dense is a layer: y = w x + b, a row of w for each of y.
static void dense(const float* w, const float* b, const float* x, int in, int out, float* y) {
  for (int i = 0; i < out; i++, w += in) {
    float sum = b[i];
    for (int k = 0; k < in; k++) sum += w[k] * x[k];
    y[i] = sum;
  }
}

static float forward(const ws_weights* w, const float* x) {
  float a[WS_UNITS], b[WS_UNITS], y;
  dense(w->first, w->first_bias, x, 2 * WS_PAST, WS_UNITS, a);
  for (int i = 0; i < WS_UNITS; i++) a[i] = tanhf(a[i]);
  dense(w->second, w->second_bias, a, WS_UNITS, WS_UNITS, b);
  for (int i = 0; i < WS_UNITS; i++) b[i] = tanhf(b[i]);
  dense(w->last, w->last_bias, b, WS_UNITS, 1, &y);
  return y;
}

double ws_beyond(ws_network* n, long step, double error, double speed) {
  if (n->period == 0 || step + 0.5 < n->looks * n->period) return n->held;
  float* e = n->past, *v = n->past + WS_PAST;
  for (int k = WS_PAST - 1; k > 0; k--) {
    e[k] = e[k - 1];
    v[k] = v[k - 1];
  }
  e[0] = (float)(error / n->error);
  v[0] = (float)(speed / n->speed);
  for (int k = 1; k < WS_PAST && n->looks == 0; k++) {
    e[k] = e[0];
    v[k] = v[0];
  }
  n->looks++;
  if ((n->most_error > 0 && fabs(error) > n->most_error) || (n->most_speed > 0 && fabs(speed) > n->most_speed)) n->unlearned++;
  n->held = n->torque * forward(&n->weights, n->past);
  return n->held;
}
