// What a command takes from its command line, as a table: the parser, help, man page and completion read the same one.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace expq::cli {

struct Option {
  std::string names;       // "-S,--set"; the long name comes last
  std::string value_name;  // "KEY=VALUE"; empty = a flag
  std::string help;
  std::vector<std::string> choices;
  bool repeated = false;  // else the last one counts
  bool hidden = false;
  std::function<absl::Status(const std::string& value)> set;  // a flag's gets ""

  std::string LongName() const;   // "--set"
  std::string ShortName() const;  // "-S", or ""
};

struct Positional {
  std::string name;  // "NAME"
  std::string help;
  int min = 0;
  int max = std::numeric_limits<int>::max();
  std::vector<std::string>* target = nullptr;
};

// Targets are written when the line is parsed and must live until then.
class OptionTable {
 public:
  void Flag(std::string names, bool* target, std::string help);
  void Counted(std::string names, int* target, std::string help);
  void Text(std::string names, std::string value_name, std::string* target, std::string help);
  // A text that says something: the empty one is refused.
  void Name(std::string names, std::string value_name, std::string* target, std::string help);
  void Choice(std::string names, std::vector<std::string> choices, std::string* target, std::string help);
  void Repeated(std::string names, std::string value_name, std::vector<std::string>* target, std::string help);
  void Number(std::string names, std::string value_name, int* target, std::string help, int min = 0);
  void Duration(std::string names, absl::Duration* target, std::string help);
  void Size(std::string names, int64_t* target, std::string help);
  // An option that is known, but refused with InvalidArgument `why`.
  void Refused(std::string names, std::string value_name, std::string why);
  // Another name for the option `now`, which is declared already: hidden, and remarked on when it is used.
  void Old(std::string names, const std::string& now);
  // One at most.
  void Positionals(std::string name, std::vector<std::string>* target, std::string help, int min = 0,
                   int max = std::numeric_limits<int>::max());

  const std::vector<Option>& options() const { return options_; }
  const std::optional<Positional>& positional() const { return positional_; }
  const Option* Find(absl::string_view name) const;  // "-S" or "--set"
  // What setters had to say that is no error, once the line is parsed.
  const std::vector<std::string>& remarks() const { return *remarks_; }

 private:
  void Add(std::string names, std::string value_name, std::string help,
           std::function<absl::Status(const std::string&)> set, bool repeated = false);

  std::vector<Option> options_;
  std::optional<Positional> positional_;
  std::shared_ptr<std::vector<std::string>> remarks_ = std::make_shared<std::vector<std::string>>();  // setters have it
};

}  // namespace expq::cli
