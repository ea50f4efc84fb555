// The HTTP door with its server, on sockets, while thousands of connections wait, idle or misbehave.
#include "api/door.hpp"
#include "app/bindings_api.hpp"
#include "component/controller_world.hpp"
#include "component/impatient_client.hpp"
#include "fakes/kubernetes/kube_through.hpp"
#include "net/http/server.hpp"
#include "net/transport/open_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <malloc.h>
#include <optional>

namespace {

using namespace std::chrono_literals;
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
constexpr std::size_t bytes_of_client =
    sizeof(impatient_client) + 4 * sizeof(void*);  // and its place in a list

const std::string chunk = "400\r\n" + std::string(1024, ' ') + "\r\n";

using clients = std::vector<std::unique_ptr<impatient_client>>;

// A Kubernetes without Events, because the stand-in compares each one with all others.
class without_events final : public test::kube_through
{
public:
    using kube_through::kube_through;

    support::task<support::result<std::unique_ptr<kube::object_answer>>> create(kube::create_request request
    ) override
    {
        if (request.resource.plural == "events")
        {
            co_return support::fail(support::errc::unreachable, "no Events");
        }
        co_return co_await kube_through::create(std::move(request));
    }
};

class bindings_api_load : public test::controller_world
{
protected:
    void SetUp() override
    {
        app::bindings_api_options options;
        options.most_waiting = most_waiting;
        settings.most_waiting = most_waiting;
        settings.defaults = {"shop", "sao1"};
        running = std::make_unique<test::controller_process>(
            *this,
            kube_of_loop,
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
                [this](const support::secret&) { return std::make_unique<test::kube_through>(kube); },
                [this](const support::uuid& uid) { return running->controller.find(uid); },
                "{}",
                "<html></html>"
            },
            settings
        );
        const auto files = net::allow_open_files(2 * most_idle + other_files);
        idle = std::min(most_idle, (std::max(files, other_files) - other_files) / 2);
        auto listening = net::listen(
            executor(),
            clock(),
            {"127.0.0.1", 0},
            [this](net::server_request request) { return door->answer(std::move(request)); },
            {.limits = app::limits_of(options),
             .refusal = [this](int status, const std::string& why) { return door->refusal(status, why); }}
        );
        ASSERT_TRUE(listening) << listening.error().message;
        server = std::move(*listening);
        spawn(server->run());
        ASSERT_TRUE(until([&] { return running->controller.ready(); }));
    }

    void TearDown() override
    {
        for (clients* each : {&idling, &slow_ones, &endless_ones, &waiting})
        {
            each->clear();
        }
        server->stop();
        step();
        controller_world::TearDown();
    }

    std::unique_ptr<impatient_client> connect(const std::string& text)
    {
        auto made = std::make_unique<impatient_client>(server->port());
        made->send(text);
        return made;
    }

    clients connect(std::size_t count, const std::function<std::string(std::size_t)>& text_of)
    {
        constexpr std::size_t at_once = 100;  // fewer than wait to be accepted
        clients made;
        for (std::size_t i = 0; i < count; ++i)
        {
            made.push_back(connect(text_of(i)));
            if (i % at_once == 0)
            {
                step();
            }
        }
        step();
        return made;
    }

    // Runs what is ready until `done`, while the clock stands still.
    [[nodiscard]] bool ready_until(const std::function<bool()>& done)
    {
        constexpr int most_rounds = 1'000'000;
        for (int rounds = 0; !done(); ++rounds)
        {
            if (rounds == most_rounds)
            {
                return false;
            }
            step();
        }
        return true;
    }

    static std::string get(const std::string& path)
    {
        return "GET " + path + " HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer ordinary\r\n\r\n";
    }

    static std::string post_header(const std::string& certificate, const std::string& framing)
    {
        return "POST /v1/certificates/" + certificate +
               "/bindings?wait=300 HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer of-" + certificate +
               "\r\nContent-Type: application/json\r\n" + framing;
    }

    static std::string post(const std::string& certificate, const std::string& to)
    {
        const std::string body =
            R"({"resource_type":"octavia:listener","resource_id":")" + to + R"(","options":{"sni":true}})";
        return post_header(certificate, "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n") + body;
    }

    std::string ask(const std::string& text)
    {
        const auto asking = connect(text);
        EXPECT_TRUE(ready_until([&] { return asking->answered(); }));
        return asking->received();
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

    // Bytes of the heap; 0 under a sanitizer, which replaces it.
    static std::size_t heap() { return ::mallinfo2().uordblks; }

    without_events kube_of_loop{kube};
    api::settings settings;
    support::random_engine random{7};
    std::optional<api::door> door;
    std::unique_ptr<net::server> server;
    std::size_t idle = 0;
    std::size_t ordinary = 0;  // bindings of ordinary callers
    clients idling;
    clients slow_ones;
    clients endless_ones;
    clients waiting;
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

}  // namespace
