// coverlet's own JSON: module, file, class, method, and of each method its lines and branches. Lines of lambdas and
// local functions stand in several methods of one module: the one that ran most counts. Modules are added up.
#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/core.h>

#include "collectors/coverage/damage.h"
#include "collectors/coverage/file_builder.h"
#include "collectors/coverage/json_head.h"
#include "collectors/coverage/json_walk.h"
#include "collectors/coverage/reader.h"
#include "runner/base/text.h"

namespace rh::collectors {
namespace {

using model::Severity;

enum Place : JsonPlace { kRoot, kModule, kFile, kClass, kMethod, kLines, kLine, kBranches, kBranch, kBranchField };

constexpr JsonStep kSteps[] = {
    {kRoot, kAnyMember, kModule},     {kModule, kAnyMember, kFile},   {kFile, kAnyMember, kClass},
    {kClass, kAnyMember, kMethod},    {kMethod, "Lines", kLines},     {kLines, kAnyMember, kLine},
    {kMethod, "Branches", kBranches}, {kBranches, kElement, kBranch}, {kBranch, kAnyMember, kBranchField},
};

class CoverletHandler : public JsonHandler {
 public:
  void enter(JsonPlace place, std::string_view key, bool) override {
    if (place == kFile) begin_file(key);
    if (place == kMethod) method_ = {std::string(key), 0, 0}, ++methods_;
    if (place == kLines || place == kBranches) recognised_ = true;
    if (place == kBranch) branch_.clear();
  }

  void leave(JsonPlace place) override {
    if (place == kBranch) end_branch();
    if (place == kMethod && file_ && method_.line > 0)
      file_->function({to_valid_utf8(method_.name), method_.line, method_.hits});
    if (place == kFile) end_file();
  }

  void value(JsonPlace place, std::string_view key, const JsonScalar& value) override {
    const bool count = value.kind == JsonScalar::Kind::integer && !value.negative;
    if (place == kBranchField && count) branch_[std::string(key)] = value.magnitude;
    if (place != kLine) return;
    const auto line = read_line_number(key);
    if (!line || !count || !file_) return void(++damaged_);
    std::uint64_t& hits = lines_[*line];
    hits = std::max(hits, value.magnitude);
    method_.line = method_.line == 0 ? *line : std::min(method_.line, *line);
    method_.hits = std::max(method_.hits, value.magnitude);
  }

  void end_file() {
    if (!file_) return;
    for (const auto& [line, hits] : lines_) file_->line(line, hits);
    files_.push_back(std::move(*file_).finish());
    file_.reset();
  }

  [[nodiscard]] bool recognised() const { return recognised_; }
  [[nodiscard]] std::size_t damaged() const { return damaged_; }
  [[nodiscard]] std::vector<model::CoverageFile>& files() { return files_; }

 private:
  void begin_file(std::string_view path) {
    end_file();
    file_.emplace(source_path(path));
    lines_.clear();
    blocks_.clear();
    next_block_.clear();
  }

  // Paths of one jump have its offset.
  void end_branch() {
    const std::uint64_t line = branch_["Line"];
    if (!file_ || line == 0 || line > UINT32_MAX || !branch_.contains("Hits")) return void(++damaged_);
    const auto number = static_cast<std::uint32_t>(line);
    const auto [block, fresh] = blocks_.try_emplace({number, methods_, branch_["Offset"]}, 0);
    if (fresh) block->second = next_block_[number]++;
    file_->branch({number, block->second, std::to_string(branch_["Path"]), branch_["Hits"]});
  }

  struct Method {
    std::string name;
    std::uint32_t line;
    std::uint64_t hits;
  };
  std::optional<FileBuilder> file_;
  std::map<std::uint32_t, std::uint64_t> lines_;
  std::map<std::tuple<std::uint32_t, std::size_t, std::uint64_t>, std::uint32_t> blocks_;
  std::map<std::uint32_t, std::uint32_t> next_block_;
  std::map<std::string, std::uint64_t, std::less<>> branch_;
  Method method_{};
  std::vector<model::CoverageFile> files_;
  std::size_t methods_ = 0, damaged_ = 0;
  bool recognised_ = false;
};

}  // namespace

Result<CoverageData> read_coverlet(std::string_view text, const CoverageReadOptions& options) {
  CoverletHandler handler;
  const JsonEnd end = walk_json(text, kSteps, handler);
  handler.end_file();
  if (!handler.recognised())
    return fail(ErrorKind::parse,
                fmt::format("read coverlet JSON: it has no method with Lines{}{}", end.complete ? "" : ": ", end.error),
                options.subject);
  DamageLog damage(options.subject);
  if (handler.damaged() > 0)
    damage.add(Severity::warning, "coverlet-record",
               fmt::format("{} lines or branches were damaged and skipped.", handler.damaged()));
  if (!end.complete)
    damage.add(Severity::error, "coverlet-truncated",
               fmt::format("The data ends at {}: {}. What stands before it is used.", json_position(text, end.offset),
                           end.error));
  CoverageData data;
  data.files = gather_files(std::move(handler.files()));
  data.diagnostics = damage.take();
  return data;
}

bool sniff_coverlet(std::string_view head) {
  const JsonHead json(head);
  return json.is_object() && json.has_any(5, {"Lines", "Branches"});
}

}  // namespace rh::collectors
