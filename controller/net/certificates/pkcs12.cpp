#include "net/certificates/pkcs12.hpp"

#include "net/certificates/openssl.hpp"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace net {
namespace {

// For all key derivations of one bundle together, which is about half a second of a thread. Tools ask for 1
// to 600,000 for each.
constexpr std::uint64_t most_iterations = 2'000'000;

struct pkcs12_free
{
    void operator()(PKCS12* p) const { PKCS12_free(p); }
    void operator()(PKCS8_PRIV_KEY_INFO* p) const { PKCS8_PRIV_KEY_INFO_free(p); }
    void operator()(STACK_OF(PKCS7) * p) const { sk_PKCS7_pop_free(p, PKCS7_free); }
    void operator()(STACK_OF(PKCS12_SAFEBAG) * p) const
    {
        sk_PKCS12_SAFEBAG_pop_free(p, PKCS12_SAFEBAG_free);
    }
    void operator()(PBEPARAM* p) const { PBEPARAM_free(p); }
    void operator()(PBE2PARAM* p) const { PBE2PARAM_free(p); }
    void operator()(PBKDF2PARAM* p) const { PBKDF2PARAM_free(p); }
};

template <class T>
using owned = std::unique_ptr<T, pkcs12_free>;

// OpenSSL with the old ciphers (RC2) that tools encrypted bundles with before OpenSSL 3. Only bundles are
// read with it. Where the module of old ciphers is not installed, all other bundles can still be read.
OSSL_LIB_CTX* bundle_library()
{
    static OSSL_LIB_CTX* const library = [] {
        OSSL_LIB_CTX* context = OSSL_LIB_CTX_new();
        OSSL_PROVIDER_load(context, "default");
        OSSL_PROVIDER_load(context, "legacy");
        ERR_clear_error();
        return context;
    }();
    return library;
}

std::unexpected<support::error> unreadable()
{
    return support::fail(support::errc::invalid, "the PKCS12 bundle is unreadable: " + last_openssl_error());
}

// The parameters of `algorithm` as a T. Null: they are no T.
template <class T>
owned<T> parameters(const X509_ALGOR& algorithm, const ASN1_ITEM* item)
{
    return owned<T>(static_cast<T*>(ASN1_TYPE_unpack_sequence(item, algorithm.parameter)));
}

std::uint64_t value_of(const ASN1_INTEGER* count)
{
    std::uint64_t value = 0;
    const bool fits = ASN1_INTEGER_get_uint64(&value, count) == 1;
    return fits ? value : std::numeric_limits<std::uint64_t>::max();
}

// How many iterations the key derivation of this encryption takes. Empty: that cannot be told. scrypt gives
// no such number, because its cost has three parameters; no tool uses it in a bundle.
std::optional<std::uint64_t> iterations_of(const X509_ALGOR& algorithm)
{
    if (OBJ_obj2nid(algorithm.algorithm) != NID_pbes2)
    {
        // All other schemes that OpenSSL knows have PBEPARAM.
        const auto scheme = parameters<PBEPARAM>(algorithm, ASN1_ITEM_rptr(PBEPARAM));
        return scheme ? std::optional(value_of(scheme->iter)) : std::nullopt;
    }
    const auto scheme = parameters<PBE2PARAM>(algorithm, ASN1_ITEM_rptr(PBE2PARAM));
    if (!scheme || OBJ_obj2nid(scheme->keyfunc->algorithm) != NID_id_pbkdf2)
    {
        return std::nullopt;
    }
    const auto derivation = parameters<PBKDF2PARAM>(*scheme->keyfunc, ASN1_ITEM_rptr(PBKDF2PARAM));
    return derivation ? std::optional(value_of(derivation->iter)) : std::nullopt;
}

// Reads as PKCS12_parse does, but asks before each key derivation how long it takes. (PKCS12_parse derives as
// often as the bundle says.)
class bundle_reader
{
public:
    explicit bundle_reader(PKCS12& bundle) : bundle_(bundle) {}

