// The HTTP door in front of ByCloud: each code that the API documents, by a real request.
#include "e2e/world.hpp"
#include "testbed/bindings_api.hpp"
#include "testbed/files.hpp"
#include "testbed/ports.hpp"

#include <gmock/gmock.h>

namespace e2e {
namespace {

using nlohmann::json;
using testbed::bindings_of;
using testbed::body_of_binding;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;
using answer = testbed::api_answer;

constexpr auto unknown_id = "12345678-1234-4234-8234-123456789abc";

// The body of an error in the format of ByCloud.
std::string error_of_cloud(int status, const std::string& words)
{
    return json{
        {"error",
         {{"code", status}, {"message", words}, {"request_id", "req-12345678-1234-4234-8234-123456789abc"}}}
    }.dump();
}

class bycloud_codes : public world
{
protected:
    bycloud_codes()
        : key(sim->bycloud().add_credential()),
          at(sim->bycloud().add_listener().id),
          a(sim->bycloud().add_certificate({.domains = {"a.example.com"}}))
    {
        const int port = testbed::free_port();
        const json entry{
            {"auth_type", "bycloud"},
            {"endpoint", sim->call("GET", "endpoints")["bycloud"]},
            {"api_key", key.api_key}
        };
        const auto file = folder / "bycloud.yaml";
        testbed::write_file(file, json{{"clouds", {{"prod", entry}}}}.dump());
        auto flags = testbed::bindings_api_flags(port, name_space);
        flags.insert(flags.end(), {"--write-deadline", "3s"});
        testbed::world::start_controller(file, flags);
        script = {"http://127.0.0.1:" + std::to_string(port), token_of("script", "create,get,list,delete")};
        EXPECT_TRUE(testbed::eventually("the API answers", [&] {
            return script.ask("GET", "/openapi.json").status == 200;
        }));
    }

    answer post(const std::string& certificate, const std::string& to, bool sni = false) const
    {
        return script.ask("POST", bindings_of(certificate), body_of_binding(to, sni));
    }

    std::size_t objects() const
    {
        return json::parse(kubectl({"get", "certbind", "-o", "json"}))["items"].size();
    }

    // The error object has this code, and words that tell why.
    static void expect_error(const answer& got, int status, const std::string& words)
    {
        EXPECT_EQ(got.status, status) << got.body.dump();
        const json error = got.body.value("error", json::object());
        EXPECT_EQ(error.value("code", 0), status);
        EXPECT_THAT(error.value("message", ""), HasSubstr(words));
        EXPECT_THAT(error.value("request_id", ""), StartsWith("req-"));
    }

    // Neither Kubernetes nor the cloud has anything of what was refused.
    void expect_nothing_left() const
    {
        EXPECT_EQ(objects(), 0U);
        EXPECT_THAT(sim->bycloud().bindings(), SizeIs(0));
    }

