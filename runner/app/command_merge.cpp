// `runharness merge`: joins results, coverage and the runs of shards into one, and writes it in any format.
#include "runner/app/commands.h"
#include "runner/app/judged_inputs.h"
#include "runner/engine/gate/verdict.h"

namespace rh::app {

Result<int> run_merge(const CommandLine& line) {
  RH_TRY(JudgedInputs inputs, read_inputs(line, line.paths, WithoutFiles::nothing));
  return tell_judged(line, inputs, engine::judge_gathered(inputs.gathered, {}, false));
}

}  // namespace rh::app
