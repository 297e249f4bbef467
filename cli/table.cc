#include "cli/table.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace expq::cli {
namespace {

constexpr int kGap = 2;

std::string Visible(absl::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return out;
}

std::string CsvField(absl::string_view text) {
  if (text.find_first_of(",\"\n\r") == absl::string_view::npos) return std::string(text);
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

std::string MarkdownField(absl::string_view text) { return absl::StrReplaceAll(Visible(text), {{"|", "\\|"}}); }

std::string Pad(const std::string& painted, int width, int target, bool right) {
  const std::string gap(static_cast<size_t>(std::max(0, target - width)), ' ');
  return right ? gap + painted : painted + gap;
}

}  // namespace

std::vector<bool> Table::Numeric() const {
  std::vector<bool> numeric(header_.size(), false);
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) numeric[i] = numeric[i] || row[i].right;
  }
  return numeric;
}

std::string Table::Aligned(const Terminal& terminal) const {
  std::vector<int> widths;
  const std::vector<bool> numeric = Numeric();
  for (const std::string& name : header_) widths.push_back(DisplayWidth(Visible(name)));
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(row[i].text));
    }
  }
  std::string out;
  auto append = [&](const Cell& cell, size_t i, std::string* line) {
    const std::string text = Visible(cell.text);
    const bool right = cell.right || (numeric[i] && text == "-");
    if (i > 0) line->append(kGap, ' ');
    line->append(Pad(terminal.PaintOut(cell.style, text), DisplayWidth(text), widths[i], right));
  };
  auto end = [&](std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&out, line, "\n");
  };
  std::string head;
  for (size_t i = 0; i < header_.size(); ++i) append({header_[i], Style::kBold, numeric[i]}, i, &head);
  end(std::move(head));
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < header_.size(); ++i) append(i < row.size() ? row[i] : Cell{}, i, &line);
    end(std::move(line));
  }
  return out;
}

std::string Table::Csv() const {
  std::string out;
  auto add = [&](const std::vector<std::string>& fields) {
    absl::StrAppend(
        &out, absl::StrJoin(fields, ",", [](std::string* o, const std::string& f) { o->append(CsvField(f)); }), "\n");
  };
  add(header_);
  for (const auto& row : rows_) {
    std::vector<std::string> fields(header_.size());
    for (size_t i = 0; i < row.size(); ++i) fields[i] = row[i].text;
    add(fields);
  }
  return out;
}

std::string Table::Markdown() const {
  const std::vector<bool> numeric = Numeric();
  std::string out = "|";
  for (const std::string& name : header_) absl::StrAppend(&out, " ", MarkdownField(name), " |");
  out += "\n|";
  for (size_t i = 0; i < header_.size(); ++i) {
    out += numeric[i] ? "---:|" : "---|";
  }
  out += "\n";
  for (const auto& row : rows_) {
    out += "|";
    for (size_t i = 0; i < header_.size(); ++i) {
      absl::StrAppend(&out, " ", i < row.size() ? MarkdownField(row[i].text) : "", " |");
    }
    out += "\n";
  }
  return out;
}

}  // namespace expq::cli
