// Two controllers on one Kubernetes and one cloud in memory. A Lease says which of them works.
#include "app/controller.hpp"
#include "cloudsim/control/control.hpp"
#include "component/controller_world.hpp"
#include "fakes/http/way.hpp"
#include "fakes/kubernetes/kube_through.hpp"
#include "fakes/kubernetes/server/fake_apiserver.hpp"
#include "kube/credentials.hpp"
#include "kube/rest_client.hpp"
#include "net/http/fenced_client.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <utility>

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

// The writes of a leader to Kubernetes. A process that was killed sends none.
class writes final : public test::kube_through
{
public:
    writes(kube::client& next, support::clock& clock, std::function<support::time_point()> until)
        : kube_through(next), clock_(clock), until_(std::move(until))
    {}

    support::task<support::result<std::unique_ptr<kube::object_answer>>> patch(kube::patch_request request
    ) override
    {
        if (until_() <= clock_.now())
        {
            co_return support::fail(support::errc::too_late, "does not lead");
        }
        co_return co_await kube_through::patch(std::move(request));
    }

private:
    support::clock& clock_;
    std::function<support::time_point()> until_;
};

// What a process sends to Kubernetes without a fence; its lists can be cut.
class lists final : public test::kube_through
{
public:
    using kube_through::kube_through;

    bool cut = false;
    int patches = 0;  // of bindings

    support::task<support::result<std::unique_ptr<kube::object_answer>>> patch(kube::patch_request request
    ) override
    {
        patches += request.resource.plural == "certificatebindings" ? 1 : 0;
        co_return co_await kube_through::patch(std::move(request));
    }

    support::task<support::result<std::unique_ptr<kube::list_page>>> list(kube::list_request request) override
    {
        if (cut)
        {
            co_return support::fail(support::errc::unreachable, "no route");
        }
        co_return co_await kube_through::list(std::move(request));
    }
};

class leadership : public test::controller_world
{
protected:
    leadership()
        : leases(executor(), clock(), {{"coordination.k8s.io", "v1", "leases"}, "Lease", [](auto&) {}})
    {}

    // A process of the controller.
    struct candidate
    {
        candidate(leadership& world, const std::string& name)
            : to_lease(world.leases),
              to_cloud(world.http),
              fenced(to_cloud, world.clock(), [this] { return may_send_until(); }),
              credentials(
                  config(),
                  [](const std::string& path) { return support::fail(support::errc::invalid, path); },
                  world.clock()
              ),
              lease(kube::create_rest_client(to_lease, world.clock(), credentials)),
              writing(world.kube, world.clock(), [this] { return may_send_until(); }),
              to_lists(world.kube)
        {
            to_cloud.on_send = [this, &world, name](const net::http_request& request) {
                if (request.method == "PUT")
                {
                    world.puts.emplace_back(name, world.clock().now());
                    world.unled += may_send_until() <= world.clock().now() ? 1 : 0;
                }
            };
            process = std::make_unique<test::controller_process>(
                world,
                to_lists,
                fenced,
                world.credential,
                binding::admission{},
                std::vector<std::string>{},
                std::function<void(const binding::object_changed&)>{},
                app::leader_election{*lease, writing, "system", "controller", name, {}}
            );
            world.step();
        }

        static kube::config config()
        {
            kube::config config;
            config.server = net::parse_url("http://127.0.0.1:8001").value();
            return config;
        }

        support::time_point may_send_until() const
        {
            return killed || !process ? support::time_point::min() : process->controller.may_send_until();
        }

        void cut(bool off)
        {
            to_lease.cut = off;
            to_cloud.cut = off;
        }

        bool killed = false;
        test::way to_lease;
        test::way to_cloud;
        net::fenced_client fenced;
        kube::credentials credentials;
        std::unique_ptr<kube::client> lease;
        writes writing;
        lists to_lists;
        std::unique_ptr<test::controller_process> process;
    };

    bool leads(const candidate& one) { return clock().now() < one.may_send_until(); }

    // kill -9
    void kill(candidate& one)
    {
        one.killed = true;
        one.cut(true);
        one.process->controller.abort();
    }

    std::unique_ptr<candidate> begin(const std::string& name)
    {
        return std::make_unique<candidate>(*this, name);
    }

    void end(std::unique_ptr<candidate>& one)
    {
        if (one)
        {
            kill(*one);
            advance(1min);
            one.reset();
        }
    }

    void TearDown() override
    {
        end(first);
        end(second);
        controller_world::TearDown();
    }

