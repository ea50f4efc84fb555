// The HTTP door over the controller, a Kubernetes and a cloud: each code of the API by a request.
#include "component/bindings_api_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::bindings_api;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(bindings_api, post_answers_201_with_the_active_binding_when_the_cloud_serves_it)
{
    open();
    const auto a = certificate("a.example.com");
    const auto made = bind(a.id, listener);
    ASSERT_EQ(made.status, 201) << made.body.dump(1);
    EXPECT_EQ(served("any.example.com"), a.ref);
    const json& binding = made.body["binding"];
    const auto id = binding["id"].get<std::string>();
    EXPECT_EQ(
        binding,
        (json{
            {"id", id},
            {"crn", "crn:sao1:certificate:binding:" + id},
            {"certificate_id", a.id},
            {"resource_type", "octavia:listener"},
            {"resource_id", listener},
            {"options", {{"sni", false}}},
            {"status", "active"},
            {"error_message", ""},
            {"created_at", "2026-11-24T00:00:00Z"},
            {"updated_at", binding["updated_at"]},
        })
    );
    const auto shown = get(bindings_of(a.id) + "/" + id);
    EXPECT_EQ(shown.status, 200);
    EXPECT_EQ(shown.body["binding"], binding);
}

TEST_F(bindings_api, post_answers_201_pending_when_its_time_is_up)
{
    open();
    sim.set({{"pending_ms", 60000}});
    const auto a = certificate("a.example.com");
    const auto began = clock().now();
    const auto made = bind(a.id, listener);
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(made.body["binding"]["status"], "pending");
    EXPECT_NE(made.body["binding"]["error_message"], "");
    EXPECT_EQ(clock().now() - began, 10s);
    const auto at_once =
        ask(request("POST", bindings_of(certificate("b").id) + "?wait=0", body_of(listener, true)));
    EXPECT_EQ(at_once.status, 201);
    EXPECT_EQ(at_once.body["binding"]["status"], "pending");
}

TEST_F(bindings_api, a_certificate_that_is_not_active_is_409_and_leaves_nothing)
{
    open();
    const auto a = sim.add_certificate({.project = project, .names = {"a"}, .state = "no_payload"});
    const auto refused = bind(a.id, listener);
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(refused.body["error"]["code"], 409);
    EXPECT_THAT(refused.body["error"]["message"].get<std::string>(), HasSubstr("CertificateNotActive"));
    EXPECT_THAT(refused.body["error"]["request_id"].get<std::string>(), testing::StartsWith("req-"));
    EXPECT_THAT(kube.objects(), IsEmpty());
    EXPECT_EQ(sim.puts(), 0U);
    sim.complete_certificate(a.id);
    EXPECT_EQ(bind(a.id, listener).status, 201) << "the same POST again";
}

TEST_F(bindings_api, what_does_not_exist_is_404_and_leaves_nothing)
{
    open();
    const auto unknown = support::uuid::parse("550e8400-e29b-41d4-a716-446655440009")->str();
    const auto no_certificate = bind(unknown, listener);
    EXPECT_EQ(no_certificate.status, 404);
    EXPECT_THAT(no_certificate.body["error"]["message"].get<std::string>(), HasSubstr("CertificateNotFound"));
    const auto no_listener = bind(certificate("a.example.com").id, unknown);
    EXPECT_EQ(no_listener.status, 404);
    EXPECT_THAT(no_listener.body["error"]["message"].get<std::string>(), HasSubstr("ListenerNotFound"));
    EXPECT_THAT(kube.objects(), IsEmpty());
}

TEST_F(bindings_api, a_listener_of_another_protocol_is_400)
{
    open();
    const auto plain = sim.add_listener({.load_balancer = balancer, .protocol = "HTTP", .port = 80});
    EXPECT_EQ(bind(certificate("a.example.com").id, plain).status, 400);
    EXPECT_THAT(kube.objects(), IsEmpty());
}

TEST_F(bindings_api, a_binding_that_exists_is_409_and_stays)
{
    open();
    const auto a = certificate("a.example.com");
    const auto made = bind(a.id, listener);
    ASSERT_EQ(made.status, 201);
    const auto again = bind(a.id, listener);
    EXPECT_EQ(again.status, 409);
    EXPECT_THAT(
        again.body["error"]["message"].get<std::string>(),
        HasSubstr(made.body["binding"]["id"].get<std::string>())
    );
    EXPECT_EQ(kube.objects().size(), 1U);
    EXPECT_EQ(bind(a.id, listener, true).status, 201) << "the other slot is another binding";
}

