// What commands that change experiments print: one line each, or the JSON list.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "common/experiment/experiment.h"

namespace expq::cli {

// "cancelled rusty-otter" …; under --json {"version":1,"experiments":[…]}.
void ReportChanged(const Context& context, absl::string_view verb, const std::vector<experiment::Experiment>& changed);

// Prints `text` through a pager when stdout is a terminal and it is longer than that; else as it is.
void Page(const Context& context, const std::string& text);

// "warning: …", one line each.
void SayWarnings(const Context& context, const std::vector<std::string>& warnings);

}  // namespace expq::cli
