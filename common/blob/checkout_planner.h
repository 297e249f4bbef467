// Compares what is at a path with what shall be there. Only for this room.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "common/blob/cache.h"
#include "common/blob/checkout_plan.h"
#include "common/blob/hashing.h"

namespace expq::blob {

// Used once. Changes nothing on disk.
class CheckoutPlanner {
 public:
  CheckoutPlanner(const Cache& cache, const CheckoutWish& wish);
  absl::StatusOr<CheckoutPlan> Plan() &&;

 private:
  // A file whose bytes have to be read to judge it.
  struct Unknown {
    std::string path;
    HashedFile hashed;
    CheckoutPlan::File* wanted = nullptr;  // null = extra
  };
  enum class Verdict { kRight, kWrong, kUnknown };
  // A file or link that stands where one shall be, and what came of looking at it.
  struct Found {
    std::string path;
    CheckoutPlan::File* wanted;
    fs::FileInfo info = {};
    Verdict verdict = Verdict::kUnknown;
    std::unique_ptr<digest::Digest> other = nullptr;  // what it is known to hold instead
  };

  absl::Status TakeEntries();
  absl::Status LookAtStart();
  absl::Status LookBelow(const std::string& relative);
  absl::Status LookAt(const std::string& relative, fs::Kind kind);
  absl::Status JudgeFound();
  absl::Status Judge(Found& found) const;
  absl::StatusOr<Verdict> JudgeLink(const CheckoutPlan::File& file, const std::string& path) const;
  absl::Status AddExtra(const std::string& path, fs::Kind kind);
  absl::Status AddLinkInTheWay(const std::string& path);
  absl::Status AddExtraFile(const std::string& path, const fs::FileInfo& info);
  absl::Status AddUnknown(const std::string& path, CheckoutPlan::File* wanted);
  absl::Status ReadUnknown();
  absl::Status MarkForRelink();
  absl::StatusOr<bool> NeedsRelink(const CheckoutPlan::File& file) const;
  bool IsLeftAlone(const std::string& path, fs::Kind kind) const;
  void NoteDigest(const std::string& path, const digest::Digest& digest);
  std::string PathOf(const std::string& relative) const { return fs::Join(plan_.root, relative); }

  const Cache& cache_;
  const fs::FileReader& fs_;
  const CheckoutWish& wish_;
  CheckoutPlan plan_;
  std::vector<Found> found_;
  std::vector<Unknown> unknown_;
  absl::flat_hash_map<absl::string_view, CheckoutPlan::File*> by_path_;
  absl::flat_hash_set<absl::string_view> is_folder_;
};

}  // namespace expq::blob
