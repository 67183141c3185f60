#include "runner/agent/history/execution_id.h"

#include <algorithm>
#include <atomic>
#include <ctime>

#include <fmt/core.h>

#include "runner/agent/digest.h"
#include "runner/base/clock.h"

namespace rh::agent {
namespace {

constexpr std::string_view kShape = "dddddddd_dddddd_dddddd";
constexpr std::size_t kLongestKey = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Two executions that begin within one microsecond: the second one is told the next.
std::int64_t own_microsecond() {
  static std::atomic<std::int64_t> last{0};
  const std::int64_t now = std::chrono::duration_cast<std::chrono::microseconds>(wall_now().time_since_epoch()).count();
  std::int64_t before = last.load();
  std::int64_t mine = 0;
  do {
    mine = std::max(now, before + 1);
  } while (!last.compare_exchange_weak(before, mine));
  return mine;
}

}  // namespace

Result<ExecutionId> make_execution_id() {
  ExecutionId made;
  RH_TRY(made.short_id, random_hex(16));
  const std::int64_t microseconds = own_microsecond();
  made.started = std::chrono::system_clock::time_point(std::chrono::microseconds(microseconds));
  const std::time_t seconds = microseconds / 1'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  made.id = fmt::format("{:04}{:02}{:02}_{:02}{:02}{:02}_{:06}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                        parts.tm_hour, parts.tm_min, parts.tm_sec, microseconds % 1'000'000);
  return made;
}

bool is_execution_id(std::string_view text) {
  return text.size() == kShape.size() && std::equal(text.begin(), text.end(), kShape.begin(), [](char c, char shape) {
           return shape == 'd' ? is_digit(c) : c == shape;
         });
}

bool is_execution_key(std::string_view text) {
  return !text.empty() && text.size() <= kLongestKey && std::all_of(text.begin(), text.end(), [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || c == '_';
  });
}

}  // namespace rh::agent
