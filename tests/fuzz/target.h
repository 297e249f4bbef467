// What every target is made of. libFuzzer calls LLVMFuzzerTestOneInput with bytes that it thinks up; a target feeds
// them to one parser and checks what must hold of whatever comes out. A crash, a hang, a leak or a broken claim is a
// bug.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/value/value.h"

namespace expq::fuzz {

inline absl::string_view Text(const uint8_t* data, size_t size) {
  return absl::string_view(reinterpret_cast<const char*>(data), size);
}

// Ends the process, so that libFuzzer keeps the input.
inline void Claim(bool holds, absl::string_view claim, absl::string_view details = "") {
  if (holds) return;
  std::fputs(absl::StrCat("broken claim: ", claim, "\n", details, "\n").c_str(), stderr);
  std::abort();
}

inline void ClaimIdentical(const value::Value& a, const value::Value& b, absl::string_view claim) {
  if (value::Identical(a, b)) return;
  Claim(false, claim, absl::StrCat(value::ToJson(a), "\n", value::ToJson(b)));
}

// The first line and the rest.
struct HeadAndBody {
  std::string head;
  std::string body;
};

inline HeadAndBody SplitHead(absl::string_view text) {
  const size_t end = text.find('\n');
  if (end == absl::string_view::npos) return {.head = std::string(text), .body = ""};
  return {.head = std::string(text.substr(0, end)), .body = std::string(text.substr(end + 1))};
}

}  // namespace expq::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
