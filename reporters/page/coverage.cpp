// Lines, branches and texts of covered files, and which tests reached them: read by the page when a file is
// opened.
#include <algorithm>
#include <map>

#include <fmt/core.h>

#include "reporters/json/encoder.h"
#include "reporters/page/section.h"

namespace rh::reporters {
namespace {

template <class T>
void member(JsonWriter& writer, std::string_view name, const std::vector<T>& rows) {
  if (rows.empty()) return;
  writer.key(name);
  Encoder(writer, Density::full, {}).value(rows);
}

// Lines as [step, hits, step, hits...]: nearly every step is one.
void lines(JsonWriter& writer, const std::vector<model::LineHits>& lines) {
  if (lines.empty()) return;
  writer.key("lines");
  writer.open('[');
  std::uint64_t before = 0;
  for (const model::LineHits& line : lines) {
    writer.number(line.line - before);
    writer.number(line.hits);
    before = line.line;
  }
  writer.close(']');
}

// Changed lines as runs of one state: [first, last, state], the state in the order of the enumeration.
void changed_lines(JsonWriter& writer, const model::PatchFile& file) {
  writer.open('[');
  for (std::size_t i = 0; i < file.lines.size();) {
    std::size_t end = i + 1;
    while (end < file.lines.size() && file.lines[end].line == file.lines[end - 1].line + 1 &&
           file.lines[end].state == file.lines[i].state)
      ++end;
    writer.number(std::uint64_t{file.lines[i].line});
    writer.number(std::uint64_t{file.lines[end - 1].line});
    writer.number(static_cast<std::uint64_t>(file.lines[i].state));
    i = end;
  }
  writer.close(']');
}

std::string coverage_of(const model::CoverageFile& file) {
  JsonWriter writer(0);
  writer.open('{');
  lines(writer, file.lines);
  member(writer, "branches", file.branches);
  member(writer, "functions", file.functions);
  member(writer, "blocks", file.blocks);
  writer.close('}');
  return writer.take();
}

std::string as_json(std::string_view text) {
  JsonWriter writer(0);
  writer.string(text);
  return writer.take();
}

// "key":value,"key":value... until the section is full; how many were written.
template <class Items, class Text>
std::size_t feed_members(PageSection& section, const Items& items, Text text_of) {
  std::size_t written = 0;
  for (const auto& item : items) {
    if (section.full()) break;
    section.feed(written == 0 ? "" : ",");
    section.feed(text_of(item));
    ++written;
  }
  return written;
}

void feed_patch(PageSection& section, const model::RunReport& report) {
  section.feed("\"patch\":{");
  std::size_t written = 0;
  if (report.patch)
    written = feed_members(section, report.patch->files, [](const model::PatchFile& file) {
      JsonWriter writer(0);
      changed_lines(writer, file);
      return as_json(file.path) + ":" + writer.take();
    });
  const std::size_t files = report.patch ? report.patch->files.size() : 0;
  section.feed(fmt::format("}},\"patch_left_out\":{}", files - written));
}

using SuiteTests = std::map<std::string_view, std::size_t>;

// Tests of a map as rows of the tests table where they are such, else by name (a test file, a package).
std::string tests_of(const model::TestMap& map, const SuiteTests& rows) {
  JsonWriter writer(0);
  writer.open('[');
  for (const model::TestId& test : map.tests) {
    const auto found = rows.find(test.value);
    if (found == rows.end())
      writer.string(test.value);
    else
      writer.number(std::uint64_t{found->second});
  }
  writer.close(']');
  return writer.take();
}

}  // namespace

void feed_coverage(PageSection& section, const model::RunReport& report) {
  section.feed("{");
  feed_patch(section, report);
  section.feed(",\"files\":{");
  const std::vector<std::size_t> order = files_by_interest(report);
  const std::size_t written = feed_members(section, order, [&](std::size_t i) {
    const model::CoverageFile& file = report.coverage.files[i];
    return as_json(file.path) + ":" + coverage_of(file);
  });
  section.feed(fmt::format("}},\"left_out\":{}}}", order.size() - written));
}

void feed_sources(PageSection& section, const model::RunReport& report) {
  std::map<std::string_view, const model::SourceText*> known;
  for (const model::SourceText& source : report.sources) known[source.path] = &source;
  std::vector<const model::SourceText*> texts, missing;
  for (const std::size_t i : files_by_interest(report))
    if (const auto found = known.find(report.coverage.files[i].path); found != known.end())
      (found->second->reason.empty() ? texts : missing).push_back(found->second);
  section.feed("{\"files\":{");
  const std::size_t written = feed_members(section, texts, [](const model::SourceText* source) {
    return as_json(source->path) + ":" + as_json(source->text);
  });
  section.feed("},\"reasons\":{");
  feed_members(section, missing,
               [](const model::SourceText* source) { return as_json(source->path) + ":" + as_json(source->reason); });
  section.feed(fmt::format("}},\"left_out\":{}}}", texts.size() - written));
}

void feed_test_map(PageSection& section, const model::RunReport& report, const std::vector<TestPlace>& tests) {
  SuiteTests rows;
  for (std::size_t row = 0; row < tests.size(); ++row) rows.emplace(tests[row].record->test.id.value, row);
  section.feed("{\"suites\":[");
  std::size_t left_out = 0;
  bool first = true;
  for (const model::SuiteReport& suite : report.suites) {
    if (suite.test_map.files.empty()) continue;
    section.feed(fmt::format("{}{{\"suite\":{},\"tests\":{},\"files\":{{", first ? "" : ",",
                             as_json(suite.suite.id.value), tests_of(suite.test_map, rows)));
    first = false;
    const std::size_t written = feed_members(section, suite.test_map.files, [](const model::ReachedFile& file) {
      JsonWriter writer(0);
      Encoder(writer, Density::full, {}).value(file.tests);
      return as_json(file.path) + ":" + writer.take();
    });
    left_out += suite.test_map.files.size() - written;
    section.feed("}}");
  }
  section.feed(fmt::format("],\"left_out\":{}}}", left_out));
}

}  // namespace rh::reporters
