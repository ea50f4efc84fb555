#include "cloud/openstack/tenant_entry.hpp"

#include "fakes/certificates/certificates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using cloud::openstack::allowed_urls;
using cloud::openstack::cloud_entry;
using cloud::openstack::parse_tenant_entry;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string ca_pem = test::make_certificate({.subject = "ca.example", .ca = true}).pem;

constexpr auto source = "Secret shop/my-cloud: clouds.yaml";

support::result<cloud_entry> parse(
    const std::string& yaml,
    const std::string& ca = "",
    const std::vector<std::string>& allowed = {"https://ks.example/v3"},
    const std::string& cloud = ""
)
{
    return parse_tenant_entry({yaml, ca, cloud, source}, allowed_urls::parse(allowed).value());
}

std::string error_of(const support::result<cloud_entry>& read)
{
    return read ? "no error" : read.error().message;
}

// The entry "prod" with `keys` beside auth and `auth` inside it.
std::string entry(const std::string& auth, const std::string& keys = "")
{
    return "clouds: {prod: {auth: {" + auth + "}" + (keys.empty() ? "" : ", " + keys) + "}}";
}

const std::string login = "user_id: u, password: canary, project_id: q";
const std::string good = "auth_url: https://ks.example/v3, " + login;

TEST(tenant_entry, is_read_as_any_other)
{
    const auto read = parse(entry(good, "interface: internal, region_name: sao1, verify: true"), ca_pem);
    ASSERT_TRUE(read) << error_of(read);
    EXPECT_EQ(read->cloud, "prod");
    EXPECT_EQ(read->keystone.str(), "https://ks.example/v3");
    EXPECT_EQ(read->interfaces, std::vector<std::string>{"internal"});
    EXPECT_EQ(read->secret.reveal(), "canary");
    EXPECT_EQ(read->tls->ca_pem, ca_pem);
    EXPECT_EQ(parse(entry(good))->tls, nullptr) << "without a CA the system's trust";
}

TEST(tenant_entry, may_be_one_of_several)
{
    const std::string both = "clouds: {prod: {auth: {" + good + "}}, test: {auth: {auth_url: canary}}}";
    EXPECT_TRUE(parse(both, "", {"*"}, "prod")) << error_of(parse(both, "", {"*"}, "prod"));
    EXPECT_EQ(
        error_of(parse(both)),
        std::string(source) +
            ": has several clouds; name one with --cloud (in a binding: cloudCredentialsRef.cloudName): "
            "prod, test"
    );
    EXPECT_EQ(
        error_of(parse(both, "", {"*"}, "dev")),
        std::string(source) + ": has no cloud \"dev\"; it has prod, test"
    );
}

TEST(tenant_entry, is_known_by_its_content_and_its_ca)
{
    EXPECT_EQ(parse(entry(good))->id, parse("clouds: {other: {auth: {" + good + "}}}")->id);
    EXPECT_NE(parse(entry(good))->id, parse(entry(good), ca_pem)->id);
    EXPECT_NE(parse(entry(good))->id, parse(entry(good, "x: y"))->id);
}

struct hostile_line
{
    const char* name;
    std::string yaml;
    const char* message;  // after source and cloud
};

