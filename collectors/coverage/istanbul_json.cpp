#include "collectors/coverage/istanbul_json.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "runner/base/text.h"

namespace rh::collectors {
namespace {

enum Place : JsonPlace {
  kRoot,
  kFile,
  kPath,
  kStatements,
  kStatement,  // a span
  kFunctions,
  kFunction,
  kBranches,
  kBranch,
  kName,
  kLine,
  kSpan,  // of a function: decl; of a branch: loc
  kBody,  // of a function: loc
  kArms,
  kArm,
  kStart,
  kEnd,
  kStartLine,
  kStartColumn,
  kEndLine,
  kEndColumn,
  kStatementCounts,
  kStatementCount,
  kFunctionCounts,
  kFunctionCount,
  kBranchCounts,
  kArmCounts,
  kArmCount,
  kMap,
  kMapRoot,
  kMappings,
  kMapSources,
  kMapSource,
};

constexpr JsonStep kSteps[] = {
    {kRoot, kAnyMember, kFile},
    {kFile, "path", kPath},
    {kFile, "statementMap", kStatements},
    {kFile, "fnMap", kFunctions},
    {kFile, "branchMap", kBranches},
    {kFile, "s", kStatementCounts},
    {kFile, "f", kFunctionCounts},
    {kFile, "b", kBranchCounts},
    {kFile, "inputSourceMap", kMap},
    {kStatements, kAnyMember, kStatement},
    {kStatement, "start", kStart},
    {kStatement, "end", kEnd},
    {kStart, "line", kStartLine},
    {kStart, "column", kStartColumn},
    {kEnd, "line", kEndLine},
    {kEnd, "column", kEndColumn},
    {kStatementCounts, kAnyMember, kStatementCount},
    {kBranches, kAnyMember, kBranch},
    {kBranch, "locations", kArms},
    {kArms, kElement, kArm},
    {kArm, "start", kStart},
    {kArm, "end", kEnd},
    {kBranch, "loc", kSpan},
    {kBranch, "line", kLine},
    {kSpan, "start", kStart},
    {kSpan, "end", kEnd},
    {kBranchCounts, kAnyMember, kArmCounts},
    {kArmCounts, kElement, kArmCount},
    {kFunctions, kAnyMember, kFunction},
    {kFunction, "name", kName},
    {kFunction, "decl", kSpan},
    {kFunction, "loc", kBody},
    {kFunction, "line", kLine},
    {kBody, "start", kStart},
    {kBody, "end", kEnd},
    {kFunctionCounts, kAnyMember, kFunctionCount},
    {kMap, "sourceRoot", kMapRoot},
    {kMap, "mappings", kMappings},
    {kMap, "sources", kMapSources},
    {kMapSources, kElement, kMapSource},
};

// Values under keys that come again in another map, mostly in the same order.
template <class Value>
class Keyed {
 public:
  Value& add(std::string_view key) {
    items_.emplace_back(std::string(key), Value{});
    return items_.back().second;
  }

  Value* find(std::string_view key) {
    if (next_ < items_.size() && items_[next_].first == key) return &items_[next_++].second;
    if (index_.empty())
      for (std::size_t i = 0; i < items_.size(); ++i) index_.emplace(items_[i].first, i);
    const auto found = index_.find(std::string(key));
    if (found == index_.end()) return nullptr;
    next_ = found->second + 1;
    return &items_[found->second].second;
  }

  [[nodiscard]] std::vector<std::pair<std::string, Value>>& items() { return items_; }

 private:
  std::vector<std::pair<std::string, Value>> items_;
  std::unordered_map<std::string, std::size_t> index_;
  std::size_t next_ = 0;
};

struct Span {
  std::optional<std::uint32_t> start_line, start_column, end_line, end_column;

  [[nodiscard]] std::optional<IstanbulSpan> complete() const {
    if (!start_line) return std::nullopt;
    return IstanbulSpan{*start_line, start_column.value_or(0), end_line.value_or(*start_line),
                        end_column.value_or(IstanbulSpan::kNoColumn)};
  }
};

struct Function {
  std::string name;
  Span place, body;
  std::optional<std::uint32_t> line;
};

struct Branch {
  Span place;
  std::vector<Span> arms;
  std::optional<std::uint32_t> line;
};

// A file as it is read.
struct File {
  std::string key, path;
  bool recognised = false;
  Keyed<Span> statements;
  Keyed<Function> functions;
  Keyed<Branch> branches;
  Keyed<std::optional<std::uint64_t>> statement_counts, function_counts;
  Keyed<std::vector<std::uint64_t>> branch_counts;
  std::optional<SourceMapText> map;
  std::string map_root;
};

// Negative and fractional counts are of a broken producer; they are no count.
std::optional<std::uint64_t> count_of(const JsonScalar& value) {
  if (value.kind != JsonScalar::Kind::integer || value.negative) return std::nullopt;
  return value.magnitude;
}

std::optional<std::uint32_t> column_of(const JsonScalar& value) {
  if (value.kind != JsonScalar::Kind::integer || value.negative || value.magnitude >= IstanbulSpan::kNoColumn)
    return std::nullopt;
  return static_cast<std::uint32_t>(value.magnitude);
}

class IstanbulHandler : public JsonHandler {
 public:
  explicit IstanbulHandler(const std::function<void(IstanbulFile)>& told) : told_(told) {}

