#pragma once

#include "binding/reconcile/loop_fixture.hpp"
#include "fakes/kubernetes/kube_through.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace test {

// Two listeners of one load balancer.
class one_load_balancer : public the_loop
{
protected:
    one_load_balancer() { add_listener(listener_2); }

    bool active(const std::string& name) { return kube.exists(name) && kube.state(name) == "active"; }

    bool all_active()
    {
        return std::ranges::all_of(kube.objects(), [this](const auto& each) { return active(each.first); });
    }

    // The PUT has no effect, and its answer is lost.
    void lose_first_put()
    {
        cloud.before_put = [once = true](const auto&) mutable {
            return std::exchange(once, false)
                       ? std::optional(cloud::error{cloud::failure::ambiguous, "cut", {}, {}})
                       : std::nullopt;
        };
    }
};

// A second load balancer with a listener of its own.
class two_load_balancers : public one_load_balancer
{
protected:
    two_load_balancers()
    {
        cloud.balancers[*support::uuid::parse(other)] = cloud::provisioning_status::active;
        add_listener(listener_3);
        row(listener_3).load_balancer = *support::uuid::parse(other);
    }

    static inline const std::string other = "99999999-0000-4000-8000-000000000002";
    static inline const std::string listener_3 = "33333333-0000-4000-8000-000000000003";
    static inline const cloud::error trouble{cloud::failure::transient, "500 of the database", {}, {}};
};

// Writes that make a binding Ready take 5 s.
class slow_to_be_ready final : public kube_through
{
public:
    slow_to_be_ready(kube::client& next, support::clock& clock) : kube_through(next), clock_(clock) {}

    support::task<support::result<std::unique_ptr<kube::object_answer>>> patch(kube::patch_request request
    ) override
    {
        if (request.merge_patch.contains(R"("state":"active")"))
        {
            co_await clock_.sleep_for(std::chrono::seconds(5));
        }
        co_return co_await kube_through::patch(std::move(request));
    }

private:
    support::clock& clock_;
};

// Writes are counted by the first letter of their binding and by what they write.
class counted_writes final : public kube_through
{
public:
    counted_writes(kube::client& next, support::clock& clock) : kube_through(next), clock_(clock) {}

    support::task<support::result<std::unique_ptr<kube::object_answer>>> patch(kube::patch_request request
    ) override
    {
        const bool is_ahead = request.merge_patch.contains(R"("confirmed":false)");
        const std::string kind = request.subresource.empty() ? " finalizer"
                                 : is_ahead                  ? " ledger"
                                                             : " status";
        const std::string what = request.name.substr(0, 1) + kind;
        most_at_a_time[what] = std::max(most_at_a_time[what], ++at_a_time_[what]);
        co_await clock_.sleep_for(takes);
        --at_a_time_[what];
        co_return co_await kube_through::patch(std::move(request));
    }

    support::duration takes = std::chrono::milliseconds(100);
    std::map<std::string, int> most_at_a_time;

private:
    support::clock& clock_;
    std::map<std::string, int> at_a_time_;
};

}  // namespace test
