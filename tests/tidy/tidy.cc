// Reads our sources and tests/tidy/layers.txt and says where they break the rules that STYLE.md marks as checked:
// includes go down only; a third-party library only in its room; the pure core stays pure; raw calls stay in their
// rooms; no `default:` in a switch over a closed set; no file over 600 lines; no left-over markers.
// A line that ends in `// tidy: REASON` is let through.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr int kMaxFileLines = 600;

struct Room {
  int floor = 0;
  std::set<std::string> libraries;
  std::set<std::string> peers;
};
using Rooms = std::map<std::string, Room>;

struct Ban {
  std::regex pattern;
  std::string what;
  std::set<std::string> allowed_rooms;
};

Rooms ParseLayers(std::istream& in) {
  Rooms rooms;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    Room room;
    std::string name, word;
    words >> room.floor >> name;
    std::set<std::string>* into = nullptr;
    while (words >> word) {
      if (word == ":") {
        into = &room.libraries;
      } else if (word == ">") {
        into = &room.peers;
      } else if (into) {
        into->insert(word);
      }
    }
    rooms[name] = room;
  }
  return rooms;
}

// The room a file lies in: the folder itself, for the rooms are not nested but for scheduler/….
std::optional<std::string> RoomOf(const Rooms& rooms, const std::string& file) {
  std::string folder = std::filesystem::path(file).parent_path().string();
  return rooms.count(folder) ? std::optional(folder) : std::nullopt;
}

const std::vector<Ban>& Bans() {
  static const std::vector<Ban> bans = {
      {std::regex(R"(absl::Now\(|(system|steady|high_resolution)_clock::now|\bclock_gettime\()"),
       "raw clock: pass a clock::Clock in",
       {"common/clock"}},
      {std::regex(R"(\b(sleep|usleep|nanosleep)\(|sleep_for\(|absl::SleepFor)"),
       "sleep: wait for an event with a deadline",
       {}},
      {std::regex(R"(std::random_device|std::mt19937|\brand\(\)|\bgetrandom\()"),
       "raw randomness: pass a random::Random in",
       {"common/random"}},
      {std::regex(R"(std::ofstream|std::fstream|\bfopen\(|std::filesystem|::rename\(|::unlink\()"),
       "raw file access: use fs::Filesystem",
       {"common/fs"}},
      {std::regex(R"(\bv?fork\(\)|\bposix_spawnp?\(|\bsystem\(|\bpopen\(|\bexecv[pe]*\()"),
       "raw process: use process::ProcessRunner",
       {"common/process"}},
      {std::regex(R"(absl::Mutex|std::(recursive_|shared_)?mutex\b)"),
       "unannotated mutex: use sync::Mutex",
       {"common/sync", "common/random"}},
      {std::regex(R"(^\s*default:)"), "switch with default: name every case of a closed set", {}},
      // Split, so that this file does not find itself.
      {std::regex("\\b(TO"
                  "DO|FIX"
                  "ME|XX"
                  "X)\\b"),
       "left-over marker",
       {}},
  };
  return bans;
}

// Decisions know no clock, disk, thread, mutex or log.
bool IsPureCore(const std::string& file) {
  static const std::set<std::string> pure_pipeline = {"graph", "plan", "staleness", "template"};
  std::filesystem::path path(file);
  return path.parent_path() == "scheduler/core" ||
         (path.parent_path() == "common/pipeline" && pure_pipeline.count(path.stem().string()) > 0);
}

const std::regex& ImpureInclude() {
  static const std::regex pattern(
      R"re(#include ["<](common/(clock|log|process|sync|random)/|thread>|mutex>|condition_variable>|fstream>|atomic>))re");
  return pattern;
}

class Checker {
 public:
  explicit Checker(Rooms rooms) : rooms_(std::move(rooms)) {}

