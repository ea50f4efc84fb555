#include "net/certificates/x509.hpp"

#include "fakes/certificates/certificates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using support::errc;
using testing::HasSubstr;
using testing::Not;

constexpr support::wall_time ends =
    std::chrono::sys_days(std::chrono::year(2031) / 5 / 17) + 13h + 14min + 15s;
constexpr support::wall_time ca_ends = std::chrono::sys_days(std::chrono::year(2049) / 12 / 31);

test::certificate leaf()
{
    return test::make_certificate({.subject = "leaf", .names = "DNS:shop.example", .not_after = ends});
}

test::certificate ca()
{
    return test::make_certificate({.subject = "ca", .not_after = ca_ends, .ca = true});
}

void expect_ends(std::string_view payload, support::wall_time when)
{
    const auto not_after = net::certificate_not_after(payload);
    ASSERT_TRUE(not_after.has_value()) << not_after.error().message;
    EXPECT_EQ(*not_after, when);
}

void expect_refused(const support::result<support::wall_time>& not_after, std::string_view why)
{
    ASSERT_FALSE(not_after.has_value());
    EXPECT_EQ(not_after.error().code, errc::invalid);
    EXPECT_THAT(not_after.error().message, HasSubstr(why));
}

TEST(certificate_not_after, is_read_from_every_form_a_payload_comes_in)
{
    const auto certificate = leaf();
    const auto issuer = ca();
    expect_ends(certificate.pem, ends);
    expect_ends(certificate.pem + issuer.pem, ends);
    expect_ends(certificate.key_pem + certificate.pem, ends);
    expect_ends("subject=CN = leaf\r\n" + certificate.pem, ends);
    expect_ends(test::certificate_der(certificate), ends);
    expect_ends(test::pkcs12({.with = &certificate}), ends);
    expect_ends(test::pkcs12({.with = &certificate, .pass_phrase = ""}), ends);
    expect_ends(test::pkcs12({.with = &certificate, .ca = &issuer}), ends);
    expect_ends(test::pkcs12({.with = &certificate, .old_ciphers = true}), ends);
    expect_ends(test::pkcs12({.with = &certificate, .plain_certificates = true}), ends);
    expect_ends(test::pkcs12({.with = &certificate, .mac_iterations = -1}), ends);
    expect_ends(test::pkcs12({.with = &certificate, .iterations = 100'000}), ends);
}

TEST(certificate_not_after, reads_the_years_beyond_2049_too)
{
    constexpr support::wall_time never =
        std::chrono::sys_days(std::chrono::year(9999) / 12 / 31) + 23h + 59min + 59s;
    expect_ends(test::make_certificate({.not_after = never}).pem, never);
    constexpr support::wall_time long_ago = std::chrono::sys_days(std::chrono::year(1950) / 1 / 1);
    expect_ends(test::make_certificate({.not_before = long_ago, .not_after = long_ago}).pem, long_ago);
}

TEST(certificate_not_after, says_what_a_payload_lacks)
{
    const auto certificate = leaf();
    const auto issuer = ca();
    expect_refused(net::certificate_not_after(""), "neither PEM nor DER nor PKCS12");
    expect_refused(net::certificate_not_after("hello"), "neither PEM nor DER nor PKCS12");
    expect_refused(net::certificate_not_after(certificate.key_pem), "no certificate");
    expect_refused(
        net::certificate_not_after(test::pkcs12({.with = &certificate, .pass_phrase = "secret"})),
        "needs a pass phrase"
    );
    expect_refused(
        net::certificate_not_after(test::pkcs12({.ca = &issuer})),
        "does not hold a certificate with its private key"
    );
    std::string damaged = certificate.pem;
    damaged.replace(100, 4, "!!!!");
    expect_refused(net::certificate_not_after(damaged), "malformed");
}

TEST(certificate_not_after, takes_no_part_of_a_payload_for_the_whole)
{
    const auto certificate = leaf();
    for (const auto& whole :
         {test::certificate_der(certificate), test::pkcs12({.with = &certificate}), certificate.pem})
    {
        for (std::size_t cut = 0; cut + 2 < whole.size(); cut += 7)
        {
            EXPECT_FALSE(net::certificate_not_after(std::string_view(whole).substr(0, cut)).has_value())
                << cut;
        }
    }
    EXPECT_FALSE(net::certificate_not_after(test::certificate_der(certificate) + "x").has_value());
}

// By default OpenSSL would ask on the terminal, and wait.
TEST(certificate_not_after, never_asks_for_a_pass_phrase)
{
    const auto certificate = leaf();
    std::string asking = certificate.pem;
    asking.insert(
        asking.find('\n') + 1,
        "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\n"
    );
    expect_refused(net::certificate_not_after(asking), "malformed");
}

TEST(check_certificates_pem, wants_at_least_one_and_no_malformed_one)
{
    const auto first = leaf();
    const auto second = ca();
    EXPECT_TRUE(net::check_certificates_pem(first.pem).has_value());
    EXPECT_TRUE(net::check_certificates_pem("# ours\n" + first.pem + "\n# theirs\n" + second.pem).has_value()
    );
    EXPECT_THAT(net::check_certificates_pem("").error().message, HasSubstr("no certificate"));
    EXPECT_THAT(net::check_certificates_pem(first.key_pem).error().message, HasSubstr("no certificate"));
    std::string damaged = second.pem;
    damaged.replace(100, 4, "!!!!");
    EXPECT_THAT(
        net::check_certificates_pem(first.pem + damaged).error().message,
        HasSubstr("certificate 2 of the PEM text is malformed")
    );
    EXPECT_EQ(net::check_certificates_pem("").error().code, errc::invalid);
}

TEST(check_private_key_pem, wants_a_key_without_pass_phrase_and_shows_nothing_of_it)
{
    const auto certificate = leaf();
    EXPECT_TRUE(net::check_private_key_pem(certificate.key_pem).has_value());
    EXPECT_TRUE(net::check_private_key_pem(certificate.pem + certificate.key_pem).has_value());
    EXPECT_THAT(net::check_private_key_pem(certificate.pem).error().message, HasSubstr("no private key"));
    EXPECT_THAT(net::check_private_key_pem("").error().message, HasSubstr("no private key"));
    const auto encrypted = net::check_private_key_pem(test::encrypted_key_pem(certificate, "hunter2"));
    EXPECT_THAT(encrypted.error().message, HasSubstr("needs a pass phrase"));
    std::string damaged = certificate.key_pem;
    damaged.replace(60, 4, "!!!!");
    EXPECT_THAT(net::check_private_key_pem(damaged).error().message, HasSubstr("malformed"));
    EXPECT_THAT(net::check_private_key_pem(damaged).error().message, Not(HasSubstr("!!!!")));
}

TEST(check_key_fits_pem, wants_the_key_of_the_first_certificate)
{
    const auto own = leaf();
    const auto other = leaf();
    EXPECT_TRUE(net::check_key_fits_pem(own.pem + other.pem, own.key_pem).has_value());
    for (const auto& wrong :
         {net::check_key_fits_pem(own.pem, other.key_pem),
          net::check_key_fits_pem(other.pem + own.pem, own.key_pem)})
    {
        ASSERT_FALSE(wrong);
        EXPECT_EQ(wrong.error().code, errc::invalid);
        EXPECT_THAT(wrong.error().message, HasSubstr("the private key does not belong to the certificate"));
    }
    EXPECT_THAT(net::check_key_fits_pem("", own.key_pem).error().message, HasSubstr("no certificate"));
    EXPECT_THAT(net::check_key_fits_pem(own.pem, "").error().message, HasSubstr("no private key"));
}

}  // namespace
