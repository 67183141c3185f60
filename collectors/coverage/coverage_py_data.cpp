// The reader of coverage.py's data file. It holds what ran; what could have run is in the source files. Where their
// text is given, lines and branches are those of coverage.py's own reports; without, only the lines that ran are known,
// which says nothing about those that did not, and a diagnostic says so.
#include <algorithm>

#include <fmt/core.h>

#include "collectors/coverage/contexts.h"
#include "collectors/coverage/coverage_py_sqlite.h"
#include "collectors/coverage/damage.h"
#include "collectors/coverage/file_builder.h"
#include "collectors/coverage/merge.h"
#include "collectors/coverage/python/python_code.h"
#include "collectors/coverage/reader.h"

namespace rh::collectors {
namespace {

using model::Severity;

// What one file's data says with the help of its text.
class FileReport {
 public:
  FileReport(const MeasuredFile& measured, const PyCode& code, bool has_arcs)
      : measured_(measured),
        code_(code),
        has_arcs_(has_arcs),
        executed_(code.compiled.size()),
        builder_(measured.path) {}

  model::CoverageFile read(ContextBuilder* contexts, const std::vector<std::uint32_t>& tests) {
    find_executed();
    PyLineSet statements = code_.statements;
    drop_deferred_annotations(statements);
    for (std::uint32_t line = 1; line < statements.size(); ++line)
      if (statements.contains(line)) builder_.line(line, executed_.contains(line) ? 1 : 0);
    if (has_arcs_) add_branches();
    add_functions(statements);
    if (contexts != nullptr) add_contexts(*contexts, tests, statements);
    return std::move(builder_).finish();
  }

  // Lines that ran and are no code of this text: it is not the one that was measured.
  [[nodiscard]] std::size_t strangers() const { return strangers_; }

 private:
  template <class Use>
  void each_measured_line(Use use) const {
    for (const MeasuredLine& each : measured_.lines) use(each.context, each.line);
    for (const MeasuredArc& each : measured_.arcs) {
      if (each.from > 0) use(each.context, static_cast<std::uint32_t>(each.from));
      if (each.to > 0) use(each.context, static_cast<std::uint32_t>(each.to));
    }
  }

  void find_executed() {
    each_measured_line([&](std::uint32_t, std::uint32_t line) {
      const auto first = static_cast<std::uint32_t>(code_.statement_of(line));
      if (line >= code_.first_line.size())
        ++strangers_;
      else
        executed_.insert(first);
    });
  }

  // Since Python 3.14 `x: int` in a module or class makes no code. Which Python it was is not told; that none of them
  // ran while lines beside them did tells it.
  void drop_deferred_annotations(PyLineSet& statements) const {
    bool any_ran = false, beside_ran = false;
    for (std::uint32_t line = 1; line < statements.size(); ++line) {
      if (!code_.bare_annotations.contains(line)) continue;
      any_ran = any_ran || executed_.contains(line);
      beside_ran = beside_ran || executed_.contains(line + 1) || executed_.contains(std::int64_t{line} - 1);
    }
    if (any_ran || !beside_ran) return;
    for (std::uint32_t line = 1; line < statements.size(); ++line)
      if (code_.bare_annotations.contains(line)) statements.erase(line);
  }

  // Jumps that were made, in the form of the possible ones.
  [[nodiscard]] std::vector<PyArc> executed_arcs() const {
    std::vector<PyArc> arcs;
    arcs.reserve(measured_.arcs.size());
    for (const MeasuredArc& each : measured_.arcs) arcs.emplace_back(each.from, each.to);
    arcs = code_.translated(std::move(arcs));
    // A jump within one line stands for the only way on from there.
    std::erase_if(arcs, [&](PyArc& arc) {
      if (arc.first != arc.second) return false;
      const auto first = std::lower_bound(code_.arcs.begin(), code_.arcs.end(), PyArc{arc.first, INT64_MIN});
      const bool one = first != code_.arcs.end() && first->first == arc.first &&
                       (std::next(first) == code_.arcs.end() || std::next(first)->first != arc.first);
      if (one) arc.second = first->second;
      return !one;
    });
    return code_.translated(std::move(arcs));
  }

  void add_branches() {
    const std::vector<PyArc> executed = executed_arcs();
    for (auto begin = code_.arcs.begin(), end = begin; begin != code_.arcs.end(); begin = end) {
      const std::int64_t from = begin->first;
      while (end != code_.arcs.end() && end->first == from) ++end;
      const auto counts = [&](const PyArc& arc) { return !code_.excluded.contains(arc.second); };
      if (from <= 0 || code_.excluded.contains(from) || std::count_if(begin, end, counts) < 2) continue;
      const bool ran = executed_.contains(from);
      for (auto arc = begin; arc != end; ++arc) {
        if (!counts(*arc)) continue;
        const bool taken = code_.no_branch.contains(from) || std::binary_search(executed.begin(), executed.end(), *arc);
        model::BranchHits branch{static_cast<std::uint32_t>(from), 0, std::to_string(arc->second), std::nullopt};
        if (ran || taken) branch.taken = taken ? 1 : 0;
        builder_.branch(std::move(branch));
      }
    }
  }

  // A function without statements is none; lines of an inner function are not those of the outer one.
  void add_functions(const PyLineSet& statements) {
    std::vector<std::uint32_t> owner(statements.size());
    for (std::uint32_t i = 0; i < code_.functions.size(); ++i) {
      const PyFunction& function = code_.functions[i];
      for (std::size_t line = function.first; line <= function.last && line < owner.size(); ++line) owner[line] = i + 1;
    }
    std::vector<std::uint8_t> state(code_.functions.size());  // 1: has statements, 2: one of them ran
    for (std::uint32_t line = 1; line < statements.size(); ++line)
      if (owner[line] > 0 && statements.contains(line))
        state[owner[line] - 1] = std::max<std::uint8_t>(state[owner[line] - 1], executed_.contains(line) ? 2 : 1);
    for (std::size_t i = 0; i < state.size(); ++i)
      if (state[i] > 0) builder_.function({code_.functions[i].name, code_.functions[i].line, state[i] == 2 ? 1U : 0U});
  }

