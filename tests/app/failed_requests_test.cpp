#include "app/failed_requests.hpp"

#include "support/log.hpp"
#include "support/manual_clock.hpp"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;

class failed_requests : public testing::Test
{
protected:
    void end(int status, const std::string& method = "PUT", const std::string& id = "req-1")
    {
        requests.ended(
            {"load-balancer", method, octavia, status, 300ms, "/v2/lbaas/listeners/abc", status == 0 ? "" : id
            }
        );
    }

    const net::origin octavia{true, "octavia.example", 9876};
    boost::asio::io_context context;
    test::manual_clock clock{context.get_executor()};
    app::failed_requests requests{clock};
    support::log_capture log;
};

TEST_F(failed_requests, are_logged_with_the_id_by_which_the_cloud_knows_them)
{
    end(503, "PUT", "req-5f2a");
    EXPECT_THAT(
        log.text(),
        HasSubstr("warning a request to the cloud failed service=load-balancer method=PUT "
                  "url=https://octavia.example:9876/v2/lbaas/listeners/abc status=503 request_id=req-5f2a\n")
    );
}

TEST_F(failed_requests, without_an_answer_are_warnings_without_an_id)
{
    end(0);
    EXPECT_THAT(log.text(), AllOf(HasSubstr("warning "), HasSubstr(" status=none\n")));
}

TEST_F(failed_requests, of_one_kind_are_one_line_a_minute_with_the_number_of_the_others)
{
    for (int i = 0; i < 5; ++i)
    {
        end(503);
    }
    end(504);
    end(503, "GET");
    const std::string first = log.text();
    EXPECT_EQ(std::ranges::count(first, '\n'), 3) << first;
    clock.set(clock.now() + 1min);
    end(503, "PUT", "req-9");
    EXPECT_THAT(log.text(), HasSubstr("request_id=req-9 left_out=4\n"));
}

TEST_F(failed_requests, that_are_usual_answers_are_no_lines)
{
    for (const int status : {200, 201, 302, 401, 404, 409})
    {
        end(status);
    }
    requests.ended({"kubernetes", "GET", octavia, 503, 1s});
    EXPECT_THAT(log.text(), IsEmpty());
    end(403);
    EXPECT_THAT(log.text(), HasSubstr("info a request to the cloud failed"));
}

}  // namespace
