#include "runner/engine/source_texts.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include <fmt/core.h>

#include "runner/base/beneath.h"
#include "runner/base/text.h"
#include "runner/engine/affected/blob_id.h"

namespace rh::engine {
namespace {

using std::chrono::system_clock;

system_clock::time_point changed_at(const struct stat& file) {
  const auto since = std::chrono::seconds(file.st_mtim.tv_sec) + std::chrono::nanoseconds(file.st_mtim.tv_nsec);
  return system_clock::time_point(std::chrono::duration_cast<system_clock::duration>(since));
}

std::uint32_t last_line_of(const model::CoverageFile& file) {
  std::uint32_t last = 0;
  for (const model::LineHits& line : file.lines) last = std::max(last, line.line);
  for (const model::BlockHits& block : file.blocks) last = std::max(last, block.end_line);
  return last;
}

class SourceReader {
 public:
  SourceReader(const model::RunReport& report, const Beneath& repository, const Secrets* secrets)
      : run_ended_(report.run.started_at + std::chrono::duration_cast<system_clock::duration>(report.wall)),
        repository_(repository),
        secrets_(secrets) {}

  model::SourceText read(const model::CoverageFile& file) {
    model::SourceText source{file.path, {}, {}};
    auto text = text_of(file);
    if (text)
      source.text = *std::move(text);
    else
      source.reason = text.error().what;
    return source;
  }

 private:
  // An error's text is the reason, as it reads in a report.
  Result<std::string> text_of(const model::CoverageFile& file) {
    if (read_bytes_ >= kMaxAllSourceBytes)
      return left_out(fmt::format("covered files together have more than {}", format_size(kMaxAllSourceBytes)));
    auto opened = repository_.open_regular(file.path);
    if (!opened && opened.error().sys_errno == ENOENT) return left_out("it is not in the repository any more");
    if (!opened) return left_out("it cannot be opened in the repository: " + opened.error().message());
    if (opened->size_bytes > kMaxSourceBytes)
      return left_out(fmt::format("it is larger than {}", format_size(kMaxSourceBytes)));
    struct stat status {};
    if (::fstat(opened->fd.get(), &status) != 0) return left_out("its times cannot be read");
    auto text = read_to_end(opened->fd, opened->size_bytes, kMaxSourceBytes, file.path);
    if (!text) return left_out(text.error().message());
    read_bytes_ += text->size();
    RH_CHECK(is_measured_text(file, *text, changed_at(status)));
    return without_secrets(*std::move(text));
  }

  Result<void> is_measured_text(const model::CoverageFile& file, const std::string& text,
                                system_clock::time_point changed) const {
    if (text.find('\0') != std::string::npos) return left_out("it is not text");
    if (!file.source_hash.empty()) {
      if (blob_id(text) != file.source_hash) return left_out("it was changed since it was measured");
    } else if (changed > run_ended_) {
      return left_out("it was changed after the run, and the coverage data has no hash of it");
    }
    const auto lines = static_cast<std::uint32_t>(split_lines(text).size());
    if (last_line_of(file) > lines)
      return left_out(
          fmt::format("it has {} lines, and the coverage data speaks of line {}", lines, last_line_of(file)));
    return {};
  }

  // Hits are told by line, so a secret over several lines takes the file's text with it.
  Result<std::string> without_secrets(std::string text) const {
    if (secrets_ == nullptr) return text;
    std::string redacted = secrets_->redact(text);
    if (std::count(redacted.begin(), redacted.end(), '\n') != std::count(text.begin(), text.end(), '\n'))
      return left_out("it holds a secret that goes over several lines");
    return redacted;
  }

  static Failure left_out(std::string reason) { return fail(ErrorKind::unsupported, std::move(reason)); }

  system_clock::time_point run_ended_;
  const Beneath& repository_;
  const Secrets* secrets_;
  std::uint64_t read_bytes_ = 0;
};

}  // namespace

std::vector<model::SourceText> read_source_texts(const model::RunReport& report, const Secrets* secrets) {
  std::vector<model::SourceText> sources;
  if (report.coverage.files.empty()) return sources;
  if (report.run.repository_root.empty()) {
    for (const model::CoverageFile& file : report.coverage.files)
      sources.push_back({file.path, {}, "the results were judged outside of a repository"});
    return sources;
  }
  const auto repository = Beneath::open(report.run.repository_root);
  if (!repository) {
    for (const model::CoverageFile& file : report.coverage.files)
      sources.push_back({file.path, {}, "the repository cannot be opened: " + repository.error().message()});
    return sources;
  }
  SourceReader reader(report, *repository, secrets);
  for (const model::CoverageFile& file : report.coverage.files) sources.push_back(reader.read(file));
  return sources;
}

}  // namespace rh::engine