  void enter(JsonPlace place, std::string_view key, bool is_array) override {
    switch (place) {
      case kFile:
        file_.emplace();
        file_->key = std::string(key);
        break;
      case kStatements:
      case kFunctions:
      case kBranches:
        if (file_) file_->recognised = true;
        break;
      case kStatement:
        if (file_) span_ = &file_->statements.add(key);
        break;
      case kFunction:
        if (file_) function_ = &file_->functions.add(key), branch_ = nullptr;
        break;
      case kBranch:
        if (file_) branch_ = &file_->branches.add(key), function_ = nullptr;
        break;
      case kSpan:
        span_ = function_ != nullptr ? &function_->place : branch_ != nullptr ? &branch_->place : nullptr;
        break;
      case kBody:
        span_ = function_ != nullptr ? &function_->body : nullptr;
        break;
      case kArm:
        span_ = branch_ != nullptr ? &branch_->arms.emplace_back() : nullptr;
        break;
      case kArmCounts:
        if (file_ && is_array) counts_ = &file_->branch_counts.add(key);
        break;
      case kMap:
        if (file_) file_->map.emplace();
        break;
      default:
        break;
    }
  }

  void leave(JsonPlace place) override {
    if (place == kFile) end_file();
    if (place == kArmCounts) counts_ = nullptr;
    if (place == kStatement || place == kSpan || place == kBody || place == kArm) span_ = nullptr;
    if (place == kFunction) function_ = nullptr;
    if (place == kBranch) branch_ = nullptr;
  }

  void value(JsonPlace place, std::string_view key, const JsonScalar& value) override {
    if (!file_) return;
    if (span_ != nullptr) {
      if (place == kStartLine) span_->start_line = value.as_line();
      if (place == kStartColumn) span_->start_column = column_of(value);
      if (place == kEndLine) span_->end_line = value.as_line();
      if (place == kEndColumn) span_->end_column = column_of(value);
    }
    if (place == kStatementCount) file_->statement_counts.add(key) = count_of(value);
    if (place == kFunctionCount) file_->function_counts.add(key) = count_of(value);
    if (place == kArmCount && counts_ != nullptr) counts_->push_back(count_of(value).value_or(0));
    if (place == kName && function_ != nullptr) function_->name = value.as_text().value_or("");
    if (place == kLine && function_ != nullptr) function_->line = value.as_line();
    if (place == kLine && branch_ != nullptr) branch_->line = value.as_line();
    if (place == kPath) file_->path = value.as_text().value_or("");
    if (!file_->map) return;
    if (place == kMapRoot) file_->map_root = value.as_text().value_or("");
    if (place == kMappings) file_->map->mappings = value.as_text().value_or("");
    if (place == kMapSource) file_->map->sources.push_back(to_valid_utf8(value.as_text().value_or("")));
  }

  void end_file() {
    if (!file_) return;
    recognised_ = recognised_ || file_->recognised;
    if (file_->recognised) told_(finish(*file_));
    file_.reset();
  }

  [[nodiscard]] bool recognised() const { return recognised_; }

 private:
  static IstanbulFile finish(File& file) {
    IstanbulFile made;
    made.path = file.path.empty() ? file.key : file.path;
    for (auto& [key, hits] : file.statement_counts.items()) {
      const Span* span = file.statements.find(key);
      const auto place = span == nullptr ? std::nullopt : span->complete();
      if (place && hits)
        made.statements.push_back({*place, *hits});
      else
        ++made.skipped;
    }
    for (auto& [key, hits] : file.function_counts.items()) add_function(made, file.functions.find(key), hits);
    for (auto& [key, hits] : file.branch_counts.items()) add_branch(made, file.branches.find(key), std::move(hits));
    if (file.map && !file.map->mappings.empty()) {
      add_source_root(*file.map, file.map_root);
      made.map = std::move(file.map);
    }
    return made;
  }

  // `decl` is missing in files of istanbul 0.
  static void add_function(IstanbulFile& made, Function* function, std::optional<std::uint64_t> hits) {
    if (function == nullptr || !hits) return void(++made.skipped);
    const auto body = function->body.complete();
    auto place = function->place.complete();
    if (!place) place = body;
    if (!place && function->line) place = IstanbulSpan{*function->line, 0, *function->line};
    if (!place) return void(++made.skipped);
    made.functions.push_back({std::move(function->name), *place, body.value_or(*place), *hits});
  }

  static void add_branch(IstanbulFile& made, Branch* branch, std::vector<std::uint64_t> hits) {
    if (branch == nullptr) return void(++made.skipped);
    IstanbulFile::Branch added;
    added.place = branch->place.complete();
    for (const Span& arm : branch->arms) added.arms.push_back(arm.complete());
    if (added.place)
      added.line = added.place->start_line;
    else if (branch->line)
      added.line = *branch->line;
    else if (!added.arms.empty() && added.arms.front())
      added.line = added.arms.front()->start_line;
    if (added.line == 0) return void(++made.skipped);
    added.hits = std::move(hits);
    made.branches.push_back(std::move(added));
  }

  const std::function<void(IstanbulFile)>& told_;
  std::optional<File> file_;
  Span* span_ = nullptr;
  Function* function_ = nullptr;
  Branch* branch_ = nullptr;
  std::vector<std::uint64_t>* counts_ = nullptr;
  bool recognised_ = false;
};

}  // namespace

IstanbulEnd read_istanbul_json(std::string_view text, const std::function<void(IstanbulFile)>& file) {
  IstanbulHandler handler(file);
  IstanbulEnd end;
  end.json = walk_json(text, kSteps, handler);
  handler.end_file();
  end.recognised = handler.recognised();
  return end;
}

}  // namespace rh::collectors
