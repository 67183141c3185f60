// The document of `doctor --json`.
#include <algorithm>

#include "reporters/doctor.h"
#include "reporters/json/writer.h"
#include "runner/model/names.h"

namespace rh::reporters {
namespace {

constexpr unsigned kSchemaVersion = 1;

class DoctorWriter {
 public:
  explicit DoctorWriter(const model::DoctorReport& report) : report_(report) {}

  std::string write() {
    writer_.open('{');
    text("schema", "runharness.doctor");
    writer_.key("schema_version");
    writer_.number(std::uint64_t{kSchemaVersion});
    flag("ci_enforceable", keeps_preset(report_, "ci"));
    writer_.key("host");
    writer_.open('{');
    text("kernel", report_.host.kernel);
    text("runner", report_.host.runner);
    known("container", report_.host.container);
    writer_.close('}');
    list("mechanisms", report_.host.rows, [this](const model::SurveyRow& row) { write_row(row); });
    list("toolchains", report_.tools, [this](const model::Tool& tool) { write_tool(tool); });
    list("presets", report_.presets, [this](const model::PresetFinding& preset) { write_preset(preset); });
    writer_.close('}');
    return writer_.take() + '\n';
  }

 private:
  void text(std::string_view name, std::string_view value) {
    writer_.key(name);
    writer_.string(value);
  }
  void known(std::string_view name, const std::string& value) {
    writer_.key(name);
    value.empty() ? writer_.null() : writer_.string(value);
  }
  void flag(std::string_view name, bool value) {
    writer_.key(name);
    writer_.boolean(value);
  }
  void texts(std::string_view name, const std::vector<std::string>& values) {
    writer_.key(name);
    writer_.open('[');
    for (const std::string& value : values) writer_.string(value);
    writer_.close(']');
  }
  template <class Items, class Write>
  void list(std::string_view name, const Items& items, const Write& write) {
    writer_.key(name);
    writer_.open('[');
    for (const auto& item : items) {
      writer_.open('{');
      write(item);
      writer_.close('}');
    }
    writer_.close(']');
  }

  void write_row(const model::SurveyRow& row) {
    text("mechanism", row.mechanism);
    text("state", name_of(row.state));
    known("by", row.by);
    known("reason", row.reason);
    texts("remedy", row.remedy);
    texts("needed_by", row.needed_by);
  }
  void write_tool(const model::Tool& tool) {
    text("name", tool.name);
    known("path", tool.path.string());
    known("version", tool.version);
    known("problem", tool.problem);
  }
  void write_preset(const model::PresetFinding& preset) {
    text("name", preset.name);
    flag("enforceable", keeps_preset(report_, preset.name));
    list("missing", preset.missing, [this](const model::IsolationRow& row) {
      text("mechanism", row.mechanism);
      text("requested", row.requested);
      text("state", model::name_of(row.state));
      known("detail", row.detail);
      known("reason", row.reason);
    });
    known("problem", preset.problem);
  }

  const model::DoctorReport& report_;
  JsonWriter writer_{3};
};

}  // namespace

std::string_view name_of(model::SurveyState state) {
  switch (state) {
    case model::SurveyState::works:
      return "works";
    case model::SurveyState::partly:
      return "partly";
    case model::SurveyState::missing:
      return "missing";
  }
  return "missing";
}

bool keeps_preset(const model::DoctorReport& report, std::string_view preset) {
  const auto found = std::find_if(report.presets.begin(), report.presets.end(),
                                  [&](const model::PresetFinding& finding) { return finding.name == preset; });
  return found != report.presets.end() && found->enforceable() &&
         std::none_of(report.host.rows.begin(), report.host.rows.end(), [&](const model::SurveyRow& row) {
           return row.state != model::SurveyState::works &&
                  std::find(row.needed_by.begin(), row.needed_by.end(), preset) != row.needed_by.end();
         });
}

std::string doctor_to_json(const model::DoctorReport& report) { return DoctorWriter(report).write(); }

}  // namespace rh::reporters
