// A parsed document: what YAML, JSON, TOML and Python params files have in common, with Python's number types.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"

namespace expq::value {

class Value;

struct Null {
  bool operator==(const Null&) const = default;
};

// An integer outside int64, kept as its decimal text.
struct BigInt {
  std::string decimal;
  bool operator==(const BigInt&) const = default;
};

// A date or timestamp, kept as its text. DVC refuses it as soon as templating loads the file; we only when it is used.
struct Date {
  std::string text;
  bool operator==(const Date&) const = default;
};

using List = std::vector<Value>;

// A map's key: its Python text (1 → "1", true → "True"), and what it is in its file. {1: x} is not {'1': x}, to DVC as
// to us: dvc.lock holds it as it is. Only YAML and Python have keys that are no texts.
class Key : public std::string {
 public:
  enum class Kind { kText, kNull, kBool, kInt, kFloat, kDate };

  Key(std::string text) : std::string(std::move(text)) {}
  Key(absl::string_view text) : std::string(text.data(), text.size()) {}
  Key(const char* text) : std::string(text) {}
  // A list or map is a text.
  static Key Of(const Value& scalar);

  const std::string& text() const { return *this; }
  Kind kind() const { return kind_; }
  bool is_text() const { return kind_ == Kind::kText; }
  Value value() const;

 private:
  Kind kind_ = Kind::kText;
};

// A map in document order. Keys are found by their text, of whatever kind: there are no two of one text. Lookup is a
// scan for small maps and hashed beyond; `Find` returns null when absent. Pointers are valid until a change. Iteration
// may change values, never keys.
class Map {
 public:
  using Entry = std::pair<Key, Value>;

  const Value* Find(absl::string_view key) const;
  Value* Find(absl::string_view key);
  const Entry* FindEntry(absl::string_view key) const;
  // Sets or appends; a key that is there stays as it is.
  Value& Set(Key key, Value value);
  // False when absent. Keeps the order of the others.
  bool Erase(absl::string_view key);

  // Defined below Value: an Entry is incomplete here.
  inline size_t size() const;
  inline bool empty() const;
  inline const Entry* begin() const;
  inline const Entry* end() const;
  inline Entry* begin();
  inline Entry* end();

 private:
  // Entry's place by key, or entries_.size().
  size_t PlaceOf(absl::string_view key) const;
  void Index(size_t place);
  void Reindex(size_t slots);

  std::vector<Entry> entries_;
  // Open addressing: place + 1, 0 = free; a power of two, at most half full. Empty while the map is small.
  std::vector<uint32_t> slots_;
};

// Copyable, movable, deep. Not thread-safe to change; safe to read from many threads.
class Value {
 public:
  using Variant = std::variant<Null, bool, int64_t, BigInt, double, std::string, Date, List, Map>;

  Value() = default;
  Value(Null) {}
  Value(bool b) : v_(b) {}
  Value(int i) : v_(static_cast<int64_t>(i)) {}
  Value(int64_t i) : v_(i) {}
  Value(BigInt i) : v_(std::move(i)) {}
  Value(double d) : v_(d) {}
  Value(const char* s) : v_(std::string(s)) {}
  Value(std::string s) : v_(std::move(s)) {}
  Value(absl::string_view s) : v_(std::string(s)) {}
  Value(Date d) : v_(std::move(d)) {}
  Value(List l) : v_(std::move(l)) {}
  Value(Map m) : v_(std::move(m)) {}

  bool is_null() const { return std::holds_alternative<Null>(v_); }
  bool is_map() const { return std::holds_alternative<Map>(v_); }
  bool is_list() const { return std::holds_alternative<List>(v_); }
  bool is_string() const { return std::holds_alternative<std::string>(v_); }
  bool is_bool() const { return std::holds_alternative<bool>(v_); }
  // int64 or BigInt.
  bool is_int() const { return std::holds_alternative<int64_t>(v_) || std::holds_alternative<BigInt>(v_); }
  bool is_float() const { return std::holds_alternative<double>(v_); }
  bool is_number() const { return is_int() || is_float(); }

  // Null unless of that type.
  const Map* map() const { return std::get_if<Map>(&v_); }
  Map* map() { return std::get_if<Map>(&v_); }
  const List* list() const { return std::get_if<List>(&v_); }
  List* list() { return std::get_if<List>(&v_); }
  const std::string* string() const { return std::get_if<std::string>(&v_); }
  const bool* boolean() const { return std::get_if<bool>(&v_); }
  const int64_t* int64() const { return std::get_if<int64_t>(&v_); }
  const double* number() const { return std::get_if<double>(&v_); }
  const Variant& variant() const { return v_; }

  // The number as a double (int, BigInt, float or bool as Python does), or false.
  bool AsDouble(double* out) const;

 private:
  Variant v_;
};

inline size_t Map::size() const { return entries_.size(); }
inline bool Map::empty() const { return entries_.empty(); }
inline const Map::Entry* Map::begin() const { return entries_.data(); }
inline const Map::Entry* Map::end() const { return entries_.data() + entries_.size(); }
inline Map::Entry* Map::begin() { return entries_.data(); }
inline Map::Entry* Map::end() { return entries_.data() + entries_.size(); }

// Exact: same type, same value, same order of lists; maps compare without order. NaN equals NaN.
bool Identical(const Value& a, const Value& b);

// Python's ==: 1, 1.0 and true are equal, also as keys; maps without order; NaN never equals itself.
bool PythonEqual(const Value& a, const Value& b);

// Python's repr of a float: shortest that round-trips; "1e-05", "1e+16", "1000.0", "inf", "nan".
std::string FloatRepr(double value);

// A scalar as Python's str(): "True", "None", "1e-05"; a list or map as Python's repr.
std::string PythonText(const Value& value);

struct JsonStyle {
  bool sort_keys = false;
  bool ascii = true;         // non-ASCII as \uXXXX, as Python's json.dumps does
  int indent = -1;           // -1: one line with ", " and ": "
  bool compact = false;      // one line with "," and ":"
  bool nan_as_null = false;  // else NaN, Infinity as Python writes them
};

// `text` with U+FFFD for every byte that is not part of a UTF-8 character.
std::string AsUtf8(absl::string_view text);

// Python's json.dumps of the value, byte for byte (floats by FloatRepr). A Date is written as a string, and bytes that
// are not UTF-8 as U+FFFD.
std::string ToJson(const Value& value, const JsonStyle& style = {});

// The value at a dotted path ("train.units", "lst.0", "lst.-1"), or null.
const Value* Lookup(const Value& root, absl::string_view dotted);

// Leaves with their dotted keys, in document order. A list is a leaf; an empty map is a leaf.
std::vector<std::pair<std::string, Value>> Flatten(const Value& root);

}  // namespace expq::value
