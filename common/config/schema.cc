#include "common/config/schema.h"

#include "absl/strings/str_split.h"
#include "absl/types/span.h"

namespace expq::config {
namespace {

// Keys by type; a key is listed once a row.
struct Row {
  absl::string_view of;  // the section, or a remote's scheme
  Type type;
  absl::string_view keys;
};

constexpr Row kSections[] = {
    {"core", Type::kLowerText, "remote machine"},
    {"core", Type::kBool, "interactive analytics hardlink_lock no_scm autostage check_update"},
    {"core", Type::kCount, "checksum_jobs"},
    {"core", Type::kText, "site_cache_dir"},
    {"core", Type::kGone, "experiments"},
    {"cache", Type::kPath, "dir"},
    {"cache", Type::kLinks, "type"},
    {"cache", Type::kShared, "shared"},
    {"cache", Type::kBool, "slow_link_warning verify"},
    {"cache", Type::kLowerText, "local"},
    {"cache", Type::kGone, "s3 gs hdfs webhdfs ssh azure protected"},
    {"state", Type::kGone, "dir row_limit row_cleanup_quota"},
    {"index", Type::kGone, "dir"},
    {"machine", Type::kGone,
     "cloud region image spot spot_price instance_hdd_size instance_type instance_gpu ssh_private startup_script "
     "setup_script"},
    {"plots", Type::kText, "html_template out_dir"},
    {"plots", Type::kBool, "auto_open"},
    {"exp", Type::kGone, "code data models metrics params plots live"},
    {"exp", Type::kBool, "auto_push"},
    {"exp", Type::kText, "git_remote"},
    {"parsing", Type::kBoolArguments, "bool"},
    {"parsing", Type::kListArguments, "list"},
    {"hydra", Type::kBool, "enabled"},
    {"hydra", Type::kText, "config_dir config_module config_name plugins_path"},
    {"studio", Type::kText, "token url repo_url"},
    {"studio", Type::kBool, "offline"},
    {"db", Type::kText, "url username password"},
};

constexpr Row kAnyRemote[] = {
    {"", Type::kPath, "url"},
    {"", Type::kCount, "jobs checksum_jobs"},
    {"", Type::kBool, "worktree version_aware"},
    {"", Type::kGone, "no_traverse"},
};

constexpr Row kRemotes[] = {
    {"", Type::kLinks, "type"},
    {"", Type::kShared, "shared"},
    {"", Type::kBool, "slow_link_warning verify"},
    {"", Type::kGone, "protected"},
    {"s3", Type::kPath, "credentialpath configpath"},
    {"s3", Type::kText,
     "region profile endpointurl access_key_id secret_access_key session_token ssl_verify sse sse_kms_key_id "
     "sse_customer_algorithm sse_customer_key acl grant_read grant_read_acp grant_write_acp grant_full_control "
     "cache_regions"},
    {"s3", Type::kBool, "use_ssl allow_anonymous_login verify"},
    {"s3", Type::kInteger, "read_timeout connect_timeout"},
    {"s3", Type::kGone, "listobjects"},
    {"gs", Type::kPath, "credentialpath"},
    {"gs", Type::kText, "projectname endpointurl"},
    {"gs", Type::kBool, "verify allow_anonymous_login"},
    {"ssh", Type::kPath, "keyfile"},
    {"ssh", Type::kLinks, "type"},
    {"ssh", Type::kText, "user password passphrase"},
    {"ssh", Type::kBool, "ask_password ask_passphrase gss_auth allow_agent verify"},
    {"ssh", Type::kInteger, "port timeout max_sessions"},
    {"hdfs", Type::kText, "user kerb_ticket replication"},
    {"webhdfs", Type::kText, "kerberos_principal proxy_to ssl_verify token user password data_proxy_target"},
    {"webhdfs", Type::kBool, "kerberos use_https verify"},
    {"azure", Type::kText, "connection_string sas_token account_name account_key tenant_id client_id client_secret"},
    {"azure", Type::kBool,
     "allow_anonymous_login exclude_environment_credential exclude_visual_studio_code_credential "
     "exclude_shared_token_cache_credential exclude_managed_identity_credential verify"},
    {"azure", Type::kInteger, "timeout read_timeout connection_timeout"},
    {"oss", Type::kText, "oss_key_id oss_key_secret oss_endpoint"},
    {"oss", Type::kBool, "verify"},
    {"gdrive", Type::kPath, "gdrive_user_credentials_file gdrive_service_account_json_file_path"},
    {"gdrive", Type::kText, "profile gdrive_client_id gdrive_client_secret gdrive_service_account_user_email"},
    {"gdrive", Type::kBool, "gdrive_use_service_account gdrive_trash_only gdrive_acknowledge_abuse verify"},
    {"http", Type::kText, "auth custom_auth_header user password ssl_verify method"},
    {"http", Type::kBool, "ask_password verify"},
    {"http", Type::kNumber, "connect_timeout read_timeout"},
    {"webdav", Type::kPath, "cert_path key_path"},
    {"webdav", Type::kText, "user password token custom_auth_header ssl_verify bearer_token_command"},
    {"webdav", Type::kBool, "ask_password verify"},
    {"webdav", Type::kInteger, "timeout"},
};

std::optional<Type> FindIn(absl::Span<const Row> rows, absl::string_view of, absl::string_view key) {
  for (const Row& row : rows) {
    if (row.of != of) continue;
    for (const absl::string_view known : absl::StrSplit(row.keys, ' ')) {
      if (known == key) return row.type;
    }
  }
  return std::nullopt;
}

// "https" has the settings of "http".
absl::string_view Family(absl::string_view scheme) {
  if (scheme == "https") return "http";
  return scheme == "webdavs" ? "webdav" : scheme;
}

}  // namespace

bool IsSection(absl::string_view section) {
  if (section == "remote" || section == "feature") return true;
  for (const Row& row : kSections) {
    if (row.of == section) return true;
  }
  return false;
}

std::optional<Type> TypeOf(absl::string_view section, absl::string_view key, absl::string_view scheme) {
  if (section == "feature") return Type::kGone;
  if (section != "remote") return FindIn(kSections, section, key);
  if (const std::optional<Type> common = FindIn(kAnyRemote, "", key)) return common;
  // A remote below another one has that one's settings: any.
  if (scheme == "remote") return Type::kText;
  return FindIn(kRemotes, Family(scheme), key);
}

bool IsScheme(absl::string_view scheme) {
  if (scheme.empty() || scheme == "remote") return true;
  for (const Row& row : kRemotes) {
    if (row.of == Family(scheme)) return true;
  }
  return false;
}

}  // namespace expq::config
