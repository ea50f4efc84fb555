// The controller under hours of change: bindings come, rotate and go, the cloud and the API server fail, and
// the leader ends every minute. First its process is killed. Later the Lease is taken away from it, so that
// its process lives on for many terms, because a process that lives for a minute shows no leak. At each stop,
// and at the end, every status is true, every listener holds exactly what is wanted and what is foreign, and
// memory and descriptors have not grown.
//
// SOAK_MINUTES is the duration (30), SOAK_SEED the seed of all choices (1).
#include "soak/world.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <thread>

namespace soak {
namespace {

using namespace std::chrono_literals;

constexpr auto between_changes = 700ms;
constexpr auto between_faults = 15s;
constexpr auto between_leaders = 60s;
constexpr auto between_depositions = 30s;
constexpr auto between_stops = 4min;
constexpr std::size_t most_seconds_without = 6;  // a holder of the Lease that is one of ours
constexpr int most_depositions = 30;             // until the other process leads
// Of memory and descriptors of one process, from one time of rest to another, as the leader each time.
constexpr double most_growth = 1.25;
constexpr double growth_of_little = 6;  // MB; what an allocator keeps of a burst
constexpr std::size_t more_descriptors = 12;

std::chrono::duration<double> duration()
{
    const char* minutes = std::getenv("SOAK_MINUTES");
    return std::chrono::duration<double, std::ratio<60>>(
        minutes != nullptr && *minutes != '\0' ? std::stod(minutes) : 30
    );
}

enum class end_of_leader
{
    killed,   // or asked to end; another process takes its place
    deposed,  // the process stays a candidate
};

class controllers : public world
{
protected:
    void say(const std::string& what) const
    {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(clock::now() - began_).count();
        std::cout << "[soak " << seconds << " s] " << what << std::endl;
    }

    // Changes the world until `end`. The leader ends every minute, or more often if its process lives on.
    void churn(clock::time_point end, end_of_leader how)
    {
        auto fault_at = clock::now() + between_faults;
        while (clock::now() < end && !HasFatalFailure())
        {
            change();
            ASSERT_TRUE(foreign_are_untouched());
            if (clock::now() >= fault_at)
            {
                break_something();
                fault_at = clock::now() + between_faults;
            }
            if (clock::now() >= leader_ends_at_)
            {
                const auto lead = how == end_of_leader::killed ? between_leaders : between_depositions;
                leader_ends_at_ = std::max(leader_ends_at_ + lead, clock::now());
                ASSERT_NO_FATAL_FAILURE(end_leader(how));
            }
            std::this_thread::sleep_for(between_changes);
        }
    }

    void change()
    {
        if (!change_bindings())
        {
            say("kubectl was refused");
        }
    }

    void end_leader(end_of_leader how)
    {
        ASSERT_TRUE(somebody_leads());
        if (how == end_of_leader::deposed)
        {
            say("the leader loses the Lease");
            ASSERT_TRUE(depose_leader());
            change();
            std::this_thread::sleep_for(std::chrono::seconds(pick(most_seconds_without)));
            ASSERT_TRUE(release_lease());
            ++deposed_;
            return;
        }
        const bool is_killed = pick(4) != 0;
        say(is_killed ? "the leader is killed" : "the leader is asked to end");
        ASSERT_NO_FATAL_FAILURE(replace_leader(is_killed ? SIGKILL : SIGTERM));
        ++(is_killed ? killed_ : asked_to_end_);
    }

    void away(const std::string& service)
    {
        say(service + " is down");
        sim->set({{"down", {service}}});
        std::this_thread::sleep_for(std::chrono::seconds(1 + pick(6)));
        sim->set({{"down", nlohmann::json::array()}});
    }

    void restart_api_server(int signal)
    {
        say("the API server is down");
        e2e::kubernetes().stop_apiserver(signal);
        std::this_thread::sleep_for(std::chrono::seconds(pick(6)));
        e2e::kubernetes().start_apiserver();
        say("the API server is up");
    }

