#include "cloudsim/support/pki.hpp"

#include "cloudsim/support/text.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

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
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;
using names_ptr = std::unique_ptr<GENERAL_NAMES, freed_by<GENERAL_NAMES_free>>;
using time_ptr = std::unique_ptr<ASN1_TIME, freed_by<ASN1_TIME_free>>;

void free_stack(STACK_OF(X509) * stack)
{
    sk_X509_pop_free(stack, X509_free);
}
using stack_ptr = std::unique_ptr<STACK_OF(X509), freed_by<free_stack>>;

bio_ptr open(const std::string& text)
{
    // An empty one must say that it lacks data, not that it ends.
    return bio_ptr(
        text.empty() ? BIO_new(BIO_s_mem()) : BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))
    );
}

template <class Write>
std::string written(Write write)
{
    const bio_ptr bio(BIO_new(BIO_s_mem()));
    if (write(bio.get()) != 1)
    {
        throw std::runtime_error("OpenSSL could not write what it has made");
    }
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string to_pem(X509* certificate)
{
    return written([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

time_ptr to_asn1(wall_time when)
{
    return time_ptr(ASN1_TIME_set(nullptr, std::chrono::system_clock::to_time_t(when)));
}

void add_extension(X509* certificate, int kind, const std::string& value)
{
    const extension_ptr extension(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
    X509_add_ext(certificate, extension.get(), -1);
}

struct signed_certificate
{
    key_ptr key;
    x509_ptr certificate;
};

// Issued by `issuer`, or by itself.
signed_certificate sign(const certificate_order& order, bool authority, const signed_certificate* issuer)
{
    signed_certificate issued{.key = key_ptr(EVP_EC_gen("P-256")), .certificate = x509_ptr(X509_new())};
    X509* x509 = issued.certificate.get();
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), issuer == nullptr ? 1 : 2);
    X509_set1_notBefore(x509, to_asn1(order.not_before).get());
    X509_set1_notAfter(x509, to_asn1(order.not_after).get());
    X509_set_pubkey(x509, issued.key.get());
    if (!order.names.empty())
    {
        const auto& name = order.names.front();
        X509_NAME_add_entry_by_txt(
            X509_get_subject_name(x509),
            "CN",
            MBSTRING_UTF8,
            reinterpret_cast<const unsigned char*>(name.data()),
            static_cast<int>(name.size()),
            -1,
            0
        );
    }
    X509_set_issuer_name(x509, X509_get_subject_name(issuer == nullptr ? x509 : issuer->certificate.get()));
    if (authority)
    {
        add_extension(x509, NID_basic_constraints, "critical,CA:TRUE");
    }
    else if (!order.names.empty())
    {
        std::string names;
        for (const auto& name : order.names)
        {
            names += (names.empty() ? "DNS:" : ",DNS:") + name;
        }
        add_extension(x509, NID_subject_alt_name, names);
    }
    X509_sign(x509, (issuer == nullptr ? issued : *issuer).key.get(), EVP_sha256());
    return issued;
}

std::string pack(
    const signed_certificate& leaf, const signed_certificate& issuer, const std::string& pass_phrase
)
{
    const stack_ptr chain(sk_X509_new_null());
    X509_up_ref(issuer.certificate.get());
    sk_X509_push(chain.get(), issuer.certificate.get());
    // Without a pass phrase nothing is encrypted, as `openssl pkcs12 -keypbe NONE -certpbe NONE` does it.
    const int cipher = pass_phrase.empty() ? -1 : 0;
    const char* phrase = pass_phrase.empty() ? nullptr : pass_phrase.c_str();
    const pkcs12_ptr bundle(PKCS12_create(
        phrase, nullptr, leaf.key.get(), leaf.certificate.get(), chain.get(), cipher, cipher, 0, 1, 0
    ));
    if (bundle == nullptr)
    {
        throw std::runtime_error("OpenSSL could not make a PKCS12");
    }
    return written([&](BIO* bio) { return i2d_PKCS12_bio(bio, bundle.get()); });
}

x509_ptr read_certificate(const std::string& pem)
{
    return x509_ptr(PEM_read_bio_X509(open(pem).get(), nullptr, nullptr, nullptr));
}

key_ptr read_key(const std::string& pem, const std::string& pass_phrase)
{
    // An empty pass phrase is given as such, so that OpenSSL never asks the terminal.
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

// As Octavia's library tells them.
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

certificate_files make_certificate(const certificate_order& order, const std::string& pass_phrase)
{
    const certificate_order issuer_order{
        .names = {"Simulated CA"}, .not_before = order.not_before, .not_after = order.not_after
    };
    const auto issuer = sign(issuer_order, true, nullptr);
    const auto leaf = sign(order, false, &issuer);
    return {
        .certificate = to_pem(leaf.certificate.get()),
        .private_key = written([&](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, leaf.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        }),
        .intermediates = to_pem(issuer.certificate.get()),
        .pkcs12 = pack(leaf, issuer, pass_phrase)
    };
}

authority_files make_authority(const certificate_order& order)
{
    const auto issued = sign(order, true, nullptr);
    const crl_ptr list(X509_CRL_new());
    X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issued.certificate.get()));
    X509_CRL_set1_lastUpdate(list.get(), to_asn1(order.not_before).get());
    X509_CRL_set1_nextUpdate(list.get(), to_asn1(order.not_after).get());
    X509_CRL_sign(list.get(), issued.key.get(), EVP_sha256());
    return {
        .certificate = to_pem(issued.certificate.get()),
        .revocation_list = written([&](BIO* bio) { return PEM_write_bio_X509_CRL(bio, list.get()); })
    };
}

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
