// The bytes of a directory manifest, both ways, and what a manifest from outside may not say.
#include <algorithm>
#include <optional>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "common/blob/cache.h"
#include "common/blob/limits.h"
#include "common/blob/utf8.h"
#include "common/status/status.h"

namespace expq::blob {
namespace {

void AppendEscape(uint32_t unit, std::string& out) { absl::StrAppendFormat(&out, "\\u%04x", unit); }

// Python's json.dumps with ensure_ascii.
void AppendQuoted(absl::string_view text, std::string& out) {
  out.push_back('"');
  for (uint32_t point : DecodeUtf8(text)) {
    static constexpr absl::string_view kNamed = "\"\\\n\r\t\f\b", kNames = "\"\\nrtfb";
    size_t named = point < 0x80 ? kNamed.find(static_cast<char>(point)) : absl::string_view::npos;
    if (named != absl::string_view::npos) {
      out.push_back('\\');
      out.push_back(kNames[named]);
    } else if (point >= 0x20 && point < 0x7f) {
      out.push_back(static_cast<char>(point));
    } else if (point < 0x10000) {
      AppendEscape(point, out);
    } else {
      AppendEscape(0xd800 + ((point - 0x10000) >> 10), out);
      AppendEscape(0xdc00 + ((point - 0x10000) & 0x3ff), out);
    }
  }
  out.push_back('"');
}

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// By code points, as Python compares strings. Bytes of valid UTF-8 compare alike; only names that are not valid differ.
bool ComesBefore(const ManifestEntry& a, const ManifestEntry& b) {
  if (IsAscii(a.relpath) || IsAscii(b.relpath)) return a.relpath < b.relpath;
  return DecodeUtf8(a.relpath) < DecodeUtf8(b.relpath);
}

// Reads the JSON of a manifest: an array of flat objects. Every step is std::nullopt or false at the first surprise.
class Reader {
 public:
  explicit Reader(absl::string_view text) : text_(text) {}

  std::optional<std::vector<ManifestEntry>> Entries() {
    std::vector<ManifestEntry> entries;
    if (!Take('[')) return std::nullopt;
    if (!Take(']')) {
      do {
        std::optional<ManifestEntry> entry = OneEntry();
        if (!entry) return std::nullopt;
        entries.push_back(*std::move(entry));
      } while (Take(','));
      if (!Take(']')) return std::nullopt;
    }
    SkipBlanks();
    return at_ == text_.size() ? std::optional(std::move(entries)) : std::nullopt;
  }

  size_t position() const { return at_; }

 private:
  std::optional<ManifestEntry> OneEntry() {
    std::optional<std::string> relpath;
    std::optional<digest::Digest> digest;
    if (!Take('{')) return std::nullopt;
    do {
      std::optional<std::string> key = String();
      if (!key || !Take(':')) return std::nullopt;
      if (*key == "relpath") {
        relpath = String();
        if (!relpath) return std::nullopt;
      } else if (*key == "md5") {
        std::optional<std::string> text = String();
        absl::StatusOr<digest::Digest> parsed = digest::Digest::Parse(text.value_or(""));
        if (!parsed.ok() || parsed->is_dir()) return std::nullopt;
        digest = *parsed;
      } else if (!SkipScalar()) {
        return std::nullopt;
      }
    } while (Take(','));
    if (!Take('}') || !relpath || !digest) return std::nullopt;
    return ManifestEntry{*std::move(relpath), *std::move(digest)};
  }

  // Other tools write more keys (size, isexec): a string, number, true, false or null.
  bool SkipScalar() {
    SkipBlanks();
    if (at_ < text_.size() && text_[at_] == '"') return String().has_value();
    size_t begin = at_;
    while (at_ < text_.size() && (absl::ascii_isalnum(static_cast<unsigned char>(text_[at_])) ||
                                  absl::StrContains("+-.", text_.substr(at_, 1)))) {
      ++at_;
    }
    return at_ > begin;
  }

  std::optional<std::string> String() {
    if (!Take('"')) return std::nullopt;
    std::string value;
    while (at_ < text_.size()) {
      char c = text_[at_++];
      if (c == '"') return value;
      if (static_cast<unsigned char>(c) < 0x20) return std::nullopt;
      if (c != '\\') {
        value.push_back(c);
      } else if (!Escape(value)) {
        return std::nullopt;
      }
    }
    return std::nullopt;
  }

