// The line of each request in the log of the bindings API.
#include "component/bindings_api_fixture.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>

namespace {

using namespace std::chrono_literals;
using test::bindings_api;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

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
