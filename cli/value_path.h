// Changing a value at a dotted path, as an override would.
#pragma once

#include "absl/strings/string_view.h"
#include "common/value/value.h"

namespace expq::cli {

// Sets the value at `dotted` ("train.units", "lst.0"), making maps on the way where nothing is.
void SetAt(value::Value& root, absl::string_view dotted, value::Value value);
// Nothing happens when it is absent.
void EraseAt(value::Value& root, absl::string_view dotted);

}  // namespace expq::cli
