#include "cloud/openstack/clouds_yaml.hpp"

#include "fakes/certificates/certificates.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace {

using cloud::openstack::cloud_entry;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr auto file = "/etc/openstack/clouds.yaml";

const std::string ca_pem = test::make_certificate({.subject = "ca.example", .ca = true}).pem;

support::result<std::string> read_nothing(const std::string& path)
{
    return support::fail(support::errc::invalid, "cannot read " + path + ": No such file or directory");
}

support::result<std::string> read_ca(const std::string& path)
{
    return path == "/etc/ssl/cloud.pem" ? support::result<std::string>(ca_pem) : read_nothing(path);
}

support::result<cloud_entry> parse(
    const std::string& yaml, const std::string& cloud = "prod", const std::string& secure = ""
)
{
    return cloud::openstack::parse_cloud_entry(yaml, secure, file, cloud, read_ca);
}

// The entry "prod" with `keys` beside auth and `auth` inside it, both in YAML's flow style.
std::string entry(const std::string& auth, const std::string& keys = "")
{
    return "clouds: {prod: {auth: {" + auth + "}" + (keys.empty() ? "" : ", " + keys) + "}}";
}

constexpr auto password_auth =
    "auth_url: https://ks.example:5000/v3, username: alice, password: canary, user_domain_name: Default, "
    "project_name: shop, project_domain_id: default";

std::string error_of(const support::result<cloud_entry>& read)
{
    return read ? "no error" : read.error().message;
}

TEST(clouds_yaml, reads_a_password)
{
    const auto read = parse(
        R"(
clouds:
  lab-admin:
    auth:
      auth_url: http://127.0.0.1:15000/v3
      username: admin
      password: admin-secret
      project_name: admin
      user_domain_id: default
      project_domain_id: default
    region_name: sao1
    interface: public
    identity_api_version: 3
)",
        "lab-admin"
    );
    ASSERT_TRUE(read) << error_of(read);
    EXPECT_EQ(read->cloud, "lab-admin");
    EXPECT_EQ(read->keystone.str(), "http://127.0.0.1:15000/v3");
    EXPECT_EQ(read->interfaces, std::vector<std::string>{"public"});
    EXPECT_EQ(read->how, cloud_entry::login::password);
    EXPECT_EQ(read->user.name, "admin");
    EXPECT_EQ(read->user.domain_id, "default");
    EXPECT_EQ(read->project.name, "admin");
    EXPECT_EQ(read->secret.reveal(), "admin-secret");
    EXPECT_EQ(read->tls, nullptr);
    EXPECT_EQ(read->id.size(), 64U);
}

TEST(clouds_yaml, reads_an_application_credential)
{
    const auto read = parse(
        R"(
clouds:
  lab:
    auth_type: v3applicationcredential
    auth:
      auth_url: http://127.0.0.1:15000
      application_credential_id: 8f5f262372714213b8acc580e9db4441
      application_credential_secret: appcred-secret-0123456789
)",
        "lab"
    );
    ASSERT_TRUE(read) << error_of(read);
    EXPECT_EQ(read->how, cloud_entry::login::application_credential);
    EXPECT_EQ(read->application_credential_id, "8f5f262372714213b8acc580e9db4441");
    EXPECT_EQ(read->secret.reveal(), "appcred-secret-0123456789");
    EXPECT_EQ(read->keystone.str(), "http://127.0.0.1:15000/v3");
}

TEST(clouds_yaml, reads_an_application_credential_by_name_with_its_user)
{
    const auto read = parse(entry(
        "auth_url: https://ks.example, application_credential_name: certs, application_credential_secret: s, "
        "username: alice, user_domain_name: Default",
        "auth_type: v3applicationcredential"
    ));
    ASSERT_TRUE(read) << error_of(read);
    EXPECT_EQ(read->application_credential_name, "certs");
    EXPECT_EQ(read->user.name, "alice");
    EXPECT_EQ(read->user.domain_name, "Default");
}

