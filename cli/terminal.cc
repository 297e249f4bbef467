#include "cli/terminal.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

// 0, or the errno of what stopped it.
int WriteAll(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return 0;
}

absl::string_view Code(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kBold:
      return "\x1b[1m";
    case Style::kDim:
      return "\x1b[2m";
    case Style::kRed:
      return "\x1b[31m";
    case Style::kGreen:
      return "\x1b[32m";
    case Style::kYellow:
      return "\x1b[33m";
    case Style::kCyan:
      return "\x1b[36m";
  }
  return "";
}

std::string Paint(bool color, Style style, absl::string_view text) {
  if (!color || style == Style::kPlain) return std::string(text);
  return absl::StrCat(Code(style), text, "\x1b[0m");
}

// Takes these lines, which the cursor is below, from the screen.
std::string Erasing(absl::string_view lines) {
  const auto up = std::count(lines.begin(), lines.end(), '\n');
  return up > 0 ? absl::StrCat("\x1b[", up, "A\r\x1b[J") : "";
}

}  // namespace

Terminal::Terminal() : out_is_terminal_(isatty(STDOUT_FILENO) == 1), talk_is_terminal_(isatty(STDERR_FILENO) == 1) {}

void Terminal::Configure(const TerminalOptions& options) {
  const bool always = options.color == "always";
  const bool maybe = options.color == "auto" && !options.no_color && !options.dumb;
  color_out_ = always || (maybe && out_is_terminal_);
  color_talk_ = always || (maybe && talk_is_terminal_);
  dumb_ = options.dumb;
  quiet_ = options.quiet;
  verbose_ = options.verbose;
}

void Terminal::Out(absl::string_view bytes) {
  sync::MutexLock lock(mutex_);
  if (out_error_ != 0) return;
  const bool below_it = out_is_terminal_ && !live_.empty();
  if (below_it) WriteAll(STDERR_FILENO, Erasing(live_));
  out_error_ = WriteAll(STDOUT_FILENO, bytes);
  if (below_it) WriteAll(STDERR_FILENO, live_);
}

bool Terminal::OutClosed() const {
  sync::MutexLock lock(mutex_);
  return out_error_ == EPIPE;
}

absl::Status Terminal::OutStatus() const {
  sync::MutexLock lock(mutex_);
  if (out_error_ == 0 || out_error_ == EPIPE) return absl::OkStatus();
  return status::FromErrno(out_error_, "write to stdout");
}

void Terminal::WriteTalk(absl::string_view line) {
  const std::string safe = color_talk_ ? StripControlButColors(line) : StripControl(line);
  if (live_.empty()) {
    WriteAll(STDERR_FILENO, absl::StrCat(safe, "\n"));
    return;
  }
  WriteAll(STDERR_FILENO, absl::StrCat(Erasing(live_), safe, "\n", live_));
}

void Terminal::Talk(absl::string_view line) {
  if (quiet_) return;
  sync::MutexLock lock(mutex_);
  WriteTalk(line);
}

void Terminal::Detail(absl::string_view line) {
  if (verbose_) Talk(line);
}

void Terminal::Error(absl::string_view line) {
  sync::MutexLock lock(mutex_);
  WriteTalk(line);
}

void Terminal::Live(absl::string_view lines) {
  if (!TalkIsLive() || quiet_) return;
  sync::MutexLock lock(mutex_);
  if (live_ == lines) return;
  std::string old = std::move(live_);
  live_ = std::string(lines);
  WriteAll(STDERR_FILENO, absl::StrCat(Erasing(old), live_));
}

void Terminal::Prompt(absl::string_view text) {
  sync::MutexLock lock(mutex_);
  WriteAll(STDERR_FILENO, StripControl(text));
}

int Terminal::Width() const {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

int Terminal::Height() const {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0) return size.ws_row;
  return 24;
}

std::string Terminal::Fitted(absl::string_view text) const {
  const size_t width = static_cast<size_t>(std::max(1, Width() - 1));
  std::string line = StripControl(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  if (line.size() <= width) return line;
  line.resize(width + 1);
  // The first byte that is cut may be one of the middle of a character.
  while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xc0) == 0x80) line.pop_back();
  if (!line.empty()) line.pop_back();
  return line;
}

std::string Terminal::PaintOut(Style style, absl::string_view text) const { return Paint(color_out_, style, text); }
std::string Terminal::PaintTalk(Style style, absl::string_view text) const { return Paint(color_talk_, style, text); }

namespace {

// The length of the escape sequence that starts at text[0] == ESC; at least 1.
size_t EscapeLength(absl::string_view text) {
  if (text.size() < 2) return 1;
  size_t i = 2;
  if (text[1] == '[') {  // CSI: parameters, intermediates, one final byte 0x40–0x7e
    while (i < text.size() && (static_cast<unsigned char>(text[i]) < 0x40 || text[i] == '\x7f')) ++i;
    return std::min(i + 1, text.size());
  }
  if (text[1] == ']' || text[1] == 'P' || text[1] == 'X' || text[1] == '^' || text[1] == '_') {
    while (i < text.size() && text[i] != '\a' && text[i] != '\n' &&
           !(text[i] == '\x1b' && i + 1 < text.size() && text[i + 1] == '\\')) {
      ++i;
    }
    if (i >= text.size()) return text.size();
    if (text[i] == '\a') return i + 1;
    return text[i] == '\n' ? i : i + 2;
  }
  return 2;
}

// "\x1b[31m": nothing but colour, weight and the like.
bool IsColor(absl::string_view escape) {
  return escape.size() > 2 && escape[1] == '[' && escape.back() == 'm' &&
         escape.substr(2).find_first_not_of("0123456789;") == escape.size() - 3;
}

std::string Strip(absl::string_view text, bool keep_colors) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const unsigned char c = static_cast<unsigned char>(text[0]);
    if (c == 0x1b) {
      const absl::string_view escape = text.substr(0, EscapeLength(text));
      if (keep_colors && IsColor(escape)) out.append(escape.data(), escape.size());
      text.remove_prefix(escape.size());
      continue;
    }
    // U+0080–U+009F are C1 controls: C2 80 … C2 9F in UTF-8.
    if (c == 0xc2 && text.size() > 1 && static_cast<unsigned char>(text[1]) >= 0x80 &&
        static_cast<unsigned char>(text[1]) < 0xa0) {
      text.remove_prefix(2);
      continue;
    }
    const bool carriage_before_end = c == '\r' && text.size() > 1 && text[1] == '\n';
    if (c == '\r' && !carriage_before_end) {
      out.push_back('\n');  // a progress bar rewrites its line: show each state as a line of its own
    } else if (c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7f)) {
      out.push_back(text[0]);
    }
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace

std::string StripControl(absl::string_view text) { return Strip(text, /*keep_colors=*/false); }
std::string StripControlButColors(absl::string_view text) { return Strip(text, /*keep_colors=*/true); }

}  // namespace expq::cli
