// The HTTP door with its server, on sockets, while thousands of connections wait, idle or misbehave.
#include "component/door_on_socket.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace {

using namespace std::chrono_literals;
using test::clients;
using test::impatient_client;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::size_t most_waiting = 1000;
constexpr std::size_t slow = 300;
constexpr std::size_t endless = 300;
constexpr std::size_t most_idle = 10'000;
// More than all files but those of the idle connections, of both ends.
constexpr std::size_t other_files = 2 * (most_waiting + slow + endless + 50) + 512;

constexpr std::size_t bytes_of_idle = 3 * 1024;
constexpr std::size_t bytes_of_waiting = 16 * 1024;
constexpr int smallest_window = 4096;
constexpr std::size_t bytes_of_client =
    sizeof(impatient_client) + 4 * sizeof(void*);  // and its place in a list

const std::string chunk = "400\r\n" + std::string(1024, ' ') + "\r\n";

class bindings_api_load : public test::door_on_socket
{
protected:
    bindings_api_load()
    {
        const auto files = net::allow_open_files(2 * most_idle + other_files);
        idle = std::min(most_idle, (std::max(files, other_files) - other_files) / 2);
        settings.most_waiting = most_waiting;
    }

    // Connections that were answered, and are kept.
    void keep_idle_connections()
    {
        idling = connect(idle, [](std::size_t) { return get("/openapi.json"); });
        for (const auto& each : idling)
        {
            ASSERT_TRUE(ready_until([&] { return each->answered(); }));
            each->forget();
        }
    }

    // Requests that never end their header, and requests that never end their body.
    void begin_without_end()
    {
        slow_ones = connect(slow, [](std::size_t) { return "POST /v1/certificates HTTP/1.1\r\nHost: d"; });
        const auto header = post_header(certificate("endless").id, "Transfer-Encoding: chunked\r\n\r\n");
        endless_ones = connect(endless, [&](std::size_t) { return header + chunk; });
    }

    // Calls that wait, because their load balancer is not free.
    void wait_for_the_loop(std::size_t count)
    {
        auto more =
            connect(count, [this](std::size_t) { return post(certificate("any.example.com").id, listener); });
        std::ranges::move(more, std::back_inserter(waiting));
        ASSERT_TRUE(ready_until([&] { return kube.objects().size() == waiting.size() + ordinary; }));
        EXPECT_TRUE(std::ranges::none_of(waiting, [](const auto& each) { return each->answered(); }));
    }

    void an_ordinary_caller_is_served()
    {
        const auto elsewhere = sim.add_load_balancer({.project = project});
        const auto other = sim.add_listener({.load_balancer = elsewhere, .default_ref = foreign});
        const auto its = certificate("shop.example.com").id;
        const auto posting = connect(post(its, other));
        ++ordinary;
        ASSERT_TRUE(until([&] { return posting->answered(); }, 5s));
        EXPECT_THAT(posting->received(), StartsWith("HTTP/1.1 201 "));
        EXPECT_THAT(posting->received(), HasSubstr(R"("status":"active")"));
        EXPECT_THAT(ask(get("/v1/certificates/" + its)), StartsWith("HTTP/1.1 200 "));
        EXPECT_THAT(ask(get("/openapi.json")), StartsWith("HTTP/1.1 200 "));
    }

    // Who sends on and on is told to stop.
    void endless_bodies_are_413()
    {
        for (const auto& each : endless_ones)
        {
            const auto told = [&] {
                each->send(chunk);
                return each->answered();
            };
            ASSERT_TRUE(ready_until(told));
            ASSERT_THAT(each->received(), StartsWith("HTTP/1.1 413 "));
        }
    }

    void the_waiting_are_answered()
    {
        const auto all_answered = [&] {
            return std::ranges::all_of(waiting, [](const auto& each) { return each->answered(); });
        };
        sim.set_load_balancer_status(balancer, "ACTIVE");
        ASSERT_TRUE(until(all_answered, 1min));
        for (const auto& each : waiting)
        {
            ASSERT_THAT(each->received(), StartsWith("HTTP/1.1 201 "));
            ASSERT_THAT(each->received(), HasSubstr(R"("status":"active")"));
        }
        EXPECT_EQ(sim.get_listener(listener).sni_refs.size(), most_waiting);
    }

    void the_slow_are_closed()
    {
        advance(10s);
        for (const auto& each : slow_ones)
        {
            ASSERT_TRUE(ready_until([&] { return each->closed(); }));
            ASSERT_THAT(each->received(), StartsWith("HTTP/1.1 408 "));
        }
        for (const auto& each : endless_ones)
        {
            ASSERT_TRUE(ready_until([&] { return each->closed(); }));
        }
    }