TEST(clouds_yaml, the_keystone_url_ends_with_v3_however_it_is_written)
{
    for (const std::string url :
         {"https://KS.example", "https://ks.example/", "https://ks.example/v3", "https://ks.example:443/v3/"})
    {
        const auto read = parse(entry("auth_url: '" + url + "', user_id: u, password: p, project_id: q"));
        ASSERT_TRUE(read) << error_of(read);
        EXPECT_EQ(read->keystone.str(), "https://ks.example/v3") << url;
    }
    const auto below =
        parse(entry("auth_url: https://cloud.example/identity, user_id: u, password: p, project_id: q"));
    ASSERT_TRUE(below) << error_of(below);
    EXPECT_EQ(below->keystone.str(), "https://cloud.example/identity/v3");
}

TEST(clouds_yaml, the_interface_has_several_spellings)
{
    for (const auto& [keys, interface] : std::initializer_list<std::pair<const char*, const char*>>{
             {"region_name: x", "public"},
             {"interface: internal", "internal"},
             {"interface: adminURL", "admin"},
             {"endpoint_type: publicURL", "public"},
             {"endpoint_type: internalURL", "internal"},
         })
    {
        const auto read = parse(entry(password_auth, keys));
        ASSERT_TRUE(read) << error_of(read);
        EXPECT_EQ(read->interfaces, std::vector<std::string>{interface}) << keys;
    }
}

TEST(clouds_yaml, project_and_domain_may_be_in_the_places_of_older_files)
{
    const auto read = parse(entry(
        "auth_url: https://ks.example, username: alice, password: p, tenant_name: shop",
        "domain_name: Default"
    ));
    ASSERT_TRUE(read) << error_of(read);
    EXPECT_EQ(read->project.name, "shop");
    EXPECT_EQ(read->project.domain_name, "Default");
    EXPECT_EQ(read->user.domain_name, "Default");
}

TEST(clouds_yaml, endpoints_may_be_overridden)
{
    const auto read = parse(entry(
        password_auth,
        "load_balancer_endpoint_override: 'https://lb.example/v2.0', key_manager_endpoint_override: "
        "'https://km.example'"
    ));
    ASSERT_TRUE(read) << error_of(read);
    EXPECT_EQ(read->load_balancer_endpoint->str(), "https://lb.example/v2.0");
    EXPECT_EQ(read->key_manager_endpoint->str(), "https://km.example");
}

TEST(clouds_yaml, the_ca_is_read_from_its_file)
{
    const auto read = parse(entry(password_auth, "cacert: /etc/ssl/cloud.pem, verify: true"));
    ASSERT_TRUE(read) << error_of(read);
    ASSERT_NE(read->tls, nullptr);
    EXPECT_EQ(read->tls->ca_pem, ca_pem);
}

TEST(clouds_yaml, keys_that_nobody_needs_are_no_error)
{
    const auto read = parse(
        entry(password_auth, "networks: [{name: a}], 7: seven, volume_api_version: 3, interfce: internal")
    );
    ASSERT_TRUE(read) << error_of(read);
    EXPECT_EQ(read->unknown_keys, (std::vector<std::string>{"7", "interfce"}));
}

TEST(clouds_yaml, numbers_are_texts)
{
    const auto read =
        parse(entry("auth_url: https://ks.example, user_id: 007, password: 123456, project_id: 1e5"));
    ASSERT_TRUE(read) << error_of(read);
    EXPECT_EQ(read->user.id, "007");
    EXPECT_EQ(read->secret.reveal(), "123456");
    EXPECT_EQ(read->project.id, "1e5");
}

