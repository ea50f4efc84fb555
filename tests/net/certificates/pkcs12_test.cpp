#include "net/certificates/pkcs12.hpp"

#include "fakes/certificates/certificates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

void expect_refused(const support::result<std::string>& certificate, std::string_view why)
{
    ASSERT_FALSE(certificate.has_value());
    EXPECT_EQ(certificate.error().code, support::errc::invalid);
    EXPECT_THAT(certificate.error().message, testing::HasSubstr(why));
}

TEST(read_pkcs12, gives_the_certificate_of_the_key_whatever_others_are_beside_it)
{
    const auto ca = test::make_certificate({.subject = "ca", .ca = true});
    const auto certificate = test::make_certificate({.subject = "leaf", .names = "DNS:shop.example"});
    const auto read = net::read_pkcs12(test::pkcs12({.with = &certificate, .ca = &ca}));
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(*read, test::certificate_der(certificate));
}

// Replaces 32768 iterations, as DER writes them, by the largest number that fits.
std::string asking_for_millions(std::string bundle)
{
    const std::string few("\x02\x03\x00\x80\x00", 5);
    const auto at = bundle.find(few);
    if (at == std::string::npos)
    {
        ADD_FAILURE() << "no 32768 in the bundle";
        return bundle;
    }
    return bundle.replace(at, few.size(), "\x02\x03\x7F\xFF\xFF");
}

// OpenSSL would compute the public half of some keys, and a bundle can make that take days.
TEST(read_pkcs12, takes_no_key_that_is_no_servers)
{
    expect_refused(
        net::read_pkcs12(test::pkcs12_with_x25519()),
        "the private key in the PKCS12 bundle is of a kind that is not supported"
    );
}

// Otherwise everybody who may name a certificate could block the whole program.
TEST(read_pkcs12, derives_no_key_as_often_as_a_bundle_likes)
{
    const auto certificate = test::make_certificate({.subject = "leaf", .names = "DNS:shop.example"});
    for (const auto& request : std::initializer_list<test::pkcs12_request>{
             {.with = &certificate, .mac_iterations = 32768},
             {.with = &certificate, .iterations = 32768, .mac_iterations = -1},
             {.with = &certificate, .old_ciphers = true, .iterations = 32768, .mac_iterations = -1},
             {.with = &certificate, .plain_certificates = true, .iterations = 32768, .mac_iterations = -1},
         })
    {
        expect_refused(
            net::read_pkcs12(asking_for_millions(test::pkcs12(request))),
            "the PKCS12 bundle asks for too many key iterations"
        );
    }
    expect_refused(
        net::read_pkcs12(test::pkcs12({.with = &certificate, .iterations = 700'000, .mac_iterations = 700'000}
        )),
        "too many key iterations (more than 2000000 in all)"
    );
    expect_refused(
        net::read_pkcs12(test::pkcs12_with_scrypt(certificate)),
        "encrypted in a way that is not supported; use PBES2 with PBKDF2"
    );
}

}  // namespace
