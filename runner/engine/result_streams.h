// The result streams of one step: feeds readers from the step's standard output and from our plugins'
// event file while it runs, and from every other result file once its process tree is dead. The step
// may do to these files what it likes: what is no longer the file that it was is not read, and said.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runner/base/result.h"
#include "runner/base/unique_fd.h"
#include "runner/engine/registry.h"
#include "runner/engine/test_ledger.h"
#include "runner/model/step.h"

namespace rh::engine {

class ResultStreams {
 public:
  // `folders`: where the step may write; no link below them is followed. `first_number` numbers the
  // ledger's streams of this step.
  ResultStreams(const Registry& registry, const model::Step& step, const std::filesystem::path& suite_root,
                std::vector<std::filesystem::path> folders, TestLedger& ledger, int first_number);

  void feed_standard_output(std::string_view bytes);
  // What the event file gained since the last call, up to a bound: a step that writes faster than it is
  // read must not keep its supervisor from its limits.
  void tail_files();
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
    bool refused = false;  // said so, and reads no more
    std::string head;      // held back until the format is known
    [[nodiscard]] bool from_file() const { return !file.path.empty(); }
  };
  [[nodiscard]] std::optional<Error> open_if_there(Stream& stream) const;
  void read_file(Stream& stream, std::uint64_t most);
  [[nodiscard]] bool check_size(Stream& stream);
  void read_rest(Stream& stream);
  void check_identity(Stream& stream);
  void note_unopened(Stream& stream, const Error& error);
  void refuse(Stream& stream, std::string code, std::string message);
  void feed(Stream& stream, std::string_view bytes);
  void choose_reader(Stream& stream, bool last);
  [[nodiscard]] std::unique_ptr<collectors::ResultReader> make_reader(const Stream& stream,
                                                                      const collectors::ResultFormat& format);
  void note(model::Severity severity, std::string code, std::string message, const Stream& stream);

  const Registry& registry_;
  std::filesystem::path suite_root_;
  std::vector<std::filesystem::path> folders_;
  TestLedger& ledger_;
  std::vector<Stream> streams_;
};

}  // namespace rh::engine
