// The parts of a stream of `go test -json` that are about the same package. `go test` writes one, from its first event
// to its verdict. A stream of several runs has more: `gotestsum --rerun-fails` runs what failed again, and two runs may
// be written one behind the other. What a rerun says belongs to tests that are known, as further attempts; what another
// run says are tests of their own, and no failure of the first is lost.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "collectors/results/reader.h"

namespace rh::collectors {

class GoReruns {
 public:
  explicit GoReruns(const ResultSink& sink) : sink_(sink) {}

  // An event of the part that is read. The first part's go through; those of later parts wait for its end, because only
  // the whole of it tells a rerun.
  void take(std::string_view package, model::ResultEvent event);
  // The part is over.
  void settle(std::string_view package);
  // How many tests failed at first and passed when they were run again.
  [[nodiscard]] std::size_t recovered() const { return recovered_; }

 private:
  struct Test {
    bool failed = false;
    unsigned attempts = 0;
  };
  using Tests = std::map<std::string, Test, std::less<>>;
  struct Package {
    unsigned parts = 0;  // that are over
    Tests known;         // of earlier parts; empty when none of them failed
    Tests part;          // of this one
    std::vector<model::ResultEvent> held;
  };

  static void note(Package& package, const model::TestEnded& ended);
  [[nodiscard]] static bool is_rerun(const Package& package);
  void release(Package& package, bool rerun);

  const ResultSink& sink_;
  std::map<std::string, Package, std::less<>> packages_;
  std::size_t recovered_ = 0;
};

}  // namespace rh::collectors
