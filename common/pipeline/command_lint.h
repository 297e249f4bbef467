// What people write in a `cmd` of several lines and do not get: as in DVC, each line runs in a shell of its own.
#pragma once

#include <string>
#include <vector>

namespace expq::pipeline {

// What is lost between these lines of one text, in words; "" when nothing that can be told is.
std::string LostBetweenLines(const std::vector<std::string>& lines);

}  // namespace expq::pipeline
