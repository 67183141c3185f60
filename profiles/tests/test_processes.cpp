#include "profiles/tests/test_processes.h"

#include <map>
#include <string_view>
#include <utility>

namespace rh::profiles {
namespace {

using model::kNoIndex;

std::string_view base_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool ends_with_path(std::string_view file, std::string_view path) {
  if (file == path) return true;
  return file.size() > path.size() && file.ends_with(path) && file[file.size() - path.size() - 1] == '/';
}

// How many samples of a process hold a function of a test's file.
class FileSamples {
 public:
  FileSamples(const model::Profile& profile, const std::vector<RanTest>& tests) : profile_(profile) {
    for (const RanTest& test : tests)
      if (test.pid != 0 && !test.test.file.empty()) by_base_.emplace(base_of(test.test.file), test.test.file);
    std::vector<std::string_view> of_frames;
    for (const model::ProfileFrame& frame : profile.frames) of_frames.push_back(test_file(frame.file));
    for (const model::StackNode& node : profile.stacks) {
      const std::string_view own = of_frames[node.frame];
      of_nodes_.push_back(!own.empty() || node.parent == kNoIndex ? own : of_nodes_[node.parent]);
    }
    count();
  }

  // The process with the most of them among those that `wanted` takes.
  template <class Wanted>
  [[nodiscard]] std::uint32_t most(std::string_view file, Wanted wanted) const {
    std::uint32_t best = kNoIndex;
    std::size_t samples = 0;
    for (auto at = counts_.lower_bound({file, 0}); at != counts_.end() && at->first.first == file; ++at)
      if (at->second > samples && wanted(at->first.second)) best = at->first.second, samples = at->second;
    return best;
  }

 private:
  [[nodiscard]] std::string_view test_file(std::string_view file) const {
    const auto [from, to] = by_base_.equal_range(base_of(file));
    for (auto at = from; at != to; ++at)
      if (ends_with_path(file, at->second)) return at->second;
    return {};
  }
  void count() {
    for (std::size_t i = 0; i < profile_.samples.time_ns.size(); ++i) {
      const std::uint32_t stack = profile_.samples.stack[i];
      if (stack == kNoIndex || of_nodes_[stack].empty()) continue;
      ++counts_[{of_nodes_[stack], profile_.threads[profile_.samples.thread[i]].process}];
    }
  }

  const model::Profile& profile_;
  std::multimap<std::string_view, std::string_view> by_base_;
  std::vector<std::string_view> of_nodes_;
  std::map<std::pair<std::string_view, std::uint32_t>, std::size_t> counts_;
};

bool is_known_as(const model::ProfileProcess& process, std::int64_t pid) {
  return (process.inner_pid != 0 ? process.inner_pid : process.pid) == pid;
}

bool is_below(const model::Profile& profile, std::uint32_t process, std::int64_t pid) {
  for (std::uint32_t above = profile.processes[process].parent; above != kNoIndex && above < process;
       process = above, above = profile.processes[above].parent)
    if (is_known_as(profile.processes[above], pid)) return true;
  return false;
}

}  // namespace

void complete_processes(const model::Profile& profile, const std::vector<RanTest>& tests,
                        std::vector<std::uint32_t>& found) {
  std::map<std::string_view, std::uint32_t> of_class;
  for (std::size_t i = 0; i < tests.size(); ++i)
    if (tests[i].pid == 0 && found[i] != kNoIndex) of_class.try_emplace(tests[i].test.classname, found[i]);
  const FileSamples samples(profile, tests);
  std::map<std::pair<std::int64_t, std::string_view>, std::uint32_t> below;
  for (std::size_t i = 0; i < tests.size(); ++i) {
    const RanTest& test = tests[i];
    if (test.pid == 0) {
      const auto at = of_class.find(test.test.classname);
      if (found[i] == kNoIndex && at != of_class.end()) found[i] = at->second;
      continue;
    }
    const auto [at, made] = below.try_emplace({test.pid, test.test.file}, kNoIndex);
    if (made && samples.most(test.test.file, [&](std::uint32_t process) {
          return is_known_as(profile.processes[process], test.pid);
        }) == kNoIndex)
      at->second =
          samples.most(test.test.file, [&](std::uint32_t process) { return is_below(profile, process, test.pid); });
    found[i] = at->second;
  }
  // A test program without results of its own is one test.
  if (tests.size() == 1 && tests[0].pid == 0 && found[0] == kNoIndex && !profile.processes.empty()) found[0] = 0;
}

}  // namespace rh::profiles
