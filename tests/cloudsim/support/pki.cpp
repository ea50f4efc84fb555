#include "cloudsim/support/pki.hpp"

#include "cloudsim/support/text.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>

namespace cloudsim {

namespace {

template <auto Free>
struct freed_by
{
    template <class T>
    void operator()(T* object) const
    {
        Free(object);
    }
};

using bio_ptr = std::unique_ptr<BIO, freed_by<BIO_free_all>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using x509_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using crl_ptr = std::unique_ptr<X509_CRL, freed_by<X509_CRL_free>>;
using pkcs12_ptr = std::unique_ptr<PKCS12, freed_by<PKCS12_free>>;
using names_ptr = std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>>;

bio_ptr open(const std::string& text)
{
    // An empty payload must give OpenSSL's error for missing data, not the error for an end.
    return bio_ptr(
        text.empty() ? BIO_new(BIO_s_mem()) : BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))
    );
}

x509_ptr read_certificate(const std::string& pem)
{
    return x509_ptr(PEM_read_bio_X509(open(pem).get(), nullptr, nullptr, nullptr));
}

key_ptr read_key(const std::string& pem, const std::string& pass_phrase)
{
    // OpenSSL gets an empty pass phrase as well, so that it never asks the terminal.
    auto* text = const_cast<char*>(pass_phrase.c_str());
    return key_ptr(PEM_read_bio_PrivateKey(open(pem).get(), nullptr, nullptr, text));
}

std::string to_text(const ASN1_STRING* value)
{
    return {
        reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
        static_cast<std::size_t>(ASN1_STRING_length(value))
    };
}

// The errors in the form of Octavia's library.
std::string openssl_errors()
{
    std::string result;
    while (const auto code = ERR_get_error())
    {
        result += result.empty() ? "[" : ", ";
        result += "('" + std::string(ERR_lib_error_string(code)) + "', '', '" +
                  ERR_reason_error_string(code) + "')";
    }
    return result + "]";
}

certificate_view view(X509* certificate, bool has_private_key)
{
    certificate_view result{.has_private_key = has_private_key};
    std::tm not_after{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &not_after) == 1)
    {
        result.not_after = std::chrono::system_clock::from_time_t(::timegm(&not_after));
    }
    X509_NAME* subject = X509_get_subject_name(certificate);
    const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (index >= 0)
    {
        result.has_common_name = true;
        result.names.push_back(to_lower(to_text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)))
        ));
    }
    const names_ptr alternatives(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))
    );
    for (int i = 0; alternatives != nullptr && i < sk_GENERAL_NAME_num(alternatives.get()); ++i)
    {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives.get(), i);
        if (name->type == GEN_DNS)
        {
            const auto text = to_lower(to_text(name->d.dNSName));
            if (!contains(result.names, text))
            {
                result.names.push_back(text);
            }
        }
    }
    return result;
}

}  // namespace

std::expected<certificate_view, std::string> read_pkcs12(const std::string& payload)
{
    ERR_clear_error();
    const pkcs12_ptr bundle(d2i_PKCS12_bio(open(payload).get(), nullptr));
    if (bundle == nullptr)
    {
        return std::unexpected(openssl_errors());
    }
    EVP_PKEY* key = nullptr;
    X509* certificate = nullptr;
    if (PKCS12_parse(bundle.get(), nullptr, &key, &certificate, nullptr) != 1)
    {
        return std::unexpected(openssl_errors());
    }
    const key_ptr owned_key(key);
    const x509_ptr owned_certificate(certificate);
    return certificate == nullptr ? certificate_view{} : view(certificate, key != nullptr);
}

std::optional<certificate_view> read_pem(
    const std::string& certificate,
    const std::string& private_key,
    const std::string& pass_phrase,
    const std::string& intermediates
)
{
    const auto x509 = read_certificate(certificate);
    const auto key = read_key(private_key, pass_phrase);
    if (x509 == nullptr || key == nullptr || X509_check_private_key(x509.get(), key.get()) != 1 ||
        (!intermediates.empty() && read_certificate(intermediates) == nullptr))
    {
        return std::nullopt;
    }
    return view(x509.get(), true);
}

std::string check_client_authority(const std::string& certificate, const std::string& revocation_list)
{
    const auto authority = read_certificate(certificate);
    if (authority == nullptr)
    {
        return "The client authentication CA certificate is invalid. It must be a valid x509 PEM format "
               "certificate. Error: Unable to load PEM file.";
    }
    if (revocation_list.empty())
    {
        return {};
    }
    const crl_ptr list(PEM_read_bio_X509_CRL(open(revocation_list).get(), nullptr, nullptr, nullptr));
    if (list == nullptr || X509_CRL_verify(list.get(), X509_get0_pubkey(authority.get())) != 1)
    {
        return "The CRL specified is not valid for client certificate authority reference supplied.";
    }
    return {};
}

}  // namespace cloudsim
