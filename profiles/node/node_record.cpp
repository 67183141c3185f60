#include "profiles/node/node_record.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "runner/base/text.h"

namespace rh::profiles {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxArguments = 4096;
constexpr std::size_t kMaxProblems = 8;

// Takes the word before the next blank off `line`.
std::string_view take_word(std::string_view& line) {
  const std::size_t blank = line.find(' ');
  const std::string_view word = line.substr(0, blank);
  line.remove_prefix(blank == std::string_view::npos ? line.size() : blank + 1);
  return word;
}

std::optional<std::int64_t> take_number(std::string_view& line) { return parse_i64(take_word(line)); }

template <class T>
T number_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<T>() : T{};
}

Result<NodeThread> read_thread(std::string_view line) {
  if (take_word(line) != "thread")
    return fail(ErrorKind::parse, "read what a node process recorded: the first line is not that of a thread");
  const json object = json::parse(line, nullptr, false);
  if (!object.is_object())
    return fail(ErrorKind::parse, "read what a node process recorded: the first line is not an object of JSON");
  NodeThread thread;
  thread.pid = number_of<int>(object, "pid");
  thread.parent = number_of<int>(object, "parent");
  thread.tid = number_of<int>(object, "tid");
  thread.number = number_of<std::uint64_t>(object, "thread");
  thread.begun_ns = number_of<std::int64_t>(object, "begun");
  thread.interval_us = number_of<std::int64_t>(object, "interval");
  const auto version = object.find("version"), argv = object.find("argv");
  if (version != object.end() && version->is_string()) thread.version = version->get<std::string>();
  if (argv != object.end() && argv->is_array())
    for (const json& argument : *argv)
      if (argument.is_string() && thread.argv.size() < kMaxArguments)
        thread.argv.push_back(argument.get<std::string>());
  return thread;
}

class LineReader {
 public:
  LineReader(NodeRecord& record, const NodeRecordParts& parts) : record_(record), parts_(parts) {}

  void read(std::string_view line) {
    const std::string_view word = take_word(line);
    if (word == "cpu") return read_cpu(line);
    if (word == "heap") return read_heap(line);
    if (word == "end") {
      record_.end_ns = take_number(line);
      return;
    }
    problem("a line of an unknown kind");
  }

 private:
  void read_cpu(std::string_view line) {
    const auto start = take_number(line), stop = take_number(line), stopped = take_number(line);
    if (!start || !stop || !stopped) return problem("a CPU profile without its times");
    auto profile = read_cpu_profile(line);
    if (!profile) return problem(profile.error().message());
    if (parts_.cpu) parts_.cpu(record_.thread, {*start, *stop, std::move(*profile)});
  }

  void read_heap(std::string_view line) {
    NodeHeapRecord heap;
    const auto used = take_number(line), time = take_number(line);
    if (!used || !time || *used < 0) return problem("a heap profile without its size and time");
    heap.used_bytes = static_cast<std::uint64_t>(*used);
    heap.time_ns = *time;
    heap.json = line;
    if (parts_.heap) parts_.heap(record_.thread, heap);
  }

  void problem(std::string what) {
    if (record_.problems.size() < kMaxProblems) record_.problems.push_back(std::move(what));
  }

  NodeRecord& record_;
  const NodeRecordParts& parts_;
};

}  // namespace

Result<NodeRecord> read_node_record(std::string_view text, const NodeRecordParts& parts) {
  NodeRecord record;
  std::size_t end = text.find('\n');
  if (end == std::string_view::npos)
    return fail(ErrorKind::parse, "read what a node process recorded: its first line breaks off");
  RH_TRY(record.thread, read_thread(text.substr(0, end)));
  LineReader lines(record, parts);
  for (text.remove_prefix(end + 1); !text.empty(); text.remove_prefix(end + 1)) {
    end = text.find('\n');
    if (end == std::string_view::npos) {
      ++record.torn_lines;
      break;
    }
    lines.read(text.substr(0, end));
  }
  return record;
}

}  // namespace rh::profiles
