#include "fakes/certificates/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace test {
namespace {

struct free_openssl
{
    void operator()(BIO* p) const { BIO_free(p); }
    void operator()(X509* p) const { X509_free(p); }
    void operator()(X509_CRL* p) const { X509_CRL_free(p); }
    void operator()(ASN1_TIME* p) const { ASN1_TIME_free(p); }
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
    void operator()(PKCS12* p) const { PKCS12_free(p); }
    void operator()(PKCS8_PRIV_KEY_INFO* p) const { PKCS8_PRIV_KEY_INFO_free(p); }
    void operator()(OSSL_LIB_CTX* p) const { OSSL_LIB_CTX_free(p); }
    void operator()(OSSL_PROVIDER* p) const { OSSL_PROVIDER_unload(p); }
    void operator()(X509_EXTENSION* p) const { X509_EXTENSION_free(p); }
};

template <class T>
using owned = std::unique_ptr<T, free_openssl>;

void check(bool good)
{
    if (!good)
    {
        throw std::runtime_error("OpenSSL refused to make a test certificate");
    }
}

owned<BIO> bio_of(std::string_view bytes)
{
    return owned<BIO>(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

template <class Write>
std::string written(Write write)
{
    const owned<BIO> bio(BIO_new(BIO_s_mem()));
    check(write(bio.get()) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

owned<X509> read_certificate(const certificate& from)
{
    return owned<X509>(PEM_read_bio_X509(bio_of(from.pem).get(), nullptr, nullptr, nullptr));
}

owned<EVP_PKEY> read_key(const certificate& from)
{
    return owned<EVP_PKEY>(PEM_read_bio_PrivateKey(bio_of(from.key_pem).get(), nullptr, nullptr, nullptr));
}

void add_name(X509* to, const char* field, const std::string& value)
{
    if (!value.empty())
    {
        const auto* bytes = reinterpret_cast<const unsigned char*>(value.c_str());
        X509_NAME* subject = X509_get_subject_name(to);
        check(X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8, bytes, -1, -1, 0) == 1);
    }
}

void add_extension(X509* to, X509* issuer, int id, const std::string& value)
{
    if (value.empty())
    {
        return;
    }
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
    const owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str()));
    check(extension && X509_add_ext(to, extension.get(), -1) == 1);
}

}  // namespace

certificate make_certificate(const certificate_request& request)
{
    static long serial = 0;
    const owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
    const owned<X509> x509(X509_new());
    const owned<X509> issuer = request.issuer == nullptr ? nullptr : read_certificate(*request.issuer);
    const owned<EVP_PKEY> issuer_key = request.issuer == nullptr ? nullptr : read_key(*request.issuer);
    X509_set_version(x509.get(), X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), ++serial);
    ASN1_TIME_set(X509_getm_notBefore(x509.get()), request.not_before.time_since_epoch().count());
    ASN1_TIME_set(X509_getm_notAfter(x509.get()), request.not_after.time_since_epoch().count());
    add_name(x509.get(), "O", request.organization);
    add_name(x509.get(), "CN", request.subject);
    X509* signer = issuer ? issuer.get() : x509.get();
    X509_set_issuer_name(x509.get(), X509_get_subject_name(signer));
    X509_set_pubkey(x509.get(), key.get());
    add_extension(x509.get(), signer, NID_basic_constraints, request.ca ? "critical,CA:TRUE" : "CA:FALSE");
    add_extension(x509.get(), signer, NID_key_usage, request.ca ? "critical,keyCertSign,cRLSign" : "");
    add_extension(x509.get(), signer, NID_ext_key_usage, request.usage);
    add_extension(x509.get(), signer, NID_subject_alt_name, request.names);
    check(X509_sign(x509.get(), issuer_key ? issuer_key.get() : key.get(), EVP_sha256()) != 0);
    return {written([&](BIO* bio) { return PEM_write_bio_X509(bio, x509.get()); }), written([&](BIO* bio) {
                return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
            })};
}

std::string certificate_der(const certificate& from)
{
    return written([&](BIO* bio) { return i2d_X509_bio(bio, read_certificate(from).get()); });
}

std::string encrypted_key_pem(const certificate& from, const std::string& pass_phrase)
{
    return written([&](BIO* bio) {
        return PEM_write_bio_PKCS8PrivateKey(
            bio,
            read_key(from).get(),
            EVP_aes_256_cbc(),
            pass_phrase.data(),
            static_cast<int>(pass_phrase.size()),
            nullptr,
            nullptr
        );
    });
}

