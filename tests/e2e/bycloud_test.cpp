// Bindings in a cloud that attaches certificates itself: a Secret with endpoint and api-key, or an own cloud
// of auth_type bycloud. The simulator answers as the API of ByCloud.
#include "e2e/world.hpp"
#include "testbed/bindings_api.hpp"
#include "testbed/files.hpp"
#include "testbed/ports.hpp"

#include <gmock/gmock.h>

#include <csignal>

namespace e2e {
namespace {

using nlohmann::json;
using testbed::bindings_of;
using testbed::body_of_binding;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using answer = testbed::api_answer;

constexpr auto secret = "my-cloud";
constexpr auto unknown_id = "12345678-1234-4234-8234-123456789abc";

class bycloud : public world
{
protected:
    bycloud()
        : endpoint(sim->call("GET", "endpoints")["bycloud"]),
          key(sim->bycloud().add_credential()),
          at(sim->bycloud().add_listener().id),
          a(issued("a.example.com"))
    {}

    std::string issued(const std::string& domain) const
    {
        return sim->bycloud().add_certificate({.domains = {domain}});
    }

    // The controller's own cloud is an OpenStack, and the namespace has a Secret for ByCloud.
    void start_with_secret()
    {
        const auto literal = [](const std::string& name, const std::string& value) {
            return "--from-literal=" + name + "=" + value;
        };
        kubectl(
            {"create",
             "secret",
             "generic",
             secret,
             literal("endpoint", endpoint),
             literal("api-key", key.api_key)}
        );
        kubectl(
            {"create",
             "role",
             secret,
             "--verb=get,watch",
             "--resource=secrets",
             std::string("--resource-name=") + secret}
        );
        kubectl(
            {"create",
             "rolebinding",
             secret,
             std::string("--role=") + secret,
             std::string("--serviceaccount=") + testbed::release_namespace + ":" + testbed::release_name}
        );
        start_controller({"--allowed-auth-urls", identity + "," + endpoint});
    }

    void bind(const std::string& name, const std::string& certificate, bool sni = false) const
    {
        const json object{
            {"apiVersion", "certificates.bycloud.io/v1alpha1"},
            {"kind", "CertificateBinding"},
            {"metadata", {{"name", name}}},
            {"spec",
             {{"certificateId", certificate},
              {"resourceId", at},
              {"region", "sao1"},
              {"options", {{"sni", sni}}},
              {"cloudCredentialsRef", {{"secretName", secret}}}}}
        };
        kubectl({"apply", "-f", "-"}, object.dump());
    }

    // The certificate that a TLS client of that name gets; "nothing" if no binding's is served.
    std::string served_by(const std::string& server_name = "any.example.com") const
    {
        return sim->bycloud().tls(at, server_name).certificate.value_or("nothing");
    }
    std::vector<json> shown() const { return sim->bycloud().bindings(at); }

