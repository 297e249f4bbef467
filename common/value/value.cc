#include "common/value/value.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "absl/hash/hash.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace expq::value {
namespace {

// Up to here a scan over the keys beats hashing.
constexpr size_t kScanned = 16;

// True and the same number when a double holds exactly this integer.
bool SameNumber(int64_t i, double d) {
  // 2^63 is exact as a double; beyond it the cast below would be undefined.
  if (!(d >= -9223372036854775808.0 && d < 9223372036854775808.0)) return false;
  return static_cast<int64_t>(d) == i && static_cast<double>(static_cast<int64_t>(d)) == d;
}

bool SameNumber(const BigInt& i, double d) {
  if (!std::isfinite(d) || d != std::trunc(d)) return false;
  char digits[400];  // the largest double has 309 digits
  std::snprintf(digits, sizeof(digits), "%.0f", d);
  return i.decimal == digits;
}

// bool as the int it is in Python, other values as they are.
Value Widened(const Value& value) {
  const bool* b = value.boolean();
  return b ? Value(static_cast<int64_t>(*b)) : value;
}

bool NumbersEqual(const Value& a, const Value& b) {
  const Value left = Widened(a);
  const Value right = Widened(b);
  if (const double* d = left.number()) {
    if (const double* e = right.number()) return *d == *e;
    return NumbersEqual(right, left);
  }
  if (const int64_t* i = left.int64()) {
    if (const double* d = right.number()) return SameNumber(*i, *d);
    return right.int64() && *i == *right.int64();
  }
  const auto* big = std::get_if<BigInt>(&left.variant());
  if (const double* d = right.number()) return SameNumber(*big, *d);
  const auto* other = std::get_if<BigInt>(&right.variant());
  return other && *big == *other;
}

template <typename Equal>
bool ListsEqual(const List& a, const List& b, Equal equal) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!equal(a[i], b[i])) return false;
  }
  return true;
}

bool IsNumeric(const Value& v) { return v.is_number() || v.is_bool(); }

// The value of the same key, or null.
const Value* FindIdentical(const Map& map, const Key& key) {
  const Map::Entry* entry = map.FindEntry(key);
  return entry != nullptr && entry->first.kind() == key.kind() ? &entry->second : nullptr;
}

const Value* FindPythonEqual(const Map& map, const Key& key) {
  const Value* found = FindIdentical(map, key);
  if (found != nullptr || key.is_text()) return found;
  const Value number = key.value();
  for (const auto& [other, value] : map) {
    if (!other.is_text() && IsNumeric(number) && IsNumeric(other.value()) && NumbersEqual(number, other.value())) {
      return &value;
    }
  }
  return nullptr;
}

template <typename Find, typename Equal>
bool MapsEqual(const Map& a, const Map& b, Find find, Equal equal) {
  if (a.size() != b.size()) return false;
  for (const auto& [key, value] : a) {
    const Value* other = find(b, key);
    if (!other || !equal(value, *other)) return false;
  }
  return true;
}

const Value* Step(const Value& at, absl::string_view segment) {
  if (const Map* map = at.map()) return map->Find(segment);
  const List* list = at.list();
  int64_t index = 0;
  if (!list || !absl::SimpleAtoi(segment, &index)) return nullptr;
  const auto size = static_cast<int64_t>(list->size());
  if (index < 0) index += size;
  return index >= 0 && index < size ? &(*list)[static_cast<size_t>(index)] : nullptr;
}

void FlattenInto(const std::string& path, const Value& at, std::vector<std::pair<std::string, Value>>& out) {
  const Map* map = at.map();
  if (!map || map->empty()) {
    out.emplace_back(path, at);
    return;
  }
  for (const auto& [key, value] : *map)
    FlattenInto(path.empty() ? key.text() : absl::StrCat(path, ".", key), value, out);
}

Key::Kind KindOf(const Value& scalar) {
  if (scalar.is_null()) return Key::Kind::kNull;
  if (scalar.is_bool()) return Key::Kind::kBool;
  if (scalar.is_int()) return Key::Kind::kInt;
  if (scalar.is_float()) return Key::Kind::kFloat;
  return std::holds_alternative<Date>(scalar.variant()) ? Key::Kind::kDate : Key::Kind::kText;
}

}  // namespace

Key Key::Of(const Value& scalar) {
  Key key(PythonText(scalar));
  key.kind_ = KindOf(scalar);
  return key;
}

Value Key::value() const {
  switch (kind_) {
    case Kind::kText:
      return Value(text());
    case Kind::kNull:
      return Value();
    case Kind::kBool:
      return Value(*this == "True");
    case Kind::kInt: {
      int64_t number = 0;
      return absl::SimpleAtoi(*this, &number) ? Value(number) : Value(BigInt{.decimal = *this});
    }
    case Kind::kFloat:
      return Value(std::strtod(c_str(), nullptr));
    case Kind::kDate:
      return Value(Date{.text = *this});
  }
  return Value();
}

