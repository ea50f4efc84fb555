// ByCloud: the requests for bindings, row by row of the API's documentation, and what a listener serves.
#include "cloudsim/bycloud/bycloud_lab.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>

namespace cloudsim::test {
namespace {

using namespace std::chrono_literals;

class bycloud_bindings_test : public bycloud_lab
{
protected:
    const std::string id_ = cloud.add_certificate({.domains = {"shop.example.com"}});

    std::string path_of(const json& binding) const
    {
        return bindings_of(member_text(binding, "certificate_id")) + "/" + member_text(binding, "id");
    }
    std::string list_path() const
    {
        return "/v1/load-balancers/" + on.load_balancer + "/listeners/" + on.id + "/certificates";
    }
    std::string message_of(const reply& answer, int status)
    {
        details_of(answer, status);
        return member_text(json::parse(answer.body)["error"], "message");
    }
    bycloud_control::tls_answer served(const std::string& server_name) const
    {
        return cloud.tls(on.id, server_name);
    }
    static bycloud_control::tls_answer by(const std::string& certificate, const char* source)
    {
        return {.certificate = certificate, .source = source};
    }
};

TEST_F(bycloud_bindings_test, a_binding_is_created_active_and_served)
{
    const auto made = bind(id_);
    const json expected = {
        {"id", made["id"]},
        {"crn", "crn:sao1:certificate:binding:" + made["id"].get<std::string>()},
        {"certificate_id", id_},
        {"resource_type", "octavia:listener"},
        {"resource_id", on.id},
        {"options", {{"sni", false}}},
        {"status", "active"},
        {"error_message", nullptr},
        {"created_at", "2026-11-24T03:27:20Z"},
        {"updated_at", "2026-11-24T03:27:20Z"}
    };
    EXPECT_EQ(made, expected);
    EXPECT_EQ(show(id_)["bindings"], json::array({expected}));
    EXPECT_EQ(cloud.bindings(on.id), std::vector{expected});
    EXPECT_EQ(served("anything"), by(id_, "default"));
}

TEST_F(bycloud_bindings_test, options_may_be_left_out)
{
    const auto bare = order(false);
    for (const auto& body : {json{{"resource_type", bare["resource_type"]}, {"resource_id", on.id}}, [&] {
                                 auto empty = order(false);
                                 empty["options"] = json::object();
                                 empty["resource_id"] = cloud.add_listener({}).id;
                                 return empty;
                             }()})
    {
        EXPECT_EQ(
            body_of(call("POST", bindings_of(id_), body), 201)["binding"]["options"], (json{{"sni", false}})
        );
    }
}

TEST_F(bycloud_bindings_test, a_body_that_is_no_order_gets_400)
{
    const auto with = [&](const char* name, const json& value) {
        auto body = order(false);
        body[name] = value;
        return body;
    };
    const json rows[] = {
        json::array(),
        json::object(),
        {{"resource_id", on.id}},
        {{"resource_type", "octavia:listener"}},
        with("resource_type", "octavia:loadbalancer"),
        with("resource_type", nullptr),
        with("resource_id", "x"),
        with("resource_id", 1),
        with("options", nullptr),
        with("options", json::array()),
        with("options", {{"sni", "true"}}),
        with("options", {{"sni", nullptr}}),
        with("options", {{"other", true}}),
        with("name", "x"),
    };
    for (const auto& row : rows)
    {
        SCOPED_TRACE(row.dump());
        details_of(call("POST", bindings_of(id_), row), 400);
    }
    const auto cut = ask(
        {.method = "POST", .url = bycloud_url(bindings_of(id_)), .body = "{\"a\"", .headers = usual_headers()}
    );
    details_of(cut, 400);
    EXPECT_TRUE(cloud.bindings().empty());
}

TEST_F(bycloud_bindings_test, what_is_not_there_gets_404)
{
    const std::string nowhere = "00000000-0000-4000-8000-000000000000";
    EXPECT_EQ(message_of(call("POST", bindings_of(nowhere), order(false)), 404), "Certificate not found");
    EXPECT_EQ(message_of(call("POST", bindings_of(id_), order(nowhere, false)), 404), "Resource not found");
    const auto elsewhere = cloud.add_listener({.region = "RegionOne"});
    const auto others = cloud.add_listener({.organization = "other"});
    details_of(call("POST", bindings_of(id_), order(elsewhere.id, false)), 404);
    details_of(call("POST", bindings_of(id_), order(others.id, false)), 404);
    cloud.remove_listener(on.id);
    details_of(call("POST", bindings_of(id_), order(false)), 404);
}

TEST_F(bycloud_bindings_test, a_binding_that_exists_gets_409)
{
    bind(id_, false);
    EXPECT_EQ(message_of(call("POST", bindings_of(id_), order(false)), 409), "Binding already exists");
    bind(id_, true);
    EXPECT_EQ(message_of(call("POST", bindings_of(id_), order(true)), 409), "Binding already exists");
    EXPECT_EQ(cloud.bindings().size(), 2U);
    const auto other = cloud.add_certificate({});
    EXPECT_EQ(bind(other, false)["status"], "active") << "no rule forbids two defaults of one listener";
}

TEST_F(bycloud_bindings_test, ids_in_upper_case_are_the_same_ids)
{
    const auto upper = [](std::string id) {
        std::ranges::transform(id, id.begin(), [](unsigned char c) { return std::toupper(c); });
        return id;
    };
    const auto made = body_of(call("POST", bindings_of(upper(id_)), order(upper(on.id), false)), 201);
    EXPECT_EQ(made["binding"]["certificate_id"], id_);
    EXPECT_EQ(made["binding"]["resource_id"], on.id);
    details_of(call("POST", bindings_of(id_), order(false)), 409);
    EXPECT_EQ(served(""), by(id_, "default"));
}

TEST_F(bycloud_bindings_test, sni_need_not_tell_bindings_apart)
{
    sim.set({{"bycloud_sni_in_key", false}});
    bind(id_, false);
    details_of(call("POST", bindings_of(id_), order(true)), 409);
}

TEST_F(bycloud_bindings_test, a_certificate_that_is_not_active_gets_409)
{
    for (const auto* status : {"pending_dns", "pending_issuance", "expired", "error", "revoked"})
    {
        SCOPED_TRACE(status);
        cloud.set_certificate(id_, {.status = status});
        const auto answer = call("POST", bindings_of(id_), order(false));
        EXPECT_EQ(message_of(answer, 409), "Certificate is not active");
        EXPECT_THAT(details_of(answer, 409), testing::HasSubstr(status));
    }
    EXPECT_TRUE(cloud.bindings().empty());
}

TEST_F(bycloud_bindings_test, a_binding_is_deleted)
{
    const auto made = bind(id_);
    const auto gone = call("DELETE", path_of(made));
    EXPECT_EQ(gone.status, 204);
    EXPECT_EQ(gone.body, "");
    EXPECT_EQ(served("x").source, "none");
    EXPECT_EQ(message_of(call("DELETE", path_of(made)), 404), "Binding not found");
    const auto again = bind(id_);
    EXPECT_NE(again["id"], made["id"]);
    const auto other = cloud.add_certificate({});
    details_of(call("DELETE", bindings_of(other) + "/" + again["id"].get<std::string>()), 404);
    EXPECT_EQ(cloud.bindings().size(), 1U);
}

struct unbind_row
{
    const char* mode;
    int status;
    bool is_json;
};

TEST_F(bycloud_bindings_test, a_cloud_may_have_no_delete)
{
    const auto made = bind(id_);
    const unbind_row rows[] = {
        {"no_route", 404, false}, {"not_allowed", 405, false}, {"not_implemented", 501, true}
    };
    for (const auto& row : rows)
    {
        SCOPED_TRACE(row.mode);
        sim.set({{"bycloud_unbind", row.mode}});
        const auto answer = call("DELETE", path_of(made));
        EXPECT_EQ(answer.status, row.status);
        EXPECT_EQ(json::accept(answer.body), row.is_json);
        EXPECT_EQ(cloud.bindings().size(), 1U);
    }
    sim.set({{"bycloud_unbind", "served"}});
    EXPECT_EQ(call("DELETE", path_of(made)).status, 204);
    EXPECT_THROW(sim.set({{"bycloud_unbind", "nosuch"}}), control_error);
}

TEST_F(bycloud_bindings_test, the_certificates_of_a_listener_are_listed_without_their_bindings)
{
    bind(id_, false);
    bind(id_, true);
    cloud.add_certificate({});
    const auto listed = body_of(call("GET", list_path()));
    ASSERT_EQ(listed["certificates"].size(), 1U);
    EXPECT_EQ(listed["certificates"][0]["id"], id_);
    EXPECT_FALSE(listed["certificates"][0].contains("bindings"));
    EXPECT_EQ(listed["meta"], (json{{"total", 1}, {"limit", 20}, {"marker", id_}, {"has_more", false}}));
}

TEST_F(bycloud_bindings_test, a_listener_is_listed_below_its_own_load_balancer)
{
    const auto other = cloud.add_listener({});
    details_of(
        call("GET", "/v1/load-balancers/" + other.load_balancer + "/listeners/" + on.id + "/certificates"),
        404
    );
    const auto beside = cloud.add_listener({.load_balancer = on.load_balancer});
    EXPECT_EQ(
        call("GET", "/v1/load-balancers/" + on.load_balancer + "/listeners/" + beside.id + "/certificates")
            .status,
        200
    );
    EXPECT_EQ(body_of(call("GET", list_path()))["meta"]["marker"], nullptr);
}

TEST_F(bycloud_bindings_test, a_tls_client_gets_the_exact_name_then_the_wildcard_then_the_default)
{
    const auto exact = cloud.add_certificate({.domains = {"a.example.com"}});
    const auto wildcard = cloud.add_certificate({.domains = {"*.example.com"}});
    bind(wildcard, true);
    bind(exact, true);
    EXPECT_EQ(served("A.example.com"), by(exact, "sni"));
    EXPECT_EQ(served("b.example.com"), by(wildcard, "sni"));
    EXPECT_EQ(served("b.c.example.com").source, "none");
    EXPECT_EQ(served(""), (bycloud_control::tls_answer{.certificate = std::nullopt, .source = "none"}));
    bind(id_, false);
    EXPECT_EQ(served("b.c.example.com"), by(id_, "default"));
    EXPECT_EQ(served("a.example.com"), by(exact, "sni"));
    EXPECT_EQ(served("shop.example.com"), by(id_, "default"));
}

TEST_F(bycloud_bindings_test, the_newest_default_is_served)
{
    bind(id_, false);
    const auto newer = cloud.add_certificate({});
    const auto second = bind(newer, false);
    EXPECT_EQ(served("shop.example.com"), by(newer, "default"));
    call("DELETE", path_of(second));
    EXPECT_EQ(served("shop.example.com"), by(id_, "default"));
}

TEST_F(bycloud_bindings_test, a_certificate_that_expires_stays_served)
{
    bind(id_);
    cloud.set_certificate(id_, {.status = "expired"});
    EXPECT_EQ(served(""), by(id_, "default"));
}

TEST_F(bycloud_bindings_test, a_binding_may_be_pending_first)
{
    sim.set({{"bycloud_binding_ms", 5'000}});
    EXPECT_EQ(bind(id_)["status"], "pending");
    EXPECT_EQ(served("").source, "none");
    details_of(call("POST", bindings_of(id_), order(false)), 409);
    advance(4'999ms);
    EXPECT_EQ(show(id_)["bindings"][0]["status"], "pending");
    advance(1ms);
    EXPECT_EQ(show(id_)["bindings"][0]["status"], "active");
    EXPECT_EQ(show(id_)["bindings"][0]["updated_at"], "2026-11-24T03:27:25Z");
    EXPECT_EQ(served(""), by(id_, "default"));
}

TEST_F(bycloud_bindings_test, a_binding_may_fail_at_once_or_later)
{
    sim.set({{"bycloud_binding_error", "the load balancer is immutable"}});
    const auto made = bind(id_, false);
    EXPECT_EQ(made["status"], "error");
    EXPECT_EQ(made["error_message"], "the load balancer is immutable");
    sim.set({{"bycloud_binding_ms", 1}});
    EXPECT_EQ(bind(id_, true)["status"], "pending");
    settle();
    EXPECT_EQ(show(id_)["bindings"][1]["status"], "error");
    EXPECT_EQ(show(id_)["bindings"][1]["error_message"], "the load balancer is immutable");
    EXPECT_EQ(served("shop.example.com").source, "none");
    EXPECT_EQ(body_of(call("GET", list_path()))["certificates"].size(), 0U);
}

TEST_F(bycloud_bindings_test, bindings_stay_pending_until_a_test_says_so)
{
    sim.set({{"bycloud_bindings_held", true}});
    const auto first = bind(id_, false);
    const auto second = bind(id_, true);
    const auto third = bind(cloud.add_certificate({}), true);
    settle();
    advance(1h);
    EXPECT_EQ(cloud.bindings()[0]["status"], "pending");
    cloud.set_binding(member_text(first, "id"), {.status = "error", .error_message = "no"});
    EXPECT_EQ(call("DELETE", path_of(third)).status, 204);
    sim.set({{"bycloud_bindings_held", false}});
    ASSERT_EQ(cloud.bindings().size(), 2U);
    EXPECT_EQ(cloud.bindings()[0]["error_message"], "no") << "the command is the last word";
    EXPECT_EQ(cloud.bindings()[1]["status"], "active");
}

TEST_F(bycloud_bindings_test, a_test_makes_and_removes_bindings_as_another_client_would)
{
    const auto made = cloud.add_binding({.certificate = id_, .listener = on.id, .sni = true});
    EXPECT_EQ(show(id_)["bindings"][0]["id"], made);
    details_of(call("POST", bindings_of(id_), order(true)), 409);
    cloud.remove_binding(made);
    EXPECT_EQ(show(id_)["bindings"], json::array());
    EXPECT_THROW(cloud.remove_binding(made), control_error);
    EXPECT_THROW(cloud.set_binding(made, {.status = "active"}), control_error);
    EXPECT_THROW(cloud.add_binding({.certificate = id_, .listener = id_}), control_error);
    EXPECT_THROW(cloud.tls(id_), control_error);
}

TEST_F(bycloud_bindings_test, history_log_and_counts_tell_what_happened)
{
    const auto since = sim.last_sequence();
    const auto made = bind(id_);
    call("GET", "/v1/certificates/" + id_ + "?unknown=1");
    call("DELETE", path_of(made));
    std::vector<std::string> causes;
    for (const auto& change : sim.history(member_text(made, "id"), since))
    {
        causes.push_back(change.cause + " " + change.object["status"].get<std::string>());
    }
    EXPECT_THAT(causes, testing::ElementsAre("post active", "delete removed"));
    const auto posts = sim.log({.service = "bycloud", .method = "POST"});
    ASSERT_EQ(posts.size(), 1U);
    EXPECT_EQ(posts[0].body, order(false));
    EXPECT_THAT(json(sim.log()).dump(), testing::Not(testing::HasSubstr(key.secret)));

    const auto counts = cloud.counts();
    EXPECT_EQ(counts.requests.at("POST /v1/certificates/*/bindings"), 1U);
    EXPECT_EQ(counts.requests.at("GET /v1/certificates/*"), 1U);
    EXPECT_EQ(counts.requests.at("DELETE /v1/certificates/*/bindings/*"), 1U);
    EXPECT_EQ(counts.requests.size(), 3U);
    EXPECT_EQ(counts.limited, 0U);
    EXPECT_EQ(counts.credentials.at(key.id).admitted, 3U);
}

}  // namespace
}  // namespace cloudsim::test
