#include "collectors/coverage/istanbul_mapped.h"

#include <map>
#include <tuple>
#include <utility>

#include "collectors/coverage/v8_paths.h"

namespace rh::collectors {
namespace {

struct Original {
  std::uint32_t source = 0;
  IstanbulSpan place;
};

using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;

Key key_of(const IstanbulSpan& span) { return {span.start_line, span.start_column, span.end_line, span.end_column}; }

// One source and what was found of it; the maps lead to the index of what stands in a place already.
struct Source {
  IstanbulFile file;
  std::map<Key, std::size_t> statements, functions;
  std::map<std::vector<Key>, std::size_t> branches;

  void add_statement(const IstanbulSpan& place, std::uint64_t hits) {
    const auto [at, fresh] = statements.try_emplace(key_of(place), file.statements.size());
    if (fresh) file.statements.push_back({place, 0});
    std::uint64_t& sum = file.statements[at->second].hits;
    sum = saturating_add(sum, hits);
  }

  void add_function(const std::string& name, const IstanbulSpan& place, const IstanbulSpan& body, std::uint64_t hits) {
    const auto [at, fresh] = functions.try_emplace(key_of(place), file.functions.size());
    if (fresh) file.functions.push_back({name, place, body, 0});
    std::uint64_t& sum = file.functions[at->second].hits;
    sum = saturating_add(sum, hits);
  }

  void add_branch(IstanbulFile::Branch branch) {
    std::vector<Key> key;
    for (const auto& arm : branch.arms) key.push_back(arm ? key_of(*arm) : Key{});
    const auto [at, fresh] = branches.try_emplace(std::move(key), file.branches.size());
    if (fresh) return file.branches.push_back(std::move(branch));
    std::vector<std::uint64_t>& sums = file.branches[at->second].hits;
    for (std::size_t i = 0; i < sums.size() && i < branch.hits.size(); ++i)
      sums[i] = saturating_add(sums[i], branch.hits[i]);
  }
};

class Mapper {
 public:
  explicit Mapper(const IstanbulFile& generated)
      : generated_(generated), map_(generated.map->mappings, generated.map->sources.size()) {}

  std::vector<IstanbulFile> map_back() {
    for (const auto& statement : generated_.statements)
      if (const auto original = find(statement.place))
        source(original->source).add_statement(original->place, statement.hits);
    for (const auto& function : generated_.functions) {
      const auto place = find(function.place), body = find(function.body);
      if (place && body && place->source == body->source)
        source(place->source).add_function(function.name, place->place, body->place, function.hits);
    }
    for (const auto& branch : generated_.branches) map_branch(branch);
    std::vector<IstanbulFile> files;
    for (auto& [index, source] : sources_) files.push_back(std::move(source.file));
    return files;
  }

 private:
  [[nodiscard]] std::optional<Original> find(const IstanbulSpan& span) const {
    if (span.end_column == IstanbulSpan::kNoColumn) return std::nullopt;
    const auto found = map_.original_span(span.start_line - 1, span.start_column, span.end_line - 1, span.end_column,
                                          SpanRule::istanbul_source_maps);
    if (!found) return std::nullopt;
    const bool has_column = found->end_column >= 0 && found->end_column < IstanbulSpan::kNoColumn;
    return Original{found->source,
                    {found->start_line + 1, found->start_column, found->end_line + 1,
                     has_column ? static_cast<std::uint32_t>(found->end_column) : IstanbulSpan::kNoColumn}};
  }

  void map_branch(const IstanbulFile::Branch& branch) {
    IstanbulFile::Branch mapped;
    std::optional<std::uint32_t> of;
    for (std::size_t arm = 0; arm < branch.arms.size() && arm < branch.hits.size(); ++arm) {
      const auto original = branch.arms[arm] ? find(*branch.arms[arm]) : std::nullopt;
      const bool missing_else = of && !branch.arms[arm];
      if (!original && !missing_else) continue;
      if (original && of && *of != original->source) return;
      if (original) of = original->source;
      mapped.arms.push_back(original ? std::optional(original->place) : std::nullopt);
      mapped.hits.push_back(branch.hits[arm]);
    }
    if (!of) return;
    const auto place = branch.place ? find(*branch.place) : std::nullopt;
    mapped.place = place ? std::optional(place->place) : mapped.arms.front();
    mapped.line = mapped.place->start_line;
    source(*of).add_branch(std::move(mapped));
  }

  Source& source(std::uint32_t index) {
    const auto [at, fresh] = sources_.try_emplace(index);
    if (fresh) at->second.file.path = map_source_path(generated_.map->sources[index], generated_.path);
    return at->second;
  }

  const IstanbulFile& generated_;
  SourceMap map_;
  std::map<std::uint32_t, Source> sources_;
};

}  // namespace

std::vector<IstanbulFile> map_istanbul_back(const IstanbulFile& generated) { return Mapper(generated).map_back(); }

}  // namespace rh::collectors
