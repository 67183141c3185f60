// Paths as the tools of each language write them.
#include "runner/base/library_path.h"

#include <gtest/gtest.h>

#include <utility>

namespace rh {
namespace {

TEST(LibraryPath, NamesTheLibraryAndTheFileInIt) {
  constexpr std::pair<std::string_view, std::string_view> kPaths[] = {
      {"/usr/lib/python3.11/json/decoder.py", "python3.11/json/decoder.py"},
      {"/root/.pyenv/versions/3.13.0/lib/python3.13/typing.py", "python3.13/typing.py"},
      {"/w/.venv/lib/python3.12/site-packages/requests/api.py", "site-packages/requests/api.py"},
      {".venv/lib/python3.12/site-packages/a/vendor/site-packages/b.py", "site-packages/b.py"},
      {"site-packages/requests/api.py", "site-packages/requests/api.py"},
      {"/usr/lib/python3/dist-packages/apt/cache.py", "dist-packages/apt/cache.py"},
      {"/w/node_modules/express/node_modules/qs/lib/parse.js", "node_modules/qs/lib/parse.js"},
      {"node_modules/qs/lib/parse.js", "node_modules/qs/lib/parse.js"},
      {"node:internal/fs/utils", "node:internal/fs/utils"},
      {"<frozen importlib._bootstrap>", "<frozen importlib._bootstrap>"},
      {"/root/go/pkg/mod/github.com/a/b@v1.2.3/c.go", "github.com/a/b@v1.2.3/c.go"},
      {"/usr/local/go/src/runtime/proc.go", "runtime/proc.go"},
      {"/usr/local/go/src/runtime/sys_linux_amd64.s", "runtime/sys_linux_amd64.s"},
      {"/usr/lib/go-1.19/src/sort/sort.go", "sort/sort.go"},
      {"/rustc/90b35a6239c3d8bd/library/core/src/iter/range.rs", "library/core/src/iter/range.rs"},
      {"/root/.cargo/registry/src/index.crates.io-6f17d22bba15001f/serde-1.0.0/src/de/mod.rs",
       "serde-1.0.0/src/de/mod.rs"},
      {"/usr/include/c++/12/bits/stl_algo.h", "c++/12/bits/stl_algo.h"},
  };
  for (const auto& [file, shown] : kPaths) EXPECT_EQ(library_path(file), shown) << file;
}

TEST(LibraryPath, TheProgramsOwnFilesAreNone) {
  for (const std::string_view file :
       {"", "a.py", "/w/a.py", "/w/lib/python/a.py", "/w/lib/pythonic3/a.py", "/w/go/src/main.go", "src/main.rs",
        "/w/registry/src/x/main.rs", "<string>", "<stdin>", "/usr/src/app/server.js", "my_node_modules/a.js"})
    EXPECT_EQ(library_path(file), "") << file;
}

}  // namespace
}  // namespace rh
