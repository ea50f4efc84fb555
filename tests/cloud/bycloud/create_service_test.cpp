#include "cloud/bycloud/create_service.hpp"

#include "cloud/bycloud/api.hpp"
#include "cloud/openstack/fake_http.hpp"
#include "support/loop.hpp"

#include <gmock/gmock.h>

namespace {

using namespace std::chrono_literals;
using namespace test::bycloud;
using cloud::failure;
using cloud::purpose;
using cloud::bycloud::entry_text;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

const auto certificate_uuid = support::uuid::parse(certificate_id).value();
const auto listener_uuid = support::uuid::parse(listener_id).value();
const auto binding_uuid = support::uuid::parse(binding_id).value();

const std::string host = "http://api.example:8080";
const std::string the_certificate = "GET " + host + "/v1/certificates/" + certificate_id;
const std::string the_bindings = "POST " + host + "/v1/certificates/" + certificate_id + "/bindings";
const std::string the_binding =
    "DELETE " + host + "/v1/certificates/" + certificate_id + "/bindings/" + binding_id;

class a_service : public test::loop
{
protected:
    std::unique_ptr<cloud::binding_service> create(const std::string& key, const std::string& token)
    {
        entry_text text;
        text.name = "prod";
        text.label = "prod";
        text.endpoint = host;
        text.api_key = support::secret(key);
        text.token = support::secret(token);
        return cloud::bycloud::create_service(
            http, clock(), random, cloud::bycloud::understand_entry(std::move(text)).value(), 30s
        );
    }

    cloud::certificate_reading get(purpose what_for = purpose::verify)
    {
        return run(service->get_certificate("sao1", certificate_uuid, what_for));
    }
    auto post() { return run(service->create_binding("sao1", certificate_uuid, listener_uuid, false, 60s)); }
    auto remove() { return run(service->delete_binding("sao1", certificate_uuid, binding_uuid, 60s)); }

    static net::http_response shown()
    {
        auto answer = certificate();
        answer["bindings"].push_back(binding());
        return test::bycloud::json(200, {{"certificate", answer}});
    }

