#include "common/digest/digest.h"

#include <openssl/evp.h>
#include <openssl/provider.h>
#include <zlib.h>

#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace expq::digest {
namespace {

bool IsLowerHex(absl::string_view text) {
  for (char c : text) {
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  }
  return true;
}

std::string HexOf(const unsigned char* bytes, size_t size) {
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(bytes), size));
}

// Looked up once: EVP_md5() would make OpenSSL 3 search its providers for each file. From a context of its own, which
// reads no configuration: MD5 only names contents here, so it works on machines whose policy (FIPS) takes it from TLS.
const EVP_MD* FetchedMd5() {
  static const EVP_MD* const md5 = [] {
    OSSL_LIB_CTX* own = OSSL_LIB_CTX_new();
    OSSL_PROVIDER_load(own, "default");
    const EVP_MD* found = EVP_MD_fetch(own, "MD5", nullptr);
    if (found == nullptr) std::abort();  // an OpenSSL built without it: nothing here would work
    return found;
  }();
  return md5;
}

}  // namespace

absl::StatusOr<Digest> Digest::Parse(absl::string_view text) {
  bool dir = text.size() == 36 && text.substr(32) == ".dir";
  if ((text.size() != 32 && !dir) || !IsLowerHex(text.substr(0, 32))) {
    return absl::InvalidArgumentError(absl::StrCat("'", text.substr(0, 80), "' is not an MD5 digest"));
  }
  return Digest(std::string(text));
}

Digest Digest::FromRaw(const unsigned char (&md5)[16], bool is_dir) {
  std::string text = HexOf(md5, sizeof(md5));
  if (is_dir) text += ".dir";
  return Digest(std::move(text));
}

struct Md5::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
  void Reset() { EVP_DigestInit_ex(context, FetchedMd5(), nullptr); }
};

Md5::Md5() : state_(std::make_unique<State>()) { state_->Reset(); }
Md5::~Md5() = default;

void Md5::Update(absl::string_view bytes) { EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()); }

Digest Md5::Finish(bool is_dir) {
  unsigned char raw[16];
  EVP_DigestFinal_ex(state_->context, raw, nullptr);
  state_->Reset();
  return Digest::FromRaw(raw, is_dir);
}

Digest Md5Of(absl::string_view bytes, bool is_dir) {
  Md5 md5;
  md5.Update(bytes);
  return md5.Finish(is_dir);
}

uint32_t Crc32(absl::string_view bytes) {
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

std::string Sha256Hex(absl::string_view bytes) {
  unsigned char raw[32];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), raw, &size, EVP_sha256(), nullptr);
  return HexOf(raw, sizeof(raw));
}

}  // namespace expq::digest