    std::size_t idle = 0;
    std::size_t ordinary = 0;  // bindings of ordinary callers
    clients idling;
    clients slow_ones;
    clients endless_ones;
    clients waiting;
    clients deaf_ones;
};

TEST_F(bindings_api_load, stops_nobody)
{
    ASSERT_THAT(ask(get("/openapi.json")), StartsWith("HTTP/1.1 200 "));
    const auto before = heap();
    keep_idle_connections();
    const auto bytes = heap() - before;
    RecordProperty("idle_connections", static_cast<int>(idle));
    RecordProperty("bytes_of_idle_connections", static_cast<int>(bytes));
    EXPECT_LE(bytes, idle * (bytes_of_idle + bytes_of_client));

    begin_without_end();
    sim.set_load_balancer_status(balancer, "PENDING_UPDATE");
    wait_for_the_loop(most_waiting - 1);
    an_ordinary_caller_is_served();
    wait_for_the_loop(1);
    const auto refused = ask(post(certificate("late.example.com").id, listener));
    EXPECT_THAT(refused, StartsWith("HTTP/1.1 429 "));
    EXPECT_THAT(refused, HasSubstr("\r\nRetry-After: 10\r\n"));
    EXPECT_EQ(kube.objects().size(), most_waiting + ordinary) << "what is refused creates nothing";
    endless_bodies_are_413();

    the_waiting_are_answered();
    the_slow_are_closed();
    EXPECT_TRUE(std::ranges::none_of(idling, [](const auto& each) { return each->closed(); }));
    an_ordinary_caller_is_served();
}

TEST_F(bindings_api_load, of_long_answers_that_nobody_reads_takes_bounded_memory)
{
    constexpr std::size_t readers = 300;
    constexpr int bindings = 300;
    constexpr std::size_t least_answer = 100 << 10;
    const std::size_t bound = app::serving_of({}, *door).limits.unread_bytes;
    ASSERT_GT(readers * least_answer, bound + (bound / 2)) << "the readers ask for more";
    const auto its = certificate("shop.example.com").id;
    for (int i = 0; i < bindings; ++i)
    {
        std::array<char, 37> to{};
        std::snprintf(to.data(), to.size(), "11111111-0000-4000-8000-%012d", i);
        kube.create({.name = "b" + std::to_string(i), .certificate = its, .listener = to.data()});
    }
    nlohmann::json list{{"metadata", {{"resourceVersion", "1"}}}, {"items", nlohmann::json::array()}};
    for (const auto& [name, object] : kube.objects())
    {
        list["items"].push_back(object);
    }
    one_list = list.dump();
    ASSERT_GT(ask_to_the_end(get("/v1/certificates/" + its)).size(), least_answer);

    const auto before = heap();
    for (std::size_t i = 0; i < readers; ++i)
    {
        deaf_ones.push_back(std::make_unique<impatient_client>(server->port(), smallest_window));
        deaf_ones.back()->send(get("/v1/certificates/" + its));
        step();
    }
    EXPECT_LE(heap() - before, bound + (readers * bytes_of_waiting));
    EXPECT_THAT(ask(get("/openapi.json")), StartsWith("HTTP/1.1 200 "));
    EXPECT_GT(ask_to_the_end(get("/v1/certificates/" + its)).size(), least_answer) << "who reads is served";
    advance(10s);
    for (const auto& each : deaf_ones)
    {
        ASSERT_TRUE(ready_until([&] { return each->closed(); })) << "its time to read is over";
    }
}

TEST_F(bindings_api_load, leaves_a_line_in_the_log_for_what_the_server_refuses)
{
    support::log_capture log;
    const auto refused = ask("GET /docs HTTP/1.1\r\nAuthorization: Bearer hidden\r\n\r\n");
    EXPECT_THAT(refused, StartsWith("HTTP/1.1 400 "));
    const std::string name = "\r\nX-Request-Id: ";
    const auto at = refused.find(name);
    ASSERT_NE(at, std::string::npos);
    const auto id = refused.substr(at + name.size(), std::string("req-").size() + 36);
    EXPECT_THAT(refused, HasSubstr("\"request_id\":\"" + id + "\""));
    EXPECT_THAT(log.text(), HasSubstr("bindings API request_id=" + id));
    EXPECT_THAT(log.text(), HasSubstr("status=400"));
    EXPECT_THAT(log.text(), HasSubstr("peer=127.0.0.1"));
    EXPECT_THAT(log.text(), HasSubstr("why=\"the request has no Host header\""));
    EXPECT_THAT(log.text(), testing::Not(HasSubstr("hidden")));
    EXPECT_EQ(std::ranges::count(log.text(), '\n'), 1);
}

}  // namespace
