#include "runner/adapters/cargo_discovery.h"

#include <gmock/gmock.h>

#include "runner/adapters/cargo_config.h"
#include "runner/adapters/cargo_manifest.h"
#include "runner/adapters/cargo_source_scan.h"
#include "tests/unit/adapters/temp_repository.h"

namespace rh::adapters {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kTested = "#[test]\nfn t() {}\n";

std::string package(const std::string& name) { return "[package]\nname = \"" + name + "\"\nversion = \"0.1.0\"\n"; }

class CargoDiscovery : public ::testing::Test {
 protected:
  std::vector<std::string> found() {
    diagnostics_.clear();
    suites_ = cargo_suites(files_.walk(), diagnostics_);
    std::vector<std::string> ids;
    for (const model::Suite& suite : suites_) ids.push_back(suite.id.value);
    return ids;
  }
  void add_package(const std::string& folder, const std::string& extra = {}) {
    files_.write(folder + "/Cargo.toml", package(folder.substr(folder.rfind('/') + 1)) + extra);
    files_.write(folder + "/src/lib.rs", kTested);
  }
  TempRepository files_;
  std::vector<model::Diagnostic> diagnostics_;
  std::vector<model::Suite> suites_;
};

TEST_F(CargoDiscovery, OneSuiteForAWorkspace) {
  files_.write("Cargo.toml", "[workspace]\nmembers = [\"crates/*\", \"tool\"]\nexclude = [\"crates/alone\"]\n");
  add_package("crates/a");
  add_package("crates/b");
  add_package("crates/alone");
  add_package("tool");
  EXPECT_THAT(found(), ElementsAre(".:cargo", "crates/alone:cargo"));
  EXPECT_EQ(suites_[0].details.at(cargo_detail::kPackages), "crates/a\ncrates/b\ntool");
  EXPECT_FALSE(suites_[0].details.contains(cargo_detail::kExternal));
  EXPECT_THAT(diagnostics_, IsEmpty());
}

TEST_F(CargoDiscovery, PathDependenciesOfMembersAreMembers) {
  files_.write("Cargo.toml", package("root") + "[workspace]\n[dependencies]\nmiddle = { path = \"middle\" }\n");
  files_.write("src/lib.rs", kTested);
  add_package("middle", "[dev-dependencies]\ndeep = { path = \"../deep\" }\nserde = \"1\"\n");
  add_package("deep");
  EXPECT_THAT(found(), ElementsAre(".:cargo"));
  EXPECT_EQ(suites_[0].details.at(cargo_detail::kPackages), ".\ndeep\nmiddle");
  EXPECT_EQ(suites_[0].details.at(cargo_detail::kExternal), "yes");
}

TEST_F(CargoDiscovery, PackagesThatCargoRefusesAreTold) {
  files_.write("Cargo.toml", "[workspace]\nmembers = [\"a\"]\n");
  add_package("a");
  add_package("stray");
  add_package("own", "[workspace]\n");
  EXPECT_THAT(found(), ElementsAre(".:cargo", "own:cargo"));
  ASSERT_EQ(diagnostics_.size(), 1U);
  EXPECT_EQ(diagnostics_[0].code, "cargo-outside-workspace");
  EXPECT_EQ(diagnostics_[0].subject, "stray/Cargo.toml");
}

TEST_F(CargoDiscovery, ABrokenManifestIsAProblemWithItsPlace) {
  files_.write("a/Cargo.toml", "[package]\nname = \"a\"\nversion = 0.1.0\n");
  EXPECT_THAT(found(), ElementsAre("a:cargo"));
  EXPECT_FALSE(suites_[0].runnable());
  ASSERT_EQ(diagnostics_.size(), 1U);
  EXPECT_EQ(diagnostics_[0].code, "bad-manifest");
  EXPECT_EQ(diagnostics_[0].subject.substr(0, 15), "a/Cargo.toml:3:");
}

TEST_F(CargoDiscovery, PackagesWithoutTestsAndVendoredOnesAreLeftOut) {
  files_.write("plain/Cargo.toml", package("plain"));
  files_.write("plain/src/main.rs", "fn main() { let fence = \"```\"; }\n");
  add_package("vendor/dep");
  add_package("target/package/x");
  EXPECT_THAT(found(), IsEmpty());
}

TEST_F(CargoDiscovery, ToolchainFileIsReadByItsChannel) {
  add_package("a");
  files_.write("rust-toolchain.toml", "[toolchain]\nchannel = \"1.80.1\"\n");
  EXPECT_THAT(found(), ElementsAre("a:cargo"));
  EXPECT_EQ(suites_[0].details.at(cargo_detail::kToolchain), "1.80.1");
}

TEST(CargoScan, KnowsTestsWhenItSeesThem) {
  for (const char* source : {"#[test]", "    #[tokio::test(flavor = \"x\")]", "#[rstest]", "/// ```\n/// x\n",
                             "//! ```no_run", "proptest! {", "#[test_case(1; \"one\")]", " * ```\n"})
    EXPECT_TRUE(source_has_tests(source)) << source;
  for (const char* source :
       {"fn test() {}", "#[derive(Debug)]", "// ```\n", "let s = \"```\";", "#[cfg(feature = \"test\")]"})
    EXPECT_FALSE(source_has_tests(source)) << source;
}

TEST(CargoManifestFile, ReadsInheritanceAndHarness) {
  const auto workspace =
      parse_cargo_manifest("[workspace]\n[workspace.package]\nversion = \"2.0.0\"\nauthors = [\"A\", \"B\"]\n", "w");
  const auto manifest = parse_cargo_manifest(
      "[package]\nname = \"a\"\nversion.workspace = true\nauthors = { workspace = true }\nlicense = "
      "\"MIT\"\n[lib]\nharness = false\n"
      "[[test]]\nname = \"own\"\nharness = false\n[[test]]\nname = \"usual\"\n[target.'cfg(unix)'.dependencies]\nlibc "
      "= \"0.2\"\n",
      "a");
  ASSERT_TRUE(workspace && manifest);
  EXPECT_EQ(manifest->value("version", *workspace), "2.0.0");
  EXPECT_EQ(manifest->value("authors", *workspace), "A:B");
  EXPECT_EQ(manifest->value("license", *workspace), "MIT");
  EXPECT_THAT(manifest->without_harness, ElementsAre("lib", "test/own"));
  EXPECT_TRUE(manifest->external_dependencies);
}

TEST(CargoToolchainFile, NeverNamesAFolder) {
  EXPECT_EQ(parse_toolchain_channel("nightly-2026-01-01\n"), "nightly-2026-01-01");
  EXPECT_EQ(parse_toolchain_channel("[toolchain]\npath = \"./evil\"\n"), "");
  EXPECT_EQ(parse_toolchain_channel("../evil\n"), "");
  EXPECT_EQ(parse_toolchain_channel("[toolchain\n"), "");
}

TEST(CargoLock, MissingCratesAreThoseNotUnpacked) {
  TempRepository files;
  files.write("Cargo.lock",
              "version = 4\n\n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\ndependencies = [\n \"itoa\",\n]\n\n"
              "[[package]]\nname = \"itoa\"\nversion = \"1.0.1\"\nsource = "
              "\"registry+https://github.com/rust-lang/crates.io-index\"\n"
              "checksum = \"00\"\n\n[[package]]\nname = \"g\"\nversion = \"2.0.0\"\nsource = "
              "\"git+https://h/g?branch=x#0123456789abcdef\"\n");
  EXPECT_THAT(missing_crates(files.path("Cargo.lock"), files.path("home")), ElementsAre("itoa-1.0.1", "g-2.0.0"));
  files.write("home/registry/src/index.crates.io-1949/itoa-1.0.1/Cargo.toml", "");
  files.write("home/git/checkouts/g-aa/0123456/Cargo.toml", "");
  EXPECT_THAT(missing_crates(files.path("Cargo.lock"), files.path("home")), IsEmpty());
  EXPECT_THAT(missing_crates(files.path("none"), files.path("home")), IsEmpty());
}

TEST(CargoConfigFiles, NearerFilesWinAndListsJoin) {
  TempRepository files;
  files.write(
      "r/a/.cargo/config.toml",
      "[env]\nX = \"near\"\nP = { value = \"p\", relative = true, force = true }\n[build]\nrustflags = [\"-a\"]\n");
  files.write("r/.cargo/config",
              "[env]\nX = \"far\"\nY = \"far\"\n[build]\nrustflags = \"-b -c\"\ntarget-dir = \"out\"\n");
  files.write("r/.cargo/config.toml", "[env]\nY = \"unused\"\n");
  files.write("home/.cargo/config.toml", "[source.crates-io]\nreplace-with = \"vendored\"\n");
  const CargoConfig config = read_cargo_config(files.path("r/a"), files.path("r"), files.path("home/.cargo"), "host");
  EXPECT_EQ(config.env.at("X").value, "near");
  EXPECT_EQ(config.env.at("Y").value, "far");
  EXPECT_EQ(config.env.at("P").value, files.path("r/a/p"));
  EXPECT_TRUE(config.env.at("P").force);
  EXPECT_EQ(config.target_dir, files.path("r/out"));
  EXPECT_TRUE(config.replaces_sources);
  EXPECT_THAT(user_rustflags(config, {}), ElementsAre("-a", "-b", "-c"));
  EXPECT_THAT(user_rustflags(config, {{"RUSTFLAGS", "-x  -y"}}), ElementsAre("-x", "-y"));
  EXPECT_THAT(user_rustflags(config, {{"RUSTFLAGS", "-x"}, {"CARGO_ENCODED_RUSTFLAGS", "-e f\x1f-g"}}),
              ElementsAre("-e f", "-g"));
}

}  // namespace
}  // namespace rh::adapters
