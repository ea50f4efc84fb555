#include "net/x509.hpp"

#include "net/openssl.hpp"

#include <climits>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

namespace net {
namespace {

struct pkcs12_free
{
    void operator()(PKCS12* p) const { PKCS12_free(p); }
};

using pkcs12_ptr = std::unique_ptr<PKCS12, pkcs12_free>;

support::result<support::wall_time> not_after(const X509& certificate)
{
    std::tm time{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(&certificate), &time) != 1)
    {
        ERR_clear_error();
        return support::fail(support::errc::invalid, "the notAfter of the certificate is not a time");
    }
    const std::chrono::year_month_day date(
        std::chrono::year(time.tm_year + 1900),
        std::chrono::month(static_cast<unsigned>(time.tm_mon + 1)),
        std::chrono::day(static_cast<unsigned>(time.tm_mday))
    );
    return std::chrono::sys_days(date) + std::chrono::hours(time.tm_hour) +
           std::chrono::minutes(time.tm_min) + std::chrono::seconds(time.tm_sec);
}

x509_ptr read_der(std::string_view bytes)
{
    const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
    const auto* end = at + bytes.size();
    x509_ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(bytes.size())));
    ERR_clear_error();
    return at == end ? std::move(certificate) : nullptr;
}

// OpenSSL with the old ciphers that bundles were made with before OpenSSL 3 (RC2), for bundles alone. Where
// its module is not installed, the others can still be read.
OSSL_LIB_CTX* bundle_library()
{
    static OSSL_LIB_CTX* const library = [] {
        OSSL_LIB_CTX* made = OSSL_LIB_CTX_new();
        OSSL_PROVIDER_load(made, "default");
        OSSL_PROVIDER_load(made, "legacy");
        ERR_clear_error();
        return made;
    }();
    return library;
}

support::result<x509_ptr> read_pkcs12(std::string_view bytes)
{
    const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
    PKCS12* read_into = PKCS12_init_ex(NID_pkcs7_data, bundle_library(), nullptr);
    const bool is_bundle = d2i_PKCS12(&read_into, &at, static_cast<long>(bytes.size())) != nullptr;
    const pkcs12_ptr bundle(read_into);  // null after a failure
    ERR_clear_error();
    if (!is_bundle)
    {
        return support::fail(support::errc::invalid, "the payload is neither PEM nor DER nor PKCS12");
    }
    EVP_PKEY* key = nullptr;
    X509* certificate = nullptr;
    const bool read = PKCS12_parse(bundle.get(), nullptr, &key, &certificate, nullptr) == 1;
    const bool pass_phrase = PKCS12_mac_present(bundle.get()) == 1 &&
                             ERR_GET_REASON(ERR_peek_last_error()) == PKCS12_R_MAC_VERIFY_FAILURE;
    const private_key_ptr key_owner(key);
    x509_ptr owner(certificate);
    const std::string reason = last_openssl_error();
    if (!read)
    {
        return support::fail(
            support::errc::invalid,
            pass_phrase ? "the PKCS12 bundle needs a pass phrase"
                        : "the PKCS12 bundle is unreadable: " + reason
        );
    }
    if (!owner)
    {
        return support::fail(
            support::errc::invalid, "the PKCS12 bundle does not hold a certificate with its private key"
        );
    }
    return owner;
}

}  // namespace

support::result<support::wall_time> certificate_not_after(std::string_view payload)
{
    if (payload.size() > INT_MAX)
    {
        return support::fail(support::errc::invalid, "the payload is too large for a certificate");
    }
    if (payload.contains("-----BEGIN "))
    {
        // From the first certificate on: a private key before it is not even looked at.
        const auto at = payload.find("-----BEGIN CERTIFICATE-----");
        const auto certificates = read_certificates(payload.substr(std::min(at, payload.size())));
        if (!certificates)
        {
            return std::unexpected(certificates.error());
        }
        return not_after(*certificates->front());
    }
    if (const auto certificate = read_der(payload))
    {
        return not_after(*certificate);
    }
    const auto certificate = read_pkcs12(payload);
    if (!certificate)
    {
        return std::unexpected(certificate.error());
    }
    return not_after(**certificate);
}

support::result<> check_certificates_pem(std::string_view pem)
{
    const auto certificates = read_certificates(pem);
    return certificates ? support::result<>() : std::unexpected(certificates.error());
}

support::result<> check_private_key_pem(std::string_view pem)
{
    const auto key = read_private_key(pem);
    return key ? support::result<>() : std::unexpected(key.error());
}

support::result<> check_key_fits_pem(std::string_view certificates, std::string_view key)
{
    const auto chain = read_certificates(certificates);
    if (!chain)
    {
        return std::unexpected(chain.error());
    }
    const auto own = read_private_key(key);
    if (!own)
    {
        return std::unexpected(own.error());
    }
    if (X509_check_private_key(chain->front().get(), own->get()) != 1)
    {
        return support::fail(
            support::errc::invalid,
            "the key is not that of the certificate (" + last_openssl_error() +
                "); give the two that belong together"
        );
    }
    return {};
}

}  // namespace net
