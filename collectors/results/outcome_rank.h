// Which of two outcomes counts when a test is said to have both.
#pragma once

#include "runner/model/attempt.h"

namespace rh::collectors {

// The higher one wins.
[[nodiscard]] constexpr int badness(model::Outcome outcome) {
  switch (outcome) {
    case model::Outcome::passed:
      return 0;
    case model::Outcome::skipped:
      return 1;
    case model::Outcome::expected_failure:
      return 2;
    case model::Outcome::unexpected_pass:
      return 3;
    case model::Outcome::failed:
      return 4;
    case model::Outcome::timed_out:
      return 5;
    case model::Outcome::errored:
      return 6;
    case model::Outcome::crashed:
      return 7;
    case model::Outcome::not_run:
      return 8;
  }
  return 8;
}

}  // namespace rh::collectors
