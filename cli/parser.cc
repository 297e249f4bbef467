#include "cli/parser.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/params/params.h"
#include "common/status/status.h"

namespace expq::cli {
namespace {

// What CLI11 found for one option: its values in order; a flag's count.
struct Found {
  std::vector<std::string> values;
  int64_t count = 0;
};

absl::Status UnknownOption(const OptionTable& table, absl::string_view option) {
  const std::string name(option.substr(0, option.find('=')));
  std::vector<std::string> known;
  for (const Option& candidate : table.options()) {
    if (!candidate.hidden) known.push_back(candidate.LongName());
  }
  const std::string near = params::Nearest(name, known);
  return status::WithHint(absl::InvalidArgumentError(absl::StrCat("unknown option ", name)),
                          near.empty() ? "--help lists the options" : absl::StrCat("did you mean ", near, "?"));
}

absl::Status CheckPositionals(const OptionTable& table, const std::vector<std::string>& values) {
  const std::optional<Positional>& positional = table.positional();
  const size_t max = positional ? static_cast<size_t>(positional->max) : 0;
  if (values.size() > max) {
    return absl::InvalidArgumentError(absl::StrCat("'", values[max], "' is one argument too many"));
  }
  if (positional && values.size() < static_cast<size_t>(positional->min)) {
    return absl::InvalidArgumentError(absl::StrCat("missing ", positional->name, ": ", positional->help));
  }
  return absl::OkStatus();
}

void Declare(const OptionTable& table, CLI::App* app, std::vector<Found>* found,
             std::vector<std::string>* positionals) {
  for (size_t i = 0; i < table.options().size(); ++i) {
    const Option& option = table.options()[i];
    Found& slot = (*found)[i];
    if (option.value_name.empty()) {
      app->add_flag(option.names, slot.count);
    } else {
      app->add_option(option.names, slot.values)
          ->expected(1)
          ->allow_extra_args(false)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }
  app->add_option("positionals", *positionals)->expected(0, CLI::detail::expected_max_vector_size);
}

absl::Status Apply(const OptionTable& table, const std::vector<Found>& found) {
  for (size_t i = 0; i < found.size(); ++i) {
    const Option& option = table.options()[i];
    std::vector<std::string> values = found[i].values;
    if (option.value_name.empty()) values.assign(static_cast<size_t>(std::max<int64_t>(0, found[i].count)), "");
    if (!option.repeated && !option.value_name.empty() && values.size() > 1)
      values.erase(values.begin(), values.end() - 1);
    for (const std::string& value : values) {
      const absl::Status status = option.set(value);
      if (!status.ok()) return status::Annotate(status, option.LongName());
    }
  }
  return absl::OkStatus();
}

// "-j4" and "-j 4", "--jobs=4" and "--jobs 4" are all CLI11's; "-" alone and "--" too.
absl::Status ParseWithCli11(const OptionTable& table, std::vector<std::string> args, std::vector<Found>* found,
                            std::vector<std::string>* positionals) {
  CLI::App app;
  app.set_help_flag();
  Declare(table, &app, found, positionals);
  std::reverse(args.begin(), args.end());
  try {
    app.parse(std::move(args));
  } catch (const CLI::ExtrasError& error) {
    for (const std::string& extra : app.remaining()) {
      if (absl::StartsWith(extra, "-") && extra != "--") return UnknownOption(table, extra);
    }
    return absl::InvalidArgumentError(error.what());
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();
    const std::string option = text.substr(0, text.find(':'));
    return absl::InvalidArgumentError(absl::StrCat(option, " needs a value"));
  } catch (const CLI::Error& error) {
    return absl::InvalidArgumentError(error.what());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ParseArguments(const OptionTable& table, const std::vector<std::string>& args) {
  std::vector<Found> found(table.options().size());
  std::vector<std::string> positionals;
  RETURN_IF_ERROR(ParseWithCli11(table, args, &found, &positionals));
  RETURN_IF_ERROR(CheckPositionals(table, positionals));
  if (table.positional()) *table.positional()->target = std::move(positionals);
  return Apply(table, found);
}

}  // namespace expq::cli