TEST(clouds_yaml, the_only_entry_needs_no_name)
{
    const auto only = parse(entry(password_auth), "");
    ASSERT_TRUE(only) << error_of(only);
    EXPECT_EQ(only->cloud, "prod");
    EXPECT_EQ(
        error_of(parse("clouds: {prod: {}, test: {}}", "")),
        "/etc/openstack/clouds.yaml: has several clouds; name one with --cloud (in a binding: "
        "cloudCredentialsRef.cloudName): prod, test"
    );
}

TEST(clouds_yaml, what_secure_yaml_has_is_added)
{
    const auto read = parse(
        entry("auth_url: https://ks.example, user_id: u, project_id: q"),
        "prod",
        "clouds: {prod: {auth: {password: from-secure}}, other: {auth: {password: x}}}"
    );
    ASSERT_TRUE(read) << error_of(read);
    EXPECT_EQ(read->secret.reveal(), "from-secure");
}

TEST(clouds_yaml, an_entry_is_known_by_its_content_alone)
{
    const auto id = [](const std::string& yaml, const std::string& secure = "") {
        return parse(yaml, "prod", secure)->id;
    };
    const auto prod =
        id("clouds: {prod: {auth: {auth_url: https://ks.example, user_id: u, password: p, project_id: q}}}");
    EXPECT_EQ(
        id("clouds:\n  other: {}\n  prod:\n    auth:\n      project_id: q\n      password: p\n      user_id: "
           "u\n"
           "      auth_url: https://ks.example # the same\n"),
        prod
    ) << "order, layout and neighbours do not matter";
    EXPECT_EQ(
        id("clouds: {prod: {auth: {auth_url: https://ks.example, user_id: u, project_id: q}}}",
           "clouds: {prod: {auth: {password: p}}}"),
        prod
    );
    EXPECT_NE(
        id("clouds: {prod: {auth: {auth_url: https://ks.example, user_id: u, password: P, project_id: q}}}"),
        prod
    );
    EXPECT_NE(
        id("clouds: {prod: {auth: {auth_url: https://ks.example, user_id: u, password: p, project_id: q}, "
           "region_name: x}}"),
        prod
    );
}

TEST(clouds_yaml, the_order_of_nested_keys_does_not_matter_and_the_ca_does)
{
    const auto id = [](const std::string& keys) { return parse(entry(password_auth, keys))->id; };
    EXPECT_EQ(id("other: {a: 1, b: [x, y]}"), id("other: {b: [x, y], a: 1}"));
    EXPECT_NE(id("other: {a: 1, b: [x, y]}"), id("other: {a: 1, b: [y, x]}"));

    const auto with_ca = [](const std::string& pem) {
        const std::string yaml = entry(password_auth, "cacert: ca.pem");
        return cloud::openstack::parse_cloud_entry(
                   yaml,
                   "",
                   file,
                   "prod",
                   [&pem](const std::string&) { return support::result<std::string>(pem); }
        )->id;
    };
    EXPECT_NE(with_ca(ca_pem), with_ca(ca_pem + "\n")) << "the file has changed";
}

TEST(clouds_yaml, merge_keys_are_merged_and_own_keys_win)
{
    const auto read = parse(
        "x: &a {interface: internal, verify: true}\n"
        "y: &b {interface: admin, auth_type: v3password}\n"
        "clouds: {prod: {<<: [*a, *b], auth: {<<: {user_id: other, project_id: q}, user_id: u, password: p, "
        "auth_url: https://ks.example}}}"
    );
    ASSERT_TRUE(read) << error_of(read);
    EXPECT_EQ(read->interfaces, std::vector<std::string>{"internal"}) << "the first of a list wins";
    EXPECT_EQ(read->user.id, "u");
    EXPECT_EQ(read->project.id, "q");
}