    test::fake_http http{clock()};
    support::random_engine random{1};
    std::unique_ptr<cloud::binding_service> service = create("AKIA1:hush", "");
};

TEST_F(a_service, sends_key_and_region_with_every_call)
{
    http.on(the_certificate, {shown()});
    http.on(the_bindings, {test::bycloud::json(201, {{"binding", binding()}})});
    http.on(the_binding, {net::http_response{204, {}, ""}});
    EXPECT_TRUE(get().value);
    EXPECT_TRUE(post());
    EXPECT_TRUE(remove());
    ASSERT_EQ(http.requests().size(), 3U);
    for (const auto& request : http.requests())
    {
        EXPECT_EQ(net::find_header(request.headers, "X-Api-Key"), "AKIA1:hush");
        EXPECT_EQ(net::find_header(request.headers, "Authorization"), "");
        EXPECT_EQ(net::find_header(request.headers, "X-Region"), "sao1");
    }
}

TEST_F(a_service, sends_a_token_as_bearer)
{
    service = create("", "ey.x.y");
    http.on(the_certificate, {shown()});
    EXPECT_TRUE(get().value);
    EXPECT_EQ(net::find_header(http.requests()[0].headers, "Authorization"), "Bearer ey.x.y");
    EXPECT_EQ(net::find_header(http.requests()[0].headers, "X-Api-Key"), "");
}

TEST_F(a_service, always_says_whether_the_binding_is_sni)
{
    http.on(the_bindings, {test::bycloud::json(201, {{"binding", binding()}})});
    EXPECT_EQ(post().value().value().id, binding_uuid);
    EXPECT_EQ(
        json::parse(http.requests()[0].body),
        (json{
            {"resource_type", "octavia:listener"}, {"resource_id", listener_id}, {"options", {{"sni", false}}}
        })
    );
    EXPECT_EQ(net::find_header(http.requests()[0].headers, "Content-Type"), "application/json");
}

TEST_F(a_service, does_not_send_a_write_late_or_over_an_old_connection)
{
    http.on(the_bindings, {test::bycloud::json(201, {{"binding", binding()}})});
    http.on(the_binding, {net::http_response{204, {}, ""}});
    EXPECT_TRUE(post());
    EXPECT_TRUE(remove());
    for (const auto& request : http.requests())
    {
        EXPECT_EQ(request.send_by, clock().now() + cloud::sent_within);
        EXPECT_EQ(request.deadline, clock().now() + 60s);
        EXPECT_TRUE(request.fresh_connection);
        EXPECT_TRUE(request.sensitive);
    }
}

TEST_F(a_service, that_creates_something_without_showing_it_did_create_it)
{
    http.on(the_bindings, {test::bycloud::json(201, json::object())});
    EXPECT_EQ(post().value(), std::nullopt);
}

TEST_F(a_service, whose_answer_to_a_write_is_odd_may_have_done_it)
{
    http.on(the_bindings, {net::http_response{201, {{"Content-Type", "text/html"}}, "<html>"}});
    EXPECT_EQ(post().error().kind, failure::ambiguous);
}

TEST_F(a_service, whose_answer_to_a_read_is_odd_said_nothing)
{
    http.on(the_certificate, {net::http_response{200, {{"Content-Type", "text/html"}}, "<html>"}});
    const auto read = get();
    EXPECT_EQ(read.value.error().kind, failure::transient);
    EXPECT_EQ(
        read.value.error().message,
        "ByCloud gives an unexpected answer for certificate " + certificate_id + ": it holds no certificate"
    );
}

TEST_F(a_service, that_knows_no_delete_says_so)
{
    http.on(the_binding, {net::http_response{405, {}, ""}});
    EXPECT_EQ(remove().error().kind, failure::not_supported);
}

TEST_F(a_service, that_knows_no_path_for_a_delete_answers_as_a_proxy_does)
{
    http.on(the_binding, {net::http_response{404, {}, "404 page not found"}});
    EXPECT_EQ(remove().error().kind, failure::no_route);
}

TEST_F(a_service, asks_once_for_all_who_wait_for_the_same_certificate)
{
    http.on(the_certificate, {shown()});
    http.on(the_binding, {[] {
                auto limited = fault(429, "slow down");
                limited.headers.push_back({"Retry-After", "1"});
                return limited;
            }()});
    EXPECT_EQ(remove().error().kind, failure::rate_limited);
    std::vector<cloud::certificate_reading> read;
    const auto reader = [&]() -> support::task<> {
        read.push_back(co_await service->get_certificate("sao1", certificate_uuid, purpose::wait));
    };
    for (int i = 0; i < 20; ++i)
    {
        spawn(reader());
    }
    step();
    EXPECT_EQ(service->requests_waiting(), 20U);
    advance(2s);
    EXPECT_EQ(read.size(), 20U);
    EXPECT_EQ(http.count(the_certificate), 1U);
    for (const auto& each : read)
    {
        EXPECT_EQ(each.value.value()->bindings.size(), 1U);
        EXPECT_EQ(each.asked_at, read.front().asked_at);
    }
}

TEST_F(a_service, does_not_ask_while_the_limit_is_reached)
{
    auto limited = fault(429, "slow down");
    limited.headers.push_back({"Retry-After", "30"});
    http.on(the_certificate, {limited});
    EXPECT_EQ(get().value.error().kind, failure::rate_limited);
    const auto again = get().value.error();
    EXPECT_EQ(again.kind, failure::rate_limited);
    EXPECT_GE(again.retry_after, 30s);
    EXPECT_EQ(http.requests().size(), 1U);
    EXPECT_EQ(service->requests_left(), 0U);
}

TEST_F(a_service, never_repeats_its_key)
{
    http.on(the_certificate, {fault(401, "no such key AKIA1:hush")});
    EXPECT_THAT(get().value.error().message, Not(HasSubstr("hush")));
}

}  // namespace