std::string public_key_pem(const certificate& from)
{
    return written([&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, read_key(from).get()); });
}

std::string revocation_list_pem(const certificate& ca, const certificate_request& validity)
{
    const owned<X509_CRL> list(X509_CRL_new());
    X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
    X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(read_certificate(ca).get()));
    const owned<ASN1_TIME> from(ASN1_TIME_set(nullptr, validity.not_before.time_since_epoch().count()));
    const owned<ASN1_TIME> until(ASN1_TIME_set(nullptr, validity.not_after.time_since_epoch().count()));
    X509_CRL_set1_lastUpdate(list.get(), from.get());
    X509_CRL_set1_nextUpdate(list.get(), until.get());
    check(X509_CRL_sign(list.get(), read_key(ca).get(), EVP_sha256()) != 0);
    return written([&](BIO* bio) { return PEM_write_bio_X509_CRL(bio, list.get()); });
}

std::string pkcs12(const pkcs12_request& request)
{
    // Null is OpenSSL's default context, which lacks the old ciphers.
    const owned<OSSL_LIB_CTX> library(request.old_ciphers ? OSSL_LIB_CTX_new() : nullptr);
    const owned<OSSL_PROVIDER> ciphers(
        request.old_ciphers ? OSSL_PROVIDER_load(library.get(), "default") : nullptr
    );
    const owned<OSSL_PROVIDER> old_ciphers(
        request.old_ciphers ? OSSL_PROVIDER_load(library.get(), "legacy") : nullptr
    );
    check(!request.old_ciphers || (ciphers && old_ciphers));
    const owned<X509> certificate = request.with == nullptr ? nullptr : read_certificate(*request.with);
    const owned<EVP_PKEY> key = certificate && request.with_key ? read_key(*request.with) : nullptr;
    const owned<X509> ca = request.ca == nullptr ? nullptr : read_certificate(*request.ca);
    const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> others(
        sk_X509_new_null(), [](STACK_OF(X509) * p) { sk_X509_free(p); }
    );
    if (ca)
    {
        sk_X509_push(others.get(), ca.get());
    }
    const owned<PKCS12> bundle(PKCS12_create_ex(
        request.pass_phrase,
        "test",
        key.get(),
        certificate.get(),
        others.get(),
        request.plain         ? -1
        : request.old_ciphers ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC
                              : 0,
        request.plain || request.plain_certificates ? -1
        : request.old_ciphers                       ? NID_pbe_WithSHA1And40BitRC2_CBC
                                                    : 0,
        request.iterations,
        request.mac_iterations,
        0,
        library.get(),
        nullptr
    ));
    check(bundle != nullptr);
    return written([&](BIO* bio) { return i2d_PKCS12_bio(bio, bundle.get()); });
}

std::string pkcs12_with_x25519()
{
    const owned<EVP_PKEY> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));
    const owned<PKCS12> bundle(PKCS12_create("", "test", key.get(), nullptr, nullptr, 0, 0, 0, 0, 0));
    check(bundle != nullptr);
    return written([&](BIO* bio) { return i2d_PKCS12_bio(bio, bundle.get()); });
}

std::string pkcs12_with_scrypt(const certificate& with)
{
    unsigned char salt[8] = {};
    const owned<PKCS8_PRIV_KEY_INFO> key(EVP_PKEY2PKCS8(read_key(with).get()));
    X509_ALGOR* scrypt = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, sizeof salt, nullptr, 1024, 8, 1);
    X509_SIG* encrypted = PKCS8_set0_pbe("", 0, key.get(), scrypt);
    check(encrypted != nullptr);
    STACK_OF(PKCS12_SAFEBAG)* bags = nullptr;
    check(PKCS12_add_cert(&bags, read_certificate(with).get()) != nullptr);
    sk_PKCS12_SAFEBAG_push(bags, PKCS12_SAFEBAG_create0_pkcs8(encrypted));
    STACK_OF(PKCS7)* safes = nullptr;
    check(PKCS12_add_safe(&safes, bags, -1, 0, nullptr) == 1);
    const owned<PKCS12> bundle(PKCS12_add_safes(safes, 0));
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    sk_PKCS7_pop_free(safes, PKCS7_free);
    return written([&](BIO* bio) { return i2d_PKCS12_bio(bio, bundle.get()); });
}

}  // namespace test
