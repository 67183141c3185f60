#include "runner/engine/result_streams.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/core.h>

#include "runner/base/file.h"

namespace rh::engine {

using namespace rh::model;

namespace {

constexpr std::size_t kSniffBytes = 4096;
constexpr std::uint64_t kMaxResultBytes = 2ULL << 30;  // of one file; a hostile suite could write without end

}  // namespace

ResultStreams::ResultStreams(const Registry& registry, const Step& step, const std::filesystem::path& suite_root,
                             TestLedger& ledger, int first_number)
    : registry_(registry), suite_root_(suite_root), ledger_(ledger) {
  for (const ResultFile& file : step.results) {
    Stream stream;
    stream.number = first_number++;
    stream.file = file;
    if (const auto* format = registry_.result_format(file.format)) stream.reader = make_reader(stream, *format);
    streams_.push_back(std::move(stream));
  }
}

std::unique_ptr<collectors::ResultReader> ResultStreams::make_reader(const Stream& stream,
                                                                     const collectors::ResultFormat& format) {
  const std::string subject = stream.file.path.empty() ? "standard output" : stream.file.path.string();
  const int number = stream.number;
  return format.make({subject, stream.file.scope, suite_root_.string()},
                     [this, number](ResultEvent event) { ledger_.take(number, event); });
}

void ResultStreams::note(Severity severity, std::string code, std::string message, const Stream& stream) {
  ledger_.take(stream.number, Diagnostic{severity, std::move(code), std::move(message), stream.file.path.string(), {}});
}

void ResultStreams::choose_reader(Stream& stream, bool last) {
  if (stream.reader || (stream.head.size() < kSniffBytes && !last)) return;
  for (const collectors::ResultFormat& format : registry_.result_formats) {
    if (format.sniff == nullptr || !format.sniff(stream.head)) continue;
    stream.reader = make_reader(stream, format);
    stream.reader->feed(stream.head);
    stream.head.clear();
    return;
  }
  // Unknown content: the JUnit reader explains best what is wrong with it.
  if (const auto* junit = registry_.result_format("junit")) {
    stream.reader = make_reader(stream, *junit);
    stream.reader->feed(stream.head);
    stream.head.clear();
  }
}

void ResultStreams::feed(Stream& stream, std::string_view bytes) {
  if (stream.bytes > kMaxResultBytes) return;
  stream.bytes += bytes.size();
  if (stream.bytes > kMaxResultBytes)
    note(Severity::error, "results-too-large", fmt::format("results beyond {} bytes were not read", kMaxResultBytes),
         stream);
  if (stream.reader) return stream.reader->feed(bytes);
  stream.head.append(bytes);
  choose_reader(stream, false);
}

void ResultStreams::feed_standard_output(std::string_view bytes) {
  for (Stream& stream : streams_)
    if (stream.file.path.empty()) feed(stream, bytes);
}

// The child may replace its file by a link or a pipe: only a regular file is read, links are not
// followed, and the open never blocks.
void ResultStreams::open_if_there(Stream& stream) {
  if (stream.fd || stream.file.path.empty()) return;
  UniqueFd fd(::open(stream.file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat info {};
  if (fd && ::fstat(fd.get(), &info) == 0 && S_ISREG(info.st_mode)) stream.fd = std::move(fd);
}

void ResultStreams::tail_files() {
  for (Stream& stream : streams_) {
    open_if_there(stream);
    if (!stream.fd) continue;
    char buffer[64 * 1024];
    for (;;) {
      const ssize_t got = ::read(stream.fd.get(), buffer, sizeof buffer);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      feed(stream, {buffer, static_cast<std::size_t>(got)});
      if (stream.bytes > kMaxResultBytes) break;
    }
  }
}

void ResultStreams::finish(Ending ending, const WaitStatus& status, std::chrono::nanoseconds now) {
  tail_files();
  for (Stream& stream : streams_) {
    const bool from_file = !stream.file.path.empty();
    if (from_file && !stream.fd && stream.file.required) {
      struct stat info {};
      const bool there = ::lstat(stream.file.path.c_str(), &info) == 0;
      note(Severity::error, there ? "results-not-regular" : "results-missing",
           there ? "the result file is not a regular file and was not read"
                 : "the result file was never written: the runner died before it could, or was not started",
           stream);
    }
    if (!stream.reader && (stream.fd || !from_file)) choose_reader(stream, true);
    if (stream.reader && (stream.fd || !from_file)) stream.reader->finish();
    ledger_.close_stream(stream.number, ending, status, now);
  }
}

std::uint64_t ResultStreams::tests_finished() const {
  std::uint64_t sum = 0;
  for (const Stream& stream : streams_) sum += ledger_.stream(stream.number).finished;
  return sum;
}

std::uint64_t ResultStreams::tests_failed() const {
  std::uint64_t sum = 0;
  for (const Stream& stream : streams_) sum += ledger_.stream(stream.number).failed;
  return sum;
}

}  // namespace rh::engine
