#include <doctest/doctest.h>

#include "blocks/gated_delta.hpp"
#include "blocks/recurrent.hpp"
#include "blocks/rg_lru.hpp"
#include "blocks/rwkv.hpp"
#include "blocks/short_convolution.hpp"
#include "runtime/cpu.hpp"

namespace {

using namespace ondol;
using test::Doubles;

constexpr std::size_t hidden = 24;

double gelu_tanh(double x) { return 0.5 * x * (1 + std::tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))); }

}  // namespace

TEST_CASE("short convolution: the formula in double precision, cuts, batch mates and threads") {
  for (const Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    test::Setup setup(2, isa);
    ShortConvolution block;
    block.shape = {.channels = 37, .kernel = 3};
    const test::Dense in(3 * 37, hidden, 1, true);
    const test::Dense output(hidden, 37, 2, true);
    in.put(block.in, setup);
    output.put(block.output, setup);
    test::put(block.convolution, 37, 3, 3);
    std::vector<Doubles> past;
    test::check_block(block, hidden, setup, [&](const Doubles& row) {
      const Doubles all = in(row);
      Doubles product(37);
      for (std::size_t i = 0; i < 37; ++i) product[i] = all[i] * all[74 + i];
      past.push_back(product);
      Doubles y = test::convolved(block.convolution, past);
      for (std::size_t i = 0; i < 37; ++i) y[i] *= all[37 + i];
      return output(y);
    });
  }
}

TEST_CASE("rg-lru: the recurrence in double precision, cuts, batch mates and threads") {
  for (const Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    test::Setup setup(2, isa);
    constexpr std::size_t n = 40;
    constexpr std::size_t blocks = 4;
    RgLru block;
    block.shape = {.channels = n, .blocks = blocks, .kernel = 4};
    const test::Dense in(n, hidden, 1, true);
    const test::Dense side(n, hidden, 2, true);
    const test::Dense output(hidden, n, 3, true);
    in.put(block.in, setup);
    side.put(block.side, setup);
    output.put(block.output, setup);
    test::put(block.convolution, n, 4, 4);
    std::vector<test::Dense> gates[2];
    block.input_gate.resize(blocks);
    block.recurrence_gate.resize(blocks);
    for (std::uint32_t i = 0; i < blocks; ++i) {
      gates[0].emplace_back(n / blocks, n / blocks, 10 + i, true);
      gates[1].emplace_back(n / blocks, n / blocks, 20 + i, true);
      gates[0][i].put(block.input_gate[i], setup);
      gates[1][i].put(block.recurrence_gate[i], setup);
    }
    block.decay = test::normal(n, 5);
    for (float& rate : block.decay) rate = -0.3f * std::exp(rate);

    std::vector<Doubles> past;
    Doubles h(n);
    test::check_block(block, hidden, setup, [&](const Doubles& row) {
      past.push_back(in(row));
      const Doubles x = test::convolved(block.convolution, past);
      const Doubles y = side(row);
      Doubles gated(n);
      for (std::size_t i = 0; i < n; ++i) {
        const std::size_t part = i / (n / blocks);
        const double* own = x.data() + part * (n / blocks);
        const double input = test::sigmoid(gates[0][part](own)[i % (n / blocks)]);
        const double rate = test::sigmoid(gates[1][part](own)[i % (n / blocks)]) * block.decay[i];
        const double keep = past.size() == 1 ? 1 : std::sqrt(1 - std::exp(2 * rate));
        h[i] = std::exp(rate) * h[i] + keep * input * x[i];
        gated[i] = h[i] * gelu_tanh(y[i]);
      }
      return output(gated);
    });
  }
}