    std::vector<std::string> senders() const
    {
        std::vector<std::string> names;
        for (const auto& [name, at] : puts)
        {
            names.push_back(name);
        }
        return names;
    }

    test::fake_apiserver leases;
    std::vector<std::pair<std::string, support::time_point>> puts;  // by whom and when
    int unled = 0;                                                  // PUTs of a process that did not lead
    std::unique_ptr<candidate> first;
    std::unique_ptr<candidate> second;
};

TEST_F(leadership, one_works_and_the_other_stands_by)
{
    first = begin("first");
    second = begin("second");
    const auto a = certificate("a.example.com");
    kube.create({.name = "a", .certificate = a.id, .listener = listener, .sni = true});
    ASSERT_TRUE(becomes("a", "Attached"));
    advance(5min);
    EXPECT_THAT(senders(), ElementsAre("first"));
    EXPECT_TRUE(leads(*first));
    EXPECT_FALSE(leads(*second));
    EXPECT_TRUE(second->process->controller.ready()) << "a candidate is warm";
}

TEST_F(leadership, a_leader_writes_to_bindings_only_with_the_client_that_is_fenced)
{
    first = begin("first");
    const auto a = certificate("a.example.com");
    kube.create({.name = "a", .certificate = a.id, .listener = listener, .sni = true});
    ASSERT_TRUE(becomes("a", "Attached"));
    kube.remove("a");
    ASSERT_TRUE(goes("a"));
    EXPECT_EQ(first->to_lists.patches, 0);
}

TEST_F(leadership, a_leader_that_is_killed_is_followed_within_the_lease)
{
    first = begin("first");
    second = begin("second");
    advance(1min);
    kill(*first);
    const auto a = certificate("a.example.com");
    kube.create({.name = "a", .certificate = a.id, .listener = listener, .sni = true});
    const auto killed = clock().now();
    ASSERT_TRUE(becomes("a", "Attached"));
    EXPECT_LE(puts.at(0).second - killed, 15500ms);
    EXPECT_THAT(senders(), ElementsAre("second"));
}

TEST_F(leadership, a_leader_that_ends_is_followed_at_once)
{
    first = begin("first");
    second = begin("second");
    advance(1min);
    const auto stopped = clock().now();
    first->process->controller.stop();
    ASSERT_TRUE(until([&] { return leads(*second); }));
    EXPECT_LE(clock().now() - stopped, 1s);
    const auto a = certificate("a.example.com");
    kube.create({.name = "a", .certificate = a.id, .listener = listener, .sni = true});
    ASSERT_TRUE(becomes("a", "Attached"));
    EXPECT_THAT(senders(), ElementsAre("second"));
}

// unanswered-writes: the new leader reckons from the moment when it was gained, not from its own start, which
// is minutes ago.
TEST_F(leadership, a_put_of_a_killed_leader_is_waited_for)
{
    first = begin("first");
    second = begin("second");
    advance(5min);
    const auto a = certificate("a.example.com");
    kube.create({.name = "a", .certificate = a.id, .listener = listener, .sni = true});
    first->to_cloud.on_send = [this](const net::http_request& request) {
        if (request.method == "PUT")
        {
            puts.emplace_back("first", clock().now());
            first->to_cloud.cut = true;  // the answer is lost
        }
    };
    sim.drop({.service = "load-balancer", .method = "PUT"});
    ASSERT_TRUE(until([&] { return !puts.empty(); }));
    kill(*first);
    const auto killed = clock().now();
    ASSERT_TRUE(becomes("a", "Attached"));
    ASSERT_THAT(senders(), testing::Contains("second"));
    EXPECT_GE(puts.at(1).second - killed, 30s) << "the write deadline";
    EXPECT_EQ(served("a.example.com"), a.ref);
}

// A process that finds no Lease at its start leads at once.
TEST_F(leadership, a_put_of_a_killed_leader_is_waited_for_though_its_lease_was_deleted)
{
    first = begin("first");
    advance(1min);
    const auto a = certificate("a.example.com");
    kube.create({.name = "a", .certificate = a.id, .listener = listener, .sni = true});
    sim.drop({.service = "load-balancer", .method = "PUT"});
    ASSERT_TRUE(until([&] { return !puts.empty(); }));
    kill(*first);
    ASSERT_TRUE(leases.objects().remove("system", "controller"));
    second = begin("second");
    ASSERT_TRUE(leads(*second));
    const auto gained = clock().now();
    ASSERT_TRUE(becomes("a", "Attached"));
    ASSERT_THAT(senders(), ElementsAre("first", "second"));
    EXPECT_GE(puts.at(1).second - gained, 30s) << "the write deadline";
}

