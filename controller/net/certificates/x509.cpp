#include "net/certificates/x509.hpp"

#include "net/certificates/openssl.hpp"
#include "net/certificates/pkcs12.hpp"

#include <climits>
#include <openssl/err.h>

namespace net {
namespace {

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

}  // namespace

support::result<support::wall_time> certificate_not_after(std::string_view payload)
{
    if (payload.size() > INT_MAX)
    {
        return support::fail(support::errc::invalid, "the payload is too large for a certificate");
    }
    if (payload.contains("-----BEGIN "))
    {
        // Reads from the first certificate on, because a private key before it must not be parsed.
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
    const auto bundled = read_pkcs12(payload);
    if (!bundled)
    {
        return std::unexpected(bundled.error());
    }
    const auto certificate = read_der(*bundled);
    return certificate
               ? not_after(*certificate)
               : support::fail(support::errc::invalid, "the certificate in the PKCS12 bundle is malformed");
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
            "the private key does not belong to the certificate (" + last_openssl_error() +
                "); give the key from which this certificate was issued"
        );
    }
    return {};
}

}  // namespace net
