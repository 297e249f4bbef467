#include "cli/quantity.h"

#include <cmath>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace expq::cli {
namespace {

// Takes "12.5" off the front; empty when there is no number.
absl::string_view TakeNumber(absl::string_view* text) {
  size_t n = 0;
  while (n < text->size() && (absl::ascii_isdigit((*text)[n]) || (*text)[n] == '.')) ++n;
  const absl::string_view number = text->substr(0, n);
  text->remove_prefix(n);
  return number;
}

absl::string_view TakeLetters(absl::string_view* text) {
  size_t n = 0;
  while (n < text->size() && absl::ascii_isalpha((*text)[n])) ++n;
  const absl::string_view letters = text->substr(0, n);
  text->remove_prefix(n);
  return letters;
}

absl::Duration UnitDuration(absl::string_view unit) {
  if (unit == "ms") return absl::Milliseconds(1);
  if (unit == "s") return absl::Seconds(1);
  if (unit == "m" || unit == "min") return absl::Minutes(1);
  if (unit == "h") return absl::Hours(1);
  if (unit == "d") return absl::Hours(24);
  return absl::ZeroDuration();
}

// The power of 1024 of "", "B", "K", "KB", "KiB", …; -1 for anything else.
int UnitPower(absl::string_view unit) {
  std::string u = absl::AsciiStrToUpper(unit);
  if (u.empty() || u == "B") return 0;
  const size_t power = std::string("KMGT").find(u[0]);
  if (power == std::string::npos) return -1;
  const std::string rest = u.substr(1);
  return rest.empty() || rest == "B" || rest == "IB" ? static_cast<int>(power) + 1 : -1;
}

}  // namespace

absl::StatusOr<absl::Duration> ParseDuration(absl::string_view text) {
  const auto bad = absl::InvalidArgumentError(absl::StrCat("'", text, "' is not a duration like 90s or 1h30m"));
  absl::string_view rest = text;
  absl::Duration total = absl::ZeroDuration();
  if (rest.empty()) return bad;
  while (!rest.empty()) {
    double amount = 0;
    if (!absl::SimpleAtod(TakeNumber(&rest), &amount)) return bad;
    const absl::string_view unit = TakeLetters(&rest);
    const absl::Duration one = unit.empty() && total == absl::ZeroDuration() ? absl::Seconds(1) : UnitDuration(unit);
    if (one == absl::ZeroDuration()) return bad;
    total += amount * one;
  }
  return total;
}

absl::StatusOr<int64_t> ParseSize(absl::string_view text) {
  absl::string_view rest = text;
  double amount = 0;
  const bool number = absl::SimpleAtod(TakeNumber(&rest), &amount);
  const int power = UnitPower(absl::StripAsciiWhitespace(rest));
  const double bytes = amount * std::pow(1024.0, power);
  if (!number || power < 0 || bytes >= 9e18) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not a size like 8G or 512MiB"));
  }
  return static_cast<int64_t>(bytes);
}

absl::StatusOr<int64_t> ParseInteger(absl::string_view text) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not a whole number"));
  }
  return number;
}

std::string ShortDuration(absl::Duration duration) {
  const int64_t seconds = absl::ToInt64Seconds(std::max(duration, absl::ZeroDuration()));
  if (seconds < 60) return absl::StrCat(seconds, "s");
  if (seconds < 3600) return absl::StrFormat("%dm %02ds", seconds / 60, seconds % 60);
  if (seconds < 48 * 3600) return absl::StrFormat("%dh %02dm", seconds / 3600, seconds / 60 % 60);
  return absl::StrCat(seconds / 86400, "d");
}

std::string ShortSize(int64_t bytes) {
  const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double amount = static_cast<double>(bytes);
  int unit = 0;
  while (amount >= 1024 && unit < 4) {
    amount /= 1024;
    ++unit;
  }
  return amount == std::floor(amount) || amount >= 100 ? absl::StrFormat("%.0f %s", amount, units[unit])
                                                       : absl::StrFormat("%.1f %s", amount, units[unit]);
}

std::string Rfc3339(absl::Time time) {
  if (time == absl::InfinitePast() || time == absl::InfiniteFuture()) return "";
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

}  // namespace expq::cli
