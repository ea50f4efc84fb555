// Answers that refuse a request, and answers that are none.
#include "kube/rest_client_fixture.hpp"

#include <gmock/gmock.h>

#include <string>
#include <tuple>

namespace {

using namespace std::chrono_literals;
using support::errc;
using test::rest_client;
using testing::HasSubstr;
using testing::Not;

TEST_F(rest_client, a_refusal_has_the_servers_words)
{
    create("a");
    const auto conflict = patch("a", R"({"metadata":{"resourceVersion":"1"}})");
    ASSERT_FALSE(conflict);
    EXPECT_EQ(conflict.error().code, errc::status);
    EXPECT_EQ(conflict.error().http_status, 409);
    EXPECT_THAT(conflict.error().message, HasSubstr("409 Conflict: Operation cannot be fulfilled on"));
    EXPECT_EQ(get("z").error().http_status, 404);
    api.denied = {"list", "watch"};
    EXPECT_THAT(list().error().message, HasSubstr("cannot list resource \"certificatebindings\""));
    EXPECT_EQ(list().error().http_status, 403);
    EXPECT_EQ(watch("1").error().http_status, 403);
    EXPECT_THAT(watch("1").error().message, HasSubstr("cannot watch resource \"certificatebindings\""));
    api.set_served(false);
    api.denied.clear();
    EXPECT_EQ(list().error().http_status, 404);
    EXPECT_EQ(watch("1").error().http_status, 404);
}

TEST_F(rest_client, expired_versions_come_as_410_of_a_list_and_as_an_event_of_a_watch)
{
    create("a");
    create("b");
    const auto token_of_old = list("", "", 1).value()->continue_token();
    api.compact();
    EXPECT_EQ(list("", token_of_old).error().http_status, 410);
    auto stream = watch("1");
    ASSERT_TRUE(stream);
    const auto event = run((*stream)->next());
    ASSERT_TRUE(event && *event);
    EXPECT_EQ((*event)->type, kube::watch_event_type::error);
    EXPECT_EQ((*event)->error_code, 410);
}

TEST_F(rest_client, tells_when_to_come_back)
{
    answer_all(test::api_fault::with(test::statuses::too_many_requests()));
    EXPECT_EQ(list().error().retry_after, 1s);
    EXPECT_EQ(watch("1").error().retry_after, 1s);
    answer_all(test::api_fault::with(test::statuses::internal_error("etcd is away")));
    EXPECT_EQ(list().error().retry_after, std::nullopt);
}

TEST_F(rest_client, a_write_waits_for_a_server_that_is_asked_too_much)
{
    create("a");
    int refusals = 3;
    api.on_request = [&](const test::api_request&) -> std::optional<test::api_fault> {
        return refusals-- > 0 ? std::optional(test::api_fault::with(test::statuses::too_many_requests()))
                              : std::nullopt;
    };
    const auto before = clock().now();
    const auto answer = patch("a", R"({"metadata":{"labels":{"n":"1"}}})");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(clock().now() - before, 3s);
    EXPECT_EQ(api.count("patch"), 4U);
}

TEST_F(rest_client, a_write_waits_no_longer_than_its_deadline)
{
    create("a");
    answer_all(test::api_fault::with(test::statuses::too_many_requests()));
    const auto before = clock().now();
    EXPECT_EQ(patch("a", "{}").error().http_status, 429);
    EXPECT_EQ(api.count("patch"), 10U) << "as often as client-go";
    EXPECT_EQ(clock().now() - before, 9s);
    auto away = test::api_fault::with(503, "application/json", R"({"kind":"Status","message":"away"})");
    away.answer.headers.push_back({"Retry-After", "20"});
    answer_all(away);
    EXPECT_EQ(patch("a", "{}").error().http_status, 503);
    EXPECT_EQ(api.count("patch"), 12U);
    EXPECT_EQ(clock().now() - before, 29s) << "a second pause would end after the deadline";
}

TEST_F(rest_client, a_write_that_failed_otherwise_is_not_repeated)
{
    create("a");
    answer_all(test::api_fault::with(test::statuses::internal_error("etcd is away")));
    EXPECT_EQ(patch("a", "{}").error().http_status, 500);
    EXPECT_EQ(api.count("patch"), 1U) << "it may have been done";
}

class odd_answers : public rest_client,
                    public testing::WithParamInterface<std::tuple<const char*, const char*, std::string>>
{};

TEST_P(odd_answers, are_bad_answers_to_every_request)
{
    const auto& [name, type, body] = GetParam();
    answer_all(test::api_fault::with(200, type, body));
    EXPECT_EQ(list().error().code, errc::bad_answer);
    EXPECT_EQ(get("a").error().code, errc::bad_answer);
    EXPECT_EQ(patch("a", "{}").error().code, errc::bad_answer);
    auto stream = watch("1");
    const auto error = stream ? run((*stream)->next()).error() : stream.error();
    EXPECT_THAT(error.code, testing::AnyOf(errc::bad_answer, errc::interrupted));
    EXPECT_THAT(error.message, Not(HasSubstr("canary")));
}

INSTANTIATE_TEST_SUITE_P(
    all,
    odd_answers,
    testing::Values(
        std::tuple("html", "text/html", "<html>log in here, canary</html>"),
        std::tuple("html_as_json", "application/json", "<html>canary</html>"),
        std::tuple("text", "text/plain", "{}"),
        std::tuple("cut", "application/json", R"({"metadata":{"resourceVersion":"1"},"items":[{)"),
        std::tuple("array", "application/json", "[]"),
        std::tuple("protobuf", "application/vnd.kubernetes.protobuf", std::string("k8s\0", 4))
    ),
    [](const auto& info) { return std::string(std::get<0>(info.param)); }
);

TEST_F(rest_client, an_answer_larger_than_its_bound_is_not_taken)
{
    answer_all(test::api_fault::with(200, "application/json", "{\"x\":\"" + std::string(4 << 20, 'x') + "\"}")
    );
    EXPECT_EQ(get("a").error().code, errc::too_large);
}

TEST_F(rest_client, errors_without_the_servers_words_have_their_status)
{
    for (const int status : {302, 404, 500, 502, 503})
    {
        answer_all(test::api_fault::with(status, "text/html", "<html>canary</html>"));
        for (const auto& error :
             {list().error(), get("a").error(), patch("a", "{}").error(), watch("1").error()})
        {
            EXPECT_EQ(error.code, errc::status);
            EXPECT_EQ(error.http_status, status);
            EXPECT_EQ(error.message, std::to_string(status));
        }
    }
}

TEST_F(rest_client, transport_errors_come_as_they_are)
{
    create("a");
    answer_all({test::api_fault::kind::cut_answer});
    EXPECT_EQ(patch("a", R"({"metadata":{"labels":{"n":"1"}}})").error().code, errc::interrupted);
    EXPECT_EQ(api.writes(), 1U) << "a write is never sent twice";
    api.on_request = nullptr;
    api.go_down();
    EXPECT_EQ(list().error().code, errc::unreachable);
    EXPECT_EQ(watch("1").error().code, errc::unreachable);
}

}  // namespace
