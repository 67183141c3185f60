// Rust code: paths, what they stand for, and what is done with them.
#pragma once

#include <set>
#include <unordered_set>

#include "runner/agent/validate/analyzer.h"

namespace rh::agent {

class RustAnalyzer : public Analyzer {
 public:
  RustAnalyzer(const Tree& tree, const Rules& rules, Assessment& assessment)
      : Analyzer(Language::rust, tree, rules, assessment) {}

 protected:
  bool enter(Node node) override;
  void leave(Node node) override;
  bool is_branch(Kind kind) const override;
  bool is_loop(Kind kind) const override;

 private:
  // rust.cpp
  void declare_use(Node node, const std::string& prefix, int depth = 0);
  void declare_item(Node node);
  void bind_pattern(Node pattern, const Values& values);
  void judge_native(Node node);
  void judge_call(Node node);
  void judge_options(Node node, const std::string& name);
  void judge_reference(Node node);
  void judge_macro(Node node);
  void judge_tokens(Node node);
  void judge_name(Node node, const Value& value, std::string_view written);
  [[nodiscard]] bool is_read(Node node) const;

  // rust_values.cpp
  Values evaluate(Node node);
  Values evaluate_call(Node node);
  Values path_value(std::string_view written);  // "C::new" with what C is
  Values first_segment(std::string_view name);
  Values type_value(Node type);

  std::unordered_set<Node> judged_;
};

// "tokio::fs::write" -> "std::fs::write".
[[nodiscard]] std::string canonical_rust_path(std::string path);

}  // namespace rh::agent