TEST(clouds_yaml, verification_that_is_off_has_no_effect_where_there_is_no_tls)
{
    const std::string plain = "auth_url: 'http://ks.example', user_id: u, password: p, project_id: q";
    for (const std::string keys : {"verify: false", "insecure: true"})
    {
        EXPECT_TRUE(parse(entry(plain, keys))) << keys;
        EXPECT_THAT(
            error_of(parse(entry(plain, keys + ", load_balancer_endpoint_override: 'https://lb.example'"))),
            HasSubstr("TLS is always verified; remove " + keys)
        );
    }
    EXPECT_THAT(
        error_of(parse(entry(password_auth, "verify: false"))),
        HasSubstr("openssl s_client -connect ks.example:5000 </dev/null | openssl x509")
    );
}

TEST(clouds_yaml, verify_may_name_the_file_of_the_authorities)
{
    const auto read = parse(entry(password_auth, "verify: /etc/ssl/cloud.pem"));
    ASSERT_TRUE(read) << error_of(read);
    EXPECT_EQ(read->tls->ca_pem, ca_pem);
    EXPECT_FALSE(parse(entry(password_auth, "cacert: ''"))->tls);
}

TEST(clouds_yaml, a_client_certificate_is_presented)
{
    const auto me = test::make_certificate({.subject = "me"});
    const auto read = cloud::openstack::parse_cloud_entry(
        entry(password_auth, "cert: me.pem, key: me.key"),
        "",
        file,
        "prod",
        [&me](const std::string& path) -> support::result<std::string> {
            return path == "me.key" ? me.key_pem : me.pem;
        }
    );
    ASSERT_TRUE(read) << error_of(read);
    EXPECT_EQ(read->tls->client_certificate_pem, me.pem);
    EXPECT_EQ(read->tls->client_key_pem.reveal(), me.key_pem);
}

TEST(clouds_yaml, the_region_is_put_into_urls)
{
    const auto read = parse(entry(
        "auth_url: 'https://{region_name}.ks.example', user_id: u, password: p, project_id: q",
        "region_name: sao1, load_balancer_endpoint_override: 'https://lb.{region_name}.example'"
    ));
    ASSERT_TRUE(read) << error_of(read);
    EXPECT_EQ(read->keystone.str(), "https://sao1.ks.example/v3");
    EXPECT_EQ(read->load_balancer_endpoint->str(), "https://lb.sao1.example");
}

TEST(clouds_yaml, a_default_domain_fills_what_is_missing)
{
    for (const auto& [keys, id, name] : std::initializer_list<std::array<const char*, 3>>{
             {"default_domain_id: d", "d", ""},
             {"default_domain_name: D", "", "D"},
             {"default_domain: d", "d", ""},
         })
    {
        const auto read = parse(
            entry("auth_url: https://ks.example, username: alice, password: p, project_name: shop", keys)
        );
        ASSERT_TRUE(read) << error_of(read);
        EXPECT_EQ(read->user.domain_id, id) << keys;
        EXPECT_EQ(read->project.domain_name, name) << keys;
    }
}

TEST(clouds_yaml, reads_a_token)
{
    const auto read =
        parse(entry("auth_url: https://ks.example, token: t, project_id: q", "auth_type: v3token"));
    ASSERT_TRUE(read) << error_of(read);
    EXPECT_EQ(read->how, cloud_entry::login::token);
    EXPECT_EQ(read->secret.reveal(), "t");
}

TEST(clouds_yaml, reads_a_federated_login)
{
    const std::string auth =
        "auth_url: https://ks.example, identity_provider: idp, protocol: openid, client_id: c, project_id: "
        "q, "
        "username: alice, password: canary, ";
    const auto read =
        parse(entry(auth + "discovery_endpoint: 'https://idp.example/x'", "auth_type: v3oidcpassword"));
    ASSERT_TRUE(read) << error_of(read);
    EXPECT_EQ(read->federated->discovery_endpoint->str(), "https://idp.example/x");
    EXPECT_EQ(read->federated->scope, "openid profile");
    EXPECT_EQ(
        error_of(parse(entry(auth + "discovery_endpoint: 'http://idp.example/x'", "auth_type: v3oidcpassword")
        )),
        "/etc/openstack/clouds.yaml: cloud \"prod\": auth.discovery_endpoint is http although auth_url is "
        "https; no "
        "password is sent over http"
    );
}

