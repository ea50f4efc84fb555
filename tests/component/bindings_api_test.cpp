// The HTTP door over the controller, a Kubernetes and a cloud: each code of the API by a request.
#include "api/door.hpp"
#include "component/controller_world.hpp"
#include "fakes/kubernetes/kube_through.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

support::error status(int code, const std::string& reason)
{
    return {support::errc::status, std::to_string(code) + " " + reason, code, std::nullopt};
}

// The Kubernetes of a caller: the token "alice" may do everything, "reader" may read, and no other is known.
// Of "slow" that is found out after 5 s, and "bug" meets a bug.
class of_caller final : public test::kube_through
{
public:
    of_caller(kube::client& next, support::clock& clock, std::string token)
        : kube_through(next), clock_(clock), token_(std::move(token))
    {}

    support::task<support::result<std::unique_ptr<kube::list_page>>> list(kube::list_request request) override
    {
        if (token_ == "bug")
        {
            throw std::logic_error("a bug");
        }
        if (auto no = refused(false))
        {
            co_return std::unexpected(*no);
        }
        co_return co_await kube_through::list(std::move(request));
    }
    support::task<support::result<std::unique_ptr<kube::watch_stream>>> watch(kube::watch_request request
    ) override
    {
        ADD_FAILURE() << "a caller has no watch of its own";
        return kube_through::watch(std::move(request));
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> create(kube::create_request request
    ) override
    {
        if (token_ == "uncreated-409")
        {
            co_return std::unexpected(status(409, "a webhook says no"));
        }
        if (token_ == "slow")
        {
            co_await clock_.sleep_for(5s);
        }
        if (auto no = refused(true))
        {
            co_return std::unexpected(*no);
        }
        co_return co_await kube_through::create(std::move(request));
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> get(
        kube::resource resource, std::string name_space, std::string name
    ) override
    {
        if (auto no = refused(false))
        {
            co_return std::unexpected(*no);
        }
        co_return co_await kube_through::get(std::move(resource), std::move(name_space), std::move(name));
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> remove(kube::remove_request request
    ) override
    {
        if (token_ == "creator")
        {
            co_return std::unexpected(status(403, "Forbidden"));
        }
        if (token_.starts_with("denied-"))
        {
            co_return std::unexpected(status(std::stoi(token_.substr(7)), "a webhook says no"));
        }
        if (auto no = refused(true))
        {
            co_return std::unexpected(*no);
        }
        co_return co_await kube_through::remove(std::move(request));
    }

private:
    std::optional<support::error> refused(bool write) const
    {
        if (token_ == "alice" || token_.starts_with("denied-") || token_ == "uncreated-409" ||
            token_ == "creator" || (token_ == "reader" && !write))
        {
            return std::nullopt;
        }
        return token_ == "reader" ? status(403, "Forbidden") : status(401, "Unauthorized");
    }

    support::clock& clock_;
    std::string token_;
};

struct answer
{
    int status = 0;
    json body;
    std::vector<net::header> headers;
};

class bindings_api : public test::controller_world
{
protected:
    bindings_api() { settings.defaults = {"shop", "sao1"}; }

    // A controller and its door.
    void open()
    {
        running = std::make_unique<test::controller_process>(
            *this,
            kube,
            http,
            credential,
            admitted,
            settings.watched,
            [this](const binding::object_changed& change) { door->changed(change); }
        );
        door.emplace(
            api::door::parts{
                executor(),
                clock(),
                random,
                [this](const support::secret& token) {
                    ++clients;
                    return std::make_unique<of_caller>(kube, clock(), token.reveal());
                },
                [this](const support::uuid& uid) { return running->controller.find(uid); },
                R"({"openapi": "3.1.0"})",
                "<html></html>"
            },
            settings
        );
        ASSERT_TRUE(until([&] { return running->controller.ready(); }));
    }

    static net::server_request request(
        const std::string& method, const std::string& target, const std::string& body = {}
    )
    {
        net::server_request asked;
        asked.method = method;
        asked.path = target.substr(0, target.find('?'));
        asked.query = target.contains('?') ? target.substr(target.find('?') + 1) : "";
        asked.headers = {{"Authorization", "Bearer alice"}, {"Content-Type", "application/json"}};
        asked.body = body;
        return asked;
    }

    static answer read(const net::page& page)
    {
        return {page.status, json::parse(page.body, nullptr, false), page.headers};
    }

    answer ask(net::server_request asked) { return read(run(door->answer(std::move(asked)))); }
    answer get(const std::string& target) { return ask(request("GET", target)); }

    static std::string body_of(const std::string& to, bool sni = false)
    {
        return json{
            {"resource_type", "octavia:listener"}, {"resource_id", to}, {"options", {{"sni", sni}}}
        }.dump();
    }

    static std::string bindings_of(const std::string& certificate)
    {
        return "/v1/certificates/" + certificate + "/bindings";
    }

    answer bind(const std::string& certificate, const std::string& to, bool sni = false)
    {
        return ask(request("POST", bindings_of(certificate), body_of(to, sni)));
    }

    // Starts a request, whose answer is in the result when it is there.
    std::shared_ptr<std::optional<answer>> begin(net::server_request asked)
    {
        auto to = std::make_shared<std::optional<answer>>();
        cancel = spawn([](api::door& door, net::server_request what, auto into) -> support::task<> {
            into->emplace(read(co_await door.answer(std::move(what))));
        }(*door, std::move(asked), to));
        return to;
    }

    api::settings settings;
    support::random_engine random{7};
    std::optional<api::door> door;
    int clients = 0;
    std::function<void()> cancel;
};

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

TEST_F(bindings_api, what_the_token_may_not_delete_again_stays_and_the_answer_says_so)
{
    open();
    auto asked = request("POST", bindings_of(support::uuid().str()), body_of(listener));
    asked.headers[0].value = "Bearer creator";
    const auto refused = ask(std::move(asked));
    EXPECT_EQ(refused.status, 404);
    EXPECT_THAT(refused.body["error"]["details"].get<std::string>(), HasSubstr("could not be deleted again"));
    EXPECT_EQ(kube.objects().size(), 1U);
}

TEST_F(bindings_api, without_a_token_nothing_is_asked)
{
    open();
    for (const char* header : {"", "Bearer ", "Bearer", "Basic YWxpY2U6eA==", "Bearer two words"})
    {
        auto asked = request("POST", bindings_of(support::uuid().str()), "no JSON");
        asked.headers[0].value = header;
        const auto refused = ask(std::move(asked));
        EXPECT_EQ(refused.status, 401) << header;
        EXPECT_EQ(net::find_header(refused.headers, "www-authenticate"), "Bearer");
    }
    EXPECT_EQ(clients, 0);
}

TEST_F(bindings_api, the_rights_of_the_token_decide)
{
    open();
    const auto a = certificate("a.example.com");
    const auto made = bind(a.id, listener);
    const auto path = bindings_of(a.id) + "/" + made.body["binding"]["id"].get<std::string>();
    const auto with = [&](const std::string& token, const std::string& method, const std::string& target) {
        auto asked = request(method, target, body_of(listener, true));
        asked.headers[0].value = "Bearer " + token;
        return ask(std::move(asked)).status;
    };
    EXPECT_EQ(with("reader", "GET", path), 200);
    EXPECT_EQ(with("reader", "POST", bindings_of(a.id)), 403);
    EXPECT_EQ(with("reader", "DELETE", path), 403);
    for (const std::string& target : {bindings_of(a.id), path, "/v1/certificates/" + a.id})
    {
        EXPECT_EQ(with("mallory", "GET", target), 401) << target;
    }
    EXPECT_EQ(with("mallory", "POST", bindings_of(a.id)), 401);
    EXPECT_EQ(with("mallory", "DELETE", path), 401);
    EXPECT_EQ(kube.objects().size(), 1U);
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

TEST_F(bindings_api, a_webhook_that_denies_is_told_and_is_no_end_of_the_binding)
{
    open();
    const auto a = certificate("a.example.com");
    const auto made = bind(a.id, listener);
    const auto path = bindings_of(a.id) + "/" + made.body["binding"]["id"].get<std::string>();
    for (const int code : {404, 409})
    {
        auto asked = request("DELETE", path);
        asked.headers[0].value = "Bearer denied-" + std::to_string(code);
        const auto refused = ask(std::move(asked));
        EXPECT_EQ(refused.status, code);
        EXPECT_THAT(refused.body.dump(), HasSubstr("a webhook says no"));
    }
    EXPECT_EQ(kube.objects().size(), 1U);
    auto asked = request("POST", bindings_of(a.id), body_of(listener, true));
    asked.headers[0].value = "Bearer uncreated-409";
    const auto refused = ask(std::move(asked));
    EXPECT_EQ(refused.status, 409);
    EXPECT_THAT(refused.body.dump(), AllOf(HasSubstr("a webhook says no"), Not(HasSubstr("exists"))));
}

TEST_F(bindings_api, what_a_webhook_keeps_stays_and_the_answer_has_its_words)
{
    open();
    auto asked = request("POST", bindings_of(support::uuid().str()), body_of(listener));
    asked.headers[0].value = "Bearer denied-409";
    const auto refused = ask(std::move(asked));
    EXPECT_EQ(refused.status, 404);
    EXPECT_THAT(
        refused.body["error"]["details"].get<std::string>(),
        AllOf(HasSubstr("could not be deleted again"), HasSubstr("a webhook says no"))
    );
    EXPECT_EQ(kube.objects().size(), 1U);
}

TEST_F(bindings_api, a_token_without_rights_does_not_learn_where_a_binding_is)
{
    open();
    const auto a = certificate("a.example.com");
    const auto made = bind(a.id, listener);
    auto asked = request(
        "GET", bindings_of(certificate("b").id) + "/" + made.body["binding"]["id"].get<std::string>()
    );
    asked.headers[0].value = "Bearer mallory";
    EXPECT_EQ(ask(asked).status, 401) << "another certificate";
    asked.path = bindings_of(a.id) + "/" + made.body["binding"]["id"].get<std::string>();
    asked.headers.push_back({"X-Namespace", "blog"});
    EXPECT_EQ(ask(asked).status, 401) << "another namespace";
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

TEST_F(bindings_api, one_wait_too_many_is_429_and_creates_nothing)
{
    settings.most_waiting = 1;
    open();
    sim.set({{"pending_ms", 60000}});
    const auto first = begin(request("POST", bindings_of(certificate("a").id), body_of(listener)));
    step();
    const auto second = bind(certificate("b").id, listener, true);
    EXPECT_EQ(second.status, 429);
    EXPECT_EQ(net::find_header(second.headers, "retry-after"), "10");
    EXPECT_EQ(kube.objects().size(), 1U);
    ASSERT_TRUE(until([&] { return first->has_value(); }));
    EXPECT_EQ((*first)->status, 201);
    EXPECT_EQ(bind(certificate("c").id, listener, true).status, 201) << "the place is free again";
}

TEST_F(bindings_api, a_token_that_kubernetes_does_not_know_takes_no_place)
{
    settings.most_waiting = 1;
    open();
    auto made_up = request("POST", bindings_of(certificate("b").id), body_of(listener, true));
    made_up.headers[0].value = "Bearer slow";
    const auto first = begin(std::move(made_up));
    step();
    EXPECT_EQ(bind(certificate("a").id, listener).status, 201);
    ASSERT_TRUE(until([&] { return first->has_value(); }));
    EXPECT_EQ((*first)->status, 401);
    EXPECT_EQ(kube.objects().size(), 1U);
}

TEST_F(bindings_api, a_deletion_without_a_place_to_wait_goes_on)
{
    settings.most_waiting = 1;
    open();
    const auto a = certificate("a");
    const auto made = bind(a.id, listener);
    const auto path = bindings_of(a.id) + "/" + made.body["binding"]["id"].get<std::string>();
    auto first = request("DELETE", path);
    auto second = request("DELETE", path);
    const auto waits = begin(std::move(first));
    const auto told = begin(std::move(second));
    step();
    ASSERT_TRUE(told->has_value()) << "both found a place free, and one took it";
    EXPECT_EQ((*told)->status, 202);
    EXPECT_EQ((*told)->body["binding"]["status"], "deleting");
    ASSERT_TRUE(until([&] { return waits->has_value(); }));
    EXPECT_EQ((*waits)->status, 204);
}

TEST_F(bindings_api, a_thousand_wait_without_a_watch_of_their_own)
{
    settings.requests_per_minute = 0;
    open();
    sim.hold({.service = "load-balancer", .times = {}});
    const auto a = certificate("a.example.com");
    std::vector<std::shared_ptr<std::optional<answer>>> waits;
    for (int i = 0; i < 1000; ++i)
    {
        char to[37];
        std::snprintf(to, sizeof to, "11111111-0000-4000-8000-%012d", i);
        waits.push_back(begin(request("POST", bindings_of(a.id), body_of(to))));
    }
    step();
    EXPECT_EQ(kube.objects().size(), 1000U);
    EXPECT_EQ(bind(a.id, listener).status, 429);
    EXPECT_EQ(get(bindings_of(certificate("b").id)).status, 200) << "who does not wait is answered";
    advance(10s);
    for (const auto& each : waits)
    {
        ASSERT_TRUE(each->has_value());
        EXPECT_EQ((*each)->status, 201);
    }
}

TEST_F(bindings_api, a_peer_that_goes_away_gives_its_place_up)
{
    settings.most_waiting = 1;
    open();
    sim.set({{"pending_ms", 60000}});
    const auto first = begin(request("POST", bindings_of(certificate("a").id), body_of(listener)));
    step();
    cancel();
    step();
    EXPECT_FALSE(first->has_value());
    EXPECT_EQ(bind(certificate("b").id, listener, true).status, 201);
    EXPECT_EQ(kube.objects().size(), 2U) << "what was created stays";
}

TEST_F(bindings_api, a_program_that_ends_answers_what_is_known)
{
    open();
    sim.set({{"pending_ms", 60000}});
    const auto first = begin(request("POST", bindings_of(certificate("a").id), body_of(listener)));
    step();
    door->end_waits();
    step();
    ASSERT_TRUE(first->has_value());
    EXPECT_EQ((*first)->status, 201);
    EXPECT_EQ((*first)->body["binding"]["status"], "pending");
}

TEST_F(bindings_api, a_binding_that_is_deleted_meanwhile_is_409)
{
    open();
    sim.set({{"pending_ms", 60000}});
    const auto first = begin(request("POST", bindings_of(certificate("a").id), body_of(listener)));
    step();
    ASSERT_EQ(kube.objects().size(), 1U);
    kube.remove(kube.objects().begin()->first);
    ASSERT_TRUE(until([&] { return first->has_value(); }, 5s));
    EXPECT_EQ((*first)->status, 409);
}

TEST_F(bindings_api, a_token_has_so_many_requests_a_minute)
{
    settings.requests_per_minute = 2;
    open();
    const auto path = bindings_of(support::uuid().str());
    EXPECT_EQ(net::find_header(get(path).headers, "x-ratelimit-remaining"), "1");
    EXPECT_EQ(get(path).status, 200);
    const auto third = get(path);
    EXPECT_EQ(third.status, 429);
    EXPECT_EQ(net::find_header(third.headers, "retry-after"), "60");
    EXPECT_EQ(net::find_header(third.headers, "x-ratelimit-limit"), "2");
    auto other = request("GET", path);
    other.headers[0].value = "Bearer reader";
    EXPECT_EQ(ask(other).status, 200) << "another token";
    advance(1min);
    EXPECT_EQ(get(path).status, 200);
}

TEST_F(bindings_api, the_log_has_one_line_for_each_request_and_no_token)
{
    open();
    support::log_capture log;
    auto asked = request("GET", bindings_of(support::uuid().str()) + "?limit=7");
    asked.headers[0].value = "Bearer mallorys-secret-token";
    asked.peer = "192.0.2.7";
    const auto refused = ask(std::move(asked));
    EXPECT_EQ(refused.status, 401);
    const auto id = refused.body["error"]["request_id"].get<std::string>();
    EXPECT_EQ(net::find_header(refused.headers, "x-request-id"), id);
    EXPECT_THAT(
        log.text(), AllOf(HasSubstr(id), HasSubstr("401"), HasSubstr("shop"), HasSubstr("192.0.2.7"))
    );
    EXPECT_THAT(log.text(), AllOf(Not(HasSubstr("mallory")), Not(HasSubstr("limit"))));
    EXPECT_EQ(std::ranges::count(log.text(), '\n'), 1);
}

TEST_F(bindings_api, contract_and_documentation_need_no_token)
{
    open();
    for (const std::string path : {"/openapi.json", "/docs"})
    {
        auto asked = request("GET", path);
        asked.headers.clear();
        EXPECT_EQ(ask(asked).status, 200);
    }
    EXPECT_EQ(ask(request("GET", "/v1/certificates")).status, 404);
    const auto other = ask(request("PUT", bindings_of(support::uuid().str())));
    EXPECT_EQ(other.status, 405);
    EXPECT_EQ(net::find_header(other.headers, "allow"), "POST, GET");
}

TEST_F(bindings_api, a_bug_has_the_status_500_in_the_log_as_at_its_peer)
{
    open();
    support::log_capture log;
    auto asked = request("GET", bindings_of(support::uuid().str()));
    asked.headers[0].value = "Bearer bug";
    EXPECT_THROW(ask(std::move(asked)), std::logic_error);
    EXPECT_THAT(log.text(), AllOf(HasSubstr("status=500"), Not(HasSubstr("status=499"))));
    EXPECT_EQ(std::ranges::count(log.text(), '\n'), 1);
}

TEST_F(bindings_api, a_caller_who_hangs_up_has_the_status_499_in_the_log)
{
    open();
    support::log_capture log;
    auto asked = request("POST", bindings_of(certificate("a.example.com").id), body_of(listener));
    asked.headers[0].value = "Bearer slow";
    const auto answered = begin(std::move(asked));
    step();
    cancel();
    step();
    EXPECT_FALSE(answered->has_value());
    EXPECT_THAT(log.text(), HasSubstr("status=499"));
}

}  // namespace
