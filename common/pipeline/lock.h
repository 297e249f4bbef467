// dvc.lock as DVC 3 writes it: what a stage's command, dependencies, params and outputs were when it last ran.
//
//   schema: '2.0'
//   stages:
//     train:
//       cmd: python train.py
//       deps:                        sorted by path, as written in dvc.yaml
//       - path: data
//         hash: md5
//         md5: 553debb2358b4b2158b9f20c3e806b99.dir
//         size: 6
//         nfiles: 4                  of a directory
//       params:                      params.yaml first, then by file; keys sorted, nested ones as in the file
//         params.yaml:
//           lr: 0.001
//       outs:                        like deps; outs, metrics and plots together
//       - path: model.bin
//         hash: md5
//         md5: fb7792b6596fd12502dd132c0aba0568
//         size: 4
//         isexec: true               of a file that is executable
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/blob/cache.h"
#include "common/digest/digest.h"
#include "common/value/value.h"
#include "common/yaml/yaml.h"

namespace expq::pipeline {

// What a path held.
struct Fingerprint {
  digest::Digest digest;
  int64_t size = 0;
  int64_t nfiles = 0;
  bool is_exec = false;
  bool is_old = false;  // recorded by DVC 2, without a `hash`: line_ends.h
};

Fingerprint FingerprintOf(const blob::Content& content);

// One item of deps or outs.
struct LockedPath {
  std::string path;                    // as written in dvc.yaml
  std::optional<Fingerprint> content;  // none when recorded without a digest (an import by etag, say)
};

struct LockedParams {
  std::string path;
  value::Map values;
  std::map<std::string, std::string> anchors;  // anchors.h
};

struct LockEntry {
  value::Value cmd;
  std::vector<LockedPath> deps;
  std::vector<LockedParams> params;
  std::vector<LockedPath> outs;

  const LockedPath* FindDep(absl::string_view path) const;
  const LockedPath* FindOut(absl::string_view path) const;
  const value::Map* FindParams(absl::string_view path) const;

  // Puts everything into the order of dvc.lock.
  void Sort();
};

// The entry as dvc.lock and run cache files hold it; `entry` is sorted.
value::Value EncodeLockEntry(const LockEntry& entry);

// InvalidArgument says what is wrong, without naming the file.
absl::StatusOr<LockEntry> DecodeLockEntry(const value::Value& value);

// The entry as whoever reads it from dvc.lock finds it: where DVC's writer folds a text at several blanks, fewer of
// them.
LockEntry AsReadBack(const std::string& name, const LockEntry& entry);

// One dvc.lock in memory. Cheap to write out again after each stage: every entry keeps its text.
class Lock {
 public:
  // An absent file is an empty lock: pass "". InvalidArgument "FILE:LINE:COLUMN: …".
  static absl::StatusOr<Lock> Parse(absl::string_view text, absl::string_view file);

  // Null when there is none; valid until the next Set of the same name.
  const LockEntry* Find(const std::string& name) const;
  // Of all entries, in the file's order.
  std::vector<std::string> Names() const;
  // Keeps a place at the end for an entry that may come, unless there is one: stages that run side by side still stand
  // in the order of the graph.
  void Expect(const std::string& name);
  // Replaces the entry in its place, or appends.
  void Set(const std::string& name, LockEntry entry);
  // The bytes of the file. DVC reads and writes all of it for each stage: what lost blanks in the last text may lose
  // more, but for the entry that was set last.
  std::string Encode();

 private:
  struct Slot {
    std::string name;
    std::optional<LockEntry> entry;  // none = expected
    value::Value written;            // the entry with all that we do not understand of an older one
    std::string text;                // as it stands below "stages:"; empty = not made yet
    bool settled = false;            // whoever reads the text and writes it again writes the same
  };
  static void Write(Slot& slot);
  static void WriteAgain(Slot& slot);
  void Place(const std::string& name, LockEntry entry, value::Value written);
  static absl::StatusOr<Lock> ParseWhole(absl::string_view text, absl::string_view file);
  // The entries' lines as they stand in `text`, which `document` was read from: anchors are named across entries.
  void KeepLines(absl::string_view text, const yaml::Document& document);
  // False when both have an entry of the same name. `other` has nothing but stages.
  bool Append(Lock&& other);

  std::deque<Slot> slots_;  // pointers into it stay valid when it grows
  std::map<std::string, size_t> by_name_;
  std::string newest_;  // set last
  value::Map others_;   // "datasets" and whatever else stands beside "stages"
};

}  // namespace expq::pipeline
