// Values that a params file holds once and names twice: DVC's writer keeps that, so dvc.lock has anchors too.
//
//   params.yaml          dvc.lock
//   a: &x [1, 2]         a: &id001
//   b: *x                - 1
//                        - 2
//                        b: *id001
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/pipeline/lock.h"

namespace expq::pipeline {

// Which of the keys (dotted) have their value by an anchor or alias of the YAML text, with its name there.
std::map<std::string, std::string> AnchorsIn(absl::string_view text, const std::vector<std::string>& keys);

// The written entry (its "cmd:" stands at column `indent`) with anchors where two of its params share a list or map.
std::string WithAnchors(const std::string& text, const LockEntry& entry, size_t indent);

}  // namespace expq::pipeline
