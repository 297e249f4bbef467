// Overrides on a value tree, by OmegaConf's rules in struct mode.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/params/params.h"

namespace expq::params {

// One override on the file's value. InvalidArgument naming `file` and the key: no such key (with a near one as hint), a
// key that is there already, an index outside of its list, a deletion of another value.
// An interpolation in it is refused too.
absl::Status ApplyToValue(absl::string_view file, const ParamOverride& override, value::Value& root);

// The same with ${…} and ??? as any other text.
absl::Status ApplyAsWritten(absl::string_view file, const ParamOverride& override, value::Value& root);

}  // namespace expq::params