TEST_F(bindings_api, the_default_slot_of_another_binding_is_409_and_its_binding_stays)
{
    open();
    const auto a = certificate("a.example.com");
    ASSERT_EQ(bind(a.id, listener).status, 201);
    const auto second = bind(certificate("b.example.com").id, listener);
    EXPECT_EQ(second.status, 409);
    EXPECT_THAT(second.body["error"]["message"].get<std::string>(), HasSubstr("Conflict"));
    EXPECT_EQ(kube.objects().size(), 1U);
    EXPECT_EQ(served("any.example.com"), a.ref);
}

TEST_F(bindings_api, a_binding_that_kubectl_made_is_409_too)
{
    open();
    const auto a = certificate("a.example.com");
    kube.create({.name = "web", .certificate = a.id, .listener = listener, .age_seconds = 60});
    ASSERT_TRUE(becomes("web", "Attached"));
    EXPECT_EQ(bind(a.id, listener).status, 409);
    EXPECT_EQ(kube.objects().size(), 1U);
    const auto list = get(bindings_of(a.id));
    ASSERT_EQ(list.body["bindings"].size(), 1U);
    EXPECT_EQ(list.body["bindings"][0]["id"], kube.object("web")["metadata"]["uid"]);
    EXPECT_EQ(list.body["bindings"][0]["status"], "active");
}

TEST_F(bindings_api, trouble_of_the_load_balancer_is_500_and_the_binding_stays)
{
    open();
    sim.set_load_balancer_status(balancer, "ERROR");
    const auto a = certificate("a.example.com");
    const auto failed = bind(a.id, listener);
    EXPECT_EQ(failed.status, 500) << failed.body.dump();
    EXPECT_THAT(failed.body["error"]["details"].get<std::string>(), HasSubstr("the controller goes on"));
    EXPECT_EQ(kube.objects().size(), 1U);
}

TEST_F(bindings_api, a_cloud_that_is_down_is_500_only_when_the_time_is_up)
{
    open();
    sim.set({{"down", {"load-balancer"}}});
    const auto began = clock().now();
    EXPECT_EQ(bind(certificate("a.example.com").id, listener).status, 500);
    EXPECT_EQ(clock().now() - began, 10s);
    EXPECT_EQ(kube.objects().size(), 1U);
}

TEST_F(bindings_api, credentials_that_the_cloud_refuses_are_401)
{
    sim.remove_application_credential(credential.id);
    open();
    EXPECT_EQ(bind(certificate("a.example.com").id, listener).status, 401);
    EXPECT_THAT(kube.objects(), IsEmpty());
}

TEST_F(bindings_api, what_is_attached_but_not_served_is_201_with_the_reason)
{
    open();
    const auto bare = sim.add_listener({.load_balancer = balancer, .port = 8443});
    const auto a = certificate("a.example.com");
    const auto made = bind(a.id, bare, true);
    EXPECT_EQ(made.status, 201);
    EXPECT_NE(made.body["binding"]["status"], "active");
    EXPECT_THAT(
        made.body["binding"]["error_message"].get<std::string>(), HasSubstr("no default certificate")
    );
    EXPECT_EQ(kube.objects().size(), 1U);
    EXPECT_EQ(sim.get_listener(bare).sni_refs.size(), 1U);
}

TEST_F(bindings_api, delete_answers_204_when_the_certificate_is_off_the_listener)
{
    open();
    const auto a = certificate("a.example.com");
    const auto made = bind(a.id, listener, true);
    const auto path = bindings_of(a.id) + "/" + made.body["binding"]["id"].get<std::string>();
    EXPECT_EQ(ask(request("DELETE", path)).status, 204);
    EXPECT_THAT(kube.objects(), IsEmpty());
    EXPECT_THAT(sim.get_listener(listener).sni_refs, IsEmpty());
    EXPECT_EQ(ask(request("DELETE", path)).status, 404);
    EXPECT_EQ(get(path).status, 404);
}

TEST_F(bindings_api, a_binding_that_kubectl_rotated_is_named_by_a_repeated_post)
{
    open();
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    const auto made = bind(a.id, listener);
    const auto id = made.body["binding"]["id"].get<std::string>();
    kube.update(kube.objects().begin()->first, [&](json& object) { object["spec"]["certificateId"] = b.id; });
    const auto again = bind(a.id, listener);
    EXPECT_EQ(again.status, 409);
    EXPECT_THAT(again.body["error"]["message"].get<std::string>(), AllOf(HasSubstr(id), HasSubstr(b.id)));
    EXPECT_THAT(again.body["error"]["details"].get<std::string>(), HasSubstr(bindings_of(b.id) + "/" + id));
}

