#include "tests/bench/sandbox/scoreboard.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace rh::bench {

bool Scoreboard::all_met() const {
  return std::all_of(targets.begin(), targets.end(), [](const TargetRow& row) { return row.met(); });
}

std::string Scoreboard::table() const {
  std::string text = machine + "\n";
  if (!starts.empty()) {
    text += fmt::format("\n/bin/true, {} interleaved rounds{:>23}{:>9}{:>9}  ratio\n", rounds, "p10", "p50", "p90 µs");
    for (const StartRow& row : starts)
      text += fmt::format("  {:<44}{:>8.0f} {:>8.0f} {:>8.0f} {:>5.2f}x  {}\n", row.name, row.us.p10, row.us.p50,
                          row.us.p90, row.ratio, row.policy);
  }
  for (const MissingRow& row : missing) text += fmt::format("  {:<44}no figures: {}\n", row.name, row.reason);
  text += fmt::format("\n{:<46}{:>9} {:<5}{:>10}\n", "target", "figure", "", "at most");
  for (const TargetRow& row : targets)
    text += fmt::format("  {:<44}{:>9.2f} {:<5}{:>10}  {}\n", row.name, row.value, row.unit,
                        row.limit ? fmt::format("{:.4g}", *row.limit) : "-",
                        !row.limit  ? ""
                        : row.met() ? "met"
                                    : "MISSED");
  return text;
}

std::string Scoreboard::json() const {
  nlohmann::ordered_json out = {{"machine", machine}, {"rounds", rounds}};
  out["starts"] = nlohmann::json::array();
  for (const StartRow& row : starts)
    out["starts"].push_back({{"name", row.name},
                             {"p10_us", row.us.p10},
                             {"p50_us", row.us.p50},
                             {"p90_us", row.us.p90},
                             {"ratio_to_bare", row.ratio},
                             {"policy", row.policy}});
  out["missing"] = nlohmann::json::array();
  for (const MissingRow& row : missing) out["missing"].push_back({{"name", row.name}, {"reason", row.reason}});
  out["targets"] = nlohmann::json::array();
  for (const TargetRow& row : targets) {
    nlohmann::ordered_json entry = {{"name", row.name}, {"unit", row.unit}, {"value", row.value}};
    entry["limit"] = row.limit ? nlohmann::ordered_json(*row.limit) : nlohmann::ordered_json();
    entry["met"] = row.limit ? nlohmann::ordered_json(row.met()) : nlohmann::ordered_json();
    out["targets"].push_back(entry);
  }
  return out.dump(2) + "\n";
}

}  // namespace rh::bench
