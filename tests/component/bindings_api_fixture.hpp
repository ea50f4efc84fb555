#pragma once

#include "api/door.hpp"
#include "component/controller_world.hpp"
#include "fakes/kubernetes/kube_through.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// The HTTP door over the controller, a Kubernetes and a cloud.
namespace test {

inline support::error status_error(int code, const std::string& reason)
{
    return {support::errc::status, std::to_string(code) + " " + reason, code, std::nullopt};
}

// The Kubernetes of a caller: the token "alice" may do everything, "reader" may read, and no other is known.
// Of "slow" that is found out after 5 s, and "bug" meets a bug.
class kube_of_caller final : public kube_through
{
public:
    kube_of_caller(kube::client& next, support::clock& clock, std::string token)
        : kube_through(next), clock_(clock), token_(std::move(token))
    {}

    support::task<support::result<std::unique_ptr<kube::list_page>>> list(kube::list_request request) override
    {
        if (token_ == "bug")
        {
            throw std::logic_error("a bug");
        }
        if (auto no = refused(false))
        {
            co_return std::unexpected(*no);
        }
        co_return co_await kube_through::list(std::move(request));
    }
    support::task<support::result<std::unique_ptr<kube::watch_stream>>> watch(kube::watch_request request
    ) override
    {
        ADD_FAILURE() << "a caller has no watch of its own";
        return kube_through::watch(std::move(request));
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> create(kube::create_request request
    ) override
    {
        if (token_ == "uncreated-409")
        {
            co_return std::unexpected(status_error(409, "a webhook says no"));
        }
        if (token_ == "slow")
        {
            co_await clock_.sleep_for(std::chrono::seconds(5));
        }
        if (auto no = refused(true))
        {
            co_return std::unexpected(*no);
        }
        co_return co_await kube_through::create(std::move(request));
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> get(
        kube::resource resource, std::string name_space, std::string name
    ) override
    {
        if (auto no = refused(false))
        {
            co_return std::unexpected(*no);
        }
        co_return co_await kube_through::get(std::move(resource), std::move(name_space), std::move(name));
    }
    support::task<support::result<std::unique_ptr<kube::object_answer>>> remove(kube::remove_request request
    ) override
    {
        if (token_ == "creator")
        {
            co_return std::unexpected(status_error(403, "Forbidden"));
        }
        if (token_.starts_with("denied-"))
        {
            co_return std::unexpected(status_error(std::stoi(token_.substr(7)), "a webhook says no"));
        }
        if (auto no = refused(true))
        {
            co_return std::unexpected(*no);
        }
        co_return co_await kube_through::remove(std::move(request));
    }

private:
    std::optional<support::error> refused(bool write) const
    {
        if (token_ == "alice" || token_.starts_with("denied-") || token_ == "uncreated-409" ||
            token_ == "creator" || (token_ == "reader" && !write))
        {
            return std::nullopt;
        }
        return token_ == "reader" ? status_error(403, "Forbidden") : status_error(401, "Unauthorized");
    }

    support::clock& clock_;
    std::string token_;
};

struct api_answer
{
    int status = 0;
    nlohmann::json body;
    std::vector<net::header> headers;
};

class bindings_api : public controller_world
{
protected:
    bindings_api() { settings.defaults = {"shop", "sao1"}; }

    // A controller and its door.
    void open()
    {
        running = std::make_unique<controller_process>(
            *this,
            kube,
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
                [this](const support::secret& token) {
                    ++clients;
                    return std::make_unique<kube_of_caller>(kube, clock(), token.reveal());
                },
                [this](const support::uuid& uid) { return running->controller.find(uid); },
                R"({"openapi": "3.1.0"})",
                "<html></html>"
            },
            settings
        );
        ASSERT_TRUE(until([&] { return running->controller.ready(); }));
    }

    static net::server_request request(
        const std::string& method, const std::string& target, const std::string& body = {}
    )
    {
        net::server_request asked;
        asked.method = method;
        asked.path = target.substr(0, target.find('?'));
        asked.query = target.contains('?') ? target.substr(target.find('?') + 1) : "";
        asked.headers = {{"Authorization", "Bearer alice"}, {"Content-Type", "application/json"}};
        asked.body = body;
        return asked;
    }

    static api_answer read(const net::page& page)
    {
        return {page.status, nlohmann::json::parse(page.body, nullptr, false), page.headers};
    }

    api_answer ask(net::server_request asked) { return read(run(door->answer(std::move(asked)))); }
    api_answer get(const std::string& target) { return ask(request("GET", target)); }

    static std::string body_of(const std::string& to, bool sni = false)
    {
        return nlohmann::json{
            {"resource_type", "octavia:listener"}, {"resource_id", to}, {"options", {{"sni", sni}}}
        }.dump();
    }

    static std::string bindings_of(const std::string& certificate)
    {
        return "/v1/certificates/" + certificate + "/bindings";
    }

    api_answer bind(const std::string& certificate, const std::string& to, bool sni = false)
    {
        return ask(request("POST", bindings_of(certificate), body_of(to, sni)));
    }

    // Starts a request, whose answer is in the result when it is there.
    std::shared_ptr<std::optional<api_answer>> begin(net::server_request asked)
    {
        auto to = std::make_shared<std::optional<api_answer>>();
        cancel = spawn([](api::door& door, net::server_request what, auto into) -> support::task<> {
            into->emplace(read(co_await door.answer(std::move(what))));
        }(*door, std::move(asked), to));
        return to;
    }

    api::settings settings;
    support::random_engine random{7};
    std::optional<api::door> door;
    int clients = 0;
    std::function<void()> cancel;
};

}  // namespace test
