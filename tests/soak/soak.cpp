// The controller under hours of change: bindings come, rotate and go, the cloud and the API server fail, and
// the leader is killed every minute. At each stop, and at the end, every status is true, every listener holds
// exactly what is wanted and what is foreign, and memory and descriptors have not grown.
//
// SOAK_MINUTES is the duration (30), SOAK_SEED the seed of all choices (1).
#include "soak/world.hpp"

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <thread>

namespace soak {
namespace {

using namespace std::chrono_literals;

constexpr auto between_changes = 700ms;
constexpr auto between_faults = 15s;
constexpr auto between_kills = 60s;
constexpr auto between_stops = 4min;
// Of memory and descriptors between two times of rest, without a new process in between.
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

class controllers : public world
{
protected:
    void say(const std::string& what) const
    {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(clock::now() - began_).count();
        std::cout << "[soak " << seconds << " s] " << what << std::endl;
    }

    // Changes the world until `end`; with `kills`, the leader ends every minute.
    void churn(clock::time_point end, bool kills)
    {
        auto fault_at = clock::now() + between_faults;
        auto kill_at = clock::now() + between_kills;
        while (clock::now() < end && !HasFatalFailure())
        {
            if (!change_bindings())
            {
                say("kubectl was refused");
            }
            ASSERT_TRUE(foreign_are_untouched());
            if (clock::now() >= fault_at)
            {
                break_something();
                fault_at = clock::now() + between_faults;
            }
            if (kills && clock::now() >= kill_at)
            {
                const int signal = pick(4) == 0 ? SIGTERM : SIGKILL;
                say(signal == SIGKILL ? "the leader is killed" : "the leader is asked to end");
                replace_leader(signal);
                ++kills_;
                kill_at = clock::now() + between_kills;
            }
            std::this_thread::sleep_for(between_changes);
        }
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
        for (const auto& one : used())
        {
            say("at rest after " + std::to_string(took) + " ms: " + std::to_string(wanted_bindings()) +
                " bindings, " + std::to_string(one.megabytes) + " MB, " + std::to_string(one.descriptors) +
                " descriptors");
        }
    }

    const clock::time_point began_ = clock::now();
    int faults_ = 0;
    int kills_ = 0;
};

TEST_F(controllers, survive_churn_outages_and_killed_leaders)
{
    make_cloud();
    start_controllers();
    const auto whole = std::chrono::duration_cast<clock::duration>(duration());
    say(elects() ? "two controllers elect a leader"
                 : "one controller, because the program has no --leader-elect");

    // Two thirds with killed leaders, with stops at which the world is checked.
    const auto kills_end = began_ + whole * 2 / 3;
    while (clock::now() < kills_end)
    {
        ASSERT_NO_FATAL_FAILURE(churn(std::min(kills_end, clock::now() + between_stops), true));
        ASSERT_NO_FATAL_FAILURE(come_to_rest());
    }
    // The last third without, because a process that lives for a minute shows no leak.
    const auto end = began_ + whole;
    ASSERT_NO_FATAL_FAILURE(churn(std::min(end, clock::now() + (end - clock::now()) / 4), false));
    ASSERT_NO_FATAL_FAILURE(come_to_rest());
    const auto before = used();
    ASSERT_NO_FATAL_FAILURE(churn(end, false));
    ASSERT_NO_FATAL_FAILURE(come_to_rest());
    const auto after = used();
    for (std::size_t n = 0; n < before.size(); ++n)
    {
        EXPECT_LE(after[n].megabytes, before[n].megabytes * most_growth + growth_of_little)
            << "memory has grown";
        EXPECT_LE(after[n].descriptors, before[n].descriptors + more_descriptors) << "descriptors stay open";
    }
    say(std::to_string(faults_) + " faults, " + std::to_string(kills_) +
        " ended leaders: the world is as it should be");
}

}  // namespace
}  // namespace soak