TEST_F(bindings_api, delete_answers_202_with_the_reason_while_it_waits_for_a_person)
{
    open();
    const auto bare = sim.add_listener({.load_balancer = balancer, .port = 8443});
    const auto a = certificate("a.example.com");
    const auto made = bind(a.id, bare);
    ASSERT_EQ(made.status, 201) << made.body.dump();
    const auto path = bindings_of(a.id) + "/" + made.body["binding"]["id"].get<std::string>();
    const auto began = clock().now();
    const auto waits = ask(request("DELETE", path));
    EXPECT_EQ(waits.status, 202);
    EXPECT_EQ(waits.body["binding"]["status"], "deleting");
    EXPECT_THAT(
        waits.body["binding"]["error_message"].get<std::string>(), HasSubstr("without a default certificate")
    );
    EXPECT_LT(clock().now() - began, 10s);
}

TEST_F(bindings_api, a_binding_is_found_only_where_it_is)
{
    open();
    const auto a = certificate("a.example.com");
    const auto made = bind(a.id, listener);
    const auto id = made.body["binding"]["id"].get<std::string>();
    EXPECT_EQ(get(bindings_of(certificate("b").id) + "/" + id).status, 404) << "another certificate";
    auto elsewhere = request("GET", bindings_of(a.id) + "/" + id);
    elsewhere.headers.push_back({"X-Namespace", "blog"});
    EXPECT_EQ(ask(elsewhere).status, 404);
    elsewhere.method = "DELETE";
    EXPECT_EQ(ask(elsewhere).status, 404);
    auto far = request("GET", bindings_of(a.id) + "/" + id);
    far.headers.push_back({"X-Region", "rio1"});
    EXPECT_EQ(ask(far).status, 404);
    EXPECT_EQ(kube.objects().size(), 1U);
}

TEST_F(bindings_api, a_list_is_shown_in_pages)
{
    open();
    const auto a = certificate("a.example.com");
    std::vector<std::string> ids;
    for (int i = 0; i < 5; ++i)
    {
        const auto to = sim.add_listener({.load_balancer = balancer, .port = 9000 + i});
        const auto made = bind(a.id, to);
        ASSERT_EQ(made.status, 201) << made.body.dump();
        ids.push_back(made.body["binding"]["id"].get<std::string>());
    }
    std::ranges::sort(ids);
    std::vector<std::string> seen;
    std::string target = bindings_of(a.id) + "?limit=2";
    for (int pages = 1;; ++pages)
    {
        const auto page = get(target);
        ASSERT_EQ(page.status, 200);
        EXPECT_EQ(page.body["meta"]["total"], 5);
        EXPECT_EQ(page.body["meta"]["limit"], 2);
        for (const json& item : page.body["bindings"])
        {
            seen.push_back(item["id"].get<std::string>());
        }
        EXPECT_EQ(page.body["meta"]["marker"], seen.back());
        if (page.body["meta"]["has_more"] == false)
        {
            EXPECT_EQ(pages, 3);
            break;
        }
        target = bindings_of(a.id) + "?limit=2&marker=" + seen.back();
    }
    EXPECT_EQ(seen, ids);
    const auto none = get(bindings_of(certificate("b").id));
    EXPECT_EQ(none.status, 200);
    EXPECT_EQ(
        none.body["meta"], (json{{"total", 0}, {"limit", 20}, {"marker", nullptr}, {"has_more", false}})
    );
}

TEST_F(bindings_api, a_certificate_is_known_by_its_bindings)
{
    open();
    const auto a = certificate("a.example.com");
    EXPECT_EQ(get("/v1/certificates/" + a.id).status, 404);
    const auto made = bind(a.id, listener);
    const auto shown = get("/v1/certificates/" + a.id);
    ASSERT_EQ(shown.status, 200);
    const json& certificate = shown.body["certificate"];
    EXPECT_EQ(certificate["id"], a.id);
    EXPECT_EQ(certificate["crn"], "crn:sao1:certificate:certificate:" + a.id);
    EXPECT_EQ(certificate["status"], "active");
    EXPECT_NE(certificate["expires_at"], nullptr);
    EXPECT_EQ(certificate["bindings"], json::array({made.body["binding"]}));

    const auto path = "/v1/load-balancers/" + balancer + "/listeners/" + listener + "/certificates";
    const auto list = get(path);
    ASSERT_EQ(list.status, 200);
    ASSERT_EQ(list.body["certificates"].size(), 1U);
    EXPECT_EQ(list.body["certificates"][0]["id"], a.id);
    EXPECT_FALSE(list.body["certificates"][0].contains("bindings"));
    EXPECT_EQ(list.body["meta"]["total"], 1);
}

TEST_F(bindings_api, a_namespace_that_nobody_watches_is_400)
{
    settings.watched = {"shop"};
    open();
    auto asked = request("POST", bindings_of(support::uuid().str()), body_of(listener));
    asked.headers.push_back({"X-Namespace", "blog"});
    const auto refused = ask(std::move(asked));
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body["error"]["message"].get<std::string>(), HasSubstr("does not watch"));
    EXPECT_EQ(clients, 0);
}

}  // namespace