  void add_contexts(ContextBuilder& contexts, const std::vector<std::uint32_t>& tests,
                    const PyLineSet& statements) const {
    each_measured_line([&](std::uint32_t context, std::uint32_t line) {
      const std::int64_t first = code_.statement_of(line);
      if (tests[context] != UINT32_MAX && statements.contains(first))
        contexts.reach(tests[context], static_cast<std::uint32_t>(first));
    });
    contexts.end_file(measured_.path);
  }

  const MeasuredFile& measured_;
  const PyCode& code_;
  bool has_arcs_;
  PyLineSet executed_;
  std::size_t strangers_ = 0;
  FileBuilder builder_;
};

class DataReader {
 public:
  DataReader(MeasuredData measured, const CoverageReadOptions& options)
      : measured_(std::move(measured)), options_(options), damage_(options.subject) {}

  CoverageData read() {
    for (const std::string& name : measured_.contexts)
      tests_.push_back(name.empty() ? UINT32_MAX : contexts_.test(name));
    for (const MeasuredFile& file : measured_.files) add(file);
    tell_damage();
    CoverageData data;
    data.files = gather_files(std::move(files_));
    data.basis = measured_.has_arcs ? "lines+branches" : "lines";
    data.contexts = contexts_.take("test");
    data.diagnostics = damage_.take();
    return data;
  }

 private:
  void add(const MeasuredFile& file) {
    const bool nothing_ran = file.lines.empty() && file.arcs.empty();
    const std::optional<std::string> text = options_.source ? options_.source(file.path) : std::nullopt;
    if (!text || !file.tracer.empty()) {
      if (!nothing_ran) files_.push_back(ran_only(file));
      ++(text ? plugins_ : without_text_);
      return;
    }
    const PyCode code = analyse_python(*text, measured_.has_arcs);
    if (!code.problem.empty()) {
      damage_.add(Severity::warning, "coverage-py-source",
                  fmt::format("{} is no Python that can be read (line {}: {}): only the lines that ran are known.",
                              excerpt(file.path), code.problem_line, code.problem));
      files_.push_back(ran_only(file));
      return;
    }
    FileReport report(file, code, measured_.has_arcs);
    files_.push_back(report.read(tests_.empty() ? nullptr : &contexts_, tests_));
    if (report.strangers() > 0)
      damage_.add(Severity::warning, "coverage-py-source",
                  fmt::format("{} is shorter than the text that was measured: its figures are not to be trusted.",
                              excerpt(file.path)));
  }

  model::CoverageFile ran_only(const MeasuredFile& measured) {
    FileBuilder file(measured.path);
    const auto add_line = [&](std::uint32_t context, std::int32_t line) {
      if (line <= 0) return;
      const auto number = static_cast<std::uint32_t>(line);
      file.line(number, 1);
      if (tests_[context] != UINT32_MAX) contexts_.reach(tests_[context], number);
    };
    for (const MeasuredLine& each : measured.lines) add_line(each.context, static_cast<std::int32_t>(each.line));
    for (const MeasuredArc& each : measured.arcs) add_line(each.context, each.from), add_line(each.context, each.to);
    contexts_.end_file(measured.path);
    model::CoverageFile known = std::move(file).finish();
    for (model::LineHits& line : known.lines) line.hits = 1;  // by how many contexts says nothing
    return known;
  }

  void tell_damage() {
    if (!measured_.problem.empty())
      damage_.add(
          Severity::error, "coverage-py-damaged",
          fmt::format("The database cannot be read to its end: {}. What precedes that was kept.", measured_.problem));
    if (measured_.damaged > 0)
      damage_.add(Severity::warning, "coverage-py-record",
                  fmt::format("{} records of no file or with impossible lines were skipped.", measured_.damaged));
    if (without_text_ > 0)
      damage_.add(
          Severity::warning, "coverage-py-source",
          fmt::format("The text of {} files is not at hand: of them only the lines that ran are known, not those "
                      "that did not, and no branches. Read the file where the sources are, or use `coverage json`.",
                      without_text_));
    if (plugins_ > 0)
      damage_.add(
          Severity::warning, "coverage-py-source",
          fmt::format("{} files were measured by plugins of coverage.py and are no Python: of them only the lines "
                      "that ran are known.",
                      plugins_));
    if (measured_.files.empty()) damage_.add(Severity::warning, "coverage-empty", "The file names no source file.");
  }

  MeasuredData measured_;
  const CoverageReadOptions& options_;
  DamageLog damage_;
  ContextBuilder contexts_;
  std::vector<std::uint32_t> tests_;  // by context; UINT32_MAX: none
  std::size_t without_text_ = 0, plugins_ = 0;
  std::vector<model::CoverageFile> files_;
};

}  // namespace

Result<CoverageData> read_coverage_py_data(std::string_view bytes, const CoverageReadOptions& options) {
  RH_TRY(MeasuredData measured, read_coverage_py_sqlite(bytes, options.subject));
  return DataReader(std::move(measured), options).read();
}

bool sniff_coverage_py_data(std::string_view head) {
  if (!head.starts_with("SQLite format 3")) return false;
  return head.find("coverage_schema") != std::string_view::npos ||
         head.find("CREATE TABLE arc") != std::string_view::npos;
}

}  // namespace rh::collectors
