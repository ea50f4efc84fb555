#pragma once

#include "app/metrics.hpp"
#include "fakes/cloud/one_cloud.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace test {

inline std::string ready(const std::string& reason, const std::string& status = "False")
{
    return R"({"observedGeneration":1,"conditions":[{"type":"Ready","status":")" + status +
           R"(","reason":")" + reason +
           R"(","message":"","observedGeneration":1,"lastTransitionTime":"2026-11-24T00:00:00Z"}]})";
}

inline std::string expiring(const std::string& certificate, const std::string& when)
{
    return R"({"observedGeneration":1,"certificate":{"id":")" + certificate +
           R"(","status":"ACTIVE","expiresAt":")" + when + R"("}})";
}

// The metrics page of a state that a test makes.
class metrics_page : public testing::Test
{
protected:
    std::vector<std::string> lines(std::size_t depth = 0, runtime::watcher::restarts restarts = {}) const
    {
        return lines_of({bindings, {.depth = depth}, restarts, events, unwatched, services});
    }

    static std::vector<std::string> split(const std::string& page)
    {
        std::vector<std::string> lines;
        std::istringstream text(page);
        for (std::string line; std::getline(text, line);)
        {
            lines.push_back(line);
        }
        return lines;
    }

    std::vector<std::string> lines_of(const app::metrics::state& now) const { return split(page_of(now)); }

    std::string page(std::size_t depth = 0, runtime::watcher::restarts restarts = {}) const
    {
        return page_of({bindings, {.depth = depth}, restarts, events, unwatched, services});
    }

    std::string page_of(const app::metrics::state& now) const
    {
        std::string whole;
        const auto next = counted.page(now);
        while (const auto piece = next())
        {
            whole += *piece;
        }
        return whole;
    }

    // A binding as the API server shows it, `more` being its status.
    void add(const std::string& name, const std::string& more, int listener = 0)
    {
        char resource[37];
        std::snprintf(resource, sizeof resource, "11111111-0000-4000-8000-%012d", listener);
        char uid[37];
        std::snprintf(uid, sizeof uid, "00000000-0000-4000-8000-%012d", ++bindings_);
        std::string text =
            R"({"metadata":{"name":")" + name + R"(","namespace":"shop","uid":")" + std::string(uid) +
            R"(","resourceVersion":"1","generation":1,"creationTimestamp":"2026-11-24T00:00:00Z"},)"
            R"("spec":{"certificateId":"aaaaaaaa-0000-4000-8000-000000000001","resourceType":"octavia:listener",)"
            R"("resourceId":")" +
            std::string(resource) + R"(","region":"sao1"},"status":)" + more + "}";
        text.reserve(text.size() + 64);
        sink.changed(text);
        ASSERT_EQ(bindings.size(), static_cast<std::size_t>(bindings_));
    }

    app::metrics counted;
    kube::event_recorder::counts events;
    std::optional<std::size_t> unwatched;
    std::vector<app::metrics::service> services;
    test::one_cloud credentials;
    binding::binding_index bindings{credentials, [](const auto&) {}, [] {}};
    runtime::object_sink& sink = bindings.scope("");

private:
    int bindings_ = 0;
};

}  // namespace test
