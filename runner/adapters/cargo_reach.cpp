// Who tests what in a cargo suite: each test of a program runs alone, with a profile of its own. Documentation tests
// have no profile, and programs with a harness of their own no list: those always run.
#include <fmt/format.h>

#include "runner/adapters/cargo_steps.h"
#include "runner/adapters/reach_files.h"
#include "runner/base/file.h"
#include "runner/base/text.h"

namespace rh::adapters {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxSkipBytes = 1U << 20;  // of all arguments of a command; Linux takes 2 MiB by default

// $1 llvm-profdata, $2 llvm-cov, $3 the program, $4 its name in results, $5 the file of lines, $6 a folder for
// profiles, $7 the ids that are left out, $8 sources to ignore, then further objects.
constexpr const char* kScript = R"(profdata=$1 cov=$2 program=$3 scope=$4 out=$5 work=$6 left=$7 ignored=$8; shift 8
begin=$(date +%s%N) tests=0
mkdir -p "$work" || exit 1
printf 'rh-test-lines 1\n' > "$out"
LLVM_PROFILE_FILE=/dev/null "$program" --list --format terse 2> /dev/null | sed -n 's/: test$//p' > "$work/tests"
while IFS= read -r test; do
  grep -Fxq "$scope::$test" "$left" && continue
  rm -rf "$work/raw" "$work/merged" && mkdir "$work/raw"
  LLVM_PROFILE_FILE="$work/raw/%p-%m.profraw" "$program" --exact "$test" --test-threads=1 > /dev/null 2>&1 < /dev/null
  tests=$((tests + 1))
  "$profdata" merge -sparse -failure-mode=all -o "$work/merged" "$work/raw" 2> /dev/null || continue
  "$cov" export -format=lcov -skip-functions -skip-branches -instr-profile="$work/merged" \
    -ignore-filename-regex="$ignored" "$program" "$@" 2> /dev/null |
    RH_TEST="$scope::$test" awk '
      function flush() { if (lines != "") printf "f\t%s\nt\t%s\t%s\n", path, lines, ENVIRON["RH_TEST"]; lines = "" }
      /^SF:/ { flush(); path = substr($0, 4) }
      /^DA:/ {
        split(substr($0, 4), parts, ",")
        if (parts[2] > 0) lines = lines (lines == "" ? "" : ",") parts[1]
      }
      END { flush(); printf "r\t%s\n", ENVIRON["RH_TEST"] }' >> "$out"
done < "$work/tests"
took=$((($(date +%s%N) - begin) / 100000000))
[ $tests -gt 0 ] && printf 'n\tto learn who tests what, %d tests of %s ran a second time, one by one, in %d.%d s\n' \
  "$tests" "$scope" $((took / 10)) $((took % 10)) >> "$out"
rm -rf "$work")";

}  // namespace

std::string CargoSteps::map_problem() const {
  if (!context_.coverage) return "coverage was switched off, and profiles of coverage tell which test reaches what";
  return llvm_.problem;
}

std::string CargoSteps::selection_problem() const {
  if (!arguments_.program.empty()) return "the arguments behind -- choose tests themselves";
  return {};
}

// With --exact the names to skip are whole names; a new test has none of them.
void CargoSteps::leave_out(model::Step& step) const {
  if (context_.left_out == nullptr) return;
  std::vector<std::string> skips;
  std::size_t bytes = 0;
  for (const std::string& id : *context_.left_out) {
    if (!id.starts_with(step.name + "::")) continue;
    skips.push_back("--skip=" + id.substr(step.name.size() + 2));
    bytes += skips.back().size() + 1 + sizeof(char*);
  }
  if (skips.empty() || bytes > kMaxSkipBytes) return;  // all of them run, and are counted as such
  step.command.argv.emplace_back("--exact");
  step.command.argv.insert(step.command.argv.end(), skips.begin(), skips.end());
}

Result<model::Step> CargoSteps::lines_step(const model::Step& base, const CargoBuild& build,
                                           const CargoArtifact& program) const {
  model::Step step = base;
  step.kind = model::StepKind::coverage;
  step.name = "who tests what, test by test: " + base.name;
  step.results.clear();
  step.stop_on_failure = false;
  fs::path left = "/dev/null";
  if (context_.left_out != nullptr) {
    RH_TRY(left, write_left_out(context_));
  }
  const std::string name = program.executable.filename().string();
  const fs::path out = context_.out_dir / ("test-lines-" + name + ".txt");
  step.command.env.erase("RUSTC_BOOTSTRAP");
  step.command.argv = {"/bin/sh",
                       "-c",
                       kScript,
                       "sh",
                       llvm_.profdata.string(),
                       llvm_.cov.string(),
                       program.executable.string(),
                       base.name,
                       out.string(),
                       (context_.out_dir / ("reach-" + name)).string(),
                       left.string(),
                       ignored_sources(build, false)};
  for (const CargoArtifact& artifact : build.artifacts)
    if (artifact.kind == "bin" && !artifact.is_test && !artifact.executable.empty())
      step.command.argv.insert(step.command.argv.end(), {"-object", artifact.executable.string()});
  model::TestMapSource source = reach_source(context_, "test");
  source.path = out;
  step.test_maps.push_back(std::move(source));
  return step;
}

}  // namespace rh::adapters
