#include "absl/strings/str_cat.h"
#include "cli/commands.h"
#include "cli/data_site.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

class UnprotectCommand : public Command {
 public:
  void Declare(OptionTable& table) override { table.Positionals("FILE", &files_, "tracked files and folders", 1); }

  absl::StatusOr<ExitCode> Run(Context& context) override {
    ASSIGN_OR_RETURN(const std::unique_ptr<DataSite> site, DataSite::Open(context, DataSite::Access::kWrite));
    std::vector<std::string> paths;
    for (const std::string& file : files_) {
      const std::string path = fs::Normalize(fs::Join(context.cwd, file));
      if (!fs::IsWithin(path, site->root())) {
        return absl::InvalidArgumentError(absl::StrCat("'", file, "' is outside of the repository"));
      }
      if (!context.fs.Lstat(path).ok()) return absl::NotFoundError(absl::StrCat("'", file, "' does not exist"));
      paths.push_back(path);
    }
    for (const std::string& path : paths) RETURN_IF_ERROR(site->cache().Unprotect(path));
    RETURN_IF_ERROR(site->Close());
    return ExitCode::kDone;
  }

 private:
  std::vector<std::string> files_;
};

}  // namespace

CommandInfo UnprotectInfo() {
  return {.name = "unprotect",
          .summary = "make links to the cache writable files of their own",
          .details = "What is to be changed in place must not share its bytes with the cache.",
          .examples = {"expq unprotect data/labels.csv"},
          .group = Group::kData,
          .make = &Make<UnprotectCommand>};
}

}  // namespace expq::cli
