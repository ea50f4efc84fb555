// Barbican, against the captured answers.
#include "cloudsim/cloud/lab.hpp"

#include <gmock/gmock.h>

namespace cloudsim::test {
namespace {

using namespace std::chrono_literals;
using testing::Pair;
using testing::StartsWith;
using testing::UnorderedElementsAre;

class barbican_test : public lab
{
protected:
    std::string post_secret(const json& body)
    {
        const auto answer =
            ask({.method = "POST", .url = key_manager("/v1/secrets"), .token = token_a, .body = body.dump()});
        EXPECT_EQ(answer.status, 201) << answer.body;
        return json::parse(answer.body)["secret_ref"].get<std::string>();
    }

    reply get(const std::string& url, const std::string& accept = "application/json")
    {
        return ask({.method = "GET", .url = url, .token = token_a, .headers = {{"Accept", accept}}});
    }
};

const json binary_secret = {
    {"name", "a.p12"},
    {"payload", "AAEC/w=="},
    {"payload_content_type", "application/octet-stream"},
    {"payload_content_encoding", "base64"}
};

TEST_F(barbican_test, a_new_secret_is_answered_as_captured)
{
    const auto answer = ask(
        {.method = "POST", .url = key_manager("/v1/secrets"), .token = token_a, .body = binary_secret.dump()}
    );
    EXPECT_EQ(answer.status, 201);
    EXPECT_THAT(
        answer.headers,
        UnorderedElementsAre(
            Pair("Location", StartsWith("http://127.0.0.1:19311/v1/secrets/")),
            Pair("Content-Type", "application/json"),
            Pair("openstack-api-version", "key-manager 1.0"),
            Pair("vary", "openstack-api-version"),
            Pair("x-openstack-request-id", StartsWith("req-"))
        )
    );
}

TEST_F(barbican_test, the_metadata_of_a_secret_is_as_captured)
{
    const auto ref = post_secret(binary_secret);
    const auto answer = get(ref);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(
        json::parse(answer.body),
        json::parse(
            R"({"created":"2026-11-24T03:27:20","updated":"2026-11-24T03:27:20","status":"ACTIVE","name":"a.p12",
            "secret_type":"opaque","expiration":null,"algorithm":null,"bit_length":null,"mode":null,"creator_id":")" +
            user_a + R"(","content_types":{"default":"application/octet-stream"},"secret_ref":")" + ref +
            R"("})"
        )
    );
}

TEST_F(barbican_test, a_secret_without_a_payload_is_active_and_has_no_content_types)
{
    const auto ref = post_secret({{"name", "empty"}});
    const auto answer = get(ref);
    const auto shown = json::parse(answer.body);
    EXPECT_EQ(shown["status"], "ACTIVE");
    EXPECT_FALSE(shown.contains("content_types"));
    const auto payload = get(ref + "/payload", "application/octet-stream");
    EXPECT_EQ(payload.status, 404);
    EXPECT_EQ(json::parse(payload.body)["description"], "Not Found. Sorry but your secret has no payload.");
}

TEST_F(barbican_test, the_payload_may_follow_once)
{
    const auto ref = post_secret({{"name", "empty"}});
    const auto put = [&] {
        return ask(
            {.method = "PUT",
             .url = ref,
             .token = token_a,
             .body = "text",
             .headers = {{"Content-Type", "text/plain"}}}
        );
    };
    EXPECT_EQ(put().status, 204);
    EXPECT_EQ(get(ref + "/payload", "text/plain").body, "text");
    EXPECT_EQ(json::parse(get(ref).body)["content_types"]["default"], "text/plain");
    EXPECT_EQ(put().status, 409);
}

struct payload_row
{
    const char* accept;
    int status;
};

TEST_F(barbican_test, a_payload_is_read_by_a_type_that_fits)
{
    const auto ref = post_secret(binary_secret);
    const payload_row rows[] = {
        {"application/octet-stream", 200}, {"text/plain", 406}, {"*/*", 406}, {"application/json", 406}
    };
    for (const auto& row : rows)
    {
        SCOPED_TRACE(row.accept);
        const auto answer = get(ref + "/payload", row.accept);
        EXPECT_EQ(answer.status, row.status);
        EXPECT_EQ(answer.status == 200, answer.body == std::string("\x00\x01\x02\xff", 4));
    }
}

struct refusal_row
{
    const char* name;
    std::string path;
    std::string token;
    int status;
    std::string body;
};

