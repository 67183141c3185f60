// Which statements the compiler of CPython keeps: it drops what follows a return, raise, break or continue, what a
// constant condition rules out, and declarations that make no code.
#include <utility>

#include "collectors/coverage/python/python_code.h"

namespace rh::collectors {
namespace {

class Reach {
 public:
  explicit Reach(const PyTree& tree) : tree_(tree), kept_(tree.nodes.size()) {}

  std::vector<bool> find() {
    kept_[0] = true;
    block(tree_.nodes[0].body);
    return std::move(kept_);
  }

 private:
  // True when the end of the block is reached.
  bool block(PyIndex first) {
    for (PyIndex index = first; index != kNoNode; index = tree_.nodes[index].next)
      if (!statement(index)) return false;
    return true;
  }

  bool statement(PyIndex index) {
    const PyNode& node = tree_.nodes[index];
    kept_[index] = makes_code(node);
    switch (node.kind) {
      case PyKind::raise:
      case PyKind::return_:
      case PyKind::continue_:
        return false;
      case PyKind::break_:
        broken_ = true;
        return false;
      case PyKind::if_:
        return if_statement(node);
      case PyKind::while_:
      case PyKind::for_:
        return loop(node);
      case PyKind::try_:
        return try_statement(node);
      case PyKind::with:
        block(node.body);
        return true;  // the context manager may swallow what leaves its block
      case PyKind::match:
        return match_statement(node);
      case PyKind::def:
      case PyKind::class_:
        definition(node);
        return true;
      default:
        return !node.ends;
    }
  }

  [[nodiscard]] bool makes_code(const PyNode& node) const {
    if (node.kind == PyKind::no_code) return false;
    return !(in_function_ && node.is_bare_annotation && node.names_only);
  }

  bool if_statement(const PyNode& node) {
    const bool body = node.test != PyTruth::no && block(node.body);
    const bool other = node.test != PyTruth::yes && block(node.other);
    return body || other;
  }

  bool loop(const PyNode& node) {
    const bool outer = std::exchange(broken_, false);
    if (node.test != PyTruth::no) block(node.body);
    const bool broken = std::exchange(broken_, outer);
    const bool ended = node.test != PyTruth::yes && block(node.other);
    return broken || ended;
  }

  bool try_statement(const PyNode& node) {
    bool done = block(node.body) && block(node.other);
    for (PyIndex handler = node.parts; handler != kNoNode; handler = tree_.nodes[handler].next) {
      kept_[handler] = true;
      done = block(tree_.nodes[handler].body) || done;
    }
    return block(node.final) && done;
  }

  bool match_statement(const PyNode& node) {
    bool done = false, always = false;
    for (PyIndex part = node.parts; part != kNoNode; part = tree_.nodes[part].next) {
      kept_[part] = true;
      if (tree_.nodes[part].test != PyTruth::no) done = block(tree_.nodes[part].body) || done;
      always = tree_.nodes[part].irrefutable;
    }
    return done || !always;
  }

  void definition(const PyNode& node) {
    for (PyIndex decorator = node.parts; decorator != kNoNode; decorator = tree_.nodes[decorator].next)
      kept_[decorator] = true;
    const bool outer_function = std::exchange(in_function_, node.kind == PyKind::def);
    const bool outer_broken = std::exchange(broken_, false);
    block(node.body);
    // The docstring of a function is no code, that of a class is.
    if (in_function_ && node.body != kNoNode && tree_.nodes[node.body].is_text) kept_[node.body] = false;
    in_function_ = outer_function;
    broken_ = outer_broken;
  }

  const PyTree& tree_;
  std::vector<bool> kept_;
  bool in_function_ = false;
  bool broken_ = false;  // the loop that is looked at has a break that can be reached
};

}  // namespace

std::vector<bool> reachable_nodes(const PyTree& tree) { return Reach(tree).find(); }

}  // namespace rh::collectors