    void break_something()
    {
        ++faults_;
        switch (pick(9))
        {
            case 0:
                return restart_api_server(SIGKILL);
            case 1:
                return restart_api_server(SIGTERM);
            case 2:
                return away("load-balancer");
            case 3:
                return away("key-manager");
            case 4:
                return away("identity");
            case 5:
                say("two answers to PUTs are lost");
                return sim->drop({.service = "load-balancer", .method = "PUT", .times = 2, .when = "after"});
            case 6:
                say("two PUTs are lost");
                return sim->drop({.service = "load-balancer", .method = "PUT", .times = 2});
            case 7:
                say("Octavia answers 500 to three requests");
                return sim->fail({.service = "load-balancer", .times = 3}, {.status = 500});
            default:
                say("the tokens are revoked");
                return sim->revoke_tokens();
        }
    }

    void come_to_rest()
    {
        sim->remove_rules();
        const auto began = clock::now();
        const auto right = becomes_as_wanted();
        const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - began).count();
        ASSERT_TRUE(right);
        ASSERT_TRUE(all_run());
        for (const auto& one : used())
        {
            say("at rest after " + std::to_string(took) + " ms: " + std::to_string(wanted_bindings()) +
                " bindings, " + std::to_string(one.megabytes) + " MB, " + std::to_string(one.descriptors) +
                " descriptors, " + std::to_string(one.terms) + " terms" + (one.leads ? ", leads" : ""));
        }
    }

    // What each of the two processes uses at rest while it leads, because a standby uses less.
    void measure_leaders(std::map<pid_t, usage>& all)
    {
        for (int depositions = 0; depositions < most_depositions; ++depositions)
        {
            ASSERT_NO_FATAL_FAILURE(come_to_rest());
            for (const auto& one : used())
            {
                one.leads ? (void)all.try_emplace(one.process, one) : void();
            }
            if (all.size() == 2)
            {
                return;
            }
            ASSERT_NO_FATAL_FAILURE(end_leader(end_of_leader::deposed));
            ASSERT_TRUE(somebody_leads());
        }
        FAIL() << "the same process leads again and again";
    }

    static void expect_no_growth(const usage& before, const usage& after)
    {
        EXPECT_LE(after.megabytes, before.megabytes * most_growth + growth_of_little)
            << "memory has grown in " << after.terms - before.terms << " terms";
        EXPECT_LE(after.descriptors, before.descriptors + more_descriptors)
            << "descriptors stay open after " << after.terms - before.terms << " terms";
    }

    const clock::time_point began_ = clock::now();
    clock::time_point leader_ends_at_ = began_ + between_leaders;
    int faults_ = 0;
    int killed_ = 0;
    int asked_to_end_ = 0;
    int deposed_ = 0;
};

TEST_F(controllers, survive_churn_outages_and_leaders_that_end)
{
    make_cloud();
    start_controllers();
    say("two controllers elect a leader");
    const auto whole = std::chrono::duration_cast<clock::duration>(duration());

    // In two thirds of the time processes end. There are stops, at which the world is checked.
    const auto kills_end = began_ + whole * 2 / 3;
    while (clock::now() < kills_end)
    {
        const auto stop = std::min(kills_end, clock::now() + between_stops);
        ASSERT_NO_FATAL_FAILURE(churn(stop, end_of_leader::killed));
        ASSERT_NO_FATAL_FAILURE(come_to_rest());
    }
    // In the last third only terms end.
    const auto end = began_ + whole;
    std::map<pid_t, usage> before;
    std::map<pid_t, usage> after;
    ASSERT_NO_FATAL_FAILURE(churn(clock::now() + (end - clock::now()) / 4, end_of_leader::deposed));
    ASSERT_NO_FATAL_FAILURE(measure_leaders(before));
    ASSERT_NO_FATAL_FAILURE(churn(end, end_of_leader::deposed));
    ASSERT_NO_FATAL_FAILURE(measure_leaders(after));
    for (const auto& [process, used] : after)
    {
        expect_no_growth(before.at(process), used);
    }
    say(std::to_string(faults_) + " faults; " + std::to_string(killed_) + " leaders were killed, " +
        std::to_string(asked_to_end_) + " asked to end, and " + std::to_string(deposed_) +
        " deposed: " + (HasFailure() ? "a process has grown" : "the world is as it should be"));
}

}  // namespace
}  // namespace soak
