#include "runner/engine/gate/module_names.h"

#include <gmock/gmock.h>

namespace rh::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ModuleNames, OfEachManifest) {
  EXPECT_THAT(module_names("go.mod", "// x\nmodule example.com/m/v2 // y\n\ngo 1.22\n"),
              ElementsAre("example.com/m/v2"));
  EXPECT_THAT(module_names("go.mod", "module \"example.com/q\"\n"), ElementsAre("example.com/q"));
  EXPECT_THAT(module_names("Cargo.toml", "[package]\nname = \"my-crate\"\n"), ElementsAre("my-crate", "my_crate"));
  EXPECT_THAT(module_names("Cargo.toml", "[package]\nname = \"plain\"\n"), ElementsAre("plain"));
  EXPECT_THAT(module_names("package.json", R"({"name": "@acme/web"})"), ElementsAre("@acme/web"));
}

TEST(ModuleNames, ManifestsWithoutAName) {
  EXPECT_THAT(module_names("go.mod", "go 1.22\n"), IsEmpty());
  EXPECT_THAT(module_names("Cargo.toml", "[workspace]\nmembers = []\n"), IsEmpty());
  EXPECT_THAT(module_names("Cargo.toml", "[package\n"), IsEmpty());
  EXPECT_THAT(module_names("package.json", R"({"name": 7})"), IsEmpty());
  EXPECT_THAT(module_names("package.json", "[]"), IsEmpty());
  EXPECT_THAT(module_names("package.json", "{"), IsEmpty());
}

}  // namespace
}  // namespace rh::engine
