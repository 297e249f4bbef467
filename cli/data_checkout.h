// Putting recorded data into the workspace: what `checkout` and `pull` do and say.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/context.h"
#include "cli/data_site.h"

namespace expq::cli {

struct CheckoutOptions {
  std::vector<std::string> targets;  // as typed
  bool force = false;
  bool with_deps = false;
  bool recursive = false;
  bool relink = false;
  bool allow_missing = false;
};

struct CheckoutReport {
  std::vector<std::string> modified, added, deleted;  // outputs as shown, folders first
  std::vector<std::string> failed;                    // "PATH: why"
  int64_t files_modified = 0, files_added = 0, files_deleted = 0;

  // What a second checkout of the same did after this one; what failed is what failed then.
  void Add(const CheckoutReport& second);
};

// FailedPrecondition, before anything is changed, names the files that would be lost. What the cache lacks is in
// `failed`, and that output stays as it was.
absl::StatusOr<CheckoutReport> CheckoutData(const Context& context, DataSite& site, const CheckoutOptions& options);

// The error of a command that had something fail; OK under --allow-missing.
absl::Status FailureOf(const CheckoutReport& report, const CheckoutOptions& options);

// "M\tPATH" …, a line each.
std::string CheckoutLines(const Context& context, const CheckoutReport& report);
std::string CheckoutJson(const CheckoutReport& report);
// "1 file modified and 2 files added"; `none` when nothing changed.
std::string Summary(const CheckoutReport& report, absl::string_view none);
// "2 files added"; "" for none.
std::string CountedFiles(int64_t count, absl::string_view verb);

}  // namespace expq::cli
