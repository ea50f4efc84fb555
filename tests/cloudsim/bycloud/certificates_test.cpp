// ByCloud: who may ask, and the requests for certificates, row by row of the API's documentation.
#include "fakes/certificates/certificates.hpp"

#include "cloudsim/bycloud/bycloud_lab.hpp"

#include <gmock/gmock.h>

namespace cloudsim::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

std::vector<std::string> keys_of(const json& object)
{
    std::vector<std::string> result;
    for (const auto& member : object.items())
    {
        result.push_back(member.key());
    }
    return result;
}

class bycloud_certificates_test : public bycloud_lab
{
protected:
    const std::string list_ = "/v1/certificates";
    const std::string id_ = cloud.add_certificate({.name = "shop", .domains = {"shop.example.com"}});
    const std::string one_ = list_ + "/" + id_;
};

TEST_F(bycloud_certificates_test, a_request_proves_itself_with_an_api_key_or_a_bearer_token)
{
    EXPECT_EQ(call_with({{"x-api-key", key.api_key}, {"x-region", "sao1"}}, "GET", one_).status, 200);
    EXPECT_EQ(
        call_with({{"Authorization", "Bearer " + key.token}, {"X-Region", "sao1"}}, "GET", one_).status, 200
    );
}

TEST_F(bycloud_certificates_test, missing_wrong_expired_and_removed_credentials_get_401)
{
    const auto refused = [&](const header_list& headers) {
        auto sent = headers;
        sent.emplace_back("X-Region", "sao1");
        return details_of(call_with(sent, "GET", one_), 401);
    };
    EXPECT_THAT(refused({}), HasSubstr("missing or invalid"));
    refused({{"X-Api-Key", key.id}});
    refused({{"X-Api-Key", key.id + ":wrong"}});
    refused({{"X-Api-Key", "unknown:" + key.secret}});
    refused({{"Authorization", "Bearer wrong"}});
    refused({{"Authorization", "Basic " + key.token}});
    refused({{"Authorization", "Bearer "}});
    refused({{"X-Api-Key", key.api_key}, {"Authorization", "Bearer wrong"}});

    const auto brief = cloud.add_credential({.expires_at = now().wall + 1min});
    EXPECT_EQ(call_with({{"X-Api-Key", brief.api_key}, {"X-Region", "sao1"}}, "GET", one_).status, 200);
    advance(1min);
    refused({{"X-Api-Key", brief.api_key}});

    cloud.remove_credential(key.id);
    refused({{"X-Api-Key", key.api_key}});
}

TEST_F(bycloud_certificates_test, the_region_is_required_and_holds_the_objects)
{
    EXPECT_THAT(details_of(call_with({{"X-Api-Key", key.api_key}}, "GET", one_), 400), HasSubstr("X-Region"));
    const auto in = [&](const char* region, const std::string& path) {
        return call_with({{"X-Api-Key", key.api_key}, {"X-Region", region}}, "GET", path);
    };
    details_of(in("nowhere", one_), 400);
    details_of(in("RegionOne", one_), 404);
    EXPECT_EQ(body_of(in("RegionOne", list_))["certificates"].size(), 0U);
    EXPECT_EQ(body_of(in("sao1", list_))["certificates"].size(), 1U);
}

TEST_F(bycloud_certificates_test, an_organization_sees_its_own_objects_alone)
{
    key = cloud.add_credential({.organization = "other"});
    details_of(call("GET", one_), 404);
    EXPECT_EQ(body_of(call("GET", list_))["meta"]["total"], 0);
}

TEST_F(bycloud_certificates_test, a_credential_without_the_right_gets_403)
{
    key = cloud.add_credential({.rights = "read"});
    EXPECT_EQ(call("GET", one_).status, 200);
    details_of(call("POST", list_, {{"name", "x"}}), 403);
    details_of(call("POST", bindings_of(id_), order(false)), 403);
    key = cloud.add_credential({.rights = "none"});
    details_of(call("GET", one_), 403);
}

TEST_F(bycloud_certificates_test, the_router_answers_without_json)
{
    for (const auto* path : {"/", "/v2/certificates", "/v1/certificates/x/nothing", "/v1/load-balancers"})
    {
        const auto answer = call("GET", path);
        EXPECT_EQ(answer.status, 404);
        EXPECT_FALSE(json::accept(answer.body));
    }
    const auto answer = call("PUT", one_);
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(find_header(answer.headers, "Allow"), "GET");
    EXPECT_EQ(call("DELETE", one_).status, 405) << "no page says that a certificate can be deleted";
    EXPECT_EQ(call("GET", bindings_of(id_)).status, 405) << "no page says that bindings can be listed";
}

