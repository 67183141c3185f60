#include "runner/app/registry.h"

namespace rh::app {

const engine::Registry& registry() {
  static const engine::Registry rows{
      .adapters =
          {
              {"pytest", "Python suites run by pytest", adapters::make_pytest_adapter},
              {"npm", "npm packages with node:test, vitest, jest or mocha", adapters::make_npm_adapter},
              {"go", "Go modules and workspaces", adapters::make_go_adapter},
              {"cargo", "Rust packages and workspaces, doctests included", adapters::make_cargo_adapter},
              {"custom", "suites that runharness.toml adds", adapters::make_custom_adapter},
          },
      .result_formats =
          {
              {"rh-events", "stream of the injected plugins", collectors::make_rh_events_reader, nullptr},
              {"go-json", "go test -json", collectors::make_go_json_reader, collectors::sniff_go_json},
              {"libtest-json", "Rust libtest, JSON", collectors::make_libtest_json_reader, nullptr},
              {"libtest-text", "Rust libtest, text", collectors::make_libtest_text_reader, nullptr},
              {"junit", "JUnit XML", collectors::make_junit_reader, collectors::sniff_junit},
          },
      .coverage_formats =
          {
              {"lcov", "LCOV tracefile", collectors::read_lcov, collectors::sniff_lcov},
              {"cobertura", "Cobertura XML", collectors::read_cobertura, collectors::sniff_cobertura},
              {"go-cover", "Go coverprofile", collectors::read_go_cover, collectors::sniff_go_cover},
              {"coverage-py-json", "coverage.py JSON", collectors::read_coverage_py_json,
               collectors::sniff_coverage_py_json},
          },
      .reporters =
          {
              {"json", "report.json", "everything, schema-versioned", reporters::render_json},
              {"html", "report.html", "self-contained page", reporters::render_html},
              {"junit", "junit.xml", "merged JUnit XML", reporters::render_junit},
              {"lcov", "lcov.info", "merged line and branch coverage", reporters::render_lcov},
              {"markdown", "summary.md", "summary for a pull request", reporters::render_markdown},
          },
  };
  return rows;
}

}  // namespace rh::app
