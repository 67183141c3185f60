#include "runner/engine/step_profiles.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "runner/base/file.h"
#include "runner/base/redact.h"
#include "runner/base/text.h"

namespace rh::engine {

using namespace rh::model;

namespace {

constexpr std::size_t kMaxStoredProfile = std::size_t{512} << 20U;  // bytes of one profile.json

}  // namespace

void StepProfiles::take(const TestCase& test, const Attempt& attempt) {
  const std::optional<Nanoseconds> end = std::exchange(end_of_next_, std::nullopt);
  if (!context_.options.profile.any) return;
  if (attempt.outcome == Outcome::not_run || attempt.outcome == Outcome::skipped) return;
  const auto [known, added] = last_run_.try_emplace(test.id.value, ran_.size());
  if (!added) {  // of several attempts the last one is told
    ran_[known->second].wanted = false;
    known->second = ran_.size();
  }
  profiles::RanTest ran{test, attempt.pid, attempt.start, attempt.duration, {}, true};
  if (end && attempt.start && *end > *attempt.start) ran.lasted = *end - *attempt.start;
  ran_.push_back(std::move(ran));
}

// Others are known to have run, which matters for those beside them.
void StepProfiles::want_slowest() {
  const std::optional<std::uint64_t>& slowest = context_.options.profile.slowest;
  const std::size_t most = slowest ? static_cast<std::size_t>(std::min<std::uint64_t>(*slowest, kMaxProfiledTests))
                                   : kMaxProfiledTests - std::min(told_, kMaxProfiledTests);
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < ran_.size(); ++i)
    if (ran_[i].wanted) order.push_back(i);
  if (order.size() <= most) return;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return ran_[a].duration.value_or(Nanoseconds{}) > ran_[b].duration.value_or(Nanoseconds{});
  });
  for (std::size_t i = most; i < order.size(); ++i) ran_[order[i]].wanted = false;
  if (!slowest) left_out_ += order.size() - most;
}

void StepProfiles::finish_step(const std::string& step, const std::filesystem::path& file, const Profile& profile) {
  want_slowest();
  profiles::JoinedStep joined = context_.registry.profiling.join(profile, ran_);
  joined.step.step = step;
  store(file, profile, joined.step);
  const EventLog::Batch batch(context_.log);
  context_.log.append(StepProfiled{suite_, joined.step});
  for (std::size_t i = 0; i < ran_.size(); ++i) {
    if (!ran_[i].wanted) continue;
    if (context_.options.profile.slowest) {
      held_.push_back({ran_[i].duration.value_or(Nanoseconds{}), ran_[i].test.id, std::move(joined.tests[i])});
    } else {
      context_.log.append(TestProfiled{suite_, ran_[i].test.id, std::move(joined.tests[i])});
      ++told_;
    }
  }
  ran_.clear();
  last_run_.clear();
}

void StepProfiles::store(const std::filesystem::path& file, const Profile& profile, StepProfile& step) {
  std::string text = context_.registry.profiling.to_json(profile);
  if (text.size() > kMaxStoredProfile)
    return note("profile-not-kept",
                fmt::format("the profile of {} takes {}, more than {}: what was joined to tests is kept", step.step,
                            format_size(text.size()), format_size(kMaxStoredProfile)));
  if (context_.secrets) text = context_.secrets->redact(text);
  if (auto written = write_file(file, text); !written)
    note("profile-not-kept", written.error().message());
  else
    step.file = relative_to(file, context_.paths.run);
}

void StepProfiles::finish() {
  const std::optional<std::uint64_t>& slowest = context_.options.profile.slowest;
  std::stable_sort(held_.begin(), held_.end(), [](const Held& a, const Held& b) { return a.duration > b.duration; });
  if (slowest && held_.size() > *slowest) held_.resize(static_cast<std::size_t>(*slowest));
  const EventLog::Batch batch(context_.log);
  for (Held& held : held_) context_.log.append(TestProfiled{suite_, std::move(held.test), std::move(held.profile)});
  held_.clear();
  if (left_out_ > 0)
    note("tests-not-profiled", fmt::format("{} tests have no profile: those of the {} slowest of a suite are kept",
                                           left_out_, kMaxProfiledTests));
}

void StepProfiles::note(std::string code, std::string message) {
  context_.log.append(DiagnosticRaised{{Severity::warning, std::move(code), std::move(message), "--profile", suite_}});
}

}  // namespace rh::engine
