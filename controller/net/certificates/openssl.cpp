#include "net/certificates/openssl.hpp"

#include <climits>
#include <openssl/err.h>
#include <openssl/pem.h>

namespace net {
namespace {

// Without this callback OpenSSL asks for a pass phrase on the terminal.
int no_pass_phrase(char*, int, int, void*)
{
    return -1;
}

}  // namespace

bio_ptr read_only(std::string_view bytes)
{
    const auto size = bytes.size() > INT_MAX ? 0 : static_cast<int>(bytes.size());
    return bio_ptr(BIO_new_mem_buf(bytes.data(), size));
}

std::string last_openssl_error()
{
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return reason == nullptr ? "no reason given" : reason;
}

support::result<std::vector<x509_ptr>> read_certificates(std::string_view pem)
{
    std::vector<x509_ptr> certificates;
    const auto bio = read_only(pem);
    ERR_clear_error();
    while (x509_ptr next{PEM_read_bio_X509(bio.get(), nullptr, no_pass_phrase, nullptr)})
    {
        certificates.push_back(std::move(next));
    }
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    const std::string reason = last_openssl_error();
    if (!at_end)
    {
        return support::fail(
            support::errc::invalid,
            "certificate " + std::to_string(certificates.size() + 1) +
                " of the PEM text is malformed: " + reason
        );
    }
    if (certificates.empty())
    {
        return support::fail(
            support::errc::invalid, "there is no certificate in PEM form (-----BEGIN CERTIFICATE-----)"
        );
    }
    return certificates;
}

support::result<private_key_ptr> read_private_key(std::string_view pem)
{
    const auto bio = read_only(pem);
    ERR_clear_error();
    private_key_ptr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr));
    const std::string reason = last_openssl_error();
    if (key)
    {
        return key;
    }
    if (pem.contains("ENCRYPTED"))
    {
        return support::fail(
            support::errc::invalid,
            "the private key needs a pass phrase; give a key without one (openssl pkey -in ...)"
        );
    }
    if (!pem.contains("PRIVATE KEY-----"))
    {
        return support::fail(
            support::errc::invalid, "there is no private key in PEM form (-----BEGIN PRIVATE KEY-----)"
        );
    }
    return support::fail(support::errc::invalid, "the private key is malformed: " + reason);
}

}  // namespace net