struct bad_file
{
    const char* name;
    std::string yaml;
    const char* message;  // after file and cloud
};

TEST(clouds_yaml, each_mistake_is_one_line_that_says_what_to_do)
{
    const bad_file table[] = {
        {"no auth_url",
         entry("username: a"),
         "auth.auth_url is missing; add Keystone's URL, such as https://keystone.example/v3"},
        {"no entry",
         "clouds: {prod: }",
         "auth.auth_url is missing; add Keystone's URL, such as https://keystone.example/v3"},
        {"odd auth_url", entry("auth_url: keystone"), "auth.auth_url: \"keystone\" is not"},
        {"URL with a password",
         entry("auth_url: 'https://a:canary@ks.example'"),
         "auth.auth_url: the URL holds a user name"},
        {"v2.0", entry("auth_url: https://ks.example/v2.0"), "auth.auth_url names Keystone's API v2.0"},
        {"no user",
         entry("auth_url: https://ks.example, password: p, project_id: q"),
         "auth.username is missing; add it or auth.user_id"},
        {"no user domain",
         entry("auth_url: https://ks.example, username: a, password: canary, project_id: q"),
         "auth.user_domain_name is missing; add it (mostly Default) or auth.user_domain_id"},
        {"no password",
         entry("auth_url: https://ks.example, user_id: u, project_id: q"),
         "auth.password is missing; add it"},
        {"empty password",
         entry("auth_url: https://ks.example, user_id: u, project_id: q, password: "),
         "auth.password is missing; add it"},
        {"password that is a list",
         entry("auth_url: https://ks.example, user_id: u, project_id: q, password: [canary]"),
         "auth.password must be a text"},
        {"no project",
         entry("auth_url: https://ks.example, user_id: u, password: canary"),
         "auth.project_name is missing; add it or auth.project_id"},
        {"no project domain",
         entry("auth_url: https://ks.example, user_id: u, password: canary, project_name: q"),
         "auth.project_domain_name is missing; add it (mostly Default) or auth.project_domain_id"},
        {"no credential id",
         entry("auth_url: https://ks.example", "auth_type: v3applicationcredential"),
         "auth.application_credential_id is missing; add it"},
        {"no credential secret",
         entry(
             "auth_url: https://ks.example, application_credential_id: x",
             "auth_type: v3applicationcredential"
         ),
         "auth.application_credential_secret is missing; add it"},
        {"named credential without user",
         entry(
             "auth_url: https://ks.example, application_credential_name: x, application_credential_secret: "
             "canary",
             "auth_type: v3applicationcredential"
         ),
         "auth.username is missing; an application credential given by name needs its user"},
        {"other login",
         entry(password_auth, "auth_type: v3totp"),
         "auth_type v3totp is not supported; make an application credential for the controller (openstack "
         "application credential create NAME) and use v3applicationcredential"},
        {"unknown login", entry(password_auth, "auth_type: canary"), "auth_type is not supported; make an"},
        {"key of another login",
         entry(password_auth + std::string(", application_credential_id: x")),
         "auth.application_credential_id has no meaning for auth_type password; remove it"},
        {"unknown key of a login",
         entry(password_auth + std::string(", pasword: canary")),
         "auth.pasword is no key that a login has; correct or remove it"},
        {"key in the wrong place",
         entry(password_auth + std::string(", cacert: canary")),
         "auth.cacert does not belong into auth; write it beside auth"},
        {"trust",
         entry(password_auth + std::string(", trust_id: x")),
         "auth.trust_id is not supported; make an"},
        {"domain instead of a project",
         entry("auth_url: https://ks.example, user_id: u, password: canary, domain_id: default"),
         "auth.project_name is missing; add it or auth.project_id"},
        {"project beside an application credential",
         entry(
             "auth_url: https://ks.example, application_credential_id: x, application_credential_secret: "
             "canary, project_id: q",
             "auth_type: v3applicationcredential"
         ),
         "auth.project_id does not go with an application credential, which has a project of its own"},
        {"one key in two spellings",
         entry(password_auth + std::string(", auth-url: x")),
         "auth.auth-url and auth.auth_url are one key; keep one"},
        {"unknown profile",
         entry(password_auth, "profile: vexxhost"),
         "profile \"vexxhost\" is not known here"},
        {"code of a vendor", entry(password_auth, "vendor_hook: x"), "vendor_hook names Python code"},
        {"Barbican elsewhere",
         entry(password_auth, "key_manager_region_name: x"),
         "key_manager_region_name is not supported; name Barbican's URL with key_manager_endpoint_override"},
        {"another API version",
         entry(password_auth, "load_balancer_api_version: 1"),
         "load_balancer_api_version is not supported; the controller speaks version 2, remove it"},
        {"region without a name",
         entry("auth_url: 'https://{region_name}.ks.example', user_id: u, password: p, project_id: q"),
         "auth.auth_url has {region_name}, but region_name is missing; add it"},
        {"one URL for several regions",
         entry(
             "auth_url: 'https://{region_name}.ks.example', user_id: u, password: p, project_id: q",
             "regions: [a, b]"
         ),
         "auth.auth_url has {region_name}, but the entry names several regions"},
        {"several regions with values",
         entry(password_auth, "regions: [a, {name: b, values: {interface: internal}}]"),
         "regions gives values of its own to one of several regions"},
        {"braces of no key",
         entry("auth_url: 'https://{nowhere}.ks.example', user_id: u, password: p, project_id: q"),
         "auth.auth_url has {nowhere}, which is no key of the entry"},
        {"open brace",
         entry("auth_url: 'https://{ks.example', user_id: u, password: p, project_id: q"),
         "auth.auth_url has a single { or }"},
        {"a certificate instead of its path",
         entry(password_auth, "cacert: '-----BEGIN CERTIFICATE-----'"),
         "cacert must be the path of a file, not its content"},
        {"a key without a certificate", entry(password_auth, "key: /x"), "cert is missing"},
        {"a value with a tag", entry(password_auth, "other: !!binary aGFsbG8="), "has a value with a tag"},
        {"odd interface",
         entry(password_auth, "interface: private"),
         "interface is not known; use public, internal or admin"},
        {"no verification",
         entry(password_auth, "verify: false"),
         "TLS is always verified; remove verify: false and give the cloud's CA with cacert"},
        {"no verification, as a word", entry(password_auth, "verify: 'No'"), "TLS is always verified"},
        {"insecure", entry(password_auth, "insecure: true"), "TLS is always verified"},
        {"odd verify",
         entry(password_auth, "verify: maybe"),
         "verify: cannot read maybe: No such file or directory"},
        {"no CA file",
         entry(password_auth, "cacert: /nowhere"),
         "cacert: cannot read /nowhere: No such file or directory"},
        {"odd override",
         entry(password_auth, "load_balancer_endpoint_override: 'lb'"),
         "load_balancer_endpoint_override: \"lb\" is not"},
        {"override with a query",
         entry(password_auth, "key_manager_endpoint_override: 'https://km.example/?x'"),
         "key_manager_endpoint_override must be a URL without a query"},
        {"auth is a list", "clouds: {prod: {auth: [a]}}", "auth must be a mapping of keys to values"},
        {"entry is a text", "clouds: {prod: canary}", "the entry must be a mapping of keys to values"},
        {"key twice",
         entry("auth_url: https://ks.example, password: canary, password: canary2"),
         "auth.password is given twice; keep one"},
        {"merge key",
         "clouds: {prod: {auth: {<<: canary}}}",
         "a merge key (<<) must hold a mapping or a list of mappings"},
    };
    for (const auto& [name, yaml, message] : table)
    {
        const auto read = parse(yaml);
        ASSERT_FALSE(read) << name;
        EXPECT_EQ(read.error().code, support::errc::invalid);
        EXPECT_THAT(
            read.error().message,
            AllOf(
                HasSubstr(std::string("/etc/openstack/clouds.yaml: cloud \"prod\": ") + message),
                Not(HasSubstr("canary"))
            )
        ) << name;
    }
}

