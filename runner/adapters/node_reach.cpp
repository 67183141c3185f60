#include "runner/adapters/node_reach.h"

#include <fmt/format.h>

#include "runner/adapters/node_project.h"
#include "runner/adapters/reach_files.h"
#include "runner/base/file.h"

namespace rh::adapters {

namespace fs = std::filesystem;

Result<void> add_node_left_out(model::Step& step, const StepContext& context) {
  if (context.left_out == nullptr) return {};
  RH_TRY(const fs::path list, write_left_out(context));
  step.command.env["RUNHARNESS_LEFT_OUT"] = list.string();
  return {};
}

void expect_reporter_lines(model::Step& step, const StepContext& context) {
  if (!context.test_map) return;
  step.command.env["RUNHARNESS_REACH"] = reach_file(context).string();
  step.test_maps.push_back(reach_source(context, "test file"));
}

fs::path measure_processes(model::Step& step, const StepContext& context, bool wrapped) {
  if (wrapped) return coverage_folder(context) / "raw";  // where c8 has it written
  const fs::path raw = context.out_dir / "v8";
  step.command.env["NODE_V8_COVERAGE"] = raw.string();
  return raw;
}

model::Step node_lines_step(const model::Suite& suite, const StepContext& context, const fs::path& raw) {
  model::Step step = node_step(suite, context, "who tests what", model::StepKind::coverage);
  step.stop_on_failure = false;
  step.command.argv = {node_path(suite, context).string(),
                       node_support_file(context, "rh_node_lines.mjs").string(),
                       raw.string(),
                       (context.out_dir / "events.jsonl").string(),
                       context.suite_dir.string(),
                       reach_file(context).string()};
  step.command.env.erase("NODE_OPTIONS");
  step.test_maps.push_back(reach_source(context, "test file"));
  return step;
}

// The file lists every installed package with its version; its size and a sum over it tell of any change.
std::string installed_packages(const model::Suite&, const StepContext& context) {
  constexpr std::uint64_t kMaxLockBytes = 64ULL << 20;
  for (fs::path folder = context.suite_dir;; folder = folder.parent_path()) {
    for (const char* name : {".package-lock.json", ".modules.yaml", ".yarn-integrity"}) {
      const auto text = read_file(folder / "node_modules" / name, kMaxLockBytes);
      if (!text) continue;
      std::uint64_t sum = 14695981039346656037ULL;  // FNV-1a
      for (const char c : *text) sum = (sum ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
      return fmt::format("packages of node_modules ({:016x})", sum);
    }
    if (folder == context.repository_root || !is_below(folder, context.repository_root)) return {};
  }
}

std::string escape_glob(std::string_view path) {
  std::string escaped;
  for (const char c : path) {
    if (std::string_view("\\*?[]{}()!+@|").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace rh::adapters
