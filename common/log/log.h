// Talk of the daemons: one line to stderr with time and level. Data never goes here.
#pragma once

#include "absl/strings/string_view.h"

namespace expq::log {

enum class Level { kDebug, kInfo, kWarning, kError };

// What is below `level` is dropped. Default: kWarning. Thread-safe.
void SetLevel(Level level);

// Thread-safe; never throws.
void Debug(absl::string_view message);
void Info(absl::string_view message);
void Warning(absl::string_view message);
void Error(absl::string_view message);

}  // namespace expq::log
