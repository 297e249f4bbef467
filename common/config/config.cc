#include "common/config/config.h"

#include <functional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/config/ini.h"
#include "common/config/schema.h"
#include "common/status/status.h"

namespace expq::config {
namespace {

// "s3" of "s3://bucket/x"; "" of a path, as is a URL without a host.
std::string SchemeOf(absl::string_view url) {
  const size_t colon = url.find("://");
  if (colon == absl::string_view::npos || colon + 3 >= url.size() || url[colon + 3] == '/') return "";
  return absl::AsciiStrToLower(url.substr(0, colon));
}

bool IsUrl(absl::string_view text) {
  size_t end = 0;
  while (end < text.size() && (absl::ascii_isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_')) ++end;
  return end > 0 && absl::StartsWith(text.substr(end), "://");
}

// A setting with the file it stands in.
struct Placed {
  Setting setting;
  std::string file;
};

std::string NameOf(const Setting& setting) {
  return absl::StrCat(setting.section, setting.name.empty() ? "" : ".", setting.name, ".", setting.key);
}

absl::Status Error(const Placed& at, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(at.file, ":", at.setting.line, ": ", NameOf(at.setting), ": ", what));
}

// Puts settings of all levels together, in the order of the levels.
class Merger {
 public:
  Merger(const fs::FileReader& fs, std::string home) : fs_(fs), home_(std::move(home)) {}

  // An absent file says nothing.
  absl::Status AddFile(const std::string& file) {
    const absl::StatusOr<std::string> text = fs_.Read(file);
    if (absl::IsNotFound(text.status())) return absl::OkStatus();
    if (!text.ok()) return text.status();
    ASSIGN_OR_RETURN(std::vector<Setting> settings, ParseIni(*text, file));
    for (Setting& setting : settings) all_.push_back(Placed{.setting = std::move(setting), .file = file});
    return absl::OkStatus();
  }

  absl::StatusOr<Config> Merge() {
    Config config;
    RETURN_IF_ERROR(FindUrls(config));
    for (const Placed& placed : all_) RETURN_IF_ERROR(Apply(placed, config));
    if (config.core.no_scm) config.warnings.push_back("core.no_scm is not followed: expq works with git");
    if (config.exp.auto_push) config.warnings.push_back("exp.auto_push is not followed: dvc exp push sends results");
    return config;
  }

  // What `cache.dir` and its like say then counts for nothing.
  absl::Status FollowLocalCache(Config& config) const {
    const Placed* local = nullptr;
    for (const Placed& placed : all_) {
      if (placed.setting.section == "cache" && placed.setting.key == "local") local = &placed;
    }
    if (local == nullptr) return absl::OkStatus();
    ASSIGN_OR_RETURN(const std::string name, Text(*local));
    if (name.empty()) return absl::OkStatus();
    const absl::StatusOr<Remote> remote = config.FindRemote(name);
    if (!remote.ok()) return Error(*local, remote.status().message());
    if (!remote->IsLocal()) return Error(*local, absl::StrCat("remote '", name, "' is ", remote->url, ", no folder"));
    config.cache.dir = remote->url;
    config.cache.link_kinds = remote->link_kinds;
    config.cache.shared = remote->shared;
    return absl::OkStatus();
  }

 private:
  // What a remote's other settings mean depends on its url, which may stand in another file.
  absl::Status FindUrls(Config& config) {
    for (const Placed& placed : all_) {
      if (placed.setting.section != "remote" || placed.setting.key != "url") continue;
      ASSIGN_OR_RETURN(std::string url, Text(placed));
      Remote& remote = config.remotes[placed.setting.name];
      remote.name = placed.setting.name;
      remote.url = PathIn(placed, url);
      if (!IsScheme(SchemeOf(url))) return Error(placed, absl::StrCat("unknown kind of URL '", url, "'"));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Type> TypeAt(const Placed& placed, const Config& config) const {
    const Setting& setting = placed.setting;
    const bool named = setting.section == "remote" || setting.section == "machine" || setting.section == "db";
    if (!IsSection(setting.section) || named == setting.name.empty()) {
      return Error(placed, absl::StrCat("there is no section '", setting.section, "'"));
    }
    std::string scheme;
    if (setting.section == "remote") {
      const auto remote = config.remotes.find(setting.name);
      if (remote == config.remotes.end()) return Error(placed, "this remote has no 'url'");
      scheme = SchemeOf(remote->second.url);
    }
    const std::optional<Type> type = TypeOf(setting.section, setting.key, scheme);
    if (!type.has_value()) return Error(placed, "there is no such setting");
    return *type;
  }

  static absl::StatusOr<std::string> Text(const Placed& placed) {
    if (placed.setting.values.size() == 1) return placed.setting.values[0];
    return Error(placed, "a value with a comma needs quotes");
  }

  static absl::StatusOr<bool> Bool(const Placed& placed) {
    ASSIGN_OR_RETURN(const std::string text, Text(placed));
    const std::string lower = absl::AsciiStrToLower(text);
    if (lower == "true" || lower == "false") return lower == "true";
    return Error(placed, absl::StrCat("expected true or false, got '", text, "'"));
  }

  static absl::StatusOr<int> Integer(const Placed& placed, int least) {
    ASSIGN_OR_RETURN(const std::string text, Text(placed));
    int number = 0;
    if (absl::SimpleAtoi(text, &number) && number >= least) return number;
    return Error(placed, absl::StrCat("expected a number", least > 0 ? " above 0" : "", ", got '", text, "'"));
  }

  // One of two words; true for the second.
  static absl::StatusOr<bool> Choice(const Placed& placed, absl::string_view first, absl::string_view second) {
    ASSIGN_OR_RETURN(const std::string text, Text(placed));
    const std::string lower = absl::AsciiStrToLower(text);
    if (lower == first || lower == second) return lower == second;
    const std::string choices = first == second ? std::string(first) : absl::StrCat(first, " or ", second);
    return Error(placed, absl::StrCat("expected ", choices, ", got '", text, "'"));
  }

  static absl::StatusOr<std::vector<fs::LinkKind>> Links(const Placed& placed) {
    std::vector<fs::LinkKind> kinds;
    for (const std::string& value : placed.setting.values) {
      for (absl::string_view word : absl::StrSplit(value, ',')) {
        word = absl::StripAsciiWhitespace(word);
        if (word == "reflink") {
          kinds.push_back(fs::LinkKind::kReflink);
        } else if (word == "hardlink") {
          kinds.push_back(fs::LinkKind::kHardlink);
        } else if (word == "symlink") {
          kinds.push_back(fs::LinkKind::kSymlink);
        } else if (word == "copy") {
          kinds.push_back(fs::LinkKind::kCopy);
        } else {
          return Error(placed, absl::StrCat("'", word, "' is none of reflink, hardlink, symlink, copy"));
        }
      }
    }
    return kinds;
  }

  std::string PathIn(const Placed& placed, const std::string& path) const {
    if (IsUrl(path) || absl::StartsWith(path, "/")) return path;
    absl::string_view rest = path;
    if (!home_.empty() && absl::ConsumePrefix(&rest, "~") && (rest.empty() || rest[0] == '/')) {
      return absl::StrCat(home_, rest);
    }
    return fs::Normalize(fs::Join(fs::Dirname(placed.file), path));
  }

  absl::Status Apply(const Placed& placed, Config& config) const {
    ASSIGN_OR_RETURN(const Type type, TypeAt(placed, config));
    switch (type) {
      case Type::kText:
      case Type::kLowerText:
      case Type::kPath:
        return ApplyText(placed, type, config);
      case Type::kBool:
        return ApplyBool(placed, config);
      case Type::kCount:
      case Type::kInteger:
        return ApplyInteger(placed, type, config);
      case Type::kNumber:
        return CheckNumber(placed, config);
      case Type::kLinks: {
        ASSIGN_OR_RETURN(std::vector<fs::LinkKind> kinds, Links(placed));
        const bool is_cache = placed.setting.section == "cache";
        (is_cache ? config.cache.link_kinds : config.remotes.at(placed.setting.name).link_kinds) = std::move(kinds);
        return absl::OkStatus();
      }
      case Type::kShared: {
        RETURN_IF_ERROR(Choice(placed, "group", "group").status());
        const bool is_cache = placed.setting.section == "cache";
        (is_cache ? config.cache.shared : config.remotes.at(placed.setting.name).shared) = true;
        return absl::OkStatus();
      }
      case Type::kBoolArguments: {
        ASSIGN_OR_RETURN(const bool optional, Choice(placed, "store_true", "boolean_optional"));
        config.parsing.bool_arguments = optional ? BoolArguments::kBooleanOptional : BoolArguments::kStoreTrue;
        return absl::OkStatus();
      }
      case Type::kListArguments: {
        ASSIGN_OR_RETURN(const bool append, Choice(placed, "nargs", "append"));
        config.parsing.list_arguments = append ? ListArguments::kAppend : ListArguments::kNargs;
        return absl::OkStatus();
      }
      case Type::kGone:
        config.warnings.push_back(absl::StrCat(placed.file, ":", placed.setting.line, ": ", NameOf(placed.setting),
                                               " has no effect any more and is ignored"));
        return absl::OkStatus();
    }
    return absl::OkStatus();
  }

  absl::Status ApplyText(const Placed& placed, Type type, Config& config) const {
    ASSIGN_OR_RETURN(std::string text, Text(placed));
    if (type == Type::kPath) text = PathIn(placed, text);
    if (type == Type::kLowerText) text = absl::AsciiStrToLower(text);
    const std::string& section = placed.setting.section;
    const std::string& key = placed.setting.key;
    if (section == "remote" && key != "url") config.remotes.at(placed.setting.name).settings[key] = text;
    const std::pair<absl::string_view, std::string*> places[] = {
        {"core.remote", &config.core.remote},
        {"core.site_cache_dir", &config.core.site_cache_dir},
        {"cache.dir", &config.cache.dir},
        {"exp.git_remote", &config.exp.git_remote},
        {"hydra.config_dir", &config.hydra.config_dir},
        {"hydra.config_module", &config.hydra.config_module},
        {"hydra.config_name", &config.hydra.config_name},
        {"hydra.plugins_path", &config.hydra.plugins_path},
    };
    for (const auto& [name, place] : places) {
      if (name == absl::StrCat(section, ".", key)) *place = text;
    }
    return absl::OkStatus();
  }

  static absl::Status ApplyBool(const Placed& placed, Config& config) {
    ASSIGN_OR_RETURN(const bool value, Bool(placed));
    const std::string& key = placed.setting.key;
    if (placed.setting.section == "remote") {
      Remote& remote = config.remotes.at(placed.setting.name);
      if (key == "verify") remote.verify = value;
      if (key == "version_aware" || key == "worktree") remote.version_aware = remote.version_aware || value;
      if (key != "verify") remote.settings[key] = value ? "true" : "false";
      return absl::OkStatus();
    }
    const std::pair<absl::string_view, bool*> places[] = {
        {"core.autostage", &config.core.autostage}, {"core.hardlink_lock", &config.core.hardlink_lock},
        {"core.no_scm", &config.core.no_scm},       {"core.interactive", &config.core.interactive},
        {"cache.verify", &config.cache.verify},     {"cache.slow_link_warning", &config.cache.slow_link_warning},
        {"exp.auto_push", &config.exp.auto_push},   {"hydra.enabled", &config.hydra.enabled},
    };
    for (const auto& [name, place] : places) {
      if (name == absl::StrCat(placed.setting.section, ".", key)) *place = value;
    }
    return absl::OkStatus();
  }

  static absl::Status ApplyInteger(const Placed& placed, Type type, Config& config) {
    ASSIGN_OR_RETURN(const int number, Integer(placed, type == Type::kCount ? 1 : 0));
    const std::string& key = placed.setting.key;
    if (placed.setting.section == "core") config.core.checksum_jobs = number;
    if (placed.setting.section != "remote") return absl::OkStatus();
    Remote& remote = config.remotes.at(placed.setting.name);
    if (key == "jobs") {
      remote.jobs = number;
    } else if (key == "checksum_jobs") {
      remote.checksum_jobs = number;
    } else {
      remote.settings[key] = absl::StrCat(number);
    }
    return absl::OkStatus();
  }

  static absl::Status CheckNumber(const Placed& placed, Config& config) {
    ASSIGN_OR_RETURN(const std::string text, Text(placed));
    double number = 0;
    if (!absl::SimpleAtod(text, &number) || !(number >= 0)) {
      return Error(placed, absl::StrCat("expected a number, got '", text, "'"));
    }
    config.remotes.at(placed.setting.name).settings[placed.setting.key] = text;
    return absl::OkStatus();
  }

  const fs::FileReader& fs_;
  const std::string home_;
  std::vector<Placed> all_;
};

}  // namespace

bool Remote::IsLocal() const { return SchemeOf(url).empty(); }

absl::StatusOr<Remote> Config::FindRemote(const std::string& name) const {
  if (name.empty() && core.remote.empty()) {
    return status::WithHint(absl::NotFoundError("no default remote is configured"),
                            "set one: dvc remote add -d NAME URL");
  }
  const std::string wanted = absl::AsciiStrToLower(name.empty() ? core.remote : name);
  const auto found = remotes.find(wanted);
  if (found == remotes.end()) {
    return status::WithHint(absl::NotFoundError(absl::StrCat("there is no remote '", wanted, "'")),
                            absl::StrCat("add it: dvc remote add ", wanted, " URL"));
  }
  Remote remote = found->second;
  absl::string_view rest = remote.url;
  // A remote may lie below another one; so many steps are a circle.
  for (size_t steps = 0; absl::ConsumePrefix(&rest, "remote://"); ++steps) {
    const size_t slash = std::min(rest.find('/'), rest.size());
    const auto base = remotes.find(absl::AsciiStrToLower(rest.substr(0, slash)));
    if (base == remotes.end() || steps == remotes.size()) {
      return absl::NotFoundError(absl::StrCat("remote '", wanted, "': '", remote.url, "' leads to no remote"));
    }
    std::map<std::string, std::string> settings = base->second.settings;
    for (auto& [key, value] : remote.settings) settings[key] = value;
    remote.settings = std::move(settings);
    remote.url = absl::StrCat(absl::StripSuffix(base->second.url, "/"), rest.substr(slash));
    rest = remote.url;
  }
  return remote;
}

UserFolders FindUserFolders(const std::function<std::string(absl::string_view name)>& variable) {
  UserFolders folders{.system = variable("DVC_SYSTEM_CONFIG_DIR"),
                      .global = variable("DVC_GLOBAL_CONFIG_DIR"),
                      .home = variable("HOME")};
  if (folders.system.empty()) {
    const std::string dirs = variable("XDG_CONFIG_DIRS");
    const std::string first = dirs.substr(0, dirs.find(':'));
    folders.system = fs::Join(first.empty() ? "/etc/xdg" : first, "dvc");
  }
  if (folders.global.empty()) {
    const std::string home = variable("XDG_CONFIG_HOME");
    if (!home.empty()) folders.global = fs::Join(home, "dvc");
    if (home.empty() && !folders.home.empty()) folders.global = fs::Join(folders.home, ".config/dvc");
  }
  return folders;
}

absl::StatusOr<Config> Read(const fs::FileReader& fs, const std::string& root, const UserFolders& folders) {
  Merger merger(fs, folders.home);
  for (const std::string& folder : {folders.system, folders.global}) {
    if (!folder.empty()) RETURN_IF_ERROR(merger.AddFile(fs::Join(folder, "config")));
  }
  RETURN_IF_ERROR(merger.AddFile(fs::Join(root, ".dvc/config")));
  RETURN_IF_ERROR(merger.AddFile(fs::Join(root, ".dvc/config.local")));
  ASSIGN_OR_RETURN(Config config, merger.Merge());
  RETURN_IF_ERROR(merger.FollowLocalCache(config));
  return config;
}

absl::StatusOr<Config> ReadRepository(const fs::FileReader& fs, const std::string& root) {
  Merger merger(fs, "");
  RETURN_IF_ERROR(merger.AddFile(fs::Join(root, ".dvc/config")));
  return merger.Merge();
}

}  // namespace expq::config
