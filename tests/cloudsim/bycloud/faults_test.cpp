// ByCloud with the faults that a client meets: late, false, lost, cut and odd answers.
#include "cloudsim/bycloud/bycloud_lab.hpp"

#include <gmock/gmock.h>

namespace cloudsim::test {
namespace {

using namespace std::chrono_literals;

class bycloud_faults_test : public bycloud_lab
{
protected:
    const std::string id_ = cloud.add_certificate({});
    const control::match posts_{.service = "bycloud", .method = "POST", .path = "/bindings$"};
    const control::match reads_{.service = "bycloud", .method = "GET"};

    reply post() { return call("POST", bindings_of(id_), order(false)); }
    reply get() { return call("GET", "/v1/certificates/" + id_); }
};

TEST_F(bycloud_faults_test, an_answer_is_late)
{
    const auto before = now().monotonic;
    sim.delay(reads_, 7s);
    EXPECT_EQ(get().status, 200);
    EXPECT_EQ(now().monotonic - before, 7s);
    sim.set({{"latency_ms", 25}});
    EXPECT_EQ(get().status, 200);
    EXPECT_EQ(now().monotonic - before, 7s + 25ms);
}

TEST_F(bycloud_faults_test, a_status_comes_instead_of_the_effect)
{
    for (const int status : {500, 502, 503, 504, 422, 429})
    {
        sim.fail(posts_, {.status = status});
        EXPECT_EQ(post().status, status);
    }
    EXPECT_TRUE(cloud.bindings().empty());
    EXPECT_EQ(cloud.counts().limited, 1U);
    EXPECT_FALSE(cloud.counts().credentials.contains(key.id)) << "the requests did not reach the service";
}

TEST_F(bycloud_faults_test, a_gateway_answers_in_html_before_or_after_the_effect)
{
    sim.fail(posts_, {.status = 502, .body = "<html>502 Bad Gateway</html>"});
    const auto before = post();
    EXPECT_EQ(before.body, "<html>502 Bad Gateway</html>");
    EXPECT_EQ(find_header(before.headers, "Content-Type"), "text/html");
    EXPECT_EQ(find_header(before.headers, "X-RateLimit-Limit"), std::nullopt);
    EXPECT_TRUE(cloud.bindings().empty());

    auto after = posts_;
    after.when = "after";
    sim.fail(after, {.status = 502});
    EXPECT_EQ(post().status, 502);
    EXPECT_EQ(cloud.bindings().size(), 1U);
}

TEST_F(bycloud_faults_test, a_503_tells_when_to_come_again)
{
    const json body = {{"error", {{"code", 503}, {"message", "Service Unavailable"}}}};
    sim.fail(
        posts_,
        {.status = 503,
         .body = body.dump(),
         .content_type = "application/json",
         .headers = {{"Retry-After", "17"}}}
    );
    const auto answer = post();
    EXPECT_EQ(find_header(answer.headers, "Retry-After"), "17");
    EXPECT_EQ(body_of(answer, 503), body);
}

TEST_F(bycloud_faults_test, an_answer_is_lost_after_the_effect)
{
    auto after = posts_;
    after.when = "after";
    sim.drop(after);
    EXPECT_EQ(post().how, delivery::dropped);
    EXPECT_EQ(cloud.bindings().size(), 1U);
    details_of(post(), 409);
    sim.drop({.service = "bycloud", .method = "DELETE", .when = "after"});
    const auto path = bindings_of(id_) + "/" + member_text(cloud.bindings()[0], "id");
    EXPECT_EQ(call("DELETE", path).how, delivery::dropped);
    EXPECT_TRUE(cloud.bindings().empty());
}

TEST_F(bycloud_faults_test, a_request_is_lost_before_the_effect)
{
    sim.drop(posts_);
    EXPECT_EQ(post().how, delivery::dropped);
    EXPECT_TRUE(cloud.bindings().empty());
}

TEST_F(bycloud_faults_test, an_answer_is_cut)
{
    sim.cut(reads_, 20);
    const auto cut = get();
    EXPECT_EQ(cut.how, delivery::cut);
    EXPECT_EQ(cut.cut_at, 20U);
}

TEST_F(bycloud_faults_test, a_request_is_held_and_lands_although_its_client_has_gone)
{
    sim.hold(posts_);
    const auto sent = send(
        {.method = "POST",
         .url = bycloud_url(bindings_of(id_)),
         .body = order(false).dump(),
         .headers = usual_headers()}
    );
    ASSERT_EQ(sim.held().size(), 1U);
    EXPECT_TRUE(cloud.bindings().empty());
    abandon(sent);
    sim.release();
    EXPECT_EQ(cloud.bindings().size(), 1U);
}

TEST_F(bycloud_faults_test, a_body_is_no_json_although_the_effect_took_place)
{
    auto after = posts_;
    after.when = "after";
    sim.fail(after, {.status = 201, .body = R"({"binding":{"id":)", .content_type = "application/json"});
    const auto answer = post();
    EXPECT_EQ(answer.status, 201);
    EXPECT_FALSE(json::accept(answer.body));
    EXPECT_EQ(cloud.bindings().size(), 1U);
}

TEST_F(bycloud_faults_test, the_wrapper_of_an_answer_is_missing)
{
    sim.patch(posts_, {{{"op", "remove"}, {"path", "/binding"}}});
    EXPECT_EQ(body_of(post(), 201), json::object());
    EXPECT_EQ(cloud.bindings().size(), 1U);
    sim.patch(reads_, {{{"op", "remove"}, {"path", "/certificate"}}});
    EXPECT_EQ(body_of(get()), json::object());
    EXPECT_EQ(body_of(get())["certificate"]["id"], id_) << "the rule was for one request";
}

TEST_F(bycloud_faults_test, fields_of_an_answer_are_null_missing_or_of_another_type)
{
    const json changes = {
        {{"op", "replace"}, {"path", "/certificate/status"}, {"value", nullptr}},
        {{"op", "replace"}, {"path", "/certificate/id"}, {"value", 17}},
        {{"op", "remove"}, {"path", "/certificate/bindings"}}
    };
    sim.patch(reads_, changes);
    const auto answer = get();
    const auto shown = body_of(answer)["certificate"];
    EXPECT_TRUE(shown["status"].is_null());
    EXPECT_EQ(shown["id"], 17);
    EXPECT_FALSE(shown.contains("bindings"));
    EXPECT_TRUE(find_header(answer.headers, "X-RateLimit-Limit")) << "the headers are the service's";
}

TEST_F(bycloud_faults_test, a_patch_that_does_not_fit_is_seen)
{
    sim.patch(reads_, {{{"op", "remove"}, {"path", "/nosuch"}}});
    const auto answer = get();
    EXPECT_EQ(answer.status, 599);
    EXPECT_THAT(answer.body, testing::HasSubstr("patch"));
    EXPECT_THROW(sim.patch(reads_, json::array()), control_error);
    EXPECT_THROW(sim.patch(reads_, "binding"), control_error);
}

TEST_F(bycloud_faults_test, the_service_is_down)
{
    sim.set({{"down", {"bycloud"}}});
    EXPECT_EQ(get().how, delivery::refused);
    sim.set({{"down", json::array()}});
    EXPECT_EQ(get().status, 200);
}

TEST_F(bycloud_faults_test, openstack_and_bycloud_do_not_see_each_other)
{
    sim.set({{"down", {"load-balancer", "key-manager", "identity"}}});
    EXPECT_EQ(get().status, 200);
    EXPECT_THROW(sim.get_listener(on.id), control_error);
}

}  // namespace
}  // namespace cloudsim::test
