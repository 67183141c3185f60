// The tools of this folder, with their arguments.
#include "runner/agent/project/project.h"
#include "runner/agent/project/test_run.h"

namespace rh::agent {
namespace {

using A = ArgumentType;

constexpr std::string_view kTestSchema = R"({"type":"object","properties":{
"success":{"type":"boolean"},"status":{"type":"string"},"exit_code":{"type":"integer"},"reason":{"type":"string"},
"total":{"type":"integer"},"passed":{"type":"integer"},"failed":{"type":"integer"},"skipped":{"type":"integer"},
"flaky":{"type":"integer"},"coverage":{"type":["number","null"]},"coverage_threshold":{"type":["number","null"]},
"coverage_met":{"type":["boolean","null"]},"suites":{"type":"array"},"folders":{"type":"array"},
"failures":{"type":"array"},"untested":{"type":"array"},"gates":{"type":"array"},"run":{"type":"string"},
"report":{"type":"string"},"duration_seconds":{"type":"number"},"error":{"type":"object"}},"required":["success"]})";
constexpr std::string_view kAnySchema =
    R"({"type":"object","properties":{"success":{"type":"boolean"},"error":{"type":"object"}},"required":["success"]})";

ToolRow run_tests_row() {
  ToolRow row;
  row.name = "run_tests";
  row.command = "run-tests";
  row.title = "run the project's tests and answer briefly";
  row.description =
      "Finds and runs the tests of the project (pytest, npm, go, cargo) in the sandbox, with coverage. A passing run "
      "answers "
      "in two lines, a failing one with every failure, its place and rerun command in at most 8 KB.";
  row.arguments = {
      {"paths", A::texts, "folders, files or pytest node ids below the project; none: all of it", "PATH"},
      {"coverage", A::boolean, "measure coverage (default: true)", "--coverage,!--no-coverage"},
      {"coverage_threshold", A::number, "fail below this per cent of lines (default: as configured, 80; 0: no rule)",
       "", "PCT"},
      {"pytest_args", A::text,
       "arguments for pytest as a shell would split them (default: '-v --tb=short', PYTEST_ARGS)", "", "WORDS"},
      {"arguments", A::texts, "further arguments for the suites' own runner", "--argument", "ARG"},
      {"parallel", A::boolean, "run the tests of a pytest suite side by side, where pytest-xdist is installed"},
      {"jobs", A::integer, "suites that run side by side", "", "N"},
      {"only", A::texts, "only suites whose id matches this glob", "", "GLOB"},
      {"affected", A::boolean, "only tests that a change reaches"},
      {"base", A::text, "compare with this commit, branch or tag", "", "REF"},
      {"min_patch_coverage", A::number, "fail when less of the changed lines is covered", "", "PCT"},
      {"preset", A::text, "limits and isolation", "", "NAME", "local|ci|strict|agent"},
      {"timeout", A::integer, "seconds for all of it", "", "SECONDS"},
      {"memory_limit", A::text, "memory of each suite, such as 2G", "--memory,--memory-limit", "SIZE"},
      {"reports", A::texts, "reports to write below the project, as NAME=PATH (markdown=summary.md)", "--report",
       "NAME=PATH"},
      {"enable", A::boolean, "running code is meant to be enabled for this call", "", "", "", false, Offered::mcp},
      {"allow_prod", A::boolean, "also where the environment says production", "", "", "", false, Offered::mcp},
  };
  row.output_schema = kTestSchema;
  row.hints = {false, false, false, false};
  row.call = run_tests;
  return row;
}

ToolRow check_gates_row() {
  ToolRow row;
  row.name = "check_gates";
  row.command = "check-gates";
  row.title = "judge results and coverage against rules";
  row.description =
      "Judges the latest stored run, or result and coverage files from anywhere (JUnit, LCOV, Cobertura and others), "
      "against "
      "the rules of runharness.toml and those given here.";
  row.arguments = {
      {"files", A::texts, "result and coverage files, folders or globs; none: the stored run", "FILES"},
      {"run", A::text, "the stored run to judge (default: latest)", "", "RUN"},
      {"base", A::text, "compare with this commit, branch or tag", "", "REF"},
      {"min_coverage", A::number, "per cent of the lines", "", "PCT"},
      {"min_branch_coverage", A::number, "per cent of the branches", "", "PCT"},
      {"min_file_coverage", A::number, "per cent of the lines of each file", "", "PCT"},
      {"min_patch_coverage", A::number, "per cent of the changed lines", "", "PCT"},
      {"max_uncovered", A::integer, "lines", "", "N"},
      {"max_failures", A::integer, "failed tests that are tolerated", "", "N"},
      {"min_tests", A::integer, "tests that must have run", "", "N"},
      {"max_skipped", A::integer, "tests that may be skipped", "", "N"},
  };
  row.output_schema = kAnySchema;
  row.hints = {true, false, true, false};
  row.call = check_gates;
  row.aliases = {"gate"};
  return row;
}