    std::string endpoint;
    cloudsim::bycloud_control::credential key;
    std::string at;  // the listener
    std::string a;   // the certificate of a.example.com
};

TEST_F(bycloud, binding_of_a_namespace_with_a_secret_is_attached_and_shows_the_clouds_names)
{
    const auto b = issued("b.example.com");
    start_with_secret();
    bind("web", a);
    bind("other", b, true);
    ASSERT_TRUE(is_active("web"));
    ASSERT_TRUE(is_active("other"));
    EXPECT_EQ(served_by(), a);
    EXPECT_EQ(served_by("b.example.com"), b);
    ASSERT_THAT(shown(), SizeIs(2));
    for (const json& made : shown())
    {
        const auto status = binding(made["certificate_id"] == a ? "web" : "other")["status"];
        EXPECT_EQ(status["id"], made["id"]);
        EXPECT_EQ(status["crn"], made["crn"]);
        EXPECT_EQ(status["state"], "active");
        EXPECT_EQ(status["cloud"]["credentialSource"], "Secret");
    }
    EXPECT_THAT(controller_log(), Not(HasSubstr(key.secret)));
}

TEST_F(bycloud, certificate_is_replaced_without_a_gap)
{
    const auto b = issued("b.example.com");
    start_with_secret();
    bind("web", a);
    ASSERT_TRUE(is_active("web"));
    sim->hold({.service = "bycloud", .method = "DELETE", .times = {}});
    bind("web", b);
    ASSERT_TRUE(testbed::eventually("the old binding is about to go", [&] { return !sim->held().empty(); }));
    EXPECT_EQ(served_by(), b);
    EXPECT_THAT(shown(), SizeIs(2));
    EXPECT_TRUE(becomes("web", "Progressing"));
    sim->remove_rules();
    sim->release();
    ASSERT_TRUE(is_active("web"));
    ASSERT_THAT(shown(), SizeIs(1));
    EXPECT_EQ(shown()[0]["certificate_id"], b);
    EXPECT_EQ(binding("web")["status"]["id"], shown()[0]["id"]);
    EXPECT_EQ(served_by(), b);
}

TEST_F(bycloud, deleted_binding_is_detached)
{
    start_with_secret();
    bind("web", a);
    ASSERT_TRUE(is_active("web"));
    remove("web");
    ASSERT_TRUE(is_gone("web"));
    EXPECT_THAT(shown(), SizeIs(0));
    EXPECT_EQ(served_by(), "nothing");
}

class bycloud_without_unbind : public bycloud, public testing::WithParamInterface<const char*>
{
protected:
    void attach_and_delete()
    {
        sim->set({{"bycloud_unbind", GetParam()}});
        start_with_secret();
        bind("web", a);
        ASSERT_TRUE(is_active("web"));
        const auto id = shown().at(0)["id"].get<std::string>();
        remove("web");
        ASSERT_TRUE(becomes("web", "DetachNotSupported"));
        EXPECT_EQ(served_by(), a);
        EXPECT_THAT(
            message("web"),
            AllOf(
                HasSubstr("remove binding " + id + " in the cloud"),
                HasSubstr("spec.deletionPolicy to Retain"),
                HasSubstr("certificates.bycloud.io/abandon")
            )
        );
    }
};

TEST_P(bycloud_without_unbind, deletion_says_the_ways_out_and_retain_ends_it)
{
    attach_and_delete();
    kubectl({"patch", "certbind", "web", "--type=merge", "-p", R"({"spec":{"deletionPolicy":"Retain"}})"});
    ASSERT_TRUE(is_gone("web"));
    EXPECT_EQ(served_by(), a);
}

TEST_P(bycloud_without_unbind, deletion_ends_when_the_binding_is_removed_by_hand)
{
    attach_and_delete();
    sim->bycloud().remove_binding(shown().at(0)["id"].get<std::string>());
    ASSERT_TRUE(is_gone("web"));
    EXPECT_EQ(served_by(), "nothing");
}

INSTANTIATE_TEST_SUITE_P(
    each_answer,
    bycloud_without_unbind,
    testing::Values("not_allowed", "not_implemented", "no_route"),
    [](const auto& info) { return std::string(info.param); }
);

TEST_F(bycloud, certificate_that_waits_for_dns_names_its_records_and_is_attached_when_it_is_active)
{
    const auto waits = sim->bycloud().add_certificate(
        {.type = "acme", .domains = {"a.example.com", "b.example.com"}, .status = "pending_dns"}
    );
    start_with_secret();
    bind("web", waits);
    ASSERT_TRUE(becomes("web", "CertificateNotActive"));
    EXPECT_EQ(binding("web")["status"]["state"], "pending");
    const auto records = sim->bycloud().show_certificate(waits)["dns_setup"]["records"];
    ASSERT_THAT(records, SizeIs(2));
    for (const json& record : records)
    {
        EXPECT_THAT(
            message("web"),
            HasSubstr(
                record["record_name"].get<std::string>() + " CNAME " +
                record["record_value"].get<std::string>()
            )
        );
    }
    EXPECT_THAT(shown(), SizeIs(0));
    sim->bycloud().set_certificate(waits, {.status = "active"});
    ASSERT_TRUE(is_active("web"));
    EXPECT_EQ(served_by(), waits);
}

TEST_F(bycloud, binding_is_pending_until_the_cloud_has_attached_it)
{
    sim->set({{"bycloud_bindings_held", true}});
    start_with_secret();
    bind("web", a);
    ASSERT_TRUE(testbed::eventually("the binding has its id", [&] {
        return binding("web")["status"].contains("id");
    }));
    ASSERT_TRUE(becomes("web", "Progressing"));
    EXPECT_EQ(binding("web")["status"]["state"], "pending");
    EXPECT_EQ(binding("web")["status"]["id"], shown().at(0)["id"]);
    EXPECT_EQ(served_by(), "nothing");
    sim->set({{"bycloud_bindings_held", false}});
    ASSERT_TRUE(is_active("web"));
    EXPECT_EQ(served_by(), a);
    EXPECT_THAT(shown(), SizeIs(1));
}

TEST_F(bycloud, binding_in_error_says_what_the_cloud_says)
{
    const std::string why = "listener refused the key: RSA 1024 (code 17)";
    sim->set({{"bycloud_binding_error", why}});
    start_with_secret();
    bind("web", a);
    ASSERT_TRUE(becomes("web", "CertificateRefused"));
    EXPECT_EQ(message("web"), why);
    EXPECT_EQ(binding("web")["status"]["state"], "error");
    EXPECT_EQ(served_by(), "nothing");
    ASSERT_THAT(shown(), SizeIs(1));
    sim->bycloud().set_binding(shown()[0]["id"].get<std::string>(), {.status = "active"});
    ASSERT_TRUE(is_active("web"));
    EXPECT_EQ(message("web"), "");
    EXPECT_EQ(served_by(), a);
}

// ByCloud is the controller's own cloud, and the HTTP door stands before it.
class bycloud_api : public bycloud
{
protected:
    // The key of the entry is of no use, so that the one of the environment has to count.
    void open()
    {
        const auto file = folder / "bycloud.yaml";
        const json entry{{"auth_type", "bycloud"}, {"endpoint", endpoint}, {"api_key", "AKIAOLD:replaced"}};
        testbed::write_file(file, json{{"clouds", {{"prod", entry}}}}.dump());
        const int port = testbed::free_port();
        testbed::world::start_controller(
            file, testbed::bindings_api_flags(port, name_space), {{"BYCLOUD_API_KEY", key.api_key}}
        );
        client = {"http://127.0.0.1:" + std::to_string(port), token_of("script", "create,get,list,delete")};
        ASSERT_TRUE(testbed::eventually("the API answers", [&] {
            return client.ask("GET", "/openapi.json").status == 200;
        }));
    }

