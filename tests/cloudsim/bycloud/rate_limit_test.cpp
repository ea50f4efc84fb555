// ByCloud: the rate limits of a credential, row by row of the API's documentation.
#include "cloudsim/bycloud/bycloud_lab.hpp"

#include <gmock/gmock.h>

namespace cloudsim::test {
namespace {

using namespace std::chrono_literals;

// The lab begins at 03:27:20, so 40 s before the end of a fixed minute and 32 min 40 s before that of an
// hour.
class bycloud_rate_limit_test : public bycloud_lab
{
protected:
    static std::string header(const reply& answer, const char* name)
    {
        return std::string(find_header(answer.headers, name).value_or("none"));
    }
    // Limit, remaining and reset as seconds from now.
    std::vector<std::string> limits_in(const reply& answer) const
    {
        const auto reset = header(answer, "X-RateLimit-Reset");
        const auto now_s = std::chrono::floor<std::chrono::seconds>(now().wall.time_since_epoch()).count();
        return {
            header(answer, "X-RateLimit-Limit"),
            header(answer, "X-RateLimit-Remaining"),
            reset == "none" ? reset : std::to_string(std::stoll(reset) - now_s)
        };
    }
    reply get() { return call("GET", "/v1/certificates"); }
    // The number of requests that are admitted at once, up to `most`.
    int admitted(int most)
    {
        int count = 0;
        while (count < most && get().status == 200)
        {
            ++count;
        }
        return count;
    }
    void limit(const std::string& tier, const std::string& window = "fixed")
    {
        sim.set({{"bycloud_tier", tier}, {"bycloud_window", window}});
    }
};

struct tier_row
{
    const char* name;
    int per_minute;
    int per_hour;
};

TEST_F(bycloud_rate_limit_test, a_tier_has_a_limit_for_the_minute_and_one_for_the_hour)
{
    const tier_row rows[] = {
        {"standard", 60, 1'000}, {"professional", 300, 5'000}, {"enterprise", 1'000, 20'000}, {"3/5", 3, 5}
    };
    for (const auto& row : rows)
    {
        SCOPED_TRACE(row.name);
        key = cloud.add_credential({});
        limit(row.name);
        EXPECT_EQ(admitted(row.per_minute + 1), row.per_minute);
        const auto into_the_hour = std::chrono::duration_cast<duration>(now().wall.time_since_epoch()) % 1h;
        advance(1h - into_the_hour);
        int total = 0;
        for (int minute = 0; minute < 30; ++minute, advance(1min))
        {
            total += admitted(row.per_minute);
        }
        EXPECT_EQ(total, row.per_hour);
    }
}

TEST_F(bycloud_rate_limit_test, every_answer_tells_what_is_left)
{
    limit("standard");
    using row = std::vector<std::string>;
    EXPECT_EQ(limits_in(get()), (row{"60", "59", "40"}));
    EXPECT_EQ(limits_in(call("GET", "/nowhere")), (row{"60", "58", "40"}));
    EXPECT_EQ(limits_in(call("POST", "/v1/certificates", json::array())), (row{"60", "57", "40"}));
    EXPECT_EQ(limits_in(call_with({{"X-Api-Key", key.api_key}}, "GET", "/v1")), (row{"60", "56", "40"}));
    EXPECT_EQ(limits_in(call_with({}, "GET", "/v1")), (row{"60", "60", "40"})) << "nobody has used any";
    advance(39s);
    EXPECT_EQ(limits_in(get()), (row{"60", "55", "1"}));
    advance(1s);
    EXPECT_EQ(limits_in(get()), (row{"60", "59", "60"}));
}

TEST_F(bycloud_rate_limit_test, too_many_requests_get_429_with_the_time_to_wait)
{
    limit("2/100");
    EXPECT_EQ(admitted(2), 2);
    const auto refused = get();
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(header(refused, "Retry-After"), "40");
    EXPECT_EQ(limits_in(refused), (std::vector<std::string>{"2", "0", "40"}));
    const auto error = json::parse(refused.body)["error"];
    EXPECT_EQ(error["code"], 429);
    EXPECT_EQ(error["details"], "Too many requests. Retry after 40 seconds.");
    EXPECT_FALSE(error.contains("request_id")) << "the documented example has none";
    advance(39'500ms);
    EXPECT_EQ(header(get(), "Retry-After"), "1");
    advance(499ms);
    EXPECT_EQ(get().status, 429);
    advance(1ms);
    EXPECT_EQ(admitted(3), 2) << "refused requests do not count";
}

TEST_F(bycloud_rate_limit_test, a_refused_request_has_no_effect)
{
    limit("1/100");
    const auto id = cloud.add_certificate({});
    EXPECT_EQ(admitted(1), 1);
    EXPECT_EQ(call("POST", bindings_of(id), order(false)).status, 429);
    EXPECT_TRUE(cloud.bindings().empty());
}

TEST_F(bycloud_rate_limit_test, the_hour_is_a_limit_of_its_own)
{
    limit("3/4");
    EXPECT_EQ(admitted(4), 3);
    advance(1min);
    EXPECT_EQ(admitted(4), 1);
    const auto refused = get();
    EXPECT_EQ(header(refused, "Retry-After"), std::to_string((31 * 60) + 40));
    EXPECT_EQ(limits_in(refused), (std::vector<std::string>{"3", "2", "40"})) << "they describe the minute";
    advance(31min + 40s);
    EXPECT_EQ(get().status, 200);
}

TEST_F(bycloud_rate_limit_test, the_headers_describe_the_minute_the_hour_or_the_nearer_limit)
{
    limit("3/4");
    EXPECT_THROW(sim.set({{"bycloud_rate_headers", "day"}}), control_error);
    sim.set({{"bycloud_rate_headers", "hour"}});
    EXPECT_EQ(limits_in(get()), (std::vector<std::string>{"4", "3", "1960"}));
    sim.set({{"bycloud_rate_headers", "nearest"}});
    EXPECT_EQ(limits_in(get()), (std::vector<std::string>{"3", "1", "40"}));
    advance(1min);
    EXPECT_EQ(limits_in(get()), (std::vector<std::string>{"4", "1", "1900"}));
}

TEST_F(bycloud_rate_limit_test, credentials_are_counted_one_by_one)
{
    limit("2/100");
    const auto first = key;
    EXPECT_EQ(admitted(3), 2);
    key = cloud.add_credential({});
    EXPECT_EQ(admitted(4), 2);
    EXPECT_EQ(call_with({{"Authorization", "Bearer " + first.token}}, "GET", "/").status, 429)
        << "one credential, however it is sent";
    EXPECT_EQ(call_with({{"X-Api-Key", "x:y"}}, "GET", "/").status, 401) << "nobody is not counted";
    const auto counts = cloud.counts();
    EXPECT_EQ(counts.limited, 3U);
    EXPECT_EQ(counts.credentials.at(first.id).admitted, 2U);
    EXPECT_EQ(counts.credentials.at(first.id).limited, 2U);
    EXPECT_EQ(counts.credentials.at(key.id).limited, 1U);
    EXPECT_EQ(counts.credentials.size(), 2U);
}

TEST_F(bycloud_rate_limit_test, a_credential_may_have_a_tier_of_its_own)
{
    limit("2/100");
    const auto usual = key;
    key = cloud.add_credential({.tier = "3/100"});
    EXPECT_EQ(admitted(5), 3);
    key = usual;
    EXPECT_EQ(admitted(5), 2);
    EXPECT_THROW(cloud.add_credential({.tier = "nosuch"}), control_error);
}

TEST_F(bycloud_rate_limit_test, a_fixed_window_ends_with_the_minute_whenever_the_requests_came)
{
    limit("2/100");
    advance(39s);
    EXPECT_EQ(admitted(3), 2);
    advance(1s);
    EXPECT_EQ(admitted(3), 2);
}

TEST_F(bycloud_rate_limit_test, a_sliding_window_frees_each_request_after_its_own_minute)
{
    limit("2/100", "sliding");
    EXPECT_EQ(limits_in(get()), (std::vector<std::string>{"2", "1", "60"}));
    advance(45s);
    EXPECT_EQ(limits_in(get()), (std::vector<std::string>{"2", "0", "15"}));
    EXPECT_EQ(header(get(), "Retry-After"), "15");
    advance(14'999ms);
    EXPECT_EQ(get().status, 429);
    advance(1ms);
    EXPECT_EQ(admitted(2), 1);
    EXPECT_EQ(header(get(), "Retry-After"), "45");
    EXPECT_THROW(limit("2/100", "leaky"), control_error);

    key = cloud.add_credential({});
    advance(500ms);
    EXPECT_EQ(limits_in(get()), (std::vector<std::string>{"2", "1", "61"}))
        << "the second in which it is over";
}

TEST_F(bycloud_rate_limit_test, a_sliding_hour_counts_too)
{
    limit("2/3", "sliding");
    EXPECT_EQ(admitted(2), 2);
    advance(30min);
    EXPECT_EQ(admitted(2), 1);
    EXPECT_EQ(header(get(), "Retry-After"), "1800");
    advance(30min);
    EXPECT_EQ(admitted(3), 2);
}

TEST_F(bycloud_rate_limit_test, the_time_to_wait_may_be_a_constant)
{
    limit("1/100");
    sim.set({{"bycloud_retry_after_ms", 30'000}});
    admitted(1);
    EXPECT_EQ(header(get(), "Retry-After"), "30");
}

TEST_F(bycloud_rate_limit_test, limits_may_be_off)
{
    limit("off");
    EXPECT_EQ(admitted(1'200), 1'200);
    EXPECT_EQ(header(get(), "X-RateLimit-Limit"), "none");
    for (const auto* tier : {"", "free", "1", "1/", "/1", "0/1", "1/0", "1/x", "1/1/1"})
    {
        EXPECT_THROW(limit(tier), control_error) << tier;
    }
}

TEST_F(bycloud_rate_limit_test, a_request_counts_when_it_arrives)
{
    limit("1/100");
    sim.set({{"latency_ms", 1'000}});
    const auto ask_now = [&] {
        return send({.method = "GET", .url = bycloud_url("/v1/certificates"), .headers = usual_headers()});
    };
    const auto first = ask_now();
    const auto second = ask_now();
    settle();
    EXPECT_EQ(answer_to(first)->status, 200);
    EXPECT_EQ(answer_to(second)->status, 429);
}

}  // namespace
}  // namespace cloudsim::test
