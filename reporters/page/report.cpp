// The first part of the page's data: the report without its bulk.
#include "reporters/page/members.h"
#include "reporters/page/section.h"
#include "reporters/percent.h"

namespace rh::reporters {
namespace {

// A screen shows no more, and a hundred suites must not fill the page with curves.
constexpr std::size_t kMaxPoints = 8000;
constexpr std::size_t kFewestPoints = 60;

class ReportPart {
 public:
  explicit ReportPart(const model::RunReport& report)
      : report_(report), encoder_(writer_, Density::full, report.run.started) {}

  std::string take() {
    writer_.open('{');
    MembersBut(writer_, encoder_, report_, {"suites", "coverage", "patch", "rerun_commands"});
    writer_.key("suites");
    writer_.open('[');
    for (const model::SuiteReport& suite : report_.suites) write(suite);
    writer_.close(']');
    writer_.key("coverage");
    write(report_.coverage);
    writer_.key("patch");
    if (report_.patch)
      write(*report_.patch);
    else
      writer_.null();
    writer_.close('}');
    return writer_.take();
  }

 private:
  void write(const model::SuiteReport& suite) {
    writer_.open('{');
    MembersBut(writer_, encoder_, suite, {"tests", "samples", "coverage", "test_map"});
    writer_.key("samples");
    write(suite.samples);
    writer_.key("coverage");
    write(suite.coverage);
    writer_.key("test_map");
    writer_.open('{');
    MembersBut(writer_, encoder_, suite.test_map, {"tests", "files"});
    writer_.close('}');
    writer_.close('}');
  }

  void write(const model::SampleSeries& series) {
    const std::size_t share = kMaxPoints / std::max<std::size_t>(1, report_.suites.size());
    const model::SampleSeries drawn = downsample(series, std::clamp(share, kFewestPoints, kMaxReportedSamples));
    writer_.open('{');
    encoder_.members(drawn);
    writer_.key("samples_taken");
    writer_.number(std::uint64_t{series.t_ns.size()});
    writer_.close('}');
  }

  void write(const model::CoverageReport& coverage) {
    writer_.open('{');
    MembersBut(writer_, encoder_, coverage, {"files"});
    writer_.key("files");
    writer_.open('[');
    for (const model::CoverageFile& file : coverage.files) {
      writer_.open('{');
      MembersBut(writer_, encoder_, file, {"lines", "branches", "functions", "blocks", "regions", "source_hash"});
      writer_.close('}');
    }
    writer_.close(']');
    writer_.close('}');
  }

  void write(const model::PatchReport& patch) {
    writer_.open('{');
    MembersBut(writer_, encoder_, patch, {"files"});
    writer_.key("files");
    writer_.open('[');
    for (const model::PatchFile& file : patch.files) {
      writer_.open('{');
      MembersBut(writer_, encoder_, file, {"lines"});
      writer_.close('}');
    }
    writer_.close(']');
    writer_.close('}');
  }

  const model::RunReport& report_;
  JsonWriter writer_{0};
  Encoder encoder_;
};

}  // namespace

std::string page_report(const model::RunReport& report) { return ReportPart(report).take(); }

}  // namespace rh::reporters