// A leader that had no time to send anything knows nothing of the PUTs before it.
TEST_F(leadership, a_leader_that_sent_nothing_promises_nothing_for_the_last_one)
{
    first = begin("first");
    advance(1min);
    const auto a = certificate("a.example.com");
    kube.create({.name = "a", .certificate = a.id, .listener = listener, .sni = true});
    sim.drop({.service = "load-balancer", .method = "PUT"});
    ASSERT_TRUE(until([&] { return !puts.empty(); }));
    kill(*first);
    const auto killed = clock().now();
    second = begin("second");
    second->to_lists.cut = true;  // the second one never catches up
    ASSERT_TRUE(until([&] { return leads(*second); }));
    second->process->controller.stop();
    advance(2s);
    auto third = begin("third");
    ASSERT_TRUE(becomes("a", "Attached"));
    EXPECT_GE(puts.at(1).second - killed, 30s);
    end(third);
}

TEST_F(leadership, a_leader_after_a_crash_can_promise_once_it_has_looked)
{
    first = begin("first");
    const auto a = certificate("a.example.com");
    kube.create({.name = "a", .certificate = a.id, .listener = listener, .sni = true});
    sim.set({{"pending_ms", 60000}});
    ASSERT_TRUE(until([&] { return !puts.empty(); }));
    advance(1s);
    ASSERT_NE(kube.state("a"), "active") << "Octavia still works on the change";
    first->process->controller.stop();
    advance(2s);
    const auto* lease = leases.objects().find("system", "controller");
    ASSERT_NE(lease, nullptr);
    EXPECT_EQ((*lease)["spec"]["holderIdentity"], "");
    EXPECT_EQ((*lease)["metadata"]["annotations"]["certificates.bycloud.io/every-put-resolved"], "true");
}

TEST_F(leadership, a_leader_without_its_lease_sends_nothing_and_stays_a_candidate)
{
    support::log_capture log;
    first = begin("first");
    second = begin("second");
    advance(1min);
    first->to_lease.cut = true;  // the bindings still come
    ASSERT_TRUE(until([&] { return !leads(*first); }));
    const auto a = certificate("a.example.com");
    kube.create({.name = "a", .certificate = a.id, .listener = listener, .sni = true});
    ASSERT_TRUE(becomes("a", "Attached"));
    EXPECT_THAT(senders(), ElementsAre("second"));
    first->to_lease.cut = false;
    advance(1min);
    EXPECT_FALSE(leads(*first));
    second->process->controller.stop();
    ASSERT_TRUE(until([&] { return leads(*first); }, 5s));
    kube.remove("a");
    EXPECT_TRUE(goes("a"));
    EXPECT_THAT(senders(), ElementsAre("second", "first"));
}

// The write-ahead is in Kubernetes, but the watch of the candidate does not show it yet.
TEST_F(leadership, a_new_leader_compares_a_list_before_it_works)
{
    first = begin("first");
    second = begin("second");
    advance(1min);
    const auto lists = kube.lists;
    kill(*first);
    ASSERT_TRUE(until([&] { return leads(*second); }));
    step();
    EXPECT_EQ(kube.lists, lists + 1);
}

// Whatever happens to the Lease, a PUT goes out only while its sender leads, and never two lead.
TEST_F(leadership, never_two_work_at_a_time)
{
    first = begin("first");
    second = begin("second");
    support::random_engine random(11);
    const auto below = [&](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    std::vector<std::string> both;
    for (int i = 0; i < 120; ++i)
    {
        if (below(4) == 0)
        {
            candidate& one = below(2) == 0 ? *first : *second;
            one.to_lease.cut = !one.to_lease.cut;
        }
        if (below(6) == 0)
        {
            const std::string name = "b" + std::to_string(i);
            kube.create(
                {.name = name,
                 .certificate = certificate(name + ".example.com").id,
                 .listener = listener,
                 .sni = true}
            );
        }
        advance(std::chrono::milliseconds(200 + 500 * below(8)));
        if (leads(*first) && leads(*second))
        {
            both.push_back("step " + std::to_string(i));
        }
    }
    EXPECT_THAT(both, IsEmpty());
    EXPECT_EQ(unled, 0);
    EXPECT_THAT(puts, Not(IsEmpty()));
    first->to_lease.cut = false;
    second->to_lease.cut = false;
    advance(2min);
    for (const auto& [name, object] : kube.objects())
    {
        EXPECT_EQ(kube.state(name), "active") << name;
    }
}

}  // namespace