TEST(clouds_yaml, a_file_that_is_none_is_one_line_too)
{
    EXPECT_EQ(
        error_of(parse("")),
        "/etc/openstack/clouds.yaml: has no clouds; it must hold a mapping \"clouds:\" of entries by name"
    );
    EXPECT_EQ(error_of(parse("clouds: {}")), error_of(parse("")));
    EXPECT_EQ(error_of(parse("# nothing")), error_of(parse("")));
    EXPECT_EQ(
        error_of(parse("clouds: [prod]")),
        "/etc/openstack/clouds.yaml: clouds must be a mapping of entries by name"
    );
    EXPECT_EQ(
        error_of(parse(entry(password_auth) + "\n---\n" + entry(password_auth))),
        "/etc/openstack/clouds.yaml: holds several documents (---); keep one"
    );
    EXPECT_EQ(
        error_of(parse("clouds: {test: {}, dev: {}}")),
        "/etc/openstack/clouds.yaml: has no cloud \"prod\"; it has dev, test"
    );
    EXPECT_EQ(
        error_of(parse("clouds: {prod: {}, prod: {}}")),
        "/etc/openstack/clouds.yaml: cloud \"prod\" is given twice; keep one"
    );
    EXPECT_EQ(
        error_of(parse("clouds:\n  prod:\n    password: canary: x\n")),
        "/etc/openstack/clouds.yaml: invalid YAML at line 3, column 21"
    );
    EXPECT_EQ(
        error_of(parse(entry(password_auth), "prod", "clouds: [}")),
        "secure.yaml beside /etc/openstack/clouds.yaml: invalid YAML at line 1, column 10"
    );
}

