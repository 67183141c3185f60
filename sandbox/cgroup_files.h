// Reading and writing the small files of control groups, and clearing groups away.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rh::sandbox {

[[nodiscard]] bool write_control(const std::filesystem::path& file, std::string_view value);  // false leaves errno
[[nodiscard]] std::optional<std::string> read_control(const std::filesystem::path& file);
[[nodiscard]] std::optional<std::uint64_t> read_number(const std::filesystem::path& file);
// "key value" lines.
[[nodiscard]] std::optional<std::uint64_t> read_keyed(const std::filesystem::path& file, std::string_view key);
[[nodiscard]] std::vector<int> read_pids(const std::filesystem::path& file);
// Whether a file that lists words, such as cgroup.subtree_control, has this one.
[[nodiscard]] bool lists_word(const std::filesystem::path& file, std::string_view word);

// The groups in a group, without a look at its files.
[[nodiscard]] std::vector<std::filesystem::path> subgroups(const std::filesystem::path& group);

// SIGKILL to every process of a group and of the groups that the tree made inside it.
void kill_group(const std::filesystem::path& group);
// Removes a group with all inside; waits a little for dying processes, which are killed again.
void remove_group(const std::filesystem::path& group);

[[nodiscard]] std::string errno_text(int error);

}  // namespace rh::sandbox
