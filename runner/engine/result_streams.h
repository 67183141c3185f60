// The result streams of one step: feeds readers from the step's standard output and from files that
// the step is writing, while it runs and once it is dead.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "runner/base/unique_fd.h"
#include "runner/engine/registry.h"
#include "runner/engine/test_ledger.h"
#include "runner/model/step.h"

namespace rh::engine {

class ResultStreams {
 public:
  // `first_number` numbers the ledger's streams of this step.
  ResultStreams(const Registry& registry, const model::Step& step, const std::filesystem::path& suite_root,
                TestLedger& ledger, int first_number);

  void feed_standard_output(std::string_view bytes);
  void tail_files();  // what the files gained since the last call
  // Only after the tree is dead: reads the rest, ends the readers, closes open tests.
  void finish(model::Ending ending, const model::WaitStatus& status, std::chrono::nanoseconds now);

  [[nodiscard]] std::uint64_t tests_finished() const;
  [[nodiscard]] std::uint64_t tests_failed() const;
  [[nodiscard]] int count() const { return static_cast<int>(streams_.size()); }

 private:
  struct Stream {
    int number = 0;
    model::ResultFile file;
    std::unique_ptr<collectors::ResultReader> reader;  // null until the content tells the format
    UniqueFd fd;
    std::uint64_t bytes = 0;
    std::string head;  // held back until the format is known
  };
  void open_if_there(Stream& stream);
  void feed(Stream& stream, std::string_view bytes);
  void choose_reader(Stream& stream, bool last);
  [[nodiscard]] std::unique_ptr<collectors::ResultReader> make_reader(const Stream& stream,
                                                                      const collectors::ResultFormat& format);
  void note(model::Severity severity, std::string code, std::string message, const Stream& stream);

  const Registry& registry_;
  std::filesystem::path suite_root_;
  TestLedger& ledger_;
  std::vector<Stream> streams_;
};

}  // namespace rh::engine
