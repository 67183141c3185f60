// The jumps from line to line that a Python file can make, of which those from lines with several are its branches. The
// rules are those of coverage.py 7 (parser.py, AstArcAnalyzer), statement by statement, so that the branches are its
// own.
#include <algorithm>
#include <map>
#include <set>

#include "collectors/coverage/python/python_code.h"

namespace rh::collectors {
namespace {

using Lines = std::vector<std::uint32_t>;  // from which something is left; sorted, unique

void unite(Lines& into, const Lines& other) { into.insert(into.end(), other.begin(), other.end()); }

void tidy(Lines& lines) {
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
}

// What a break, continue, raise or return meets on its way out.
struct Around {
  enum class Kind { loop, function, attempt } kind;
  std::uint32_t start = 0;    // of a loop or function
  std::uint32_t handler = 0;  // of a try: where its first handler is, 0: it catches and nothing is known
  Lines breaks;               // of a loop
};

class Analyzer {
 public:
  Analyzer(const PyTree& tree, PyCode& code) : tree_(tree), code_(code) {}

  void analyze() {
    for (PyIndex index = 0; index < tree_.nodes.size(); ++index) {
      const PyNode& node = tree_.nodes[index];
      if (index == 0)
        module(node);
      else if (node.kind == PyKind::def)
        function(node);
      else if (node.kind == PyKind::class_)
        leave(block(node.body, {}), node.line);
    }
    finish();
  }

 private:
  void module(const PyNode& node) {
    const auto start = static_cast<std::uint32_t>(code_.statement_of(1));
    if (node.body == kNoNode) return;
    leave(block(node.body, {}), start);
  }

  void function(const PyNode& node) {
    around_.push_back({Around::Kind::function, node.line, 0, {}});
    for (const std::uint32_t line : block(node.body, {})) arc(line, -std::int64_t{node.line});
    around_.pop_back();
  }

  void leave(const Lines& exits, std::uint32_t start) {
    for (const std::uint32_t line : exits) arc(line, -std::int64_t{start});
  }

  void arc(std::uint32_t from, std::int64_t to) {
    arcs_.insert({from, to});
    if (open_withs_.contains(from)) with_entries_.insert({from, to});
  }

  // Lines that leave the block at its end; `previous` lead into it.
  Lines block(PyIndex first, Lines previous) {
    for (PyIndex index = first; index != kNoNode; index = tree_.nodes[index].next) {
      const PyNode& node = tree_.nodes[index];
      if (!code_.compiled.contains(node.line)) continue;
      for (const std::uint32_t line : previous) arc(line, node.line);
      previous = exits_of(node);
    }
    return previous;
  }

  Lines exits_of(const PyNode& node) {
    switch (node.kind) {
      case PyKind::raise:
        return raise(node), Lines{};
      case PyKind::return_:
        return give_back(node), Lines{};
      case PyKind::break_:
        return stop(node), Lines{};
      case PyKind::continue_:
        return again(node), Lines{};
      case PyKind::if_:
        return if_statement(node);
      case PyKind::while_:
      case PyKind::for_:
        return loop(node);
      case PyKind::try_:
        return try_statement(node);
      case PyKind::with:
        return with_statement(node);
      case PyKind::match:
        return match_statement(node);
      case PyKind::def:
      case PyKind::class_:
        return definition(node);
      default:
        return {node.line};
    }
  }

  void stop(const PyNode& node) {
    for (auto it = around_.rbegin(); it != around_.rend(); ++it)
      if (it->kind == Around::Kind::loop) return it->breaks.push_back(node.line);
  }

  void again(const PyNode& node) {
    for (auto it = around_.rbegin(); it != around_.rend(); ++it)
      if (it->kind == Around::Kind::loop) return arc(node.line, it->start);
  }

  void raise(const PyNode& node) {
    for (auto it = around_.rbegin(); it != around_.rend(); ++it) {
      if (it->kind == Around::Kind::attempt) {
        if (it->handler > 0) arc(node.line, it->handler);
        return;
      }
      if (it->kind == Around::Kind::function) return arc(node.line, -std::int64_t{it->start});
    }
  }

  void give_back(const PyNode& node) {
    for (auto it = around_.rbegin(); it != around_.rend(); ++it)
      if (it->kind == Around::Kind::function) return arc(node.line, -std::int64_t{it->start});
  }

  Lines if_statement(const PyNode& node) {
    Lines exits;
    if (!node.test_is_constant || node.test_value) unite(exits, block(node.body, {node.line}));
    if (!node.test_is_constant || !node.test_value) unite(exits, block(node.other, {node.line}));
    tidy(exits);
    return exits;
  }

