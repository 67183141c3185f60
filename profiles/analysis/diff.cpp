#include "profiles/analysis/diff.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include <fmt/core.h>

#include "profiles/analysis/analysis.h"
#include "runner/base/text.h"

namespace rh::profiles {
namespace {

using namespace rh::model;

// The sums of one function of a profile; frames of the same name and file are one, whatever their line.
struct FunctionTimes {
  std::uint32_t line = 0;
  GroupTimes times;
};
using Functions = std::map<std::pair<std::string, std::string>, FunctionTimes>;  // name, file

struct Side {
  Functions functions;
  Population population;
};

Side side_of(const Profile& profile, ProfileClock clock) {
  const Analysis analysis(profile);
  std::map<std::pair<std::string, std::string>, std::uint32_t> groups;
  std::vector<std::uint32_t> group_of_function, lines;
  for (const ShownFunction& function : analysis.names.functions()) {
    const auto [found, made] =
        groups.try_emplace({function.name, function.file}, static_cast<std::uint32_t>(groups.size()));
    if (made) lines.push_back(function.line);
    group_of_function.push_back(found->second);
  }
  std::vector<std::uint32_t> group_of;
  group_of.reserve(analysis.node_functions.size());
  for (const std::uint32_t function : analysis.node_functions) group_of.push_back(group_of_function[function]);
  const StackTimes& times = analysis.times(clock);
  const std::vector<GroupTimes> sums = analysis.tree.fold(times.by_node, group_of, groups.size());
  Side side{{}, times.population};
  for (const auto& [key, group] : groups)
    if (sums[group].total.samples > 0) side.functions[key] = {lines[group], sums[group]};
  return side;
}

// The quantile of the standard normal distribution above which `tail` of it lies, by bisection of erfc.
double normal_quantile(double tail) {
  double low = 0, high = 40;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (std::erfc(middle / std::sqrt(2.0)) / 2 > tail ? low : high) = middle;
  }
  return (low + high) / 2;
}

// A share with the interval of the comparison.
struct Judged {
  double share = 0;
  Bounds bounds;
  double rejected = 0, unknown = 0;
};

Judged judged(const TimeSums& part, const Population& population, double z) {
  Judged side;
  if (population.all.ns <= 0) return side;
  side.share = std::clamp(part.ns / population.all.ns, 0.0, 1.0);
  side.bounds = wilson_bounds(side.share, effective_draws(part, population), z);
  side.rejected = population.rejected;
  side.unknown = population.unknown;
  return side;
}

ShareChange change_of(const Judged& base, const Judged& head, double z) {
  const double spread_base = kRunVariation * base.share * (1 - base.share);
  const double spread_head = kRunVariation * head.share * (1 - head.share);
  const double between_runs = z * z * (spread_base * spread_base + spread_head * spread_head);
  const auto reach = [&](double base_part, double head_part) {
    return std::sqrt(base_part * base_part + head_part * head_part + between_runs);
  };
  ShareChange change;
  change.value = head.share - base.share;
  change.low = change.value - reach(base.bounds.high - base.share, head.share - head.bounds.low);
  change.high = change.value + reach(base.share - base.bounds.low, head.bounds.high - head.share);
  // What was not seen may have been this function, or may not: worst case, as in share.h.
  const auto lower = [](const Judged& side) { return side.rejected * side.share; };
  const auto higher = [](const Judged& side) { return side.rejected * (1 - side.share) + side.unknown; };
  change.low -= lower(head) + higher(base);
  change.high += higher(head) + lower(base);
  change.low = std::max(change.low, -1.0);
  change.high = std::min(change.high, 1.0);
  change.counts = change.low > 0 || change.high < 0;
  return change;
}

DiffSide described(const Profile& profile, const Population& population) {
  DiffSide side;
  side.command = profile.command;
  side.started_at = profile.started_at;
  side.duration_ns = profile.duration_ns;
  side.time.ns = static_cast<std::uint64_t>(std::llround(population.all.ns));
  side.time.samples = population.all.samples;
  side.time.share.reason = "the whole";
  return side;
}

void warn(ProfileDiff& diff, std::string_view code, std::string message) {
  diff.diagnostics.push_back({Severity::warning, std::string(code), std::move(message), {}, {}});
}

void compare_conditions(ProfileDiff& diff, const Profile& base, const Profile& head) {
  if (diff.base.time.ns == 0) warn(diff, "profile-empty", "the base has no samples on this clock: nothing is compared");
  if (diff.head.time.ns == 0) warn(diff, "profile-empty", "the head has no samples on this clock: nothing is compared");
  const bool known = !base.machine.cpu_model.empty() && !head.machine.cpu_model.empty();
  if (known && base.machine.cpu_model != head.machine.cpu_model)
    warn(diff, "profile-other-machine",
         fmt::format("the profiles are of different CPUs ({} and {}): shares may differ for that reason",
                     base.machine.cpu_model, head.machine.cpu_model));
}

// Largest change that counts first; what is unchanged by its share.
bool before(const FunctionChange& a, const FunctionChange& b) {
  const auto rank = [](const FunctionChange& row) {
    const double share = std::max(row.base_self.share.value.value_or(0), row.head_self.share.value.value_or(0));
    const double size = row.self.counts    ? std::abs(row.self.value)
                        : row.total.counts ? std::abs(row.total.value)
                                           : share;
    return std::tuple(!row.self.counts, !row.total.counts, -size);
  };
  return std::tuple(rank(a), std::string_view(a.name), std::string_view(a.file)) <
         std::tuple(rank(b), std::string_view(b.name), std::string_view(b.file));
}

std::string points(double share) { return fmt::format("{:+.1f} points", share * 100); }

// The name of a rule matches what is printed, with or without the mark of machine code.
bool is_named(const FunctionChange& row, const DiffRule& rule) {
  const auto matches = [](std::string_view pattern, std::string_view text) {
    // '*' alone is special: names hold '?', '[' and '/'.
    std::size_t star = std::string_view::npos, mark = 0, p = 0, t = 0;
    while (t < text.size()) {
      if (p < pattern.size() && pattern[p] == '*') {
        star = p++;
        mark = t;
      } else if (p < pattern.size() && pattern[p] == text[t]) {
        ++p, ++t;
      } else if (star != std::string_view::npos) {
        p = star + 1;
        t = ++mark;
      } else {
        return false;
      }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
  };
  if (!rule.file.empty() && rule.file != row.file) return false;
  const std::string_view name = row.name;
  const std::size_t marked = name.ends_with(']') ? name.rfind(" [") : std::string_view::npos;
  return matches(rule.name, name) || (marked != std::string_view::npos && matches(rule.name, name.substr(0, marked)));
}

DiffGate judge(const DiffRule& rule, const ProfileDiff& diff, const FunctionChange& worst) {
  const std::string_view which = rule.total ? "total" : "self";
  DiffGate gate;
  gate.rule = rule.text;
  gate.function = place_text(worst.name, worst.file, worst.line);
  gate.change = rule.total ? worst.total : worst.self;
  if (diff.base.time.ns == 0 || diff.head.time.ns == 0) {
    gate.failed = true;
    gate.reason = "a profile without samples cannot be judged";
    return gate;
  }
  const TimeFigure& base = rule.total ? worst.base_total : worst.base_self;
  const TimeFigure& head = rule.total ? worst.head_total : worst.head_self;
  const std::string what =
      fmt::format("{} share of {} from {:.1f} % to {:.1f} %, {} (95 % interval {:+.1f} to {:+.1f})", which,
                  gate.function, base.share.value.value_or(0) * 100, head.share.value.value_or(0) * 100,
                  points(gate.change.value), gate.change.low * 100, gate.change.high * 100);
  const bool grew = gate.change.value > rule.points;
  gate.failed = grew && gate.change.low > 0;
  gate.reason = gate.failed ? what
                : grew      ? what + ": may be chance"
                            : fmt::format("{}, not more than {:.10g}", what, rule.points * 100);
  return gate;
}

}  // namespace

ProfileDiff diff_profiles(const Profile& base, const Profile& head, ProfileClock clock) {
  const Side left = side_of(base, clock), right = side_of(head, clock);
  ProfileDiff diff;
  diff.clock = clock;
  diff.run_variation = kRunVariation;
  diff.base = described(base, left.population);
  diff.head = described(head, right.population);
  compare_conditions(diff, base, head);
  std::map<std::pair<std::string, std::string>, std::pair<const FunctionTimes*, const FunctionTimes*>> rows;
  for (const auto& [key, times] : left.functions) rows[key].first = &times;
  for (const auto& [key, times] : right.functions) rows[key].second = &times;
  const double z = normal_quantile(0.05 / 2 / static_cast<double>(std::max<std::size_t>(rows.size(), 1)));
  static const FunctionTimes kAbsent;
  for (const auto& [key, sides] : rows) {
    const FunctionTimes& in_base = sides.first != nullptr ? *sides.first : kAbsent;
    const FunctionTimes& in_head = sides.second != nullptr ? *sides.second : kAbsent;
    const auto change = [&](const TimeSums& old_sums, const TimeSums& new_sums) {
      return change_of(judged(old_sums, left.population, z), judged(new_sums, right.population, z), z);
    };
    diff.functions.push_back({.name = key.first,
                              .file = key.second,
                              .line = sides.second != nullptr ? in_head.line : in_base.line,
                              .in_base = sides.first != nullptr,
                              .in_head = sides.second != nullptr,
                              .base_self = time_of(in_base.times.self, left.population),
                              .head_self = time_of(in_head.times.self, right.population),
                              .base_total = time_of(in_base.times.total, left.population),
                              .head_total = time_of(in_head.times.total, right.population),
                              .self = change(in_base.times.self, in_head.times.self),
                              .total = change(in_base.times.total, in_head.times.total)});
  }
  std::stable_sort(diff.functions.begin(), diff.functions.end(), before);
  return diff;
}

Result<DiffRule> parse_diff_rule(std::string_view text) {
  const auto wrong = [&](std::string_view why) {
    return fail(
        ErrorKind::usage,
        fmt::format("read the rule '{}': {}; a rule is [self:|total:]NAME[ (FILE)]>N%, such as 'parse>5%'", text, why),
        "--fail-on");
  };
  DiffRule rule;
  rule.text = text;
  std::string_view rest = trim(text);
  const std::size_t sign = rest.rfind('>');
  if (sign == std::string_view::npos) return wrong("'>' is missing");
  std::string_view number = trim(rest.substr(sign + 1));
  if (!number.ends_with('%')) return wrong("'%' is missing at its end");
  const auto value = parse_double(trim(number.substr(0, number.size() - 1)));
  if (!value || !(*value >= 0 && *value <= 100)) return wrong("N is a number from 0 to 100");
  rule.points = *value / 100;
  rest = trim(rest.substr(0, sign));
  for (const auto& [prefix, total] : {std::pair<std::string_view, bool>{"self:", false}, {"total:", true}}) {
    if (!rest.starts_with(prefix)) continue;
    rest.remove_prefix(prefix.size());
    rule.total = total;
    break;
  }
  const std::size_t open = rest.rfind(" (");
  if (open != std::string_view::npos && open > 0 && rest.ends_with(')')) {
    std::string_view file = rest.substr(open + 2, rest.size() - open - 3);
    const std::size_t colon = file.rfind(':');
    if (colon != std::string_view::npos && parse_u64(file.substr(colon + 1))) file = file.substr(0, colon);
    rule.file = file;
    rest = trim(rest.substr(0, open));
  }
  if (rest.empty()) return wrong("the name is missing");
  rule.name = rest;
  return rule;
}

Result<void> judge_diff(ProfileDiff& diff, const std::vector<DiffRule>& rules) {
  for (const DiffRule& rule : rules) {
    const FunctionChange* worst = nullptr;
    DiffGate verdict;
    for (const FunctionChange& row : diff.functions) {
      if (!is_named(row, rule)) continue;
      DiffGate gate = judge(rule, diff, row);
      const bool is_worse = worst == nullptr ||
                            std::pair(gate.failed, gate.change.value) > std::pair(verdict.failed, verdict.change.value);
      if (!is_worse) continue;
      worst = &row;
      verdict = std::move(gate);
    }
    if (worst == nullptr) {
      std::vector<std::string> names;
      for (const FunctionChange& row : diff.functions) names.push_back(row.name);
      const auto near = closest(rule.name, names);
      return fail(ErrorKind::usage,
                  fmt::format("judge '{}': neither profile has a function '{}'{}", rule.text, rule.name,
                              near ? fmt::format("; did you mean '{}'?", *near) : ""),
                  "--fail-on");
    }
    diff.gates.push_back(std::move(verdict));
  }
  return {};
}

}  // namespace rh::profiles