TEST_F(bycloud_certificates_test, a_certificate_in_a_list_is_without_dns_setup_and_bindings)
{
    bind(id_);
    const auto listed = body_of(call("GET", list_))["certificates"];
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_THAT(
        keys_of(listed[0]),
        UnorderedElementsAre(
            "id",
            "crn",
            "name",
            "type",
            "domains",
            "status",
            "expires_at",
            "renew_after",
            "error_message",
            "created_at",
            "updated_at"
        )
    );
    EXPECT_EQ(listed[0]["crn"], "crn:sao1:certificate:certificate:" + id_);
    EXPECT_EQ(listed[0]["created_at"], "2026-11-24T03:27:20Z");
    EXPECT_EQ(listed[0]["expires_at"], "2027-02-22T03:27:20Z");
}

TEST_F(bycloud_certificates_test, a_list_comes_in_pages)
{
    for (int i = 0; i < 24; ++i)
    {
        cloud.add_certificate({});
    }
    const auto first = body_of(call("GET", list_));
    ASSERT_EQ(first["certificates"].size(), 20U);
    const auto last = first["certificates"][19]["id"].get<std::string>();
    EXPECT_EQ(first["meta"], (json{{"total", 25}, {"limit", 20}, {"marker", last}, {"has_more", true}}));

    const auto second = body_of(call("GET", list_ + "?marker=" + last));
    EXPECT_EQ(second["certificates"].size(), 5U);
    EXPECT_EQ(second["meta"]["has_more"], false);

    const auto exact = body_of(call("GET", list_ + "?limit=5&marker=" + last));
    EXPECT_EQ(exact["certificates"], second["certificates"]);
    EXPECT_EQ(exact["meta"]["has_more"], false);
    EXPECT_EQ(body_of(call("GET", list_ + "?limit=4&marker=" + last))["meta"]["has_more"], true);
    EXPECT_EQ(body_of(call("GET", list_ + "?limit=1000"))["meta"]["limit"], 100);
}

TEST_F(bycloud_certificates_test, a_list_is_filtered_by_status_alone)
{
    const auto pending = cloud.add_certificate({.status = "pending_dns"});
    const auto listed = body_of(call("GET", list_ + "?status=pending_dns"));
    ASSERT_EQ(listed["certificates"].size(), 1U);
    EXPECT_EQ(listed["certificates"][0]["id"], pending);
    EXPECT_EQ(listed["meta"]["total"], 1);
    for (const auto* query :
         {"?status=nosuch",
          "?limit=0",
          "?limit=x",
          "?limit=5x",
          "?marker=x",
          "?name=shop",
          "?marker=00000000-0000-4000-8000-000000000000"})
    {
        SCOPED_TRACE(query);
        details_of(call("GET", list_ + query), 400);
    }
}

TEST_F(bycloud_certificates_test, one_certificate_has_its_bindings_and_while_dns_is_pending_the_records)
{
    EXPECT_EQ(show(id_)["bindings"], json::array());
    const auto binding = bind(id_);
    EXPECT_EQ(show(id_)["bindings"], json::array({binding}));
    EXPECT_FALSE(show(id_).contains("dns_setup"));

    const auto pending = cloud.add_certificate(
        {.type = "acme", .domains = {"a.example.com", "*.example.com"}, .status = "pending_dns"}
    );
    const auto setup = show(pending)["dns_setup"];
    EXPECT_EQ(
        setup["records"],
        (json{
            {{"record_name", "_acme-challenge.a.example.com"},
             {"record_type", "CNAME"},
             {"record_value", "a.example.com.acme.bycloud.io"}},
            {{"record_name", "_acme-challenge.example.com"},
             {"record_type", "CNAME"},
             {"record_value", "example.com.acme.bycloud.io"}}
        })
    );
    EXPECT_TRUE(setup["instructions"].is_string());
    details_of(call("GET", list_ + "/00000000-0000-4000-8000-000000000000"), 404);
}