TEST_F(barbican_test, what_is_not_there_and_what_is_not_yours_are_as_captured)
{
    const auto theirs = sim.add_certificate({.project = project_b, .kind = "pkcs12"});
    const auto expired = sim.add_certificate({.project = project_a, .kind = "pkcs12", .state = "expired"});
    const auto their_container = sim.add_certificate({.project = project_b});
    const std::string no_secret =
        R"({"code": 404, "title": "Not Found", "description": "Secret not found."})";
    const refusal_row rows[] = {
        {"unknown secret", "/v1/secrets/11111111-2222-4333-8444-555555555555", token_a, 404, no_secret},
        {"expired secret", "/v1/secrets/" + expired.id, token_a, 404, no_secret},
        {"unknown container",
         "/v1/containers/11111111-2222-4333-8444-555555555555",
         token_a,
         404,
         R"({"code": 404, "title": "Not Found", "description": "Secrets container not found."})"},
        {"another tenant's secret",
         "/v1/secrets/" + theirs.id,
         token_a,
         403,
         R"({"code": 403, "title": "Forbidden", "description": "Secret retrieval attempt not allowed - please review your user/project privileges"})"
        },
        {"another tenant's container",
         "/v1/containers/" + their_container.id,
         token_a,
         403,
         R"({"code": 403, "title": "Forbidden", "description": "Container retrieval attempt not allowed - please review your user/project privileges"})"
        },
        {"no uuid",
         "/v1/secrets/x",
         token_a,
         404,
         R"({"code": 404, "title": "Not Found", "description": "Not Found. Provided secret id is invalid."})"
        },
    };
    for (const auto& row : rows)
    {
        SCOPED_TRACE(row.name);
        const auto answer = get(key_manager(row.path));
        EXPECT_EQ(answer.status, row.status);
        EXPECT_EQ(json::parse(answer.body), json::parse(row.body));
    }
}

struct words_row
{
    const char* release;
    const char* no_secret;
    const char* no_container;
};

const words_row words[] = {
    {"queens",
     "Not Found. Sorry but your secret is in another castle.",
     "Not Found. Sorry but your container is in another castle."},
    {"train",
     "Not Found. Sorry but your secret is in another castle.",
     "Not Found. Sorry but your container is in another castle."},
    {"ussuri", "Secret not found.", "Secrets container not found."},
    {"zed", "Secret not found.", "Secrets container not found."},
    {"2026.1", "Secret not found.", "Secrets container not found."},
    {"today", "Secret not found.", "Secrets container not found."},
};

TEST_F(barbican_test, each_release_has_its_words_for_what_is_not_there)
{
    for (const auto& row : words)
    {
        SCOPED_TRACE(row.release);
        sim.set({{"barbican_release", row.release}});
        const auto description = [&](const std::string& path) {
            const auto answer = get(key_manager(path));
            EXPECT_EQ(answer.status, 404);
            return json::parse(answer.body)["description"];
        };
        const std::string unknown = "11111111-2222-4333-8444-555555555555";
        EXPECT_EQ(description("/v1/secrets/" + unknown), row.no_secret);
        EXPECT_EQ(description("/v1/containers/" + unknown), row.no_container);
        for (const std::string id :
             {"00000000-0000-0000-0000-000000000000",
              "11111111-2222-1333-8444-555555555555",
              "11111111-2222-4333-c444-555555555555",
              "11111111-2222-4333-8444-55555555555A",
              "11111111222243338444555555555555"})
        {
            EXPECT_EQ(description("/v1/secrets/" + id), "Not Found. Provided secret id is invalid.") << id;
            EXPECT_EQ(description("/v1/containers/" + id), "Not Found. Provided container id is invalid.")
                << id;
        }
        EXPECT_EQ(description("/v1/nosuch/" + unknown), nullptr) << "no route";
    }
    EXPECT_THROW(sim.set({{"barbican_release", "nosuch"}}), control_error);
}

TEST_F(barbican_test, a_secret_expires_at_its_time)
{
    auto wanted = binary_secret;
    wanted["expiration"] = "2026-11-24T03:28:20";
    const auto ref = post_secret(wanted);
    advance(59s);
    EXPECT_EQ(get(ref).status, 200);
    advance(1s);
    EXPECT_EQ(get(ref).status, 404);
}

TEST_F(barbican_test, a_container_lists_its_secrets_in_an_order_of_its_own)
{
    json parts = json::array();
    for (const auto* name : {"certificate", "private_key", "intermediates"})
    {
        parts.push_back({{"name", name}, {"secret_ref", post_secret(binary_secret)}});
    }
    const json body = {{"name", "tls-c"}, {"type", "certificate"}, {"secret_refs", parts}};
    const auto posted =
        ask({.method = "POST", .url = key_manager("/v1/containers"), .token = token_a, .body = body.dump()});
    EXPECT_EQ(posted.status, 201);
    const auto ref = json::parse(posted.body)["container_ref"].get<std::string>();
    EXPECT_EQ(find_header(posted.headers, "Location"), ref);

    const auto answer = get(ref);
    auto shown = json::parse(answer.body);
    EXPECT_EQ(shown["secret_refs"].size(), 3U);
    shown.erase("secret_refs");
    EXPECT_EQ(
        shown,
        json::parse(
            R"({"created":"2026-11-24T03:27:20","updated":"2026-11-24T03:27:20","status":"ACTIVE","name":"tls-c",
            "type":"certificate","creator_id":")" +
            user_a + R"(","consumers":[],"container_ref":")" + ref + R"("})"
        )
    );
}

