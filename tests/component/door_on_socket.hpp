#pragma once

#include "api/door.hpp"
#include "app/bindings_api.hpp"
#include "component/controller_world.hpp"
#include "component/impatient_client.hpp"
#include "fakes/kubernetes/kube_through.hpp"
#include "kube/decoder.hpp"
#include "net/http/server.hpp"
#include "net/transport/open_files.hpp"

#include <malloc.h>
#include <optional>

namespace test {

// A Kubernetes without Events, because the stand-in compares each one with all others.
class without_events final : public kube_through
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

// A Kubernetes that has one list for all who ask, in one page.
class of_one_list final : public kube_through
{
public:
    of_one_list(kube::client& next, const std::string& list) : kube_through(next), list_(list) {}

    support::task<support::result<std::unique_ptr<kube::list_page>>> list(kube::list_request) override
    {
        co_return kube::decode_list(list_);
    }

private:
    const std::string& list_;
};

using clients = std::vector<std::unique_ptr<impatient_client>>;

// The controller and its door on a socket, with the limits of the program.
class door_on_socket : public controller_world
{
protected:
    void SetUp() override
    {
        app::bindings_api_options options;
        options.most_waiting = settings.most_waiting;
        settings.defaults = {"shop", "sao1"};
        running = std::make_unique<controller_process>(
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
                [this](const support::secret&) { return client_of_caller(); },
                [this](const support::uuid& uid) { return running->controller.find(uid); },
                "{}",
                "<html></html>"
            },
            settings
        );
        auto listening = net::listen(
            executor(),
            clock(),
            {"127.0.0.1", 0},
            [this](net::server_request request) { return door->answer(std::move(request)); },
            app::serving_of(options, *door)
        );
        ASSERT_TRUE(listening) << listening.error().message;
        server = std::move(*listening);
        spawn(server->run());
        ASSERT_TRUE(until([&] { return running->controller.ready(); }));
    }

    void TearDown() override
    {
        server->stop();
        step();
        controller_world::TearDown();
    }

    std::unique_ptr<kube::client> client_of_caller()
    {
        return one_list.empty() ? std::make_unique<kube_through>(kube)
                                : std::unique_ptr<kube::client>(new of_one_list(kube, one_list));
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

    // The whole answer, which ends its connection.
    std::string ask_to_the_end(const std::string& text)
    {
        const auto asking = connect(text.substr(0, text.size() - 2) + "Connection: close\r\n\r\n");
        EXPECT_TRUE(ready_until([&] { return asking->closed(); }));
        return asking->received();
    }

    // Bytes of the heap; 0 under a sanitizer, which replaces it.
    static std::size_t heap() { return ::mallinfo2().uordblks; }

    without_events kube_of_loop{kube};
    api::settings settings;
    support::random_engine random{7};
    std::optional<api::door> door;
    std::unique_ptr<net::server> server;
    std::string one_list;  // not empty: what every list answers
};

}  // namespace test