TEST_F(bycloud_certificates_test, an_acme_certificate_is_created_validated_issued_and_renewed)
{
    const json wanted = {{"name", "new"}, {"type", "acme"}, {"domains", {"new.example.com"}}};
    const auto made = body_of(call("POST", list_, wanted), 201)["certificate"];
    EXPECT_EQ(made["status"], "pending_dns");
    EXPECT_EQ(made["dns_setup"]["records"].size(), 1U);
    EXPECT_TRUE(made["expires_at"].is_null());
    const auto path = list_ + "/" + made["id"].get<std::string>();
    details_of(call("POST", path + "/renew"), 409);

    sim.set({{"bycloud_dns_ready", false}});
    body_of(call("POST", path + "/validate"), 400);
    sim.set({{"bycloud_dns_ready", true}, {"bycloud_issuance_ms", 60'000}});
    const auto checked = body_of(call("POST", path + "/validate"))["certificate"];
    EXPECT_EQ(checked["status"], "pending_issuance");
    body_of(call("POST", path + "/validate"), 409);
    advance(59'999ms);
    EXPECT_EQ(show(member_text(made, "id"))["status"], "pending_issuance");
    advance(1ms);
    const auto issued = show(member_text(made, "id"));
    EXPECT_EQ(issued["status"], "active");
    EXPECT_EQ(issued["expires_at"], "2027-02-22T03:28:20Z");

    advance(24h);
    const auto renewed = body_of(call("POST", path + "/renew"))["certificate"];
    EXPECT_EQ(renewed["expires_at"], "2027-02-23T03:28:20Z");
    EXPECT_EQ(renewed["id"], made["id"]);
}

TEST_F(bycloud_certificates_test, an_issuance_fails_with_a_message)
{
    const auto pending = cloud.add_certificate({.type = "acme", .status = "pending_dns"});
    sim.set({{"bycloud_issuance_error", "CAA forbids issuance"}});
    const auto failed = body_of(call("POST", list_ + "/" + pending + "/validate"))["certificate"];
    EXPECT_EQ(failed["status"], "error");
    EXPECT_EQ(failed["error_message"], "CAA forbids issuance");
}

TEST_F(bycloud_certificates_test, an_issuance_changes_no_certificate_that_a_test_has_set_meanwhile)
{
    const auto pending = cloud.add_certificate({.type = "acme", .status = "pending_dns"});
    sim.set({{"bycloud_issuance_ms", 60'000}});
    body_of(call("POST", list_ + "/" + pending + "/validate"));
    cloud.set_certificate(pending, {.status = "revoked"});
    settle();
    EXPECT_EQ(show(pending)["status"], "revoked");
}

TEST_F(bycloud_certificates_test, an_uploaded_certificate_is_active_at_once_and_neither_validated_nor_renewed)
{
    const auto pem = ::test::make_certificate({.subject = "up.example.com", .names = "DNS:up.example.com"});
    json wanted = {
        {"name", "up"}, {"type", "uploaded"}, {"certificate", pem.pem}, {"private_key", pem.key_pem}
    };
    const auto made = body_of(call("POST", list_, wanted), 201)["certificate"];
    EXPECT_EQ(made["status"], "active");
    EXPECT_EQ(made["domains"], (json{"up.example.com"}));
    EXPECT_EQ(made["expires_at"], "2027-01-01T00:00:00Z");
    EXPECT_THAT(made.dump(), testing::Not(HasSubstr("BEGIN"))) << "no answer shows a PEM";
    const auto path = list_ + "/" + made["id"].get<std::string>();
    body_of(call("POST", path + "/validate"), 409);
    body_of(call("POST", path + "/renew"), 409);

    details_of(call("POST", list_, wanted), 409);
    wanted["name"] = "other";
    wanted["private_key"] = "x";
    details_of(call("POST", list_, wanted), 400);
    EXPECT_THAT(json(sim.log()).dump(), testing::Not(HasSubstr("PRIVATE KEY")));
}

TEST_F(bycloud_certificates_test, a_body_that_is_no_order_gets_400)
{
    const json rows[] = {
        json::array(),
        {{"type", "acme"}, {"domains", {"a"}}},
        {{"name", "x"}, {"domains", {"a"}}},
        {{"name", "x"}, {"type", "other"}},
        {{"name", "x"}, {"type", "acme"}},
        {{"name", "x"}, {"type", "acme"}, {"domains", json::array()}},
        {{"name", "x"}, {"type", "acme"}, {"domains", {1}}},
        {{"name", "x"}, {"type", "uploaded"}},
        {{"name", "x"}, {"type", "acme"}, {"domains", {"a"}}, {"tags", {"b"}}},
    };
    for (const auto& row : rows)
    {
        SCOPED_TRACE(row.dump());
        details_of(call("POST", list_, row), 400);
    }
    auto headers = usual_headers();
    headers.emplace_back("Content-Type", "text/plain");
    const json good = {{"name", "x"}, {"type", "acme"}, {"domains", {"a"}}};
    details_of(call_with(headers, "POST", list_, good), 400);
    EXPECT_EQ(body_of(call("GET", list_))["meta"]["total"], 1);
}

TEST_F(bycloud_certificates_test, a_test_sets_and_removes_certificates)
{
    cloud.set_certificate(id_, {.status = "revoked", .error_message = "key compromised"});
    EXPECT_EQ(show(id_)["status"], "revoked");
    EXPECT_EQ(show(id_)["error_message"], "key compromised");
    EXPECT_EQ(cloud.show_certificate(id_), show(id_));
    EXPECT_THROW(cloud.set_certificate(id_, {.status = "nosuch"}), control_error);
    cloud.remove_certificate(id_);
    details_of(call("GET", one_), 404);
    EXPECT_THROW(cloud.remove_certificate(id_), control_error);
    EXPECT_THROW(cloud.add_certificate({.region = "nowhere"}), control_error);
}

}  // namespace
}  // namespace cloudsim::test