TEST_F(barbican_test, a_deleted_secret_leaves_its_container)
{
    const auto certificate = sim.add_certificate({.project = project_a});
    const auto deleted = ask(
        {.method = "DELETE",
         .url = key_manager("/v1/secrets/" + certificate.secrets.at("private_key")),
         .token = token_a}
    );
    EXPECT_EQ(deleted.status, 204);
    EXPECT_THAT(
        deleted.headers,
        UnorderedElementsAre(
            Pair("openstack-api-version", "key-manager 1.0"),
            Pair("vary", "openstack-api-version"),
            Pair("x-openstack-request-id", StartsWith("req-"))
        )
    );
    const auto shown = json::parse(get(certificate.ref).body);
    EXPECT_EQ(shown["status"], "ACTIVE");
    EXPECT_EQ(shown["secret_refs"].size(), 2U);
}

struct creation_row
{
    const char* name;
    json body;
};

TEST_F(barbican_test, a_secret_must_be_described_in_full)
{
    const creation_row rows[] = {
        {"no type", {{"payload", "x"}}},
        {"odd type", {{"payload", "x"}, {"payload_content_type", "image/png"}}},
        {"no encoding", {{"payload", "AAEC"}, {"payload_content_type", "application/octet-stream"}}},
        {"no base64",
         {{"payload", "?"},
          {"payload_content_type", "application/octet-stream"},
          {"payload_content_encoding", "base64"}}},
        {"type without payload", {{"payload_content_type", "text/plain"}}},
        {"past", {{"expiration", "2020-01-01T00:00:00Z"}}},
    };
    for (const auto& row : rows)
    {
        SCOPED_TRACE(row.name);
        const auto answer = ask(
            {.method = "POST", .url = key_manager("/v1/secrets"), .token = token_a, .body = row.body.dump()}
        );
        EXPECT_EQ(answer.status, 400);
    }
}

TEST_F(barbican_test, octavia_is_let_in_when_it_takes_a_ref)
{
    const auto old = sim.add_certificate({.project = project_a, .kind = "pkcs12"});
    const auto certificate = sim.add_certificate({.project = project_a, .kind = "pkcs12"});
    const auto acl = key_manager("/v1/secrets/" + certificate.id + "/acl");
    EXPECT_EQ(json::parse(get(acl).body), json::parse(R"({"read": {"project-access": true}})"));

    const auto listener = sim.add_listener(
        {.load_balancer = sim.add_load_balancer({.project = project_a}), .default_ref = old.ref}
    );
    EXPECT_EQ(put(listener, {{"default_tls_container_ref", certificate.ref}}).status, 200);

    const auto read = json::parse(get(acl).body)["read"];
    EXPECT_EQ(read["project-access"], true);
    EXPECT_EQ(read["users"].size(), 1U);
    EXPECT_EQ(read["created"], read["updated"]);
}

TEST_F(barbican_test, a_private_secret_is_its_creators)
{
    sim.add_user("colleague", project_a);
    const auto colleague = password_token("colleague", "tenant-a");
    const auto secret = sim.add_certificate(
        {.project = project_a, .kind = "pkcs12", .is_private = true, .user = "tenant-a-user"}
    );
    EXPECT_EQ(get(secret.ref).status, 200);
    EXPECT_EQ(ask({.method = "GET", .url = secret.ref, .token = colleague}).status, 403);
}

TEST_F(barbican_test, without_a_role_that_it_knows_nothing_is_shown)
{
    sim.add_user("reader", project_a, std::set<std::string>{"reader"});
    const auto reader = password_token("reader", "tenant-a");
    const auto secret = sim.add_certificate({.project = project_a, .kind = "pkcs12"});
    EXPECT_EQ(ask({.method = "GET", .url = secret.ref, .token = reader}).status, 403);
}

TEST_F(barbican_test, each_region_has_its_own)
{
    const auto there = sim.add_certificate({.project = project_a, .kind = "pkcs12", .region = "RegionOne"});
    EXPECT_THAT(there.ref, StartsWith("http://127.0.0.1:29311/"));
    EXPECT_EQ(get(there.ref).status, 200);
    EXPECT_EQ(get(key_manager("/v1/secrets/" + there.id)).status, 404);
}

TEST_F(barbican_test, it_says_that_it_changes_no_access_list)
{
    const auto secret = sim.add_certificate({.project = project_a, .kind = "pkcs12"});
    EXPECT_EQ(ask({.method = "PUT", .url = secret.ref + "/acl", .token = token_a, .body = "{}"}).status, 501);
}

}  // namespace
}  // namespace cloudsim::test