  bool Escape(std::string& value) {
    if (at_ == text_.size()) return false;
    char c = text_[at_++];
    static constexpr absl::string_view kNames = "\"\\/nrtfb", kNamed = "\"\\/\n\r\t\f\b";
    size_t named = kNames.find(c);
    if (named != absl::string_view::npos) {
      value.push_back(kNamed[named]);
      return true;
    }
    std::optional<uint32_t> unit = c == 'u' ? FourHex() : std::nullopt;
    if (!unit) return false;
    if (*unit >= 0xd800 && *unit < 0xdc00) {
      if (text_.substr(at_, 2) != "\\u") return false;
      at_ += 2;
      std::optional<uint32_t> low = FourHex();
      if (!low || *low < 0xdc00 || *low > 0xdfff) return false;
      unit = 0x10000 + ((*unit - 0xd800) << 10) + (*low - 0xdc00);
    }
    return AppendUtf8(*unit, value);
  }

  std::optional<uint32_t> FourHex() {
    uint32_t unit = 0;
    absl::string_view digits = text_.substr(at_, 4);
    if (digits.size() != 4 || !std::all_of(digits.begin(), digits.end(), absl::ascii_isxdigit)) return std::nullopt;
    if (!absl::SimpleHexAtoi(digits, &unit)) return std::nullopt;
    at_ += 4;
    return unit;
  }

  bool Take(char wanted) {
    SkipBlanks();
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  void SkipBlanks() {
    while (at_ < text_.size() && absl::StrContains(" \t\r\n", text_.substr(at_, 1))) ++at_;
  }

  absl::string_view text_;
  size_t at_ = 0;
};

// How some file system would read ".git": upper case, NTFS's short name, stream and trailing dots, HFS's ignored
// points.
bool MeansGit(absl::string_view name) {
  std::string plain;
  for (uint32_t point : DecodeUtf8(name)) {
    bool ignored = (point >= 0x200c && point <= 0x200f) || (point >= 0x202a && point <= 0x202e) ||
                   (point >= 0x206a && point <= 0x206f) || point == 0xfeff;
    if (!ignored) plain.push_back(point < 0x80 ? absl::ascii_tolower(static_cast<unsigned char>(point)) : '?');
  }
  plain = plain.substr(0, plain.find(':'));
  while (!plain.empty() && (plain.back() == '.' || plain.back() == ' ')) plain.pop_back();
  return plain == ".git" || plain == "git~1";
}

// Empty when the path may be made below a folder; else what is wrong with it.
std::string ProblemOf(const std::string& relpath) {
  if (relpath.empty() || relpath.front() == '/') return "is not a relative path";
  if (relpath.size() > static_cast<size_t>(kMaxRelpathBytes)) return "is too long";
  if (relpath.find('\0') != std::string::npos) return "has a zero byte";
  for (absl::string_view part : absl::StrSplit(relpath, '/')) {
    if (part.empty() || part == "." || part == "..") return "has an empty, '.' or '..' part";
    if (MeansGit(part)) return "goes into a '.git'";
  }
  return "";
}

absl::Status Refused(const std::string& relpath, absl::string_view problem) {
  return absl::DataLossError(absl::StrCat("manifest entry '", relpath.substr(0, 200), "' ", problem));
}

// A name twice, or a name that is also another's folder.
absl::Status CheckNames(const std::vector<ManifestEntry>& entries) {
  absl::flat_hash_set<absl::string_view> names;
  for (const ManifestEntry& entry : entries) {
    std::string problem = ProblemOf(entry.relpath);
    if (!problem.empty()) return Refused(entry.relpath, problem);
    if (!names.insert(entry.relpath).second) return Refused(entry.relpath, "is there twice");
  }
  for (const ManifestEntry& entry : entries) {
    for (size_t slash = entry.relpath.find('/'); slash != std::string::npos;
         slash = entry.relpath.find('/', slash + 1)) {
      if (names.contains(absl::string_view(entry.relpath).substr(0, slash))) {
        return Refused(entry.relpath, "is below another entry, which is a file");
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::string EncodeManifest(std::vector<ManifestEntry> entries) {
  std::sort(entries.begin(), entries.end(), ComesBefore);
  std::string bytes = "[";
  for (const ManifestEntry& entry : entries) {
    if (bytes.size() > 1) bytes += ", ";
    absl::StrAppend(&bytes, "{\"md5\": \"", entry.digest.text(), "\", \"relpath\": ");
    AppendQuoted(entry.relpath, bytes);
    bytes += "}";
  }
  return bytes + "]";
}

absl::StatusOr<std::vector<ManifestEntry>> DecodeManifest(absl::string_view bytes) {
  Reader reader(bytes);
  std::optional<std::vector<ManifestEntry>> entries = reader.Entries();
  if (!entries) return absl::DataLossError(absl::StrCat("not a directory manifest at byte ", reader.position()));
  RETURN_IF_ERROR(CheckNames(*entries));
  return *std::move(entries);
}

}  // namespace expq::blob
