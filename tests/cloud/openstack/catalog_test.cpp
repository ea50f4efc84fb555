#include "cloud/openstack/catalog.hpp"

#include "cloud/openstack/captured.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using cloud::openstack::cloud_entry;
using cloud::openstack::endpoint;
using cloud::openstack::read_token;
using cloud::openstack::service;
using cloud::openstack::service_url;
using testing::HasSubstr;

TEST(catalog, a_token_comes_with_its_life_its_project_and_the_endpoints_that_we_use)
{
    const auto issued = read_token(captured::token("gAAAA"));
    ASSERT_TRUE(issued) << issued.error();
    EXPECT_EQ(issued->token.reveal(), "gAAAA");
    EXPECT_EQ(issued->life, 1h);
    EXPECT_EQ(issued->project_id, "4df7978bb2cf4afc91391260ded6416d");
    EXPECT_EQ(issued->catalog.size(), 6U) << "three interfaces of two services";
}

TEST(catalog, what_is_not_a_whole_token_is_odd)
{
    const auto oddity = [](net::http_response answer) {
        const auto issued = read_token(answer);
        return issued ? "none" : issued.error();
    };
    const auto with_body = [](const std::string& body) {
        auto answer = captured::json(201, body);
        answer.headers.push_back({"X-Subject-Token", "t"});
        return answer;
    };
    auto nameless = captured::token("t");
    nameless.headers.pop_back();
    EXPECT_EQ(oddity(nameless), "the header X-Subject-Token is missing");
    auto accepted = captured::token("t");
    accepted.status = 202;
    EXPECT_EQ(oddity(accepted), "status 202 instead of 201");
    for (const std::string body :
         {"",
          "<html>",
          "[]",
          "{}",
          R"({"token":[]})",
          R"({"token":{"expires_at":"soon","issued_at":"now"}})",
          R"({"token":{"expires_at":"2026-11-24T03:27:20Z","issued_at":"2026-11-24T03:27:20Z"}})"})
    {
        EXPECT_EQ(oddity(with_body(body)), "issued_at or expires_at of the token is missing or malformed")
            << body;
    }
    const std::string life = R"("expires_at":"2026-11-24T04:27:20Z","issued_at":"2026-11-24T03:27:20Z")";
    EXPECT_EQ(oddity(with_body(R"({"token":{)" + life + "}}")), "the token has no project");
    EXPECT_EQ(
        oddity(with_body(R"({"token":{)" + life + R"(,"project":{"id":"p"}}})")), "the token has no catalog"
    );
    EXPECT_EQ(oddity(with_body(R"({"token":{)" + life + R"(,"project":{"id":"p"},"catalog":[]}})")), "none");
    EXPECT_EQ(
        oddity(with_body(
            R"({"token":{)" + life +
            R"(,"project":{"id":"p"},"catalog":[7,{"type":"key-manager"},{"type":"key-manager","endpoints":[1,{"url":2}]}]}})"
        )),
        "none"
    ) << "odd parts of a catalog are left out";
}

cloud_entry entry_at(const std::string& keystone)
{
    cloud_entry entry;
    entry.cloud = "prod";
    entry.keystone = net::parse_url(keystone).value();
    entry.interfaces = {"public"};
    return entry;
}

const std::vector<endpoint> catalog{
    {service::octavia, "internal", "sao1", "http://internal.example:9876"},
    {service::octavia, "public", "rio2", "http://rio.example:9876"},
    {service::octavia, "public", "sao1", "http://sao.example:9876"},
    {service::barbican, "public", "sao1", "http://sao.example:9311"},
};

TEST(catalog, the_endpoint_is_chosen_by_service_region_and_interface)
{
    auto entry = entry_at("http://ks.example/v3");
    EXPECT_EQ(service_url(service::octavia, "sao1", entry, catalog)->str(), "http://sao.example:9876/v2");
    EXPECT_EQ(service_url(service::octavia, "rio2", entry, catalog)->str(), "http://rio.example:9876/v2");
    EXPECT_EQ(service_url(service::barbican, "sao1", entry, catalog)->str(), "http://sao.example:9311/v1");
    entry.interfaces = {"internal"};
    EXPECT_EQ(
        service_url(service::octavia, "sao1", entry, catalog)->str(), "http://internal.example:9876/v2"
    );
}

