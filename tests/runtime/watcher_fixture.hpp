#pragma once

#include "fakes/kubernetes/server/fake_apiserver.hpp"
#include "kube/rest_client.hpp"
#include "runtime/watcher.hpp"
#include "support/log.hpp"
#include "support/loop.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

// A watcher of an API server, and the content of the store that it feeds.
namespace test {

// The content of a store: names with versions. A list counts only when it is complete.
class sink final : public runtime::object_sink
{
public:
    void list_began() override
    {
        listed_.clear();
        heard.emplace_back("began");
    }
    void listed(kube::object_json object) override { listed_.insert(entry(object)); }
    void list_ended() override
    {
        objects = listed_;
        heard.emplace_back("ended");
    }
    void list_forbidden() override { heard.emplace_back("forbidden"); }
    void changed(kube::object_json object) override
    {
        const auto [name, version] = entry(object);
        objects[name] = version;
        heard.push_back(name + "@" + version);
    }
    void deleted(kube::object_json object) override
    {
        objects.erase(entry(object).first);
        heard.push_back(entry(object).first + " gone");
    }

    std::size_t missed(const std::vector<runtime::listed_object>& listed, std::uint64_t version) override
    {
        compared = std::to_string(listed.size()) + " at " + std::to_string(version);
        const auto unseen = static_cast<std::size_t>(std::ranges::count_if(listed, [&](const auto& one) {
            return one.version > newest_;
        }));
        return std::exchange(to_miss, 0) + (knows_versions ? unseen : 0);
    }

    std::map<std::string, std::string> objects;
    std::vector<std::string> heard;
    std::string compared;  // "2 at 204"
    std::size_t to_miss = 0;
    bool knows_versions = false;  // misses what is newer than all that it has seen

private:
    std::pair<std::string, std::string> entry(kube::object_json object)
    {
        const auto identity = kube::identify(object);
        newest_ = std::max(newest_, static_cast<std::uint64_t>(std::stoull(identity.resource_version)));
        return {identity.name, identity.resource_version};
    }

    std::map<std::string, std::string> listed_;
    std::uint64_t newest_ = 0;
};

class watcher : public loop
{
protected:
    watcher()
        : api(executor(), clock()),
          credentials(
              config(),
              [](const std::string& path) { return support::fail(support::errc::invalid, path); },
              clock()
          ),
          client(kube::create_rest_client(api, clock(), credentials))
    {}

    static kube::config config()
    {
        kube::config config;
        config.server = net::parse_url("http://127.0.0.1:8001").value();
        return config;
    }

    void start(const std::string& name_space = "")
    {
        followed = std::make_unique<runtime::watcher>(
            runtime::watcher::scope{
                api.objects().kind().resource, name_space, "install it with kubectl apply -f crds/"
            },
            *client,
            clock(),
            random,
            collection
        );
        stop = spawn(followed->run());
        step();
    }

    // Cancels the watcher, and returns how many requests it sends afterwards.
    std::size_t requests_after_stop()
    {
        std::exchange(stop, nullptr)();
        const auto before = api.requests().size();
        step();
        advance(std::chrono::hours(1));
        return api.requests().size() - before;
    }

    void TearDown() override
    {
        if (stop)
        {
            stop();
        }
        loop::TearDown();
    }

    void create(const std::string& name, const std::string& name_space = "shop")
    {
        ASSERT_TRUE(api.objects().create(
            {{"metadata", {{"name", name}, {"namespace", name_space}}}, {"spec", nlohmann::json::object()}}
        ));
        step();
    }

    void change(const std::string& name, const std::string& value)
    {
        ASSERT_TRUE(api.objects().patch("shop", name, "", {{"metadata", {{"labels", {{"n", value}}}}}}));
        step();
    }

    void create_many(int count)
    {
        for (int i = 0; i < count; ++i)
        {
            create("n" + std::to_string(10000 + i));
        }
    }

    std::map<std::string, std::string> truth()
    {
        std::map<std::string, std::string> all;
        for (const auto& object : api.objects().list("", 0, "")->items)
        {
            const nlohmann::json& metadata = (*object)["metadata"];
            all[metadata["name"].get<std::string>()] = metadata["resourceVersion"].get<std::string>();
        }
        return all;
    }

    // The lists of whole objects; not those that ask for the version alone.
    std::size_t lists() const
    {
        return static_cast<std::size_t>(std::ranges::count_if(api.requests(), [](const auto& request) {
            return request.verb == "list" && request.asked("limit") != "1";
        }));
    }

    [[nodiscard]] bool catches_up(support::duration within = std::chrono::minutes(2))
    {
        return run_until([this] { return collection.objects == truth(); }, within);
    }

    support::log_capture log;
    support::random_engine random{7};
    fake_apiserver api;
    kube::credentials credentials;
    std::unique_ptr<kube::client> client;
    sink collection;
    std::unique_ptr<runtime::watcher> followed;
    std::function<void()> stop;
};

inline std::size_t lines(const std::string& text, const std::string& with)
{
    std::size_t count = 0;
    for (auto at = text.find(with); at != std::string::npos; at = text.find(with, at + 1))
    {
        ++count;
    }
    return count;
}

}  // namespace test