  Lines loop(const PyNode& node) {
    around_.push_back({Around::Kind::loop, node.line, 0, {}});
    for (const std::uint32_t line : block(node.body, {node.line})) arc(line, node.line);
    Lines exits = std::move(around_.back().breaks);
    around_.pop_back();
    if (node.other != kNoNode)
      unite(exits, block(node.other, {node.line}));
    else if (node.kind == PyKind::for_ || !node.test_is_constant)
      exits.push_back(node.line);
    tidy(exits);
    return exits;
  }

  Lines try_statement(const PyNode& node) {
    const std::uint32_t handler = node.parts == kNoNode ? 0 : tree_.nodes[node.parts].line;
    around_.push_back({Around::Kind::attempt, 0, handler, {}});
    Lines exits = block(node.body, {node.line});
    if (node.final != kNoNode)
      around_.back().handler = 0;  // stays, so that what handlers raise comes to the finally clause
    else
      around_.pop_back();
    Lines handled;
    for (PyIndex part = node.parts; part != kNoNode; part = tree_.nodes[part].next)
      unite(handled, block(tree_.nodes[part].body, {tree_.nodes[part].line}));
    if (node.other != kNoNode) exits = block(node.other, std::move(exits));
    unite(exits, handled);
    tidy(exits);
    if (node.final == kNoNode) return exits;
    around_.pop_back();
    const bool completes = !exits.empty();
    Lines last = block(node.final, std::move(exits));
    return completes ? last : Lines{};
  }

  Lines with_statement(const PyNode& node) {
    open_withs_.insert(node.line);
    withs_.insert(node.line);
    const Lines exits = block(node.body, {node.line});
    open_withs_.erase(node.line);
    for (const std::uint32_t line : exits) {
      arc(line, node.line);
      with_exits_.insert({line, node.line});
    }
    return exits.empty() ? Lines{} : Lines{node.line};
  }

  Lines match_statement(const PyNode& node) {
    Lines exits;
    std::uint32_t last = node.line;
    bool always = false;
    for (PyIndex part = node.parts; part != kNoNode; part = tree_.nodes[part].next) {
      const PyNode& each = tree_.nodes[part];
      arc(last, each.line);
      unite(exits, block(each.body, {each.line}));
      last = each.line;
      always = each.irrefutable;
    }
    if (!always) exits.push_back(last);
    tidy(exits);
    return exits;
  }

  // From decorator to decorator to the line of `def`.
  Lines definition(const PyNode& node) {
    std::uint32_t last = 0;
    for (PyIndex index = node.parts; index != kNoNode; index = tree_.nodes[index].next) {
      const std::uint32_t line = tree_.nodes[index].line;
      if (last != 0 && line != last) arc(last, line);
      last = line;
    }
    if (last != 0) arc(last, node.main_line);
    return {node.main_line};
  }

  // Leaving a `with` block jumps back to its line and from there onwards; to a person it went straight on.
  void fix_withs() {
    std::map<std::uint32_t, std::int64_t> nexts;
    for (const PyArc& each : arcs_) {
      const auto from = static_cast<std::uint32_t>(each.first);
      if (withs_.contains(from) && !with_entries_.contains(each)) nexts.try_emplace(from, each.second);
    }
    const auto final_next = [&](std::uint32_t start) {
      std::int64_t next = nexts.at(start);
      // Out of several blocks at once; each step leads to an outer one.
      for (std::size_t steps = 0; steps < nexts.size(); ++steps) {
        const auto outer = next > 0 ? nexts.find(static_cast<std::uint32_t>(next)) : nexts.end();
        if (outer == nexts.end() || !with_exits_.contains({start, next})) break;
        start = outer->first;
        next = outer->second;
      }
      return next;
    };
    std::map<PyArc, PyArc> fixes;
    for (const PyArc& each : with_exits_) {
      const auto start = static_cast<std::uint32_t>(each.second);
      if (nexts.contains(start)) fixes[each] = {each.first, final_next(start)};
    }
    for (const auto& [start, next] : nexts)
      if (!with_exits_.contains({start, start})) fixes[{start, next}] = {0, 0};
    code_.with_fixes.assign(fixes.begin(), fixes.end());
  }

  void finish() {
    fix_withs();
    code_.arcs = code_.translated({arcs_.begin(), arcs_.end()});
    std::erase_if(code_.arcs, [](const PyArc& each) { return each.first == each.second; });
  }

  const PyTree& tree_;
  PyCode& code_;
  std::vector<Around> around_;
  std::set<PyArc> arcs_, with_entries_, with_exits_;
  std::set<std::uint32_t> open_withs_, withs_;
};

}  // namespace

void find_arcs(const PyTree& tree, PyCode& code) { Analyzer(tree, code).analyze(); }

}  // namespace rh::collectors
