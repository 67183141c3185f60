#include "profiles/proc_file.h"

#include <gtest/gtest.h>

#include "runner/base/file.h"

namespace rh::profiles {
namespace {

TEST(ProcFile, IsReadFromItsStartEachTime) {
  const TempDir folder = TempDir::make("proc-file-test-").value();
  const auto path = folder.path() / "stat";
  ASSERT_TRUE(write_file(path, "12 (a) R\n"));
  ProcFile file(path.string());
  ASSERT_TRUE(file.valid());
  EXPECT_EQ(file.read(), "12 (a) R\n");
  EXPECT_EQ(file.read(), "12 (a) R\n");
  EXPECT_TRUE(ProcFile((folder.path() / "none").string()).read().empty());
}

TEST(ProcFile, ManyLinesAreReadToTheEnd) {
  const TempDir folder = TempDir::make("proc-file-test-").value();
  std::string text;
  for (int pid = 1; pid <= 3000; ++pid) text += std::to_string(pid) + " ";
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{2047}, std::size_t{2048}, std::size_t{4096}, text.size()}) {
    const auto path = folder.path() / std::to_string(size);
    ASSERT_TRUE(write_file(path, text.substr(0, size)));
    EXPECT_EQ(ProcFile(path.string()).read(), text.substr(0, size)) << size;
    EXPECT_EQ(read_proc_text(path.string()), text.substr(0, size)) << size;
  }
}

}  // namespace
}  // namespace rh::profiles
