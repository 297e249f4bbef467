#include "common/pipeline/recorded.h"

#include <numeric>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/pipeline/lock_book.h"
#include "common/pipeline/paths.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

RecordedOut FromSource(const DataSource& source, int index) {
  RecordedOut out{.path = source.path,
                  .owner = source.file,
                  .source = index,
                  .cache = source.cache,
                  .push = source.push && !source.imported,
                  .remote = source.remote};
  if (source.digest.has_value()) {
    out.content = Fingerprint{.digest = *source.digest,
                              .size = source.size,
                              .nfiles = source.nfiles,
                              .is_exec = source.is_exec,
                              .is_old = source.is_old};
  }
  return out;
}

// "md5: …" of a line, as an item of a list or below one.
std::optional<digest::Digest> DigestOf(absl::string_view line) {
  line = absl::StripAsciiWhitespace(line);
  absl::ConsumePrefix(&line, "- ");
  if (!absl::ConsumePrefix(&line, "md5:")) return std::nullopt;
  line = absl::StripAsciiWhitespace(line);
  if (line.size() > 1 && (line.front() == '\'' || line.front() == '"') && line.back() == line.front()) {
    line = line.substr(1, line.size() - 2);
  }
  absl::StatusOr<digest::Digest> digest = digest::Digest::Parse(line);
  return digest.ok() ? std::optional(*std::move(digest)) : std::nullopt;
}

std::string SeenFromRoot(const std::string& root, const Stage& stage, const Dependency& dep) {
  if (!IsOutside(dep.root_path)) return dep.root_path;
  const std::string path = fs::Normalize(fs::Join(stage.wdir, dep.path));
  return absl::StartsWith(path, "/") ? fs::Relative(path, root) : path;
}

}  // namespace

absl::StatusOr<std::vector<RecordedOut>> RecordedOuts(const fs::FileReader& fs, const std::string& root,
                                                      const Pipeline& pipeline) {
  std::vector<int> stages(pipeline.stages.size());
  std::iota(stages.begin(), stages.end(), 0);
  ASSIGN_OR_RETURN(const std::unique_ptr<LockBook> locks, LockBook::Open(fs, root, pipeline, stages));
  std::vector<RecordedOut> outs;
  for (const int index : stages) {
    const Stage& stage = pipeline.stages[index];
    const std::optional<LockEntry> entry = locks->Find(stage);
    for (const Output& out : stage.outs) {
      const LockedPath* locked = entry.has_value() ? entry->FindOut(out.path) : nullptr;
      outs.push_back({.path = out.root_path,
                      .owner = stage.Address(),
                      .stage = index,
                      .kind = out.kind,
                      .content = locked != nullptr ? locked->content : std::nullopt,
                      .cache = out.cache,
                      .push = out.push,
                      .remote = out.remote});
    }
  }
  for (size_t i = 0; i < pipeline.sources.size(); ++i) {
    outs.push_back(FromSource(pipeline.sources[i], static_cast<int>(i)));
  }
  return outs;
}

RecordedDeps DepsRecordedIn(const std::map<std::string, Lock>& locks, const std::string& root,
                            const Pipeline& pipeline) {
  RecordedDeps deps;
  for (const Stage& stage : pipeline.stages) {
    const auto lock = locks.find(LockPath(stage));
    const LockEntry* entry = lock == locks.end() ? nullptr : lock->second.Find(stage.name);
    for (const Dependency& dep : stage.deps) {
      const LockedPath* locked = entry == nullptr ? nullptr : entry->FindDep(dep.path);
      const bool known = locked != nullptr && locked->content.has_value();
      deps[SeenFromRoot(root, stage, dep)] = known ? locked->content->digest.text() : "";
    }
  }
  return deps;
}

absl::StatusOr<std::vector<digest::Digest>> NamedDigests(const fs::FileReader& fs, const std::string& root) {
  std::vector<digest::Digest> digests;
  const auto visit = [&](const std::string& relative, fs::Kind kind) -> absl::Status {
    const std::string name = fs::Basename(relative);
    if (kind != fs::Kind::kFile || (name != "dvc.lock" && !absl::EndsWith(name, ".dvc"))) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::string text, fs.Read(fs::Join(root, relative)));
    for (const absl::string_view line : absl::StrSplit(text, '\n')) {
      if (std::optional<digest::Digest> digest = DigestOf(line)) digests.push_back(*std::move(digest));
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(fs::Walk(fs, root, visit, [](const std::string& dir) {
    return fs::Basename(dir) != ".git" && fs::Basename(dir) != ".dvc";
  }));
  return digests;
}

}  // namespace expq::pipeline
