// A certificate is attached to a listener and detached with kubectl, a real API server and helm; the
// controller has the chart's rights.
#include "e2e/world.hpp"
#include "testbed/audit_log.hpp"
#include "testbed/eventually.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>

namespace e2e {
namespace {

using testing::Contains;
using testing::Each;
using testing::Field;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

class binding_story : public world
{};

TEST_F(binding_story, the_default_certificate_is_attached)
{
    const auto a = certificate("a.example.com");
    start_controller();
    apply({{.name = "web", .certificate = a.id, .listener = listener}});
    ASSERT_TRUE(is_active("web"));
    EXPECT_EQ(served(listener, "any.example.com"), a.ref);
    EXPECT_THAT(
        kubectl({"get", "certbind", "web", "-o", "wide"}),
        testing::AllOf(HasSubstr("True"), HasSubstr("active"), HasSubstr("Attached"))
    );
    EXPECT_EQ(stop_controller(SIGTERM), 0);
}

TEST_F(binding_story, two_bindings_of_one_listener_go_into_one_put)
{
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    // Both are created before the controller starts, because the time between them depends on kubectl and the
    // machine.
    apply(
        {{.name = "a", .certificate = a.id, .listener = listener, .sni = true},
         {.name = "b", .certificate = b.id, .listener = listener, .sni = true}}
    );
    start_controller();
    ASSERT_TRUE(is_active("a"));
    ASSERT_TRUE(is_active("b"));
    EXPECT_EQ(sim->puts(), 1U);
    EXPECT_EQ(served(listener, "a.example.com"), a.ref);
    EXPECT_EQ(served(listener, "b.example.com"), b.ref);
    EXPECT_EQ(served(listener, "any.example.com"), foreign);
}

TEST_F(binding_story, a_certificate_that_is_not_active_is_waited_for)
{
    const auto a = sim->add_certificate(
        {.project = project, .kind = "pkcs12", .names = {"a.example.com"}, .state = "no_payload"}
    );
    start_controller();
    apply({{.name = "web", .certificate = a.id, .listener = listener, .sni = true}});
    ASSERT_TRUE(becomes("web", "CertificateNotActive"));
    EXPECT_EQ(binding("web")["status"]["state"], "pending");
    EXPECT_THAT(message("web"), HasSubstr("payload"));
    sim->complete_certificate(a.id);
    ASSERT_TRUE(is_active("web"));
    EXPECT_EQ(served(listener, "a.example.com"), a.ref);
}

TEST_F(binding_story, an_unknown_certificate_is_said_and_attached_when_it_comes)
{
    const std::string id = "12345678-1234-4234-8234-123456789abc";
    start_controller();
    apply({{.name = "web", .certificate = id, .listener = listener}});
    ASSERT_TRUE(becomes("web", "CertificateNotFound"));
    EXPECT_EQ(binding("web")["status"]["state"], "pending") << "it may be created together with the binding";
    const auto a = sim->add_certificate({.project = project, .names = {"a.example.com"}, .id = id});
    ASSERT_TRUE(is_active("web"));
    EXPECT_EQ(served(listener, "a.example.com"), a.ref);
}

TEST_F(binding_story, an_unknown_listener_and_one_without_tls_are_said)
{
    const auto a = certificate("a.example.com");
    const auto plain = sim->add_listener({.load_balancer = balancer, .protocol = "HTTP", .port = 80});
    start_controller();
    apply(
        {{.name = "unknown", .certificate = a.id, .listener = "12345678-1234-4234-8234-123456789abc"},
         {.name = "plain", .certificate = a.id, .listener = plain}}
    );
    ASSERT_TRUE(becomes("unknown", "ListenerNotFound"));
    ASSERT_TRUE(becomes("plain", "ListenerProtocol"));
    EXPECT_THAT(message("plain"), HasSubstr("HTTP"));
    EXPECT_EQ(sim->puts(), 0U);
    remove("unknown");
    remove("plain");
    EXPECT_TRUE(is_gone("unknown"));
    EXPECT_TRUE(is_gone("plain"));
}

TEST_F(binding_story, an_sni_certificate_is_ready_only_beside_a_default_certificate)
{
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    start_controller();
    apply({{.name = "a", .certificate = a.id, .listener = bare_listener, .sni = true}});
    ASSERT_TRUE(becomes("a", "NoDefaultCertificate"));
    EXPECT_EQ(served(bare_listener, "a.example.com"), "nothing");
    EXPECT_EQ(binding("a")["status"]["state"], "pending");
    apply({{.name = "main", .certificate = b.id, .listener = bare_listener}});
    ASSERT_TRUE(is_active("a"));
    ASSERT_TRUE(is_active("main"));
    EXPECT_EQ(served(bare_listener, "a.example.com"), a.ref);
    EXPECT_EQ(served(bare_listener, "any.example.com"), b.ref);
}

TEST_F(binding_story, conditions_of_other_managers_survive_a_change)
{
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    start_controller();
    apply({{.name = "web", .certificate = a.id, .listener = listener}});
    ASSERT_TRUE(is_active("web"));
    kubectl(
        {"patch",
         "certbind",
         "web",
         "--subresource=status",
         "--type=json",
         "--field-manager=auditor",
         "--patch",
         R"([{"op":"add","path":"/status/conditions/-","value":{"type":"example.com/Audited","status":"True",)"
         R"("reason":"ByHand","message":"seen","lastTransitionTime":"2026-01-01T00:00:00Z"}}])"}
    );
    apply({{.name = "web", .certificate = b.id, .listener = listener}});
    ASSERT_TRUE(testbed::eventually("the new certificate is served", [&] {
        return served(listener, "any.example.com") == b.ref;
    }));
    ASSERT_TRUE(is_active("web"));
    const auto conditions = binding("web")["status"]["conditions"];
    const auto audited = std::ranges::find_if(conditions, [](const auto& condition) {
        return condition["type"] == "example.com/Audited";
    });
    ASSERT_NE(audited, conditions.end());
    EXPECT_EQ((*audited)["message"], "seen");
}

TEST_F(binding_story, a_deleted_binding_is_detached)
{
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    start_controller();
    apply(
        {{.name = "a", .certificate = a.id, .listener = listener},
         {.name = "b", .certificate = b.id, .listener = listener, .sni = true}}
    );
    ASSERT_TRUE(is_active("a"));
    ASSERT_TRUE(is_active("b"));
    remove("a");
    remove("b");
    ASSERT_TRUE(is_gone("a"));
    ASSERT_TRUE(is_gone("b"));
    EXPECT_EQ(served(listener, "b.example.com"), foreign);
}

TEST_F(binding_story, a_certificate_deleted_while_attached_does_not_take_the_listener_down)
{
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    const auto c = certificate("c.example.com");
    start_controller();
    apply(
        {{.name = "a", .certificate = a.id, .listener = listener, .sni = true},
         {.name = "b", .certificate = b.id, .listener = listener, .sni = true}}
    );
    ASSERT_TRUE(is_active("a"));
    ASSERT_TRUE(is_active("b"));
    sim->remove_certificate(a.id);                 // the container
    sim->remove_certificate(b.id, "private_key");  // one secret of it
    apply({{.name = "c", .certificate = c.id, .listener = listener, .sni = true}});
    ASSERT_TRUE(is_active("c"));
    EXPECT_EQ(served(listener, "c.example.com"), c.ref);
    EXPECT_EQ(served(listener, "any.example.com"), foreign);
}

TEST_F(binding_story, a_namespace_with_bindings_goes_and_everything_is_detached)
{
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    start_controller();
    apply(
        {{.name = "a", .certificate = a.id, .listener = listener},
         {.name = "b", .certificate = b.id, .listener = listener, .sni = true}}
    );
    ASSERT_TRUE(is_active("a"));
    ASSERT_TRUE(is_active("b"));
    ASSERT_EQ(kubernetes().kubectl({"delete", "namespace", name_space, "--timeout=120s"}).code, 0);
    EXPECT_EQ(served(listener, "b.example.com"), foreign);
    EXPECT_EQ(sim->get_listener(listener).default_ref, foreign);
}

// The listener has no foreign certificate. The test tries each way out that the message names.
// The steps of docs/operations.md; the other namespace stands for the other cluster.
TEST_F(binding_story, moves_to_another_cluster_without_a_change_of_the_listener)
{
    const auto first = certificate("first.example.com");
    start_controller();
    apply({{.name = "web", .certificate = first.id, .listener = listener}});
    ASSERT_TRUE(is_active("web"));
    kubectl(
        {"patch", "certbind", "web", "--type=merge", "--patch", R"({"spec": {"deletionPolicy": "Retain"}})"}
    );
    kubectl({"delete", "certbind", "web", "--timeout=120s"});
    EXPECT_EQ(stop_controller(SIGTERM), 0);
    const auto puts = sim->puts();

    const auto old_one = std::exchange(name_space, name_space + "-new");
    ASSERT_EQ(kubernetes().kubectl({"create", "namespace", name_space}).code, 0);
    start_controller();
    apply({{.name = "web", .certificate = first.id, .listener = listener}});
    ASSERT_TRUE(is_active("web"));
    EXPECT_TRUE(testbed::eventually("it was adopted", [&] { return !events("Adopted").empty(); }));
    EXPECT_EQ(sim->puts(), puts);
    EXPECT_EQ(served(listener, "any.example.com"), first.ref);
    remove("web");
    kubernetes().kubectl({"delete", "namespace", old_one, "--wait=false"});
}

class last_certificate : public binding_story
{
protected:
    void attach_and_delete()
    {
        first = certificate("first.example.com");
        start_controller({"--namespace", name_space + "-other"});
        ASSERT_EQ(kubernetes().kubectl({"create", "namespace", name_space + "-other"}).code, 0);
        apply({{.name = "web", .certificate = first.id, .listener = bare_listener}});
        ASSERT_TRUE(is_active("web"));
        // The end of the namespace needs the end of the binding.
        ASSERT_EQ(kubernetes().kubectl({"delete", "namespace", name_space, "--wait=false"}).code, 0);
        ASSERT_TRUE(becomes("web", "LastCertificate"));
        EXPECT_EQ(served(bare_listener, "first.example.com"), first.ref);
        for (const char* way :
             {"another default certificate",
              "delete the listener",
              "Retain",
              "certificates.bycloud.io/abandon"})
        {
            EXPECT_THAT(message("web"), HasSubstr(way));
        }
    }

