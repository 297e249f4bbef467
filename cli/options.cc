#include "cli/options.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/quantity.h"
#include "common/params/params.h"
#include "common/status/status.h"

namespace expq::cli {

std::string Option::LongName() const {
  for (absl::string_view name : absl::StrSplit(names, ',')) {
    if (absl::StartsWith(name, "--")) return std::string(name);
  }
  return "";
}

std::string Option::ShortName() const {
  for (absl::string_view name : absl::StrSplit(names, ',')) {
    if (!absl::StartsWith(name, "--")) return std::string(name);
  }
  return "";
}

void OptionTable::Add(std::string names, std::string value_name, std::string help,
                      std::function<absl::Status(const std::string&)> set, bool repeated) {
  Option option;
  option.names = std::move(names);
  option.value_name = std::move(value_name);
  option.help = std::move(help);
  option.repeated = repeated;
  option.set = std::move(set);
  options_.push_back(std::move(option));
}

void OptionTable::Flag(std::string names, bool* target, std::string help) {
  Add(std::move(names), "", std::move(help), [target](const std::string&) {
    *target = true;
    return absl::OkStatus();
  });
}

void OptionTable::Counted(std::string names, int* target, std::string help) {
  Add(std::move(names), "", std::move(help), [target](const std::string&) {
    ++*target;
    return absl::OkStatus();
  });
}

void OptionTable::Text(std::string names, std::string value_name, std::string* target, std::string help) {
  Add(std::move(names), std::move(value_name), std::move(help), [target](const std::string& value) {
    *target = value;
    return absl::OkStatus();
  });
}

void OptionTable::Name(std::string names, std::string value_name, std::string* target, std::string help) {
  Add(std::move(names), std::move(value_name), std::move(help), [target](const std::string& value) {
    *target = value;
    return value.empty() ? absl::InvalidArgumentError("the name is empty") : absl::OkStatus();
  });
}

void OptionTable::Choice(std::string names, std::vector<std::string> choices, std::string* target, std::string help) {
  Add(std::move(names), absl::StrJoin(choices, "|"), std::move(help), [target, choices](const std::string& value) {
    if (std::find(choices.begin(), choices.end(), value) == choices.end()) {
      const std::string near = params::Nearest(value, choices);
      return status::WithHint(
          absl::InvalidArgumentError(absl::StrCat("'", value, "' is none of ", absl::StrJoin(choices, ", "))),
          near.empty() ? "" : absl::StrCat("did you mean '", near, "'?"));
    }
    *target = value;
    return absl::OkStatus();
  });
  options_.back().choices = std::move(choices);
}

void OptionTable::Repeated(std::string names, std::string value_name, std::vector<std::string>* target,
                           std::string help) {
  Add(
      std::move(names), std::move(value_name), std::move(help),
      [target](const std::string& value) {
        target->push_back(value);
        return absl::OkStatus();
      },
      true);
}

void OptionTable::Number(std::string names, std::string value_name, int* target, std::string help, int min) {
  Add(std::move(names), std::move(value_name), std::move(help), [target, min](const std::string& value) {
    ASSIGN_OR_RETURN(const int64_t number, ParseInteger(value));
    if (number < min || number > std::numeric_limits<int>::max()) {
      return absl::InvalidArgumentError(absl::StrCat(value, " is not ", min, " or more"));
    }
    *target = static_cast<int>(number);
    return absl::OkStatus();
  });
}

void OptionTable::Duration(std::string names, absl::Duration* target, std::string help) {
  Add(std::move(names), "DURATION", std::move(help), [target](const std::string& value) {
    ASSIGN_OR_RETURN(*target, ParseDuration(value));
    return absl::OkStatus();
  });
}

void OptionTable::Size(std::string names, int64_t* target, std::string help) {
  Add(std::move(names), "SIZE", std::move(help), [target](const std::string& value) {
    ASSIGN_OR_RETURN(*target, ParseSize(value));
    return absl::OkStatus();
  });
}

void OptionTable::Refused(std::string names, std::string value_name, std::string why) {
  Add(std::move(names), std::move(value_name), why,
      [why](const std::string&) { return absl::UnimplementedError(why); });
  options_.back().hidden = true;
}

void OptionTable::Old(std::string names, const std::string& now) {
  Option option = *Find(now);
  option.hidden = true;
  option.help = absl::StrCat("the old name of ", now);
  option.set = [set = option.set, remarks = remarks_,
                said = absl::StrCat(names, " is ", option.help)](const std::string& value) {
    remarks->push_back(said);
    return set(value);
  };
  option.names = std::move(names);
  options_.push_back(std::move(option));
}

void OptionTable::Positionals(std::string name, std::vector<std::string>* target, std::string help, int min, int max) {
  positional_ = Positional{std::move(name), std::move(help), min, max, target};
}

const Option* OptionTable::Find(absl::string_view name) const {
  for (const Option& option : options_) {
    for (absl::string_view own : absl::StrSplit(option.names, ',')) {
      if (own == name) return &option;
    }
  }
  return nullptr;
}

}  // namespace expq::cli
