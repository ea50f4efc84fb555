#pragma once

#include "app/controller.hpp"
#include "cloud/bycloud/service_registry.hpp"
#include "fakes/cloud/fake_bycloud.hpp"
#include "fakes/kubernetes/fake_kube.hpp"
#include "support/loop.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// The whole controller in front of a cloud that attaches single bindings, over a Kubernetes and that cloud in
// memory.
namespace test {

// Every Secret has the credential of the tests.
class one_credential final : public cloud::credential_reader
{
public:
    explicit one_credential(std::function<std::shared_ptr<cloud::credential>()> share)
        : share_(std::move(share))
    {}

    parser create_parser() override
    {
        return [this](const cloud::credential_text&) { return std::make_shared<entries>(share_); };
    }

private:
    struct entries final : cloud::credential_entries
    {
        explicit entries(std::function<std::shared_ptr<cloud::credential>()> share) : share(std::move(share))
        {}
        support::result<std::shared_ptr<cloud::credential>> credential_of(const std::string&) override
        {
            return share();
        }
        std::function<std::shared_ptr<cloud::credential>()> share;
    };

    std::function<std::shared_ptr<cloud::credential>()> share_;
};

// The objects that a killed process loses.
struct bycloud_process
{
    bycloud_process(loop& loop, kube::client& kube, net::http_client& http)
        : registry(http, loop.clock(), random, std::chrono::seconds(30)),
          controller(
              {loop.executor(), loop.clock(), random, kube, reader, registry.share(entry()), {}}, {}, {}
          )
    {
        loop.spawn(controller.run());
    }

    static cloud::bycloud::service_entry entry()
    {
        cloud::bycloud::entry_text text;
        text.name = text.label = "prod";
        text.endpoint = "http://api.example";
        text.api_key = support::secret("AKIA1:hush");
        return cloud::bycloud::understand_entry(std::move(text)).value();
    }

    support::random_engine random{7};
    cloud::bycloud::service_registry registry;
    one_credential reader{[this] { return registry.share(entry()); }};
    app::controller controller;
};

class bycloud : public loop
{
protected:
    void start() { start_with(kube); }
    void start_with(kube::client& used) { running = std::make_unique<bycloud_process>(*this, used, cloud); }

    // A kill -9: the state of the process is lost.
    void crash()
    {
        kube.cut = true;
        running->controller.abort();
        step();
        advance(std::chrono::seconds(1));
        running.reset();
        kube.cut = false;
    }

    void TearDown() override
    {
        if (running)
        {
            crash();
        }
        loop::TearDown();
    }

    void bind(const std::string& name, const std::string& certificate, bool sni = false)
    {
        kube.create({.name = name, .certificate = certificate, .listener = listener, .sni = sni});
    }

    bool becomes(
        const std::string& name, const std::string& reason, support::duration limit = std::chrono::minutes(10)
    )
    {
        return run_until([&] { return kube.exists(name) && kube.ready_reason(name) == reason; }, limit);
    }

    bool goes(const std::string& name)
    {
        return run_until([&] { return !kube.exists(name); }, std::chrono::minutes(10));
    }

    nlohmann::json status_of(const std::string& name) const { return kube.object(name)["status"]; }

    std::vector<std::string> events() const
    {
        std::vector<std::string> reasons;
        for (const auto& event : kube.events)
        {
            reasons.push_back(event["reason"].get<std::string>());
        }
        return reasons;
    }

    fake_kube kube{[] { return nullptr; }};
    fake_bycloud cloud{clock()};
    std::string listener = "00000000-0000-4000-8000-0000000000aa";
    std::unique_ptr<bycloud_process> running;
};

// What the cloud answers to a request that it refuses.
inline fake_bycloud::reply refusal(int status)
{
    const nlohmann::json error{{"code", status}, {"message", "no"}, {"request_id", "req-1"}};
    return net::http_response{
        status, {{"Content-Type", "application/json"}}, nlohmann::json{{"error", error}}.dump()
    };
}

}  // namespace test
