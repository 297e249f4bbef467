// Where words go: data to stdout, talk to stderr.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/sync/sync.h"

namespace expq::cli {

enum class Style { kPlain, kBold, kDim, kRed, kGreen, kYellow, kCyan };

struct TerminalOptions {
  std::string color = "auto";  // auto, always, never
  bool no_color = false;       // NO_COLOR
  bool dumb = false;           // TERM=dumb: it knows no escape sequences
  bool quiet = false;
  bool verbose = false;
};

// Thread-safe. Output is written at once and whole, so that a reader of a pipe sees it.
class Terminal {
 public:
  Terminal();
  void Configure(const TerminalOptions& options);

  // Data. A closed pipe is remembered (`OutClosed`), any other failure is `OutStatus`.
  void Out(absl::string_view bytes);
  bool OutClosed() const;
  absl::Status OutStatus() const;
  // One line to stderr (a line end is added), not under -q. What it names may come from anywhere: control characters
  // are left out, escape sequences too, but for colours.
  void Talk(absl::string_view line);
  // The same, only under -v.
  void Detail(absl::string_view line);
  // An error or warning: also under -q.
  void Error(absl::string_view line);
  // Replaces the live lines at the bottom of stderr by `lines` (each ends with a line end; "" clears). Talk goes above
  // them, and so does data, in whole lines. Nothing when stderr is not a terminal that can.
  void Live(absl::string_view lines);
  // Without a line end, also under -q: the answer is typed behind it.
  void Prompt(absl::string_view text);

  bool OutIsTerminal() const { return out_is_terminal_; }
  bool TalkIsLive() const { return talk_is_terminal_ && !dumb_; }
  // Columns and lines of the terminal behind stderr; 80 and 24 when unknown.
  int Width() const;
  int Height() const;
  // One line of plain text that a terminal of that width does not wrap: a wrapped one would not be erased whole.
  std::string Fitted(absl::string_view text) const;
  // With escape sequences where colour is wanted.
  std::string PaintOut(Style style, absl::string_view text) const;
  std::string PaintTalk(Style style, absl::string_view text) const;

 private:
  // A line, above what is live.
  void WriteTalk(absl::string_view line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  bool out_is_terminal_;
  bool talk_is_terminal_;
  bool dumb_ = false;
  bool color_out_ = false;
  bool color_talk_ = false;
  bool quiet_ = false;
  bool verbose_ = false;

  mutable sync::Mutex mutex_;
  int out_error_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string live_ ABSL_GUARDED_BY(mutex_);
};

// `text` without control sequences: escape sequences, and control characters other than tab and line end. Logs are
// hostile bytes: they could move the cursor, set the title, answer for the user. Stateless: cut input at line ends.
std::string StripControl(absl::string_view text);

// The same, but colours (SGR sequences) stay.
std::string StripControlButColors(absl::string_view text);

}  // namespace expq::cli
