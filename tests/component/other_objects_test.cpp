// What a change costs, whatever other people have: the requests before a PUT grow with its load balancer
// alone.
#include "component/controller_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::ResultOf;

class other_objects : public test::controller_world
{
protected:
    static constexpr int of_others = 1000;  // bindings on their own load balancers
    static constexpr int on_nothing = 500;  // bindings whose listener does not exist
    static constexpr int at_one = 50;       // listeners of one load balancer of theirs
    static constexpr std::size_t ours = 3;  // listeners with a binding at our load balancer
    static constexpr int beside = 20;       // listeners without a binding there

    other_objects()
    {
        const auto theirs = sim.add_project("theirs");
        const auto their_credential =
            sim.add_application_credential(sim.add_user("somebody", theirs), theirs);
        kube.set_secret("theirs", {{"clouds.yaml", test::controller_process::clouds_yaml(their_credential)}});
        const auto shown = sim.add_certificate({.project = theirs, .names = {"theirs.example.com"}});
        std::string above;
        for (int i = 0; i < of_others; ++i)
        {
            if (i % at_one == 0)
            {
                above = sim.add_load_balancer({.project = theirs});
            }
            bind_theirs(
                "others-" + std::to_string(i),
                shown.id,
                sim.add_listener({.load_balancer = above, .default_ref = shown.ref, .port = 443 + i})
            );
        }
        for (int i = 0; i < on_nothing; ++i)
        {
            const std::string number = std::to_string(i);
            bind_theirs(
                "nothing-" + number,
                shown.id,
                "00000000-0000-4000-8000-" + std::string(12 - number.size(), '0') + number
            );
        }
        for (int i = 0; i < beside; ++i)
        {
            sim.add_listener({.load_balancer = balancer, .default_ref = foreign, .port = 1000 + i});
        }
        for (std::size_t i = 0; i < ours; ++i)
        {
            listeners_.push_back(
                i == 0 ? listener
                       : sim.add_listener(
                             {.load_balancer = balancer,
                              .default_ref = foreign,
                              .port = 444 + static_cast<int>(i)}
                         )
            );
            bind("ours-" + std::to_string(i), listeners_.back());
        }
        http.on_send = [this](const net::http_request& request) {
            sent_.push_back({clock().now(), request.method, request.target, token_of(request)});
        };
    }

    void bind_theirs(const std::string& name, const std::string& certificate_id, const std::string& to)
    {
        kube.create({.name = name, .certificate = certificate_id, .listener = to, .secret = "theirs"});
    }

    void bind(const std::string& name, const std::string& to)
    {
        kube.create(
            {.name = name, .certificate = certificate(name + ".example.com").id, .listener = to, .sni = true}
        );
    }

    static std::string token_of(const net::http_request& request)
    {
        const auto header = std::ranges::find(request.headers, "X-Auth-Token", &net::header::name);
        return header == request.headers.end() ? "" : header->value;
    }

    struct sent
    {
        support::time_point at;
        std::string method;
        std::string path;
        std::string token;
    };

    // The next PUT to the listener after the first `before` requests.
    std::vector<sent>::const_iterator put_after(std::size_t before) const
    {
        return std::find_if(
            sent_.begin() + static_cast<std::ptrdiff_t>(before),
            sent_.end(),
            [&](const sent& request) { return request.method == "PUT" && request.path.ends_with(listener); }
        );
    }

    // The reads of Octavia with our credential before that PUT, since `first`.
    std::vector<std::string> reads_before_put(std::size_t before, support::time_point first) const
    {
        const auto put = put_after(before);
        if (put == sent_.end())
        {
            return {"there is no PUT"};
        }
        std::vector<std::string> reads;
        for (auto request = sent_.begin() + static_cast<std::ptrdiff_t>(before); request != put; ++request)
        {
            const bool counts = request->method == "GET" && request->path.contains("/lbaas/");
            if (counts && request->token == put->token && request->at >= first)
            {
                reads.push_back(request->path);
            }
        }
        return reads;
    }

    bool is_ours(const std::string& path) const
    {
        return path.ends_with(balancer) ||
               std::ranges::any_of(listeners_, [&](const auto& id) { return path.ends_with(id); });
    }

    bool all_have(const std::string& prefix, int number, const std::string& reason)
    {
        return until([&] {
            for (int i = 0; i < number; ++i)
            {
                if (kube.ready_reason(prefix + std::to_string(i)) != reason)
                {
                    return false;
                }
            }
            return true;
        });
    }

    std::vector<std::string> listeners_;
    std::vector<sent> sent_;
};

TEST_F(other_objects, cost_a_change_no_read)
{
    start();
    ASSERT_TRUE(all_have("ours-", ours, "Attached"));
    ASSERT_TRUE(all_have("others-", of_others, "Attached"));
    ASSERT_TRUE(all_have("nothing-", on_nothing, "ListenerNotFound"));
    advance(2min);
    const auto first = sent_.size();
    bind("new", listener);
    ASSERT_TRUE(becomes("new", "Attached"));
    // The pass that sends the PUT begins when no more bindings arrive. The one before it reads the listener
    // and its load balancer as well.
    const auto pass = put_after(first)->at - binding::settings().settle / 2;
    const auto reads = reads_before_put(first, pass);
    EXPECT_LE(reads.size(), 2 + ours) << testing::PrintToString(reads);
    EXPECT_THAT(
        reads_before_put(first, {}), Each(ResultOf([&](const auto& path) { return is_ours(path); }, true))
    );
}

TEST_F(other_objects, cost_a_change_no_read_after_a_start_either)
{
    start();
    ASSERT_TRUE(all_have("ours-", ours, "Attached"));
    ASSERT_TRUE(all_have("others-", of_others, "Attached"));
    crash();
    bind("new", listener);
    const auto first = sent_.size();
    start();
    ASSERT_TRUE(becomes("new", "Attached"));
    EXPECT_THAT(
        reads_before_put(first, {}), Each(ResultOf([&](const auto& path) { return is_ours(path); }, true))
    );
}

}  // namespace
