#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/pipeline/output_list.h"
#include "common/pipeline/paths.h"
#include "common/pipeline/pipeline_file.h"
#include "common/pipeline/schema.h"
#include "common/status/status.h"

namespace expq::pipeline {
namespace {

absl::Status ReadCount(const Node& out, absl::string_view key, int64_t& count) {
  const value::Map::Entry* entry = out.Find(key);
  if (entry == nullptr) return absl::OkStatus();
  const int64_t* number = entry->second.int64();
  if (number == nullptr || *number < 0) return Mistyped(out.Entry(*entry), "a count");
  count = *number;
  return absl::OkStatus();
}

void ReadFlag(const Node& out, absl::string_view key, bool& flag) {
  if (const value::Map::Entry* entry = out.Find(key)) flag = *entry->second.boolean();
}

absl::StatusOr<std::string> ReadPath(const Node& node, absl::string_view what) {
  RETURN_IF_ERROR(CheckPath(node, what, *node.value().string()));
  return *node.value().string();
}

// A 2.x entry (no `hash`) names text by the MD5 of its bytes with Unix line ends: the same digest for nearly all files.
absl::Status ReadDigest(const FileContext& context, const Node& out, DataSource& source) {
  const value::Map::Entry* hash = out.Find("hash");
  const bool is_md5 = hash == nullptr || *hash->second.string() == "md5";
  const value::Map::Entry* md5 = out.Find("md5");
  if (!is_md5 || md5 == nullptr || md5->second.is_null()) {
    context.Warn(
        out, absl::StrCat("'", source.path, "' has no MD5 here, so it can only be used as it lies in the workspace"));
    return absl::OkStatus();
  }
  const Node node = out.Entry(*md5);
  // Thirty-two digits without a letter are a number to YAML.
  const auto* big = std::get_if<value::BigInt>(&node.value().variant());
  if (!node.value().is_string() && big == nullptr) return Mistyped(node, "an MD5");
  absl::StatusOr<digest::Digest> digest = digest::Digest::Parse(big != nullptr ? big->decimal : *node.value().string());
  if (!digest.ok()) return node.Located(digest.status());
  source.digest = *std::move(digest);
  return absl::OkStatus();
}

absl::StatusOr<DataSource> ReadSource(const FileContext& context, const Node& out, const std::string& wdir) {
  const Node path_node = out.Entry(*out.Find("path"));
  ASSIGN_OR_RETURN(const std::string path, ReadPath(path_node, "output"));
  DataSource source;
  source.file = context.file;
  source.path = RootPath(context.root, wdir, path);
  ReadFlag(out, "cache", source.cache);
  ReadFlag(out, "push", source.push);
  ReadFlag(out, "isexec", source.is_exec);
  if (const value::Map::Entry* remote = out.Find("remote")) source.remote = *remote->second.string();
  RETURN_IF_ERROR(ReadCount(out, "size", source.size));
  RETURN_IF_ERROR(ReadCount(out, "nfiles", source.nfiles));
  RETURN_IF_ERROR(CheckOutputPlace(context, path_node, path, source.path, source.cache));
  RETURN_IF_ERROR(ReadDigest(context, out, source));
  source.is_old = out.Find("hash") == nullptr;
  return source;
}

absl::StatusOr<std::string> ReadWdir(const FileContext& context, const Node& top) {
  const value::Map::Entry* entry = top.Find("wdir");
  if (entry == nullptr || entry->second.is_null()) return context.dir;
  const Node node = top.Entry(*entry);
  ASSIGN_OR_RETURN(const std::string written, ReadPath(node, "wdir"));
  std::string wdir = RootPath(context.root, context.dir, written);
  if (IsOutside(wdir)) return node.Error(absl::StrCat("wdir '", written, "' is outside of the repository"));
  return wdir;
}

// `deps: [{repo: …}]` is what `dvc import` writes.
bool IsImported(const Node& top) {
  const value::Map::Entry* deps = top.Find("deps");
  if (deps == nullptr || !deps->second.is_list() || deps->second.list()->size() != 1) return false;
  const value::Map* dep = deps->second.list()->front().map();
  return dep != nullptr && dep->Find("repo") != nullptr;
}

absl::Status CheckTop(const Node& top) {
  for (const absl::string_view gone : {"cmd", "params", "metrics"}) {
    const value::Map::Entry* entry = top.value().is_map() ? top.Find(gone) : nullptr;
    if (entry == nullptr) continue;
    return status::WithHint(top.Entry(*entry).Error(absl::StrCat("'", gone, "' in a .dvc file went away in DVC 3")),
                            "define the stage in dvc.yaml");
  }
  return CheckDataFileSchema(top);
}

}  // namespace

absl::Status LoadDataSources(const FileContext& context, Pipeline& pipeline) {
  ASSIGN_OR_RETURN(const std::string text, context.fs.Read(fs::Join(context.root, context.file)));
  ASSIGN_OR_RETURN(const yaml::Document document, yaml::Parse(text, context.file));
  const Node top(document, context.file);
  if (IsNothing(top.value())) return absl::OkStatus();
  RETURN_IF_ERROR(CheckTop(top));
  ASSIGN_OR_RETURN(const std::string wdir, ReadWdir(context, top));
  const value::Map::Entry* entry = top.Find("outs");
  if (entry == nullptr || entry->second.is_null()) return absl::OkStatus();
  const Node outs = top.Entry(*entry);
  const bool imported = IsImported(top);
  int number = 0;
  for (const Node& out : outs.Items()) {
    ASSIGN_OR_RETURN(DataSource source, ReadSource(context, out, wdir));
    source.out = number++;
    source.imported = imported;
    pipeline.sources.push_back(std::move(source));
  }
  return absl::OkStatus();
}

}  // namespace expq::pipeline
