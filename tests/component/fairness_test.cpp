// Many listeners of one credential do not answer. Bindings of other listeners are not delayed.
#include "component/controller_world.hpp"

#include <gtest/gtest.h>

#include <cstdio>

namespace {

using namespace std::chrono_literals;

constexpr int hanging_listeners = 300;  // so many that the first is due again before the last is read

class fairness : public test::controller_world
{
protected:
    fairness()
    {
        a = certificate("a.example.com");
        b = certificate("b.example.com");
    }

    static std::string hanging(int i) { return "hangs-" + std::to_string(i); }

    bool all_hanging(const std::string& reason)
    {
        return until([&] {
            for (int i = 0; i < hanging_listeners; ++i)
            {
                if (kube.ready_reason(hanging(i)) != reason)
                {
                    return false;
                }
            }
            return true;
        });
    }

    // Adds listeners of another load balancer that were read once and no longer answer. Most of them wait for
    // their next read.
    void start_with_hanging(const std::string& secret = "")
    {
        start();
        const auto other = sim.add_load_balancer({.project = project});
        for (int i = 0; i < hanging_listeners; ++i)
        {
            char id[37];
            std::snprintf(id, sizeof id, "33333333-0000-4000-8000-%012d", i);
            sim.add_listener({.load_balancer = other, .default_ref = foreign, .port = 1000 + i, .id = id});
            kube.create(
                {.name = hanging(i), .certificate = nowhere_, .listener = id, .sni = true, .secret = secret}
            );
        }
        ASSERT_TRUE(all_hanging("CertificateNotFound"));
        sim.delay({.service = "load-balancer", .path = "listeners/33333333", .times = {}}, 1min);
        ASSERT_TRUE(all_hanging("CloudUnavailable"));
        ASSERT_GT(depth(), 100U);
    }

    std::size_t depth() const
    {
        const std::string name =
            "workqueue_depth{name=\"certificatebinding\",controller=\"certificatebinding\"} ";
        const auto page = metrics();
        return std::stoul(page.substr(page.find(name) + name.size()));
    }

    bool soon(const std::function<bool()>& done) { return until(done, 5s); }

    cloudsim::control::certificate a;
    cloudsim::control::certificate b;

private:
    const std::string nowhere_ = "dddddddd-0000-4000-8000-000000000001";
};

TEST_F(fairness, changes_and_deletions_go_ahead_of_what_is_read_again)
{
    start_with_hanging();
    kube.create({.name = "web", .certificate = a.id, .listener = listener, .sni = true});
    ASSERT_TRUE(soon([&] { return kube.state("web") == "active"; })) << kube.object("web").dump(1);
    EXPECT_EQ(served("a.example.com"), a.ref);
    kube.update("web", [&](auto& object) { object["spec"]["certificateId"] = b.id; });
    ASSERT_TRUE(soon([&] { return served("b.example.com") == b.ref && kube.state("web") == "active"; }));
    ASSERT_GT(depth(), 100U);
    kube.remove("web");
    ASSERT_TRUE(soon([&] { return !kube.exists("web"); }));
    EXPECT_EQ(served("b.example.com"), foreign);
}

TEST_F(fairness, and_so_does_who_takes_over_with_another_credential)
{
    const auto other = sim.add_application_credential(sim.add_user("someone", project), project);
    kube.set_secret("other", {{"clouds.yaml", test::controller_process::clouds_yaml(other)}});
    start_with_hanging("other");
    kube.create({.name = "web", .certificate = a.id, .listener = listener, .age_seconds = 60});
    kube.create({.name = "next", .certificate = b.id, .listener = listener, .secret = "other"});
    ASSERT_TRUE(soon([&] { return kube.state("web") == "active" && kube.ready_reason("next") == "Conflict"; })
    ) << kube.object("web").dump(1)
      << kube.object("next").dump(1);
    ASSERT_GT(depth(), 100U);
    kube.remove("web");
    ASSERT_TRUE(soon([&] { return !kube.exists("web") && kube.state("next") == "active"; }))
        << kube.object("next").dump(1);
    EXPECT_EQ(served("any.example.com"), b.ref);
}

// readable-before-write: the controller changes no load balancer before it knows the listeners on it.
TEST_F(fairness, what_came_while_no_controller_ran_goes_ahead_at_the_start)
{
    const auto last = sim.add_listener(
        {.load_balancer = balancer,
         .default_ref = foreign,
         .sni_refs = {a.ref},
         .port = 444,
         .id = "ffffffff-0000-4000-8000-000000000001"}
    );
    start_with_hanging();
    crash();
    kube.create({.name = "web", .certificate = a.id, .listener = last, .sni = true});
    start();
    ASSERT_TRUE(soon([&] { return kube.state("web") == "active"; })) << kube.object("web").dump(1);
    ASSERT_GT(depth(), 100U);
}

}  // namespace