size_t Map::PlaceOf(absl::string_view key) const {
  if (slots_.empty()) {
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (entries_[i].first == key) return i;
    }
    return entries_.size();
  }
  const size_t mask = slots_.size() - 1;
  for (size_t slot = absl::Hash<absl::string_view>{}(key)&mask; slots_[slot] != 0; slot = (slot + 1) & mask) {
    if (entries_[slots_[slot] - 1].first == key) return slots_[slot] - 1;
  }
  return entries_.size();
}

void Map::Index(size_t place) {
  const size_t mask = slots_.size() - 1;
  size_t slot = absl::Hash<absl::string_view>{}(entries_[place].first) & mask;
  while (slots_[slot] != 0) slot = (slot + 1) & mask;
  slots_[slot] = static_cast<uint32_t>(place + 1);
}

void Map::Reindex(size_t slots) {
  slots_.assign(slots, 0);
  if (slots == 0) return;
  for (size_t i = 0; i < entries_.size(); ++i) Index(i);
}

const Value* Map::Find(absl::string_view key) const {
  const size_t place = PlaceOf(key);
  return place < entries_.size() ? &entries_[place].second : nullptr;
}

Value* Map::Find(absl::string_view key) {
  const size_t place = PlaceOf(key);
  return place < entries_.size() ? &entries_[place].second : nullptr;
}

const Map::Entry* Map::FindEntry(absl::string_view key) const {
  const size_t place = PlaceOf(key);
  return place < entries_.size() ? &entries_[place] : nullptr;
}

Value& Map::Set(Key key, Value value) {
  const size_t place = PlaceOf(key);
  if (place < entries_.size()) {
    entries_[place].second = std::move(value);
    return entries_[place].second;
  }
  entries_.emplace_back(std::move(key), std::move(value));
  if (entries_.size() * 2 > slots_.size() && entries_.size() > kScanned) {
    Reindex(slots_.empty() ? 4 * kScanned : slots_.size() * 2);
  } else if (!slots_.empty()) {
    Index(place);
  }
  return entries_.back().second;
}

bool Map::Erase(absl::string_view key) {
  const size_t place = PlaceOf(key);
  if (place == entries_.size()) return false;
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(place));
  Reindex(slots_.size());
  return true;
}

bool Value::AsDouble(double* out) const {
  if (const double* d = number()) {
    *out = *d;
  } else if (const int64_t* i = int64()) {
    *out = static_cast<double>(*i);
  } else if (const bool* b = boolean()) {
    *out = *b ? 1.0 : 0.0;
  } else if (const auto* big = std::get_if<BigInt>(&v_)) {
    *out = std::strtod(big->decimal.c_str(), nullptr);
  } else {
    return false;
  }
  return true;
}

bool Identical(const Value& a, const Value& b) {
  if (a.variant().index() != b.variant().index()) return false;
  if (const Map* map = a.map()) return MapsEqual(*map, *b.map(), FindIdentical, Identical);
  if (const List* list = a.list()) return ListsEqual(*list, *b.list(), Identical);
  if (const double* d = a.number()) {
    const double e = *b.number();
    if (std::isnan(*d) || std::isnan(e)) return std::isnan(*d) && std::isnan(e);
    return *d == e && std::signbit(*d) == std::signbit(e);
  }
  if (const std::string* s = a.string()) return *s == *b.string();
  if (const int64_t* i = a.int64()) return *i == *b.int64();
  if (const bool* x = a.boolean()) return *x == *b.boolean();
  if (const auto* big = std::get_if<BigInt>(&a.variant())) return *big == std::get<BigInt>(b.variant());
  if (const auto* date = std::get_if<Date>(&a.variant())) return *date == std::get<Date>(b.variant());
  return true;
}

bool PythonEqual(const Value& a, const Value& b) {
  if (IsNumeric(a) && IsNumeric(b)) return NumbersEqual(a, b);
  if (a.is_map() && b.is_map()) return MapsEqual(*a.map(), *b.map(), FindPythonEqual, PythonEqual);
  if (a.is_list() && b.is_list()) return ListsEqual(*a.list(), *b.list(), PythonEqual);
  return Identical(a, b);
}

const Value* Lookup(const Value& root, absl::string_view dotted) {
  const Value* at = &root;
  while (at) {
    const size_t dot = dotted.find('.');
    at = Step(*at, dotted.substr(0, dot));
    if (dot == absl::string_view::npos) return at;
    dotted.remove_prefix(dot + 1);
  }
  return nullptr;
}

std::vector<std::pair<std::string, Value>> Flatten(const Value& root) {
  std::vector<std::pair<std::string, Value>> out;
  FlattenInto("", root, out);
  return out;
}

}  // namespace expq::value
