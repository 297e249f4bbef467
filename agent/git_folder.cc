#include "agent/git_folder.h"

#include <set>

#include "common/status/status.h"

namespace expq::agent {
namespace {

constexpr char kConfig[] = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n";

bool Holds(const fs::FileReader& fs, const std::string& path, const std::string& bytes) {
  auto text = fs.Read(path);
  return text.ok() && *text == bytes;
}

// Nothing but what we wrote: no refs or objects of a stage's own, no hooks, no lock that a killed git left. (The index
// is made anew in any case.)
bool Untouched(const fs::FileReader& fs, const std::string& git) {
  auto entries = fs.List(git);
  auto refs = fs.List(git + "/refs");
  auto objects = fs.List(git + "/objects");
  if (!entries.ok() || !refs.ok() || !objects.ok() || !refs->empty() || objects->size() != 1) return false;
  std::set<std::string> names;
  for (const fs::DirEntry& entry : *entries) names.insert(entry.name);
  names.erase("index");
  return names == std::set<std::string>{"HEAD", "config", "objects", "refs"};
}

}  // namespace

absl::Status WriteGitFolder(fs::Filesystem& fs, const std::string& workspace, const std::string& objects_dir,
                            const experiment::CommitId& baseline) {
  std::string git = workspace + "/.git";
  std::string head = baseline.value + "\n";
  std::string alternates = objects_dir + "\n";
  bool untouched = Untouched(fs, git) && Holds(fs, git + "/config", kConfig) &&
                   Holds(fs, git + "/objects/info/alternates", alternates);
  if (!untouched) {
    RETURN_IF_ERROR(fs.RemoveTree(git));
    RETURN_IF_ERROR(fs.MakeDirs(git + "/objects/info"));
    RETURN_IF_ERROR(fs.MakeDirs(git + "/refs"));
    RETURN_IF_ERROR(fs.Write(git + "/config", kConfig, fs::Durability::kAtomic));
    RETURN_IF_ERROR(fs.Write(git + "/objects/info/alternates", alternates, fs::Durability::kAtomic));
  }
  if (Holds(fs, git + "/HEAD", head)) return absl::OkStatus();
  return fs.Write(git + "/HEAD", head, fs::Durability::kAtomic);
}

}  // namespace expq::agent
