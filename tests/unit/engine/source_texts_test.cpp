#include "runner/engine/source_texts.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "runner/base/file.h"
#include "runner/engine/affected/blob_id.h"

namespace rh::engine {
namespace {

namespace fs = std::filesystem;

class SourceTexts : public testing::Test {
 protected:
  SourceTexts() : folder_(TempDir::make("rh-source-texts-").value()) {
    report_.run.repository_root = folder_.path();
    report_.run.started_at = std::chrono::system_clock::now();
    report_.wall = std::chrono::hours(1);
  }

  model::CoverageFile& add(const std::string& path, const std::string& text) {
    EXPECT_TRUE(make_directories((folder_.path() / path).parent_path()));
    EXPECT_TRUE(write_file(folder_.path() / path, text));
    report_.coverage.files.push_back({path, {{1, 1}}, {}, {}, {}});
    return report_.coverage.files.back();
  }
  model::SourceText only(const Secrets* secrets = nullptr) {
    const auto sources = read_source_texts(report_, secrets);
    EXPECT_EQ(sources.size(), 1U);
    return sources.empty() ? model::SourceText{} : sources.front();
  }

  TempDir folder_;
  model::RunReport report_;
};

TEST_F(SourceTexts, ReadsTheTextThatWasMeasured) {
  add("src/a.py", "x = 1\n").source_hash = blob_id("x = 1\n");
  EXPECT_EQ(only().text, "x = 1\n");
  EXPECT_EQ(only().reason, "");
}

TEST_F(SourceTexts, LeavesOutATextThatChanged) {
  add("a.py", "x = 2\n").source_hash = blob_id("x = 1\n");
  EXPECT_EQ(only().text, "");
  EXPECT_THAT(only().reason, testing::HasSubstr("changed since it was measured"));
}

TEST_F(SourceTexts, WithoutAHashTheFileMustBeOlderThanTheEndOfTheRun) {
  add("a.py", "x = 1\n");
  EXPECT_EQ(only().text, "x = 1\n");
  report_.run.started_at -= std::chrono::hours(24);
  EXPECT_THAT(only().reason, testing::HasSubstr("changed after the run"));
}

TEST_F(SourceTexts, LeavesOutAFileWithFewerLinesThanTheData) {
  add("a.py", "x = 1\n").lines.push_back({7, 0});
  EXPECT_THAT(only().reason, testing::HasSubstr("speaks of line 7"));
}

TEST_F(SourceTexts, FollowsNoLinkOutOfTheRepository) {
  add("real.py", "x = 1\n");
  report_.coverage.files.clear();
  fs::create_symlink("/etc/hostname", folder_.path() / "link.py");
  for (const char* path : {"link.py", "../outside.py", "/etc/hostname"})
    report_.coverage.files.push_back({path, {{1, 1}}, {}, {}, {}});
  for (const model::SourceText& source : read_source_texts(report_, nullptr)) {
    EXPECT_EQ(source.text, "") << source.path;
    EXPECT_THAT(source.reason, testing::HasSubstr("cannot be opened")) << source.path;
  }
}

TEST_F(SourceTexts, SaysThatAFileIsGone) {
  add("a.py", "x = 1\n");
  fs::remove(folder_.path() / "a.py");
  EXPECT_THAT(only().reason, testing::HasSubstr("not in the repository any more"));
}

TEST_F(SourceTexts, LeavesOutBinaryAndLargeFiles) {
  add("a.bin", std::string("a\0b", 3));
  EXPECT_THAT(only().reason, testing::HasSubstr("not text"));
  report_.coverage.files.clear();
  add("b.py", std::string(kMaxSourceBytes + 1, 'x'));
  EXPECT_THAT(only().reason, testing::HasSubstr("larger than 1.0 MiB"));
}

TEST_F(SourceTexts, TakesSecretsOut) {
  const Secrets secrets(std::vector<NamedSecret>{{"DEPLOY_TOKEN", "correct-horse-battery"}});
  add("a.py", "token = 'correct-horse-battery'\n");
  EXPECT_THAT(only(&secrets).text, testing::Not(testing::HasSubstr("battery")));
  EXPECT_THAT(only(&secrets).text, testing::HasSubstr("[redacted:DEPLOY_TOKEN]"));
  report_.coverage.files.clear();
  add("b.py",
      "key = '''-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\n"
      "VJTUt9Us8cKjMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDu\n-----END PRIVATE KEY-----'''\n");
  EXPECT_EQ(only(&secrets).text, "");
  EXPECT_THAT(only(&secrets).reason, testing::HasSubstr("secret"));
}

TEST_F(SourceTexts, SaysThatTheRepositoryIsGone) {
  add("a.py", "x = 1\n");
  report_.run.repository_root = folder_.path() / "gone";
  EXPECT_THAT(only().reason, testing::HasSubstr("repository cannot be opened"));
}

}  // namespace
}  // namespace rh::engine
