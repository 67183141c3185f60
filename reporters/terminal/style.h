// Colours, where they are wanted, and text fitted to columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "runner/model/report.h"

namespace rh::reporters {

enum class Tone { plain, bold, dim, good, bad, doubtful };

class Style {
 public:
  explicit Style(bool color) : color_(color) {}
  [[nodiscard]] std::string operator()(Tone tone, std::string_view text) const;

 private:
  bool color_;
};

[[nodiscard]] Tone tone_of(model::SuiteStatus status);
[[nodiscard]] Tone tone_of(model::Outcome outcome);

// Cut between characters to that many columns; East Asian and emoji characters take two.
[[nodiscard]] std::string fit(std::string_view text, std::size_t columns);

// Rows of cells in columns as wide as their widest cell. Colours do not count as width.
class Table {
 public:
  enum class Align { left, right };
  struct Cell {
    std::string text;
    Tone tone = Tone::plain;
  };
  explicit Table(std::vector<Align> columns) : columns_(std::move(columns)) {}
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  // The first column gives way when the rows are wider than `width`.
  [[nodiscard]] std::string render(const Style& style, std::size_t width) const;

 private:
  std::vector<Align> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace rh::reporters
