#include "runner/adapters/reach_files.h"

#include "runner/base/file.h"

namespace rh::adapters {

std::string reach_escape(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\')
      escaped += "\\\\";
    else if (c == '\t')
      escaped += "\\t";
    else if (c == '\n')
      escaped += "\\n";
    else if (c == '\r')
      escaped += "\\r";
    else
      escaped += c;
  }
  return escaped;
}

Result<std::filesystem::path> write_left_out(const StepContext& context) {
  std::string text;
  for (const std::string& id : *context.left_out) text += reach_escape(id) + '\n';
  std::filesystem::path file = context.out_dir / "left-out.txt";
  RH_CHECK(write_file(file, text));
  return file;
}

std::filesystem::path reach_file(const StepContext& context) { return context.out_dir / "test-lines.txt"; }

model::TestMapSource reach_source(const StepContext& context, std::string granularity) {
  return {reach_file(context), context.suite_dir, {}, std::move(granularity)};
}

}  // namespace rh::adapters
