// Which objects something still needs.
#pragma once

#include <map>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "cli/data_site.h"
#include "cli/history_reader.h"
#include "common/digest/digest.h"

namespace expq::cli {

struct UsedData {
  std::set<digest::Digest> all;    // manifests and the files that they name
  std::set<digest::Digest> queue;  // of them, what queued experiments and kept results need
  std::set<std::string> remotes;   // that outputs ask for; "" = the default one
  // Manifests that the cache does not have: what their files are is not known yet. True when also the queue needs them.
  std::map<digest::Digest, bool> unread;
};

// Of the workspace, of `revisions`, and always of queued experiments (refs/expq), results (refs/exps) and attempts
// whose workspace was kept. FailedPrecondition when a folder's manifest was damaged and nothing has come in its place
// (which of the files there are its own?), or names a commit that cannot be understood, unless `skip_failed`.
absl::Status CollectUsed(const Context& context, DataSite& site, const Revisions& revisions, bool skip_failed,
                         UsedData& used);

// Adds the files of unread manifests that this store has. DataLoss when one is damaged there.
absl::Status ReadUnread(blob::BlobStore& store, UsedData& used);

}  // namespace expq::cli