    answer post(const std::string& certificate, const std::string& listener_id) const
    {
        return client.ask("POST", bindings_of(certificate), body_of_binding(listener_id));
    }

    std::size_t objects() const
    {
        return json::parse(kubectl({"get", "certbind", "-o", "json"}))["items"].size();
    }

    testbed::bindings_api_client client;
};

TEST_F(bycloud_api, binds_and_unbinds_in_the_cloud)
{
    open();
    const auto made = post(a, at);
    ASSERT_EQ(made.status, 201) << made.body.dump();
    ASSERT_THAT(shown(), SizeIs(1));
    for (const char* member :
         {"id", "crn", "certificate_id", "resource_type", "resource_id", "options", "status"})
    {
        EXPECT_EQ(made.body["binding"][member], shown()[0][member]) << member;
    }
    EXPECT_EQ(served_by(), a);
    const auto path = bindings_of(a) + "/" + made.body["binding"]["id"].get<std::string>();
    EXPECT_EQ(client.ask("GET", path).body["binding"], made.body["binding"]);
    EXPECT_EQ(client.ask("DELETE", path).status, 204);
    EXPECT_TRUE(testbed::eventually("the binding is gone in the cloud", [&] { return shown().empty(); }));
    EXPECT_EQ(served_by(), "nothing");
    EXPECT_THAT(controller_log(), Not(HasSubstr(key.secret)));
}

TEST_F(bycloud_api, refuses_as_the_cloud_does)
{
    const auto waits = sim->bycloud().add_certificate({.type = "acme", .status = "pending_dns"});
    open();
    EXPECT_EQ(post(unknown_id, at).status, 404);
    EXPECT_EQ(post(waits, at).status, 409);
    EXPECT_EQ(objects(), 0U);
    ASSERT_EQ(post(a, at).status, 201);
    EXPECT_EQ(post(a, at).status, 409);
    EXPECT_EQ(objects(), 1U);
    EXPECT_THAT(shown(), SizeIs(1));
    EXPECT_EQ(post(a, unknown_id).status, 404);
    EXPECT_EQ(objects(), 1U);
    EXPECT_THAT(shown(), SizeIs(1));
}

}  // namespace
}  // namespace e2e