ToolRow suggest_tests_row() {
  ToolRow row;
  row.name = "suggest_tests";
  row.command = "suggest-tests";
  row.title = "name code that no test reaches, and a test for each place";
  row.description =
      "Lists untested lines of a stored run or of coverage files, and says for each untested path which test would "
      "reach it.";
  row.arguments = {
      {"files", A::texts, "coverage files; none: the stored run", "FILES"},
      {"run", A::text, "the stored run (default: latest)", "", "RUN"},
      {"max", A::integer, "places at most (default: 20)", "", "N"},
  };
  row.output_schema = kAnySchema;
  row.hints = {true, false, true, false};
  row.call = suggest_tests;
  row.aliases = {"untested_paths"};
  return row;
}

ToolRow test_report_row() {
  ToolRow row;
  row.name = "test_report";
  row.command = "test-report";
  row.title = "render a stored test run, as text or into a file";
  row.description =
      "Renders the latest or a named test run in any report format: markdown, agent, junit, json, html, lcov, sarif, "
      "...";
  row.arguments = {
      {"format", A::text, "name of the report (default: markdown)", "", "NAME"},
      {"run", A::text, "the stored run (default: latest)", "", "RUN"},
      {"output", A::text, "file below the project; none: the answer holds it", "--output,-o", "FILE"},
  };
  row.output_schema = kAnySchema;
  row.hints = {false, false, true, false};
  row.call = test_report;
  row.aliases = {"generate_report"};
  return row;
}

ArgumentRow timeout_row() { return {"timeout", A::integer, "seconds", "", "SECONDS"}; }
ArgumentRow allow_prod_row() { return {"allow_prod", A::boolean, "also where the environment says production"}; }
ArgumentRow enable_row() { return {"enable", A::boolean, "running code is meant to be enabled for this call"}; }

ToolRow profile_code_row() {
  ToolRow row;
  row.name = "profile_code";
  row.command = "profile-code";
  row.title = "show where the time of a snippet goes";
  row.description =
      "Runs a snippet of python, javascript or bash under the sampling profiler in the sandbox: the ten functions that "
      "took "
      "most time, bottlenecks, and suggestions.";
  row.arguments = {
      {"code", A::text, "the snippet", "CODE", "", "", true},
      {"language", A::text, "python (default), javascript or bash", "", "NAME"},
      timeout_row(),
      {"memory", A::boolean, "record where memory is allocated, too"},
      enable_row(),
      allow_prod_row(),
  };
  row.output_schema = kAnySchema;
  row.call = profile_code;
  return row;
}

ToolRow profile_script_row() {
  ToolRow row = profile_code_row();
  row.name = "profile_script";
  row.command = "profile-script";
  row.title = "show where the time of a script goes";
  row.description = "The same for a script or program of the project, by path.";
  row.arguments = {
      {"script", A::text, "path below the project", "SCRIPT", "", "", true},
      {"arguments", A::texts, "of the script", "ARGS"},
      timeout_row(),
      {"memory", A::boolean, "record where memory is allocated, too"},
      enable_row(),
      allow_prod_row(),
  };
  row.call = profile_script;
  return row;
}

ToolRow service_status_row() {
  ToolRow row;
  row.name = "service_status";
  row.command = "service-status";
  row.title = "say whether sandbox, folders, languages and endpoints are usable";
  row.description =
      "Checks sandbox, permissions, disk space, interpreters and endpoints without running code; with language or "
      "provider: "
      "whether that one is supported.";
  row.arguments = {
      {"language", A::text, "only: is this language usable here?", "", "NAME"},
      {"provider", A::text, "only: is this provider configured?", "", "NAME"},
      {"probe", A::boolean, "ask interpreters for their version and connect to endpoints (default: true)"},
  };
  row.output_schema = kAnySchema;
  row.hints = {true, false, true, true};
  row.call = service_status;
  row.aliases = {"doctor", "supports"};
  return row;
}

}  // namespace

std::vector<ToolRow> project_tools() {
  return {run_tests_row(),    check_gates_row(),    suggest_tests_row(), test_report_row(),
          profile_code_row(), profile_script_row(), service_status_row()};
}

}  // namespace rh::agent
