#include "profiles/export/exporter.h"

#include <gtest/gtest.h>
#include <algorithm>

#include <nlohmann/json.hpp>

#include "profiles/analysis/diff.h"
#include "profiles/go/pprof_reader.h"
#include "tests/unit/profiles/analysis/made_profile.h"

namespace rh::profiles {
namespace {

using model::ProfileClock;
using Json = nlohmann::json;

TEST(Collapsed, CountsAreTimesInPeriods) {
  MadeProfile made;
  made.samples(3, made.stack({"main", "a"}), 500'000);   // 1.5 periods
  made.samples(10, made.stack({"main", "b"}), 840'000);  // 8.4 periods
  made.sample(made.stack({"main"}), 0);
  EXPECT_EQ(write_collapsed(made.take(), ProfileClock::cpu).value(),
            "main (a.py:1);a (a.py:1) 2\n"
            "main (a.py:1);b (a.py:1) 8\n");
}

TEST(Collapsed, LinesOfOneFunctionAreOneStack) {
  MadeProfile made;
  made.samples(2, made.stack({"main@2", "a@3"}));
  made.samples(2, made.stack({"main@5", "a@4"}));
  EXPECT_EQ(write_collapsed(made.take(), ProfileClock::cpu).value(), "main (a.py:1);a (a.py:1) 4\n");
}

TEST(Collapsed, WallHasTheWaits) {
  MadeProfile made;
  made.samples(2, made.stack({"wait"}), 0);
  model::Profile profile = made.take();
  EXPECT_EQ(write_collapsed(profile, ProfileClock::cpu).value(), "");
  EXPECT_EQ(write_collapsed(profile, ProfileClock::wall).value(), "wait (a.py:1) 2\n");
}

TEST(Collapsed, NamesCannotBreakTheFormat) {
  MadeProfile made;
  auto& builder = made.builder();
  made.samples(1, builder.stack(model::kNoIndex,
                                builder.frame({"f;g\nh 9", "", 0, model::FrameKind::native, "/lib/x;y.so"}), 0));
  made.samples(1, model::kNoIndex);
  EXPECT_EQ(write_collapsed(made.take(), ProfileClock::cpu).value(), "f:g h 9 [native] (x:y.so) 1\n[unknown] 1\n");
}

model::Profile two_threads() {
  MadeProfile made;
  const auto second = made.add_thread(0, 11);
  const auto a = made.stack({"main", "a"}), b = made.stack({"main", "b"});
  made.sample(a);
  made.sample(a);
  made.sample(b);
  made.sample(b, 2'000'000, 2'000'000, second, true);
  return made.take();
}

TEST(Speedscope, AProfileForEachThread) {
  const Json json = Json::parse(write_speedscope(two_threads(), ProfileClock::cpu).value());
  ASSERT_EQ(json["profiles"].size(), 2U);
  const Json& first = json["profiles"][0];
  EXPECT_EQ(first["samples"].size(), 2U);  // equal neighbours are one
  EXPECT_EQ(first["weights"], Json::parse("[2000000, 1000000]"));
  EXPECT_EQ(first["endValue"], 3'000'000);
  std::vector<std::string> names;
  for (const Json& frame : first["samples"][0])
    names.push_back(json["shared"]["frames"][frame.get<std::size_t>()]["name"]);
  EXPECT_EQ(names, (std::vector<std::string>{"main", "a"}));
}

TEST(Firefox, TablesAreConsistent) {
  const Json json = Json::parse(write_firefox(two_threads(), ProfileClock::cpu).value());
  EXPECT_EQ(json["threads"].size(), 2U);
  for (const Json& thread : json["threads"]) {
    for (const char* table : {"samples", "stackTable", "frameTable", "funcTable", "markers"})
      for (const auto& [name, column] : thread[table].items()) {
        const std::size_t length = thread[table]["length"].get<std::size_t>();
        EXPECT_EQ(column.is_array() ? column.size() : length, length) << table << '.' << name;
      }
    std::size_t at = 0;
    for (const Json& prefix : thread["stackTable"]["prefix"])
      EXPECT_LT(prefix.is_null() ? 0 : prefix.get<std::size_t>(), ++at);
  }
}

TEST(Chrome, EventsNestAndLastAsLongAsTheirSamples) {
  const Json json = Json::parse(write_chrome_trace(two_threads(), ProfileClock::cpu).value());
  std::vector<std::string> events;
  for (const Json& event : json["traceEvents"])
    if (event["ph"] == "X")
      events.push_back(event["name"].get<std::string>() + " " + event["tid"].dump() + " " + event["ts"].dump() + " " +
                       event["dur"].dump());
  EXPECT_EQ(events, (std::vector<std::string>{"main (a.py:1) 10 1000 3000", "a (a.py:1) 10 1000 2000",
                                              "b (a.py:1) 10 3000 1000", "main (a.py:1) 11 2000 2000",
                                              "b (a.py:1) 11 2000 2000"}));
}

TEST(Pprof, IsGzip) {
  const std::string bytes = write_pprof(two_threads(), ProfileClock::cpu).value();
  EXPECT_EQ(bytes.substr(0, 2), "\x1f\x8b");
}

TEST(Pprof, IsReadAgainAndIsTheSame) {
  MadeProfile made;
  auto& builder = made.builder();
  made.samples(70, made.stack({"main@2", "a@3"}));
  made.samples(20, made.stack({"main@5", "b@4"}));
  made.samples(5, made.stack({"main@5"}));
  made.samples(300, made.stack({"main@5"}), 0);  // without CPU time: no draws
  const auto frame = [&](const char* name, model::FrameKind kind, const char* module) {
    return builder.stack(model::kNoIndex, builder.frame({name, "", 0, kind, module}), 0);
  };
  made.samples(5, frame("(garbage collection)", model::FrameKind::gc, ""));
  made.samples(5, frame("f", model::FrameKind::native, "/lib/x.so"));
  const model::Profile profile = made.take();
  const auto again = read_pprof(write_pprof(profile, ProfileClock::cpu).value());
  ASSERT_TRUE(again) << again.error().message();
  const model::ProfileDiff diff = diff_profiles(profile, *again, ProfileClock::cpu);
  EXPECT_EQ(diff.base.time.ns, diff.head.time.ns);
  EXPECT_EQ(diff.head.time.samples, 105U) << "each sample is a draw again";
  EXPECT_TRUE(diff.diagnostics.empty());
  for (const char* name : {"main", "a", "b", "(garbage collection)", "f [native]"}) {
    const auto row = std::find_if(diff.functions.begin(), diff.functions.end(),
                                  [&](const model::FunctionChange& each) { return each.name == name; });
    ASSERT_NE(row, diff.functions.end()) << name;
    EXPECT_TRUE(row->in_base && row->in_head) << name;
    EXPECT_EQ(row->self.value, 0) << name;
    EXPECT_EQ(row->total.value, 0) << name;
  }
}

TEST(Exporters, AllBearAProfileWithoutSamples) {
  const model::Profile profile = MadeProfile().take();
  for (const Exporter& exporter : exporters()) {
    EXPECT_EQ(find_exporter(exporter.name), &exporter);
    for (const ProfileClock clock : {ProfileClock::cpu, ProfileClock::wall})
      EXPECT_TRUE(exporter.write(profile, clock));
  }
}

TEST(Exporters, BytesThatAreNoTextStayValidJson) {
  MadeProfile made;
  auto& builder = made.builder();
  made.samples(
      1, builder.stack(model::kNoIndex, builder.frame({"\xff\"\\\x01", "\xc3(", 1, model::FrameKind::python, {}}), 1));
  const model::Profile profile = made.take();
  for (const char* name : {"speedscope", "firefox", "chrome"})
    EXPECT_TRUE(Json::accept(find_exporter(name)->write(profile, ProfileClock::cpu).value())) << name;
}

}  // namespace
}  // namespace rh::profiles