    cloudsim::bycloud_control::credential key;
    std::string at;  // the listener
    std::string a;   // an active certificate
    testbed::bindings_api_client script;
};

TEST_F(bycloud_codes, created_is_201_and_what_is_there_already_409)
{
    const auto made = post(a, at);
    ASSERT_EQ(made.status, 201) << made.body.dump();
    EXPECT_EQ(made.body["binding"]["status"], "active");
    const auto id = made.body["binding"]["id"].get<std::string>();
    expect_error(post(a, at), 409, "exists already");
    EXPECT_EQ(objects(), 1U);
    ASSERT_THAT(sim->bycloud().bindings(at), SizeIs(1));
    EXPECT_EQ(sim->bycloud().bindings(at)[0]["id"], id);
    EXPECT_EQ(sim->bycloud().tls(at).certificate, a);
}

TEST_F(bycloud_codes, what_is_still_under_way_is_201_and_pending)
{
    sim->set({{"bycloud_bindings_held", true}});
    const auto made = script.ask("POST", bindings_of(a) + "?wait=2", body_of_binding(at));
    ASSERT_EQ(made.status, 201) << made.body.dump();
    EXPECT_EQ(made.body["binding"]["status"], "pending");
    sim->set({{"bycloud_bindings_held", false}});
    const auto list = bindings_of(a);
    EXPECT_TRUE(testbed::eventually("the binding is active", [&] {
        const auto bindings = script.ask("GET", list).body["bindings"];
        return bindings.size() == 1 && bindings[0]["status"] == "active";
    }));
}

TEST_F(bycloud_codes, malformed_requests_are_400_and_say_what_is_wrong)
{
    expect_error(post(a, "no-uuid"), 400, "resource_id");
    expect_error(post("no-uuid", at), 400, "certificate_id");
    expect_error(script.ask("POST", bindings_of(a), "{"), 400, "JSON");
    const json unknown{{"resource_type", "octavia:listener"}, {"resource_id", at}, {"color", "red"}};
    expect_error(script.ask("POST", bindings_of(a), unknown.dump()), 400, "color");
    const json other{{"resource_type", "octavia:pool"}, {"resource_id", at}};
    expect_error(script.ask("POST", bindings_of(a), other.dump()), 400, "resource_type");
    expect_nothing_left();
}

TEST_F(bycloud_codes, what_the_cloud_refuses_as_invalid_is_400_in_its_words)
{
    sim->fail(
        {.service = "bycloud", .method = "POST", .times = {}},
        {.status = 422,
         .body = error_of_cloud(422, "the key is too short"),
         .content_type = "application/json"}
    );
    expect_error(post(a, at), 400, "the key is too short");
    expect_nothing_left();
}

TEST_F(bycloud_codes, unknown_token_is_401_and_so_is_a_credential_that_the_cloud_does_not_take)
{
    const testbed::bindings_api_client nobody{script.url, "no-token"};
    expect_error(nobody.ask("POST", bindings_of(a), body_of_binding(at)), 401, "token");
    sim->bycloud().remove_credential(key.id);
    expect_error(post(a, at), 401, "CredentialsInvalid");
    expect_nothing_left();
}

TEST_F(bycloud_codes, what_the_cloud_does_not_know_is_404)
{
    expect_error(post(unknown_id, at), 404, "CertificateNotFound");
    expect_error(post(a, unknown_id), 404, "ListenerNotFound");
    expect_error(script.ask("GET", bindings_of(a) + "/" + unknown_id), 404, unknown_id);
    expect_nothing_left();
}

TEST_F(bycloud_codes, certificate_that_is_not_active_is_409)
{
    for (const std::string status : {"pending_dns", "pending_issuance", "error", "revoked"})
    {
        const auto certificate = sim->bycloud().add_certificate({.type = "acme", .status = status});
        expect_error(post(certificate, at), 409, "CertificateNotActive");
    }
    const auto over = sim->bycloud().add_certificate({.status = "expired"});
    expect_error(post(over, at), 409, "CertificateExpired");
    expect_nothing_left();
}

TEST_F(bycloud_codes, default_slot_of_another_binding_is_409_and_stays_with_it)
{
    const auto b = sim->bycloud().add_certificate({.domains = {"b.example.com"}});
    ASSERT_EQ(post(a, at).status, 201);
    expect_error(post(b, at), 409, "Conflict");
    EXPECT_EQ(objects(), 1U);
    EXPECT_EQ(sim->bycloud().tls(at).certificate, a);
    EXPECT_EQ(post(b, at, true).status, 201);
}

TEST_F(bycloud_codes, cloud_that_is_away_is_500_and_the_controller_goes_on)
{
    sim->set({{"down", {"bycloud"}}});
    const auto failed = script.ask("POST", bindings_of(a) + "?wait=2", body_of_binding(at));
    expect_error(failed, 500, "CloudUnavailable");
    EXPECT_THAT(failed.body["error"].value("details", ""), HasSubstr("the controller goes on"));
    EXPECT_EQ(objects(), 1U);
    sim->set({{"down", json::array()}});
    EXPECT_TRUE(testbed::eventually("the certificate is attached", [&] {
        return sim->bycloud().tls(at).certificate == a;
    }));
}

TEST_F(bycloud_codes, binding_of_kubectl_is_seen_by_the_api_and_the_other_way_round)
{
    apply({{.name = "web", .certificate = a, .listener = at}});
    ASSERT_TRUE(is_active("web"));
    const auto list = script.ask("GET", bindings_of(a)).body["bindings"];
    ASSERT_EQ(list.size(), 1U);
    const json status = binding("web")["status"];
    EXPECT_EQ(list[0]["id"], status["id"]);
    EXPECT_EQ(list[0]["crn"], status["crn"]);
    expect_error(post(a, at), 409, "Conflict");
    EXPECT_EQ(objects(), 1U);
    EXPECT_EQ(sim->bycloud().tls(at).certificate, a);
    const auto path = bindings_of(a) + "/" + status["id"].get<std::string>();
    EXPECT_EQ(script.ask("GET", path).body["binding"], list[0]);
    EXPECT_EQ(script.ask("DELETE", path).status, 204);
    EXPECT_FALSE(exists("web"));

    const auto b = sim->bycloud().add_certificate({.domains = {"b.example.com"}});
    const auto made = post(b, at, true);
    ASSERT_EQ(made.status, 201) << made.body.dump();
    const auto object = json::parse(kubectl({"get", "certbind", "-o", "json"}))["items"][0];
    EXPECT_EQ(object["status"]["id"], made.body["binding"]["id"]);
    kubectl({"delete", "certbind", object["metadata"]["name"].get<std::string>()});
    EXPECT_EQ(script.ask("GET", bindings_of(b)).body["meta"]["total"], 0);
    EXPECT_THAT(sim->bycloud().bindings(), SizeIs(0));
}

}  // namespace
}  // namespace e2e
