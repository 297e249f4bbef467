// Any `.dir` manifest; none that is let through leaves its folder, and DVC's form of it says the same.
#include "absl/strings/match.h"
#include "common/blob/cache.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace expq;
  const absl::StatusOr<std::vector<blob::ManifestEntry>> entries = blob::DecodeManifest(fuzz::Text(data, size));
  if (!entries.ok()) return 0;
  for (const blob::ManifestEntry& entry : *entries) {
    fuzz::Claim(!entry.relpath.empty() && entry.relpath[0] != '/' && entry.relpath != ".." &&
                    !absl::StartsWith(entry.relpath, "../") && !absl::StrContains(entry.relpath, "/../") &&
                    !absl::EndsWith(entry.relpath, "/.."),
                "a path stays below its folder", entry.relpath);
  }
  const std::string text = blob::EncodeManifest(*entries);
  const absl::StatusOr<std::vector<blob::ManifestEntry>> again = blob::DecodeManifest(text);
  fuzz::Claim(again.ok(), "what we write we can read", absl::StrCat(again.status().ToString(), "\n", text));
  fuzz::Claim(blob::EncodeManifest(*again) == text, "written twice it is the same", text);
  return 0;
}