    support::result<x509_ptr> read()
    {
        if (auto spelling = find_no_pass_phrase(); !spelling)
        {
            return std::unexpected(spelling.error());
        }
        if (auto safes = read_safes(); !safes)
        {
            return std::unexpected(safes.error());
        }
        for (x509_ptr& certificate : certificates_)
        {
            if (key_ && X509_check_private_key(certificate.get(), key_.get()) == 1)
            {
                return std::move(certificate);
            }
        }
        return support::fail(
            support::errc::invalid, "the PKCS12 bundle does not hold a certificate with its private key"
        );
    }

private:
    // Refuses the next key derivation if it exceeds the total.
    support::result<> spend(std::optional<std::uint64_t> iterations)
    {
        if (!iterations)
        {
            return support::fail(
                support::errc::invalid,
                "the PKCS12 bundle is encrypted in a way that is not supported; use PBES2 with PBKDF2, as "
                "openssl pkcs12 -export does"
            );
        }
        if (*iterations > most_iterations - spent_)
        {
            return support::fail(
                support::errc::invalid,
                "the PKCS12 bundle asks for too many key iterations (more than " +
                    std::to_string(most_iterations) +
                    " in all); make it with fewer, as with openssl pkcs12 -export -iter 2048"
            );
        }
        spent_ += *iterations;
        return {};
    }

    // "No pass phrase" has two spellings. The MAC tells which one the bundle uses.
    support::result<> find_no_pass_phrase()
    {
        if (PKCS12_mac_present(&bundle_) != 1)
        {
            return {};
        }
        const X509_ALGOR* algorithm = nullptr;
        const ASN1_INTEGER* count = nullptr;
        PKCS12_get0_mac(nullptr, &algorithm, nullptr, &count, &bundle_);
        // A digest has no parameters. PBMAC1 (RFC 9579) has, and its iterations are in them.
        const bool known = algorithm->parameter == nullptr || algorithm->parameter->type == V_ASN1_NULL;
        const auto iterations = known ? std::optional(count == nullptr ? 1 : value_of(count)) : std::nullopt;
        for (const char* spelling : {static_cast<const char*>(nullptr), ""})
        {
            if (auto affordable = spend(iterations); !affordable)
            {
                return affordable;
            }
            if (PKCS12_verify_mac(&bundle_, spelling, 0) == 1)
            {
                pass_phrase_ = spelling;
                return {};
            }
        }
        if (ERR_peek_last_error() != 0)
        {
            return unreadable();
        }
        return support::fail(support::errc::invalid, "the PKCS12 bundle needs a pass phrase");
    }

    support::result<> read_safes()
    {
        const owned<STACK_OF(PKCS7)> safes(PKCS12_unpack_authsafes(&bundle_));
        if (!safes)
        {
            return unreadable();
        }
        for (int i = 0; i < sk_PKCS7_num(safes.get()); ++i)
        {
            if (auto safe = read_safe(*sk_PKCS7_value(safes.get(), i)); !safe)
            {
                return safe;
            }
        }
        return {};
    }

    support::result<> read_safe(PKCS7& safe)
    {
        owned<STACK_OF(PKCS12_SAFEBAG)> bags;
        if (PKCS7_type_is_data(&safe))
        {
            bags.reset(PKCS12_unpack_p7data(&safe));
        }
        else if (PKCS7_type_is_encrypted(&safe))
        {
            const PKCS7_ENC_CONTENT* content =
                safe.d.encrypted == nullptr ? nullptr : safe.d.encrypted->enc_data;
            if (content == nullptr)
            {
                return unreadable();
            }
            if (auto affordable = spend(iterations_of(*content->algorithm)); !affordable)
            {
                return affordable;
            }
            bags.reset(PKCS12_unpack_p7encdata(&safe, pass_phrase_, -1));
        }
        else
        {
            return {};
        }
        return bags ? read_bags(*bags) : unreadable();
    }

    support::result<> read_bags(const STACK_OF(PKCS12_SAFEBAG) & bags)
    {
        for (int i = 0; i < sk_PKCS12_SAFEBAG_num(&bags); ++i)
        {
            if (auto bag = read_bag(*sk_PKCS12_SAFEBAG_value(&bags, i)); !bag)
            {
                return bag;
            }
        }
        return {};
    }