TEST(clouds_yaml, hostile_yaml_is_refused)
{
    EXPECT_EQ(
        error_of(parse("clouds: " + std::string(1 << 20, ' '))),
        "/etc/openstack/clouds.yaml: larger than 1 MiB; this is not a clouds.yaml"
    );

    std::string laughs = "a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]\n";
    for (int i = 1; i < 12; ++i)
    {
        const std::string before = "*a" + std::to_string(i - 1) + ", ";
        laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + before + before +
                  before + before + "*a" + std::to_string(i - 1) + "]\n";
    }
    EXPECT_THAT(
        error_of(parse(laughs + "clouds: {prod: {auth: {" + password_auth + "}, bomb: *a11}}")),
        HasSubstr("has more or deeper values than any entry of a clouds.yaml")
    );

    std::string echoes =
        "word: &w " + std::string(100'000, 'x') + "\nclouds: {prod: {auth: {" + password_auth + "}, echo: [";
    for (int i = 0; i < 5000; ++i)
    {
        echoes += "*w, ";
    }
    EXPECT_THAT(error_of(parse(echoes + "]}}")), HasSubstr("has more or deeper values"));

    EXPECT_THAT(
        error_of(parse("clouds: {prod: {auth: {" + std::string(password_auth) + "}, self: &self [*self]}}")),
        HasSubstr("has more or deeper values")
    );
    EXPECT_THAT(error_of(parse("clouds: " + std::string(100'000, '['))), HasSubstr("invalid YAML"));
    EXPECT_THAT(error_of(parse("clouds: " + std::string(100'000, '{'))), HasSubstr("invalid YAML"));
}

}  // namespace
