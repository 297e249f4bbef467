#include "cli/dvc_config.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

std::string Unquoted(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  if (text.size() >= 2 && (text[0] == '"' || text[0] == '\'') && text.back() == text[0]) {
    text = text.substr(1, text.size() - 2);
  }
  return std::string(text);
}

void Overlay(const fs::FileReader& fs, const std::string& file, std::map<std::string, std::string>* settings) {
  const auto text = fs.Read(file);
  if (!text.ok()) return;
  for (auto& [key, value] : ParseIni(*text)) (*settings)[key] = value;
}

absl::StatusOr<std::vector<fs::LinkKind>> LinkKinds(const std::string& type) {
  std::vector<fs::LinkKind> kinds;
  for (absl::string_view word : absl::StrSplit(type, ',', absl::SkipWhitespace())) {
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
      return absl::InvalidArgumentError(
          absl::StrCat(".dvc/config: cache.type: '", word, "' is none of reflink, hardlink, symlink, copy"));
    }
  }
  return kinds;
}

}  // namespace

std::map<std::string, std::string> ParseIni(absl::string_view text) {
  std::map<std::string, std::string> settings;
  std::string section;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '[' && line.back() == ']') {
      section = Unquoted(line.substr(1, line.size() - 2));
      continue;
    }
    const size_t equals = line.find('=');
    if (equals == absl::string_view::npos) continue;
    const std::string key = absl::AsciiStrToLower(absl::StripAsciiWhitespace(line.substr(0, equals)));
    settings[absl::StrCat(section, ".", key)] = Unquoted(line.substr(equals + 1));
  }
  return settings;
}

absl::StatusOr<CacheSettings> ReadCacheSettings(const fs::FileReader& fs, const Environment& environment,
                                                const std::string& root, const std::string& fallback_dir) {
  std::map<std::string, std::string> settings;
  const std::string config_home = environment.Get("XDG_CONFIG_HOME");
  const std::string user = config_home.empty() ? fs::Join(environment.Get("HOME"), ".config") : config_home;
  Overlay(fs, fs::Join(user, "dvc/config"), &settings);
  const std::string dvc = fs::Join(root, ".dvc");
  Overlay(fs, fs::Join(dvc, "config"), &settings);
  Overlay(fs, fs::Join(dvc, "config.local"), &settings);

  CacheSettings cache;
  cache.has_dvc = fs.Exists(dvc);
  cache.dir = cache.has_dvc ? fs::Join(dvc, "cache") : fallback_dir;
  // DVC writes a relative cache.dir relative to the folder of the file that it stands in.
  const auto dir = settings.find("cache.dir");
  if (dir != settings.end()) cache.dir = fs::Normalize(fs::Join(dvc, dir->second));
  const auto type = settings.find("cache.type");
  ASSIGN_OR_RETURN(cache.link_kinds, LinkKinds(type == settings.end() ? "reflink,copy" : type->second));
  ASSIGN_OR_RETURN(cache.attempt_link_kinds,
                   LinkKinds(type == settings.end() ? "reflink,hardlink,copy" : type->second));
  return cache;
}

}  // namespace expq::cli
