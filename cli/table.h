// Rows and columns as people read them, or as CSV or Markdown. One way to write numbers is the caller's.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "cli/terminal.h"
#include "common/status/caret.h"

namespace expq::cli {

struct Cell {
  std::string text;
  Style style = Style::kPlain;
  bool right = false;  // align to the right: numbers
};

class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
  // Shorter rows are filled with empty cells.
  void Add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }

  // Columns aligned by display width, two spaces between. Control characters are shown as '?'.
  std::string Aligned(const Terminal& terminal) const;
  // RFC 4180, line end '\n'.
  std::string Csv() const;
  std::string Markdown() const;

 private:
  // By column: some cell is aligned to the right. Then the header and "-" are too.
  std::vector<bool> Numeric() const;

  std::vector<std::string> header_;
  std::vector<std::vector<Cell>> rows_;
};

using status::DisplayWidth;

}  // namespace expq::cli
