// What a checkout will do, found out before anything is changed: so that a command can say it, or refuse it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/blob/manifest_entry.h"
#include "common/digest/digest.h"

namespace expq::blob {

// What shall be where.
struct CheckoutWish {
  digest::Digest digest;
  std::string path;          // absolute
  bool is_exec = false;      // of a file
  std::string within;        // of a folder: only what is at or below this path in it; "" = all
  bool hash_unknown = true;  // read files whose content is not known; else they are replaced
  bool relink = false;       // also replace what is right but linked in another way than the cache's first
};

struct CheckoutPlan {
  struct File {
    ManifestEntry entry;
    bool there = false;   // something stands in its place
    bool right = false;   // and has the bytes
    bool relink = false;  // but is to be linked anew
  };

  std::string root;  // absolute
  bool is_dir = false;
  bool is_exec = false;
  bool existed = false;               // something stood at the root
  std::vector<File> files;            // that shall be there; relpath "" = the root is a file
  std::vector<std::string> folders;   // that they need, relative, parents first
  std::vector<std::string> extra;     // absolute paths of files that go
  std::vector<std::string> trees;     // absolute paths of what goes whole, unlooked at
  std::vector<std::string> emptied;   // absolute paths of folders that go once they are empty, deepest first
  std::vector<std::string> unsaved;   // absolute paths of files whose bytes would be lost: the cache lacks them
  std::vector<digest::Digest> wants;  // objects that have to be in the cache

  int64_t added() const;
  int64_t modified() const;
  int64_t deleted() const { return static_cast<int64_t>(extra.size() + trees.size()); }
  bool ChangesNothing() const { return added() + modified() + deleted() == 0; }
};

}  // namespace expq::blob