TEST(tenant_entry, each_hostile_line_is_refused_in_one_line_without_what_it_holds)
{
    const std::string forged = "auth_url: 'https://canary@ks.example/v3', " + login;
    const hostile_line table[] = {
        {"another server",
         entry("auth_url: https://canary.example/v3, " + login),
         "auth.auth_url is not admitted here"},
        {"the pod's own services", entry("auth_url: http://169.254.169.254, " + login), "auth.auth_url is not"
        },
        {"http instead of https",
         entry("auth_url: http://ks.example/v3, " + login),
         "auth.auth_url is not admitted here"},
        {"another port",
         entry("auth_url: https://ks.example:8443/v3, " + login),
         "auth.auth_url is not admitted"},
        {"dots", entry("auth_url: https://ks.example/v3/../x/v3, " + login), "auth.auth_url is not admitted"},
        {"a file", entry("auth_url: file:///canary, " + login), "auth.auth_url must be an http or https URL"},
        {"no URL", entry("auth_url: canary, " + login), "auth.auth_url must be an http or https URL"},
        {"a user name in it", entry(forged), "auth.auth_url must be an http or https URL"},
        {"beside auth", entry(login, "auth_url: 'gopher://canary'"), "auth_url must be an http or https URL"},
        {"a query",
         entry("auth_url: 'https://ks.example/v3?canary', " + login),
         "auth_url must be a URL without"},
        {"another Octavia",
         entry(good, "load_balancer_endpoint_override: 'https://canary.example'"),
         "load_balancer_endpoint_override is not admitted here; remove it"},
        {"another Barbican",
         entry(good, "key_manager_endpoint_override: 'https://canary.example'"),
         "key_manager_endpoint_override is not admitted here; remove it"},
        {"an override that is none",
         entry(good, "key_manager_endpoint_override: canary"),
         "key_manager_endpoint_override must be an http or https URL"},
        {"a CA file",
         entry(good, "cacert: /canary"),
         "cacert names a file; put the CA's certificates (PEM) into"},
        {"a CA file in auth", entry(good + ", cacert: /canary"), "auth.cacert names a file"},
        {"a CA that is a list", entry(good, "cacert: [/canary]"), "cacert names a file"},
        {"a client certificate", entry(good, "cert: /canary"), "cert names a file"},
        {"its key", entry(good, "key: /canary"), "key names a file"},
        {"a vendor file", entry(good, "profile: canary"), "profile names a vendor file"},
        {"the same by its old name", entry(good, "cloud: canary"), "cloud names a vendor file"},
        {"a program", entry(good, "vendor_hook: 'canary:main'"), "vendor_hook names a program"},
        {"no verification", entry(good, "verify: false"), "TLS is always verified; remove verify: false"},
        {"no verification, as a word", entry(good, "verify: 'Off'"), "TLS is always verified"},
        {"a CA file as verify",
         entry(good, "verify: /canary"),
         "verify names a file; put the CA's certificates"},
        {"insecure", entry(good, "insecure: true"), "TLS is always verified"},
        {"another login", entry(good, "auth_type: v3kerberos"), "auth_type v3kerberos is not supported"},
        {"a secret as login", entry(good, "auth_type: canary"), "auth_type is not supported"},
        {"a secret as interface", entry(good, "interface: canary"), "interface is not known"},
        {"another identity provider",
         entry(
             good + ", identity_provider: i, protocol: p, client_id: c, username: u, discovery_endpoint: "
                    "'https://canary.example'",
             "auth_type: v3oidcpassword"
         ),
         "auth.user_id has no meaning for auth_type v3oidcpassword"},
        {"another identity provider, where it has a meaning",
         entry(
             "auth_url: https://ks.example/v3, identity_provider: i, protocol: p, client_id: c, username: u, "
             "password: "
             "p, project_id: q, discovery_endpoint: 'https://canary.example'",
             "auth_type: v3oidcpassword"
         ),
         "auth.discovery_endpoint is not admitted here"},
        {"a list as password",
         entry("auth_url: https://ks.example/v3, user_id: u, project_id: q, password: [canary]"),
         "auth.password must be a text"},
        {"no password",
         entry("auth_url: https://ks.example/v3, user_id: u, project_id: q"),
         "auth.password is missing; add it"},
        {"an entry that is a text", "clouds: {prod: canary}", "the entry must be a mapping"},
    };
    for (const auto& [name, yaml, message] : table)
    {
        const auto read = parse(yaml);
        ASSERT_FALSE(read) << name;
        EXPECT_EQ(read.error().code, support::errc::invalid) << name;
        EXPECT_THAT(
            read.error().message,
            AllOf(
                HasSubstr(std::string(source) + ": cloud \"prod\": "),
                HasSubstr(message),
                Not(HasSubstr("canary")),
                Not(HasSubstr("\n"))
            )
        ) << name;
    }
}

TEST(tenant_entry, an_override_is_https_where_auth_url_is_even_if_every_url_is_admitted)
{
    EXPECT_EQ(
        error_of(parse(entry(good, "load_balancer_endpoint_override: 'http://lb.example'"), "", {"*"})),
        std::string(source) +
            ": cloud \"prod\": load_balancer_endpoint_override is http although auth_url is https; no token "
            "is sent over http"
    );
    EXPECT_TRUE(parse(entry(good, "load_balancer_endpoint_override: 'https://lb.example'"), "", {"*"}));
}

TEST(tenant_entry, the_ca_of_the_secret_replaces_the_files_that_the_entry_names)
{
    for (const std::string keys : {"cacert: /canary", "verify: /canary", "cacert: ''"})
    {
        const auto read = parse(entry(good, keys), ca_pem);
        ASSERT_TRUE(read) << error_of(read);
        EXPECT_EQ(read->tls->ca_pem, ca_pem) << keys;
    }
    EXPECT_TRUE(parse(entry(good, "cacert: ''"))) << "names no file";
    EXPECT_THAT(error_of(parse(entry(good, "verify: false"), ca_pem)), HasSubstr("TLS is always verified"));
}

TEST(tenant_entry, a_ca_that_is_none_is_not_quoted)
{
    EXPECT_THAT(
        error_of(parse(entry(good), "canary")),
        AllOf(HasSubstr("cloud \"prod\": cacert: "), Not(HasSubstr("canary")))
    );
}

TEST(tenant_entry, yaml_that_would_cost_much_is_refused)
{
    EXPECT_EQ(
        error_of(parse(entry(good) + std::string(64 << 10, ' '))),
        std::string(source) + ": larger than 64 KiB, or its CA larger than 512 KiB"
    );
    EXPECT_EQ(
        error_of(parse(entry(good), std::string((512 << 10) + 1, 'x'))),
        std::string(source) + ": larger than 64 KiB, or its CA larger than 512 KiB"
    );
    EXPECT_THAT(error_of(parse("clouds: " + std::string(60'000, '['))), HasSubstr("invalid YAML at line 1"));

    std::string laughs = "a0: &a0 [canary, canary]\n";
    for (int i = 1; i < 30; ++i)
    {
        const std::string before = "*a" + std::to_string(i - 1);
        laughs +=
            "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before + "]\n";
    }
    EXPECT_THAT(
        error_of(parse(laughs + entry(good, "bomb: *a29"))),
        HasSubstr("has more or deeper values than any entry")
    );
    EXPECT_THAT(
        error_of(parse("clouds: {prod: &p {auth: {" + good + "}, self: *p}}")),
        HasSubstr("more or deeper values")
    );
    EXPECT_THAT(error_of(parse("clouds:\n  prod:\n    password: canary: x\n")), Not(HasSubstr("canary")));
    EXPECT_THAT(error_of(parse(std::string("\xff\xfe\x00\x01", 4))), HasSubstr(source));
    EXPECT_THAT(error_of(parse("")), HasSubstr("has no clouds"));
}

}  // namespace