TEST(catalog, the_version_is_added_where_the_url_has_none)
{
    const auto entry = entry_at("http://ks.example/v3");
    const auto url = [&](service of, const std::string& text) {
        return service_url(of, "sao1", entry, {{of, "public", "sao1", text}})->str();
    };
    EXPECT_EQ(url(service::octavia, "http://lb.example"), "http://lb.example/v2");
    EXPECT_EQ(url(service::octavia, "http://lb.example/"), "http://lb.example/v2");
    EXPECT_EQ(url(service::octavia, "http://lb.example/v2"), "http://lb.example/v2");
    EXPECT_EQ(url(service::octavia, "http://lb.example/v2.0/"), "http://lb.example/v2.0");
    EXPECT_EQ(url(service::octavia, "http://lb.example/v2/lbaas"), "http://lb.example/v2");
    EXPECT_EQ(
        url(service::octavia, "http://cloud.example/load-balancer"), "http://cloud.example/load-balancer/v2"
    );
    EXPECT_EQ(url(service::barbican, "http://km.example"), "http://km.example/v1");
    EXPECT_EQ(url(service::barbican, "http://km.example/v1/"), "http://km.example/v1");
    EXPECT_EQ(
        url(service::barbican, "http://cloud.example/key-manager"), "http://cloud.example/key-manager/v1"
    );
}

TEST(catalog, an_unknown_region_names_those_that_are_known)
{
    const auto entry = entry_at("http://ks.example/v3");
    const auto missing = service_url(service::octavia, "nowhere", entry, catalog);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().kind, cloud::failure::no_endpoint);
    EXPECT_EQ(
        missing.error().message,
        "Keystone's catalog has no public load-balancer endpoint in region \"nowhere\"; the catalog has "
        "load-balancer in rio2, sao1"
    );
    EXPECT_EQ(
        service_url(service::barbican, "sao1", entry, {}).error().message,
        "Keystone's catalog has no public key-manager endpoint in region \"sao1\"; the catalog has no "
        "key-manager service at all"
    );
}

TEST(catalog, an_https_keystone_does_not_send_its_token_to_http)
{
    const auto entry = entry_at("https://ks.example/v3");
    const auto downgraded = service_url(service::octavia, "sao1", entry, catalog);
    ASSERT_FALSE(downgraded);
    EXPECT_EQ(downgraded.error().kind, cloud::failure::no_endpoint);
    EXPECT_THAT(
        downgraded.error().message,
        HasSubstr("no token is sent over http. Correct the catalog or set load_balancer_endpoint_override")
    );
}

TEST(catalog, an_unusable_url_is_no_endpoint)
{
    const auto entry = entry_at("http://ks.example/v3");
    for (const std::string url :
         {"", "lb.example", "ftp://lb.example", "http://lb.example/v2?x=1", "http://user@lb.example"})
    {
        const auto unusable =
            service_url(service::octavia, "sao1", entry, {{service::octavia, "public", "sao1", url}});
        ASSERT_FALSE(unusable) << url;
        EXPECT_EQ(unusable.error().kind, cloud::failure::no_endpoint);
    }
}

TEST(catalog, an_override_goes_before_the_catalog)
{
    auto entry = entry_at("https://ks.example/v3");
    entry.load_balancer_endpoint = net::parse_url("http://lab.example/load-balancer").value();
    EXPECT_EQ(service_url(service::octavia, "any", entry, {})->str(), "http://lab.example/load-balancer/v2");
    EXPECT_FALSE(service_url(service::barbican, "any", entry, {}));
    entry.key_manager_endpoint = net::parse_url("https://km.example/v1").value();
    EXPECT_EQ(service_url(service::barbican, "any", entry, {})->str(), "https://km.example/v1");
}

TEST(catalog, an_endpoint_without_a_region_serves_each_region_that_has_none_of_its_own)
{
    auto entry = entry_at("http://ks.example/v3");
    const std::vector<endpoint> endpoints{
        {service::octavia, "public", "", "http://any.example"},
        {service::octavia, "public", "sao1", "http://sao.example"},
        {service::octavia, "internal", "", "http://inner.example"},
    };
    EXPECT_EQ(service_url(service::octavia, "sao1", entry, endpoints)->str(), "http://sao.example/v2");
    EXPECT_EQ(service_url(service::octavia, "rio2", entry, endpoints)->str(), "http://any.example/v2");
    entry.interfaces = {"internal", "public"};
    EXPECT_EQ(service_url(service::octavia, "sao1", entry, endpoints)->str(), "http://sao.example/v2")
        << "the region comes before the interface";
    EXPECT_EQ(service_url(service::octavia, "rio2", entry, endpoints)->str(), "http://inner.example/v2");
    entry.load_balancer_interfaces = {"public"};
    EXPECT_EQ(service_url(service::octavia, "rio2", entry, endpoints)->str(), "http://any.example/v2");
    entry.load_balancer_interfaces = {"admin"};
    EXPECT_THAT(
        service_url(service::octavia, "rio2", entry, endpoints).error().message,
        testing::HasSubstr("the catalog has load-balancer in no region, sao1")
    );
}

}  // namespace
