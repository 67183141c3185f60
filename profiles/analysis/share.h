// The share of time that samples gave to one thing, with its 95 % confidence interval.
//
// Estimate. Each sample carries a measured time w, not a count of one. The share of a thing is the sum of w
// of its samples by the sum of w of all samples, samples without a known stack included.
//
// Which draws are independent. The stacks of all threads of a process are read at one tick, so threads that
// work in step do not tell more than one of them. One tick is one draw of weight W_k, the sum over the samples of
// that time. The distances of ticks must be drawn by chance: else a program that repeats itself with the period of
// the sampler is always met at the same place, and no interval holds. A program that stays in one phase for many
// ticks makes the true variance smaller (each tick then stands for an interval that is all of one kind), never
// larger: a stratified sample is not worse than a simple one (Cochran, Sampling Techniques, 3rd ed., 5.6). The
// interval errs to the wide side.
//
// Variance. Linearisation of a ratio of two sums (Cochran, 6.4): with Y_k the time of the thing in tick k and
// p the share, var(p) = sum((Y_k - p W_k)^2) / (sum W_k)^2. Since Y_k <= W_k, sum(Y_k^2) <= sum(Y_k W_k),
// which makes it a sum over samples: var(p) <= ((1 - 2p) sum(w W_k over the thing) + p^2 sum(W_k^2)) / (sum W_k)^2.
// Equality where one thread ran in each tick, as under an interpreter's lock.
//
// Effective number of draws: n = p (1 - p) / var(p), at most Kish's (sum W_k)^2 / sum(W_k^2) (Kish, Survey
// Sampling, 8.2): heavy ticks, those after late wake-ups, make n smaller.
//
// Interval: Wilson's score interval of p with n (Wilson 1927; with an effective n: Franco, Little, Louis and
// Slud, J. Survey Stat. Methodol. 7, 2019). It lies within 0..1 and is not empty for shares of 0 and 1.
//
// What was not seen. Ticks whose stacks changed under every retry are rejected, and fast changing leaves are
// rejected more often than slow ones: nothing about their stacks may be assumed. With u the part of the time
// that such ticks stand for, the truth lies in [low (1 - u), high (1 - u) + u] whatever they would have shown
// (worst-case bounds; Manski, Am. Econ. Rev. 80, 1990). Time of samples without a stack widens likewise.
#pragma once

#include <cstdint>
#include <string>

#include "runner/model/profile_summary.h"

namespace rh::profiles {

// Two-sided quantiles of the normal distribution. The second one is what the printed 95 % intervals are made with:
// the formula knows the chance of where ticks fall, not that a stack is read some microseconds after its tick, later
// still after a retry, nor that the CPU clock of a thread moves in steps. Half of the 5 % is left to these.
inline constexpr double kZ95 = 1.959963984540054;
inline constexpr double kZPrinted = 2.241402727604947;  // 97.5 %

// Sums over samples. Doubles: exact up to 2^53 ns, 104 days.
struct TimeSums {
  double ns = 0;       // sum of w
  double product = 0;  // sum of w * W_k, W_k the time of all samples of the same tick
  std::uint64_t samples = 0;

  void add(const TimeSums& other) {
    ns += other.ns;
    product += other.product;
    samples += other.samples;
  }
};

struct Population {
  TimeSums all;
  double rejected = 0;  // part of the time, 0..1, that rejected ticks stand for
  double unknown = 0;   // part of the time, 0..1, of samples without a stack
  std::string reason;   // why `all` is empty
};

struct Bounds {
  double low = 0, high = 1;
};

// n of the head comment for a share of `part.ns / population.all.ns`; 0 without any time.
[[nodiscard]] double effective_draws(const TimeSums& part, const Population& population);
// Wilson's score interval; n need not be whole. 0..1 for n <= 0.
[[nodiscard]] Bounds wilson_bounds(double share, double n, double z = kZ95);

[[nodiscard]] model::ShareFigure share_of(const TimeSums& part, const Population& population);
// The same with the sums themselves.
[[nodiscard]] model::TimeFigure time_of(const TimeSums& part, const Population& population);

}  // namespace rh::profiles
