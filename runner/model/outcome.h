// How one execution of a test ended.
#pragma once

namespace rh::model {

enum class Outcome {
  passed,
  failed,
  errored,  // setup, teardown or collection broke
  skipped,
  expected_failure,  // xfail, failing todo
  unexpected_pass,   // xpass that the runner does not count as a failure
  crashed,           // began, and its process died before it ended
  timed_out,         // the runner's own per-test timeout, or running when a limit ended the suite
  not_run,           // listed or begun elsewhere, but no result came
};

[[nodiscard]] constexpr bool is_failure(Outcome outcome) {
  return outcome == Outcome::failed || outcome == Outcome::errored || outcome == Outcome::crashed ||
         outcome == Outcome::timed_out || outcome == Outcome::not_run;
}

}  // namespace rh::model
