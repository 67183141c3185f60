// Readers of test results: push parsers that take the bytes of a stream as they come, so that a
// running suite shows progress and a killed one loses nothing that it had written.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/results/summary.h"
#include "runner/base/result.h"
#include "runner/model/result_event.h"

namespace rh::collectors {

// Two rules for who listens. A TestEnded may name file and line where its TestBegan could not (Go and
// libtest tell a place only with a failure), so an identity that must be stable across runs is made
// from the TestBegan. A TestEnded whose key has ended before replaces the earlier one: the stream
// contradicted itself, a diagnostic says so, and the worse outcome comes last. Where a format tells retries by
// repeating an element (JUnit), the key's part before " case " stands for the element around it: only siblings are
// retries.
using ResultSink = std::function<void(model::ResultEvent)>;

class ResultReader {
 public:
  virtual ~ResultReader() = default;
  // Any split of the input gives the same events. Damaged input becomes Diagnostics (severity error
  // for results that are lost, with byte or line), never an exception and never silence.
  virtual void feed(std::string_view bytes) = 0;
  // End of input. Ends that never came stay with the caller: a TestBegan without its TestEnded.
  virtual void finish() = 0;
};

struct ResultReaderOptions {
  std::string subject;     // file name for diagnostics
  std::string scope;       // see model::ResultFile::scope
  std::string suite_root;  // absolute; absolute paths of tests below it become relative
};

struct ResultFormat {
  std::string_view name;  // "junit", "go-json", "tap"...
  std::string_view help;
  std::unique_ptr<ResultReader> (*make)(const ResultReaderOptions&, ResultSink);
  bool (*sniff)(std::string_view head);  // may be null: never recognised by content
  // A faster way to what summary.h offers than by events; may be null.
  Result<ResultsSummary> (*summarise)(ByteSource&, const std::string& subject, const ResultsQuery&) = nullptr;
};

// Factories, one per file of this folder; the registry names them.
std::unique_ptr<ResultReader> make_rh_events_reader(const ResultReaderOptions&, ResultSink);
std::unique_ptr<ResultReader> make_go_json_reader(const ResultReaderOptions&, ResultSink);
std::unique_ptr<ResultReader> make_libtest_json_reader(const ResultReaderOptions&, ResultSink);
std::unique_ptr<ResultReader> make_libtest_text_reader(const ResultReaderOptions&, ResultSink);
std::unique_ptr<ResultReader> make_junit_reader(const ResultReaderOptions&, ResultSink);
std::unique_ptr<ResultReader> make_tap_reader(const ResultReaderOptions&, ResultSink);
std::unique_ptr<ResultReader> make_trx_reader(const ResultReaderOptions&, ResultSink);
std::unique_ptr<ResultReader> make_nunit_reader(const ResultReaderOptions&, ResultSink);
std::unique_ptr<ResultReader> make_xunit_net_reader(const ResultReaderOptions&, ResultSink);
std::unique_ptr<ResultReader> make_ctest_xml_reader(const ResultReaderOptions&, ResultSink);
bool sniff_junit(std::string_view head);
bool sniff_libtest_json(std::string_view head);
bool sniff_libtest_text(std::string_view head);
bool sniff_rh_events(std::string_view head);
bool sniff_tap(std::string_view head);
bool sniff_trx(std::string_view head);
bool sniff_nunit(std::string_view head);
bool sniff_xunit_net(std::string_view head);
bool sniff_ctest_xml(std::string_view head);
bool sniff_go_json(std::string_view head);

}  // namespace rh::collectors
