// The bindings API and its callers: tokens, their rights and their requests a minute, webhooks that deny.
#include "component/bindings_api_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::bindings_api;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

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

}  // namespace
