// Reads npm scripts: which test runners a package's `test` script starts, with which arguments, and
// what has to run before them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "runner/adapters/npm_manifest.h"
#include "runner/adapters/shell_words.h"
#include "runner/model/command.h"

namespace rh::adapters {

enum class SegmentKind {
  test,          // a runner that this tool knows
  unknown_test,  // a runner whose results it cannot read (ava, tap, tape, playwright...)
  check,         // lint, format and type checks: no part of running tests
  other,         // anything else: builds, preparations
  delegate,      // runs the scripts of workspace members
  placeholder,   // "no test specified" of `npm init`
};

struct ScriptSegment {
  SegmentKind kind = SegmentKind::other;
  std::string runner;                         // "node:test", "vitest", "jest", "mocha", "ava"...
  std::vector<std::string> runner_args;       // behind the runner's name
  std::string shell_args;                     // the same as written, when only a shell can expand them
  std::vector<std::string> node_args;         // `node --import tsx node_modules/.bin/mocha`
  std::vector<std::string> coverage_wrapper;  // "c8", "--all": as the script has it
  model::Environment env;
  std::string text;          // the command as written
  std::string script;        // the script that it stands in
  bool before_tests = true;  // not in a post hook
};

// What one command is; `npm run` is not followed.
[[nodiscard]] ScriptSegment classify_command(const ShellCommand& command);

// The commands of script `name` and its pre and post hooks, in order, with `npm run X`, `npm-run-all` and the like
// expanded.
[[nodiscard]] std::vector<ScriptSegment> expand_script(const NpmManifest& manifest, const std::string& name);

}  // namespace rh::adapters
