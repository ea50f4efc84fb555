#pragma once

#include "support/error.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

// Owners for the objects of OpenSSL, and readers of PEM. Only the .cpp files of net/ include this header.
namespace net {

struct openssl_free
{
    void operator()(BIO* p) const { BIO_free(p); }
    void operator()(X509* p) const { X509_free(p); }
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
};

using bio_ptr = std::unique_ptr<BIO, openssl_free>;
using x509_ptr = std::unique_ptr<X509, openssl_free>;
using private_key_ptr = std::unique_ptr<EVP_PKEY, openssl_free>;

// Reads `bytes` without a copy; they must outlive the BIO.
bio_ptr read_only(std::string_view bytes);

// The reason of OpenSSL's last failure, in OpenSSL's words. Empties OpenSSL's queue of errors.
std::string last_openssl_error();

// All certificates of a PEM text, at least one; other PEM blocks are skipped. Errors: invalid.
support::result<std::vector<x509_ptr>> read_certificates(std::string_view pem);

// The private key of a PEM text, without pass phrase. Errors: invalid.
support::result<private_key_ptr> read_private_key(std::string_view pem);

}  // namespace net
