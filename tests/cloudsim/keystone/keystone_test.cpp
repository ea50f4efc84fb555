// Keystone, against the captured answers.
#include "cloudsim/cloud/lab.hpp"

#include <gmock/gmock.h>

namespace cloudsim::test {
namespace {

using namespace std::chrono_literals;
using testing::Pair;
using testing::UnorderedElementsAre;

class keystone_test : public lab
{
protected:
    reply post_tokens(const std::string& body)
    {
        return ask({.method = "POST", .url = identity("/v3/auth/tokens"), .body = body});
    }

    std::string by_application_credential(const std::string& id, const std::string& secret)
    {
        return json({{"auth",
                      {{"identity",
                        {{"methods", {"application_credential"}},
                         {"application_credential", {{"id", id}, {"secret", secret}}}}}}}}
        ).dump();
    }
};

TEST_F(keystone_test, a_token_for_an_application_credential_is_as_captured)
{
    const auto answer = post_tokens(by_application_credential(credential.id, credential.secret));

    EXPECT_EQ(answer.status, 201);
    std::vector<std::string> names;
    for (const auto& [name, value] : answer.headers)
    {
        names.push_back(name);
    }
    EXPECT_THAT(
        names, UnorderedElementsAre("Content-Type", "X-Subject-Token", "Vary", "x-openstack-request-id")
    );
    EXPECT_EQ(find_header(answer.headers, "X-Subject-Token")->size(), 204U);
    auto token = json::parse(answer.body)["token"];
    EXPECT_EQ(token["catalog"].size(), 3U);
    token.erase("catalog");
    EXPECT_EQ(token["roles"].size(), 4U);
    token.erase("roles");
    EXPECT_EQ(token["audit_ids"][0].get<std::string>().size(), 22U);
    token.erase("audit_ids");
    EXPECT_EQ(
        token,
        json::parse(
            R"({"methods":["application_credential"],
            "user":{"domain":{"id":"default","name":"Default"},"id":")" +
            user_a + R"(","name":"tenant-a-user","password_expires_at":null},
            "expires_at":"2026-11-24T04:27:20.000000Z","issued_at":"2026-11-24T03:27:20.000000Z",
            "project":{"domain":{"id":"default","name":"Default"},"id":")" +
            project_a + R"(","name":"tenant-a"},"is_domain":false,
            "application_credential":{"id":")" +
            credential.id + R"(","name":"certd","restricted":true}})"
        )
    );
}

TEST_F(keystone_test, a_token_for_a_password_is_shorter)
{
    EXPECT_EQ(token_a.size(), 183U);
    EXPECT_TRUE(token_a.starts_with("gAAAAAB"));
}

TEST_F(keystone_test, the_catalog_has_each_service_in_each_region_behind_each_interface)
{
    const auto token =
        json::parse(post_tokens(by_application_credential(credential.id, credential.secret)).body);
    std::map<std::string, std::size_t> entries;
    for (const auto& service : token["token"]["catalog"])
    {
        entries[service["type"].get<std::string>()] = service["endpoints"].size();
        for (const auto& endpoint : service["endpoints"])
        {
            if (endpoint["region"] == "sao1" && endpoint["interface"] == "public" &&
                service["type"] == "load-balancer")
            {
                EXPECT_EQ(endpoint["url"], "http://127.0.0.1:19876");
            }
        }
    }
    EXPECT_EQ(
        entries,
        (std::map<std::string, std::size_t>{{"identity", 6}, {"key-manager", 6}, {"load-balancer", 6}})
    );
}

struct refusal_row
{
    const char* name;
    std::string body;
    int status;
    const char* message;
};

TEST_F(keystone_test, what_is_wrong_is_told_apart)
{
    const refusal_row rows[] = {
        {"wrong secret",
         by_application_credential(credential.id, "nope"),
         401,
         "The request you have made requires authentication."},
        {"unknown id",
         by_application_credential("deadbeef", "x"),
         404,
         "Could not find Application Credential: deadbeef."},
        {"no identity", R"({"auth": {}})", 400, "'identity' is a required property"},
        {"not JSON", "{", 400, "Expecting to find valid JSON in request body."},
        {"wrong password",
         R"({"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"tenant-a-user","domain":{"id":"default"},"password":"wrong"}}}}})",
         401,
         "The request you have made requires authentication."},
    };
    for (const auto& row : rows)
    {
        SCOPED_TRACE(row.name);
        const auto answer = post_tokens(row.body);
        EXPECT_EQ(answer.status, row.status);
        EXPECT_THAT(
            json::parse(answer.body)["error"]["message"].get<std::string>(), testing::StartsWith(row.message)
        );
        EXPECT_EQ(json::parse(answer.body)["error"]["code"], row.status);
        if (row.status == 401)
        {
            EXPECT_EQ(
                find_header(answer.headers, "WWW-Authenticate"), "Keystone uri=\"http://127.0.0.1:15000/v3\""
            );
        }
    }
}

