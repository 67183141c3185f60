// Fuzz target of the pull reader of JUnit, held against the reader of events: whatever the file, both
// find the same test cases with the same outcomes, and the same errors.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "collectors/results/junit_pull.h"
#include "collectors/results/reader.h"
#include "runner/model/names.h"
#include "tests/fuzz/require.h"

namespace rh::fuzz {
namespace {

struct Found {
  std::string cases, diagnostics;
};

void add(std::string& to, std::string_view name, std::string_view classname, model::Outcome outcome) {
  to.append(name).append("\x1f").append(classname).append("\x1f").append(model::name_of(outcome)).append("\n");
}

Found by_events(std::string_view input) {
  Found found;
  std::string last, pending;
  const auto reader = collectors::make_junit_reader(
      {.subject = "s", .scope = {}, .suite_root = {}}, [&](const model::ResultEvent& event) {
        if (const auto* diagnostic = std::get_if<model::Diagnostic>(&event))
          found.diagnostics += diagnostic->message + "\n";
        const auto* ended = std::get_if<model::TestEnded>(&event);
        if (ended == nullptr) return;
        // The attempts of a case follow each other; the last one stands for it.
        const std::string ordinal = ended->key.substr(0, ended->key.find(" attempt"));
        if (ordinal != last) found.cases += pending;
        last = ordinal;
        pending.clear();
        add(pending, ended->test.name, ended->test.classname, ended->attempt.outcome);
      });
  reader->feed(input);
  reader->finish();
  found.cases += pending;
  return found;
}

Found by_pull(std::string_view input, std::size_t piece) {
  Found found;
  collectors::TextSource source(input, piece);
  collectors::JunitPull pull(source, "s");
  while (const collectors::JunitCaseView* test = pull.next()) {
    require_utf8(test->message, "a message is valid UTF-8");
    if (test->of_suite)
      add(found.cases, test->name.empty() ? "test suite" : test->name, test->suite_path, test->verdict.outcome);
    else
      add(found.cases, pull.text(test->name), pull.classname(*test), test->verdict.outcome);
  }
  for (const model::Diagnostic& each : pull.diagnostics()) found.diagnostics += each.message + "\n";
  return found;
}

}  // namespace
}  // namespace rh::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const rh::fuzz::Found expected = rh::fuzz::by_events(input);
  for (const std::size_t piece : {size + 1, std::size_t{1} + (size > 0 ? data[size / 2] % 13 : 0)}) {
    const rh::fuzz::Found found = rh::fuzz::by_pull(input, piece);
    if (found.cases != expected.cases || found.diagnostics != expected.diagnostics)
      std::fprintf(stderr, "events:\n%s%s\npull:\n%s%s\n", expected.cases.c_str(), expected.diagnostics.c_str(),
                   found.cases.c_str(), found.diagnostics.c_str());
    rh::fuzz::require(found.cases == expected.cases, "both readers find the same test cases");
    rh::fuzz::require(found.diagnostics == expected.diagnostics, "both readers say the same of the file");
  }
  return 0;
}