  void CheckFile(const std::string& file, const std::string& text) {
    std::istringstream in(text);
    int number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      if (line.find("// tidy: ") != std::string::npos) continue;
      CheckLine(file, number, line);
    }
    if (number > kMaxFileLines) Report(file, number, "over 600 lines: split it by noun");
  }

  const std::vector<std::string>& problems() const { return problems_; }

 private:
  void CheckLine(const std::string& file, int number, const std::string& line) {
    auto room = RoomOf(rooms_, file);
    if (room) CheckInclude(file, *room, number, line);
    if (IsPureCore(file) && std::regex_search(line, ImpureInclude())) Report(file, number, "the core must stay pure");
    bool is_code = room || file.rfind("tests/", 0) == 0;
    bool supervisor = file == "agent/supervise_main.cc";  // libc only, by design
    if (!is_code || supervisor || file == "tests/tidy/tidy.cc") return;
    std::string code = line.substr(0, line.find("//"));
    for (const Ban& ban : Bans()) {
      bool test_may = !room && ban.what.rfind("raw", 0) == 0;
      bool marker = ban.what == "left-over marker";
      if (test_may || (room && ban.allowed_rooms.count(*room))) continue;
      if (std::regex_search(marker ? line : code, ban.pattern)) Report(file, number, ban.what);
    }
  }

  void CheckInclude(const std::string& file, const std::string& room, int number, const std::string& line) {
    static const std::regex include(R"re(^#include ["<]([^">]+)[">])re");
    std::smatch match;
    if (!std::regex_search(line, match, include)) return;
    const std::string path = match[1];
    const Room& here = rooms_.at(room);
    for (const auto& [name, other] : rooms_) {
      for (const std::string& library : other.libraries) {
        if (path.rfind(library, 0) == 0 && !here.libraries.count(library)) {
          Report(file, number, "<" + path + "> belongs to room " + name);
          return;
        }
      }
    }
    auto target = RoomOf(rooms_, path);
    if (!target || *target == room) return;
    const Room& there = rooms_.at(*target);
    if (there.floor < here.floor || here.peers.count(*target)) return;
    Report(file, number, room + " may not include " + *target + ": includes go down only");
  }

  void Report(const std::string& file, int number, const std::string& what) {
    problems_.push_back(file + ":" + std::to_string(number) + ": " + what);
  }

  Rooms rooms_;
  std::vector<std::string> problems_;
};

int CheckTree(const std::filesystem::path& root) {
  std::ifstream layers(root / "tests/tidy/layers.txt");
  Checker checker(ParseLayers(layers));
  int files = 0;
  for (const char* top : {"common", "scheduler", "agent", "cli", "tests"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / top)) {
      std::string extension = entry.path().extension().string();
      if (extension != ".cc" && extension != ".h") continue;
      std::ifstream in(entry.path());
      std::stringstream text;
      text << in.rdbuf();
      checker.CheckFile(std::filesystem::relative(entry.path(), root).string(), text.str());
      ++files;
    }
  }
  for (const std::string& problem : checker.problems()) std::cout << problem << "\n";
  std::cout << files << " files, " << checker.problems().size() << " problems\n";
  return files > 0 && checker.problems().empty() ? 0 : 1;
}

// Every rule has a line that breaks it: a check that finds nothing is not a check.
int SelfTest() {
  std::istringstream layers("0 low\n1 mid : lib/\n2 high > peer\n2 peer\n2 scheduler/core\n");
  const Rooms rooms = ParseLayers(layers);
  struct Case {
    std::string file, line;
    bool wrong;
  };
  const std::vector<Case> cases = {
      {"low/a.cc", "#include \"mid/b.h\"", true},          {"mid/a.cc", "#include \"low/b.h\"", false},
      {"high/a.cc", "#include \"peer/b.h\"", false},       {"peer/a.cc", "#include \"high/b.h\"", true},
      {"high/a.cc", "#include <lib/x.h>", true},           {"mid/a.cc", "#include <lib/x.h>", false},
      {"scheduler/core/a.cc", "#include <mutex>", true},   {"low/a.cc", "  auto t = absl::Now();", true},
      {"low/a.cc", "  // absl::Now() is banned", false},   {"low/a.cc", "    default:", true},
      {"low/a.cc", "    default:  // tidy: errno", false}, {"low/a.cc", "  std::mutex m;", true},
      {"low/a.cc", "  if (fork() == 0) {", true},          {"tests/x/a_test.cc", "  std::ofstream out(path);", false},
      {"tests/x/a_test.cc", "  absl::SleepFor(d);", true},
  };
  int failures = 0;
  for (const Case& c : cases) {
    Checker checker(rooms);
    checker.CheckFile(c.file, c.line);
    if (checker.problems().empty() == c.wrong) {
      std::cout << "wrong verdict on " << c.file << ": " << c.line << "\n";
      ++failures;
    }
  }
  std::cout << cases.size() << " lines judged, " << failures << " wrongly\n";
  return failures == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: tidy ROOT | tidy --self-test\n";
    return 2;
  }
  return std::string(argv[1]) == "--self-test" ? SelfTest() : CheckTree(argv[1]);
}