    void expect_namespace_goes()
    {
        EXPECT_EQ(
            kubernetes().kubectl({"wait", "--for=delete", "namespace/" + name_space, "--timeout=120s"}).code,
            0
        );
    }

    cloudsim::control::certificate first;
};

TEST_F(last_certificate, goes_when_another_is_bound_in_another_namespace)
{
    attach_and_delete();
    const auto second = certificate("second.example.com");
    const auto mine = std::exchange(name_space, name_space + "-other");
    apply({{.name = "heir", .certificate = second.id, .listener = bare_listener}});
    ASSERT_TRUE(is_active("heir"));
    name_space = mine;
    expect_namespace_goes();
    EXPECT_EQ(served(bare_listener, "any.example.com"), second.ref);
}

TEST_F(last_certificate, goes_when_the_listener_is_deleted)
{
    attach_and_delete();
    sim->remove_listener(bare_listener);
    expect_namespace_goes();
}

TEST_F(last_certificate, stays_on_the_listener_by_retain)
{
    attach_and_delete();
    kubectl({"patch", "certbind", "web", "--type=merge", "-p", R"({"spec":{"deletionPolicy":"Retain"}})"});
    expect_namespace_goes();
    EXPECT_EQ(served(bare_listener, "any.example.com"), first.ref);
}

TEST_F(last_certificate, stays_on_the_listener_by_the_annotation)
{
    attach_and_delete();
    kubectl({"annotate", "certbind", "web", "certificates.bycloud.io/abandon=true"});
    expect_namespace_goes();
    EXPECT_EQ(served(bare_listener, "any.example.com"), first.ref);
}

TEST_F(binding_story, an_api_server_that_restarts_is_waited_for)
{
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    start_controller();
    apply({{.name = "a", .certificate = a.id, .listener = listener, .sni = true}});
    ASSERT_TRUE(is_active("a"));
    kubernetes().stop_apiserver(SIGKILL);
    kubernetes().start_apiserver();
    apply({{.name = "b", .certificate = b.id, .listener = listener, .sni = true}});
    ASSERT_TRUE(is_active("b"));
    EXPECT_EQ(served(listener, "a.example.com"), a.ref);
}

TEST_F(binding_story, the_controller_asks_for_nothing_but_its_rights)
{
    const auto a = certificate("a.example.com");
    start_controller();
    apply({{.name = "audited", .certificate = a.id, .listener = listener}});
    ASSERT_TRUE(is_active("audited"));
    remove("audited");
    ASSERT_TRUE(is_gone("audited"));
    // The controller waits for no event.
    for (const char* reason : {"Progressing", "Attached", "DefaultReplaced", "Detaching"})
    {
        ASSERT_TRUE(testbed::eventually(std::string(reason) + " is told", [&] {
            return !events(reason).empty();
        }));
    }
    int status_writes = 0;
    int events = 0;
    for (const auto& request : testbed::read_audit_log(kubernetes().audit_log()))
    {
        if (request.user != "system:serviceaccount:certificate-binding:certificate-binding-controller" ||
            request.object_namespace != name_space)
        {
            continue;
        }
        EXPECT_NE(request.code, 403) << request;
        if (request.resource == "events")
        {
            EXPECT_EQ(request.verb, "create") << request;
            EXPECT_EQ(request.code, 201) << request;
            ++events;
            continue;
        }
        EXPECT_EQ(request.resource, "certificatebindings") << request;
        EXPECT_THAT((std::vector<std::string>{"list", "watch", "get", "patch"}), Contains(request.verb))
            << request;
        status_writes += request.subresource == "status" && request.name == "audited" ? 1 : 0;
    }
    EXPECT_EQ(status_writes, 3) << "the ledger and the Ready status of the attach, the ledger of the detach";
    EXPECT_GE(events, 3) << "Progressing, Attached, Detaching";
    EXPECT_THAT(
        kubectl({"get", "events", "-o", "jsonpath={.items[*].reason}"}),
        testing::AllOf(HasSubstr("Attached"), HasSubstr("DefaultReplaced"))
    );
}

// kill -9 at each write to the cloud: before Octavia receives it, before it takes effect, and before Octavia
// answers.
class killed_controller : public world, public testing::WithParamInterface<std::tuple<int, const char*>>
{};

TEST_P(killed_controller, comes_to_the_same_end)
{
    const auto [skip, when] = GetParam();
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    sim->hold(
        {.service = "load-balancer", .method = "PUT", .skip = static_cast<std::uint64_t>(skip), .when = when}
    );
    start_controller();
    int kills = 0;
    const auto crash_when_held = [&] {
        if (sim->held().empty())
        {
            return;
        }
        ++kills;
        EXPECT_EQ(stop_controller(SIGKILL), 128 + SIGKILL);
        start_controller();
        sim->release();
    };
    const auto held_or = [&](const std::string& condition, const std::function<bool()>& done) {
        return testbed::eventually(condition, [&] {
            crash_when_held();
            return done();
        });
    };
    // The state of a binding whose status is of the current generation.
    const auto state = [&](const std::string& name) -> std::string {
        const auto object = binding(name);
        if (object.is_null())
        {
            return "gone";
        }
        const auto& status = object["status"];
        return status["observedGeneration"] == object["metadata"]["generation"] ? status.value("state", "")
                                                                                : "";
    };
    apply({{.name = "web", .certificate = a.id, .listener = listener}});
    ASSERT_TRUE(held_or("web is attached", [&] { return state("web") == "active"; }));
    EXPECT_EQ(served(listener, "any.example.com"), a.ref);
    apply({{.name = "web", .certificate = b.id, .listener = listener}});
    ASSERT_TRUE(held_or("web is rotated", [&] { return state("web") == "active"; }));
    EXPECT_EQ(served(listener, "any.example.com"), b.ref);
    remove("web");
    ASSERT_TRUE(held_or("web is detached", [&] { return state("web") == "gone"; }));
    EXPECT_EQ(served(listener, "any.example.com"), foreign);
    EXPECT_EQ(kills, 1);
}

INSTANTIATE_TEST_SUITE_P(
    each_write,
    killed_controller,
    testing::Combine(testing::Values(0, 1, 2), testing::Values("before", "during", "after")),
    [](const auto& info) {
        return std::string(std::get<1>(info.param)) + "_write_" + std::to_string(std::get<0>(info.param));
    }
);

}  // namespace
}  // namespace e2e