    // The first of several keys counts, as for PKCS12_parse. A bag that holds neither a key nor a certificate
    // is passed over.
    support::result<> read_bag(const PKCS12_SAFEBAG& bag)
    {
        switch (PKCS12_SAFEBAG_get_nid(&bag))
        {
            case NID_safeContentsBag:
                return read_bags(*PKCS12_SAFEBAG_get0_safes(&bag));
            case NID_keyBag:
                return key_ ? support::result<>() : take_key(PKCS12_SAFEBAG_get0_p8inf(&bag));
            case NID_pkcs8ShroudedKeyBag:
                return key_ ? support::result<>() : decrypt_key(bag);
            case NID_certBag:
                if (PKCS12_SAFEBAG_get_bag_nid(&bag) == NID_x509Certificate)
                {
                    certificates_.emplace_back(PKCS12_SAFEBAG_get1_cert(&bag));
                    return certificates_.back() ? support::result<>() : unreadable();
                }
                return {};
            default:
                return {};
        }
    }

    support::result<> decrypt_key(const PKCS12_SAFEBAG& bag)
    {
        const X509_ALGOR* algorithm = nullptr;
        X509_SIG_get0(PKCS12_SAFEBAG_get0_pkcs8(&bag), &algorithm, nullptr);
        if (auto affordable = spend(iterations_of(*algorithm)); !affordable)
        {
            return affordable;
        }
        const owned<PKCS8_PRIV_KEY_INFO> key(
            PKCS12_decrypt_skey_ex(&bag, pass_phrase_, -1, bundle_library(), nullptr)
        );
        return take_key(key.get());
    }

    // Whether a TLS server may have such a key. OpenSSL computes the public half of a DSA or DH key, with
    // numbers as large as the bundle gives, which may take days.
    static bool is_supported(const PKCS8_PRIV_KEY_INFO& key)
    {
        const ASN1_OBJECT* algorithm = nullptr;
        PKCS8_pkey_get0(&algorithm, nullptr, nullptr, nullptr, &key);
        constexpr std::array supported{
            NID_rsaEncryption, NID_rsassaPss, NID_X9_62_id_ecPublicKey, NID_ED25519, NID_ED448
        };
        return std::ranges::find(supported, OBJ_obj2nid(algorithm)) != supported.end();
    }

    support::result<> take_key(const PKCS8_PRIV_KEY_INFO* key)
    {
        if (key != nullptr && !is_supported(*key))
        {
            return support::fail(
                support::errc::invalid,
                "the private key in the PKCS12 bundle is of a kind that is not supported; use RSA, ECDSA or "
                "EdDSA"
            );
        }
        key_.reset(key == nullptr ? nullptr : EVP_PKCS82PKEY_ex(key, bundle_library(), nullptr));
        return key_ ? support::result<>() : unreadable();
    }

    PKCS12& bundle_;
    const char* pass_phrase_ = nullptr;
    std::uint64_t spent_ = 0;
    private_key_ptr key_;
    std::vector<x509_ptr> certificates_;
};

}  // namespace

support::result<std::string> read_pkcs12(std::string_view bytes)
{
    // OpenSSL's bytes are unsigned, and any object may be read as unsigned bytes.
    const auto* position = reinterpret_cast<const unsigned char*>(bytes.data());
    PKCS12* decoded = PKCS12_init_ex(NID_pkcs7_data, bundle_library(), nullptr);
    const bool is_bundle = d2i_PKCS12(&decoded, &position, static_cast<long>(bytes.size())) != nullptr;
    // Null after a failure.
    const owned<PKCS12> bundle(decoded);
    ERR_clear_error();
    if (!is_bundle)
    {
        return support::fail(support::errc::invalid, "the payload is neither PEM nor DER nor PKCS12");
    }
    const auto certificate = bundle_reader(*bundle).read();
    // X509_check_private_key leaves an error for each certificate that does not belong to the key.
    ERR_clear_error();
    if (!certificate)
    {
        return std::unexpected(certificate.error());
    }
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate->get(), &der);
    // The size is negative after a failure, and the text is empty then.
    std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(std::max(size, 0)));
    OPENSSL_free(der);
    return text;
}

}  // namespace net
