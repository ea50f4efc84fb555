#pragma once

#include "e2e/world.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

// A world that changes all the time, for hours if need be: what its people want, who controls it, and whether
// it is as it should be. Every choice follows from one seed, but not the time at which it takes effect.
namespace soak {

using clock = std::chrono::steady_clock;

class world : public e2e::world
{
protected:
    world();

    // Makes the cloud: load balancers, listeners with foreign certificates, certificates to bind.
    void make_cloud();

    // --- what people do; false: Kubernetes does not take it now, so nothing changed

    bool change_bindings();  // creates, rotates and deletes some
    std::size_t wanted_bindings() const { return wanted_.size(); }

    // --- controllers: two that elect a leader

    void start_controllers();
    testing::AssertionResult somebody_leads() const;  // waits for it
    testing::AssertionResult all_run();               // no controller has ended by itself
    // These two want a leader. The first ends its process, and starts another. The second takes the Lease
    // away, as another candidate would: the term of the leader ends, and the process lives on.
    void replace_leader(int signal);
    testing::AssertionResult depose_leader();
    testing::AssertionResult release_lease();  // that was taken away

    struct usage
    {
        pid_t process = 0;
        bool leads = false;
        double megabytes = 0;  // RSS
        std::size_t descriptors = 0;
        std::size_t terms = 0;  // since the process began
    };
    std::vector<usage> used() const;  // by each controller

    // --- whether all is well

    testing::AssertionResult foreign_are_untouched() const;
    testing::AssertionResult is_as_wanted() const;
    testing::AssertionResult becomes_as_wanted() const;  // once nothing is broken any more

    std::size_t pick(std::size_t count) { return random_() % count; }

private:
    struct wanted_binding
    {
        std::string certificate;  // a key of certificates_
        std::string listener;
    };

    testing::AssertionResult bindings_are_ready() const;
    testing::AssertionResult listeners_are_right() const;
    void start_controller_process();
    testing::AssertionResult set_holder(const std::string& holder) const;
    bool apply_one(const std::string& name, const wanted_binding& binding);
    std::string unused_certificate(const std::string& listener);

    std::minstd_rand random_;
    std::vector<std::string> listeners_;
    std::map<std::string, std::string> certificates_;  // id -> ref
    std::set<std::string> foreign_refs_;
    std::map<std::string, wanted_binding> wanted_;
    std::uint64_t made_ = 0;
    int started_ = 0;
    std::vector<testbed::child> controllers_;
};

}  // namespace soak