TEST_F(keystone_test, its_version_is_found_where_clients_look)
{
    const auto version = ask_json({.method = "GET", .url = identity("/v3")});
    EXPECT_EQ(version["version"]["id"], "v3.14");
    EXPECT_EQ(version["version"]["links"][0]["href"], "http://127.0.0.1:15000/v3/");
}

// The answers that the middleware of a service gives instead of the service.
class token_test : public lab
{
protected:
    const std::string listener_ =
        sim.add_listener({.load_balancer = sim.add_load_balancer({.project = project_a})});

    int get(const std::string& token)
    {
        return ask({.method = "GET", .url = listener_url(listener_), .token = token}).status;
    }
};

TEST_F(token_test, without_a_token_the_answer_is_the_middlewares)
{
    for (const auto& url :
         {listener_url(listener_), key_manager("/v1/secrets/11111111-2222-4333-8444-555555555555")})
    {
        const auto answer = ask({.method = "GET", .url = url, .token = "gAAAAABr-unknown"});
        EXPECT_EQ(answer.status, 401);
        EXPECT_EQ(
            json::parse(answer.body),
            json::parse(
                R"({"error": {"code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication."}})"
            )
        );
        EXPECT_THAT(
            answer.headers,
            UnorderedElementsAre(
                Pair("Content-Type", "application/json"),
                Pair("WWW-Authenticate", "Keystone uri=\"http://127.0.0.1:15000/v3\"")
            )
        );
    }
}

TEST_F(token_test, a_token_ends_at_its_time_although_the_service_has_seen_it)
{
    EXPECT_EQ(get(token_a), 200);
    advance(1h - 1s);
    EXPECT_EQ(get(token_a), 200);
    advance(2s);
    EXPECT_EQ(get(token_a), 401);
}

TEST_F(token_test, a_revoked_token_works_on_where_it_was_seen_for_five_minutes)
{
    EXPECT_EQ(get(token_a), 200);
    const auto revoked = ask(
        {.method = "DELETE",
         .url = identity("/v3/auth/tokens"),
         .token = token_a,
         .headers = {{"X-Subject-Token", token_a}}}
    );
    EXPECT_EQ(revoked.status, 204);
    EXPECT_EQ(get(token_a), 200) << "Octavia has it in its cache";
    EXPECT_EQ(ask({.method = "GET", .url = key_manager("/v1/secrets"), .token = token_a}).status, 401)
        << "Barbican has not";
    advance(5min);
    EXPECT_EQ(get(token_a), 401);
}

TEST_F(token_test, the_control_api_ends_tokens_at_once)
{
    EXPECT_EQ(get(token_a), 200);
    sim.revoke_tokens("tenant-a-user");
    EXPECT_EQ(get(token_a), 401);
    EXPECT_EQ(get(token_b), 403) << "another user's goes on";
}

TEST_F(token_test, without_keystone_a_token_that_was_not_seen_is_503_after_a_while)
{
    EXPECT_EQ(get(token_a), 200);
    const auto fresh = application_token();
    sim.set({{"down", {"identity"}}});
    EXPECT_EQ(get(token_a), 200);
    const auto before = now().monotonic;
    const auto answer = ask({.method = "GET", .url = listener_url(listener_), .token = fresh});
    EXPECT_EQ(now().monotonic - before, 3500ms);
    EXPECT_EQ(answer.status, 503);
    EXPECT_FALSE(find_header(answer.headers, "x-openstack-request-id"));
    EXPECT_EQ(
        ask({.method = "POST", .url = identity("/v3/auth/tokens"), .body = "{}"}).how, delivery::refused
    );
}

}  // namespace
}  // namespace cloudsim::test