TEST_CASE("gated delta: the delta rule in double precision, cuts, batch mates and threads") {
  for (const Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    test::Setup setup(2, isa);
    GatedDelta block;
    block.shape = {.key_heads = 2, .value_heads = 6, .key_dim = 9, .value_dim = 20, .kernel = 4};
    const GatedDelta::Shape& s = block.shape;
    const test::Dense in(s.channels(), hidden, 1);
    const test::Dense gate(s.values(), hidden, 2);
    const test::Dense rates(2 * s.value_heads, hidden, 3);
    const test::Dense output(hidden, s.values(), 4);
    in.put(block.in, setup);
    gate.put(block.gate, setup);
    rates.put(block.rates, setup);
    output.put(block.output, setup);
    test::put(block.convolution, s.channels(), s.kernel, 5);
    block.step_bias = test::normal(s.value_heads, 6);
    block.a = test::normal(s.value_heads, 7);
    for (float& a : block.a) a = -std::exp(a);
    block.norm = {.weight = test::normal(s.value_dim, 8), .bias = {}, .eps = 0.01f};

    std::vector<Doubles> past;
    std::vector<Doubles> states(s.value_heads, Doubles(s.key_dim * s.value_dim));
    const auto length_one = [&](double* x, double factor) {
      double squares = 1e-6;
      for (std::size_t i = 0; i < s.key_dim; ++i) squares += x[i] * x[i];
      for (std::size_t i = 0; i < s.key_dim; ++i) x[i] *= factor / std::sqrt(squares);
    };
    test::check_block(block, hidden, setup, [&](const Doubles& row) {
      past.push_back(in(row));
      Doubles x = test::convolved(block.convolution, past);
      for (double& v : x) v = test::silu(v);
      for (std::size_t head = 0; head < s.key_heads; ++head) {
        length_one(x.data() + head * s.key_dim, 1 / std::sqrt(double(s.key_dim)));
        length_one(x.data() + s.keys() + head * s.key_dim, 1);
      }
      const Doubles z = gate(row);
      const Doubles rate = rates(row);
      Doubles y(s.values());
      for (std::size_t head = 0; head < s.value_heads; ++head) {
        const std::size_t group = s.value_heads / s.key_heads;
        const std::size_t key_head = head / group;
        const double* q = x.data() + key_head * s.key_dim;
        const double* k = q + s.keys();
        const double* v = x.data() + 2 * s.keys() + head * s.value_dim;
        const double* own = rate.data() + key_head * 2 * group + head % group;
        const double decay = std::exp(block.a[head] * test::softplus(own[group] + block.step_bias[head]));
        Doubles& state = states[head];
        for (double& value : state) value *= decay;
        double* to = y.data() + head * s.value_dim;
        for (std::size_t j = 0; j < s.value_dim; ++j) {
          double seen = 0;
          for (std::size_t i = 0; i < s.key_dim; ++i) seen += k[i] * state[i * s.value_dim + j];
          for (std::size_t i = 0; i < s.key_dim; ++i) {
            state[i * s.value_dim + j] += k[i] * test::sigmoid(own[0]) * (v[j] - seen);
            to[j] += q[i] * state[i * s.value_dim + j];
          }
        }
        test::rms_norm(to, s.value_dim, block.norm.weight, 0.01f);
        for (std::size_t j = 0; j < s.value_dim; ++j) to[j] *= test::silu(z[head * s.value_dim + j]);
      }
      return output(y);
    });
  }
}

TEST_CASE("rwkv: time mix and channel mix in double precision, cuts, batch mates and threads") {
  const auto mixed = [](const std::vector<float>& share, const Doubles& row, const Doubles& before) {
    Doubles out(row.size());
    for (std::size_t i = 0; i < row.size(); ++i) out[i] = share[i] * row[i] + (1 - double(share[i])) * before[i];
    return out;
  };
  for (const Isa isa : available_isas()) {
    CAPTURE(isa_name(isa));
    test::Setup setup(2, isa);
    constexpr std::size_t n = 33;
    RwkvTimeMix time;
    time.shape = {.hidden = hidden, .channels = n};
    time.key_shift.share = test::normal(hidden, 1);
    time.value_shift.share = test::normal(hidden, 2);
    time.receptance_shift.share = test::normal(hidden, 3);
    const test::Dense key(n, hidden, 4);
    const test::Dense value(n, hidden, 5);
    const test::Dense receptance(n, hidden, 6);
    const test::Dense output(hidden, n, 7);
    key.put(time.key, setup);
    value.put(time.value, setup);
    receptance.put(time.receptance, setup);
    output.put(time.output, setup);
    time.first = test::normal(n, 8);
    time.decay = test::normal(n, 9);
    for (float& rate : time.decay) rate = -std::exp(rate);
    Doubles before(hidden);
    Doubles top(n);
    Doubles bottom(n);
    test::check_block(time, hidden, setup, [&](const Doubles& row) {
      const Doubles k = key(mixed(time.key_shift.share, row, before));
      const Doubles v = value(mixed(time.value_shift.share, row, before));
      const Doubles r = receptance(mixed(time.receptance_shift.share, row, before));
      before = row;
      Doubles y(n);
      for (std::size_t i = 0; i < n; ++i) {
        const double own = std::exp(k[i] + time.first[i]);
        y[i] = test::sigmoid(r[i]) * (top[i] + own * v[i]) / (bottom[i] + own);
        top[i] = std::exp(time.decay[i]) * top[i] + std::exp(k[i]) * v[i];
        bottom[i] = std::exp(time.decay[i]) * bottom[i] + std::exp(k[i]);
      }
      return output(y);
    });

    RwkvChannelMix channel;
    channel.shape = {.hidden = hidden, .intermediate_size = 50};
    channel.key_shift.share = test::normal(hidden, 11);
    channel.receptance_shift.share = test::normal(hidden, 12);
    const test::Dense up(50, hidden, 13);
    const test::Dense down(hidden, 50, 14);
    const test::Dense gate(hidden, hidden, 15);
    up.put(channel.key, setup);
    down.put(channel.value, setup);
    gate.put(channel.receptance, setup);
    Doubles last(hidden);
    test::check_block(channel, hidden, setup, [&](const Doubles& row) {
      Doubles k = up(mixed(channel.key_shift.share, row, last));
      for (double& v : k) v = v > 0 ? v * v : 0;
      Doubles y = down(k);
      const Doubles r = gate(mixed(channel.receptance_shift.share, row, last));
      last = row;
      for (std::size_t i = 0; i < hidden; ++i) y[i] *= test::sigmoid(r[i]);
      return y;
    });
  }
}
