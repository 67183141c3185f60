#include "runner/engine/result_streams.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include <fmt/core.h>

#include "runner/base/beneath.h"
#include "runner/base/text.h"

namespace rh::engine {

using namespace rh::model;

namespace {

constexpr std::size_t kSniffBytes = 4096;
constexpr std::uint64_t kMaxResultBytes = 2ULL << 30;  // of one file; a hostile suite could write without end
constexpr std::uint64_t kMaxTailBytes = 16ULL << 20;   // of one file in one call of tail_files

// Written line by line and only ever longer. Any other file is read when nobody can write it any more.
bool grows_by_lines(const ResultFile& file) { return file.format == "rh-events"; }

}  // namespace

ResultStreams::ResultStreams(const Registry& registry, const Step& step, const std::filesystem::path& suite_root,
                             std::vector<std::filesystem::path> folders, TestLedger& ledger, int first_number)
    : registry_(registry), suite_root_(suite_root), folders_(std::move(folders)), ledger_(ledger) {
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
  if (stream.refused) return;
  stream.bytes += bytes.size();
  if (stream.bytes > kMaxResultBytes)
    refuse(stream, "results-too-large", fmt::format("results beyond {} were not read", format_size(kMaxResultBytes)));
  if (stream.reader) return stream.reader->feed(bytes);
  stream.head.append(bytes);
  choose_reader(stream, false);
}

void ResultStreams::feed_standard_output(std::string_view bytes) {
  for (Stream& stream : streams_)
    if (stream.file.path.empty()) feed(stream, bytes);
}

void ResultStreams::refuse(Stream& stream, std::string code, std::string message) {
  note(Severity::error, std::move(code), std::move(message), stream);
  stream.refused = true;
}

std::optional<Error> ResultStreams::open_if_there(Stream& stream) const {
  if (stream.fd) return std::nullopt;
  auto file = open_beneath(folders_, stream.file.path);
  if (!file) return file.error();
  stream.fd = std::move(file->fd);
  return std::nullopt;
}

// A file that shrinks was written anew: what follows would be read from the middle of something else.
bool ResultStreams::check_size(Stream& stream) {
  struct stat info {};
  if (::fstat(stream.fd.get(), &info) != 0) return false;
  const auto size = static_cast<std::uint64_t>(info.st_size);
  constexpr std::uint64_t kBytesOfABlock = 512;
  if (size < stream.bytes)
    refuse(stream, "results-overwritten",
           fmt::format("the result file lost {} bytes that had been read from it: it was cut or written anew, and what "
                       "it holds now was not read",
                       stream.bytes - size));
  else if (size > kMaxResultBytes)
    refuse(stream, "results-too-large",
           fmt::format("the result file claims {} and takes up {}, the limit is {}: it was not read any further",
                       format_size(size), format_size(static_cast<std::uint64_t>(info.st_blocks) * kBytesOfABlock),
                       format_size(kMaxResultBytes)));
  return !stream.refused;
}

void ResultStreams::read_file(Stream& stream, std::uint64_t most) {
  if (stream.refused || !check_size(stream)) return;
  char buffer[64 * 1024];
  for (std::uint64_t done = 0; done < most && !stream.refused;) {
    const ssize_t got = ::read(stream.fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return;
    done += static_cast<std::uint64_t>(got);
    feed(stream, {buffer, static_cast<std::size_t>(got)});
  }
}

void ResultStreams::tail_files() {
  for (Stream& stream : streams_)
    if (stream.from_file() && grows_by_lines(stream.file) && !open_if_there(stream)) read_file(stream, kMaxTailBytes);
}

// The file that was read must be the one that lies there in the end: else its writers wrote elsewhere.
void ResultStreams::check_identity(Stream& stream) {
  struct stat read {
  }, now{};
  const auto file = open_beneath(folders_, stream.file.path);
  const bool same = file && ::fstat(stream.fd.get(), &read) == 0 && ::fstat(file->fd.get(), &now) == 0 &&
                    read.st_dev == now.st_dev && read.st_ino == now.st_ino;
  if (!same && !stream.refused)
    refuse(
        stream, "results-replaced",
        fmt::format("the result file was removed or replaced during the run; only what the first one held was read{}",
                    file ? "" : ": " + file.error().message()));
}

void ResultStreams::note_unopened(Stream& stream, const Error& error) {
  if (error.sys_errno == ENOENT || error.sys_errno == ENOTDIR) {
    if (stream.file.required)
      refuse(stream, "results-missing",
             "the result file was never written: the runner died before it could, or was not started");
    return;
  }
  const bool link = error.sys_errno == ELOOP;
  if (link || error.sys_errno == 0)
    return refuse(stream, "results-not-regular",
                  "the result file is not a regular file and was not read: " + error.message());
  refuse(stream, "results-unreadable", error.message());
}

void ResultStreams::read_rest(Stream& stream) {
  if (const auto error = open_if_there(stream)) return note_unopened(stream, *error);
  read_file(stream, std::numeric_limits<std::uint64_t>::max());
  if (grows_by_lines(stream.file)) check_identity(stream);
}

void ResultStreams::finish(Ending ending, const WaitStatus& status, std::chrono::nanoseconds now) {
  for (Stream& stream : streams_) {
    if (stream.from_file()) read_rest(stream);
    const bool has_input = !stream.from_file() || (stream.fd && (stream.bytes > 0 || !stream.refused));
    if (has_input && !stream.reader) choose_reader(stream, true);
    if (has_input && stream.reader) stream.reader->finish();
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
