// The loop of a whole controller but for its wires: store, queue, workers, reconciler and plan over a small
// Kubernetes and cloud.
#include "support/loop.hpp"

#include "binding/bindings.hpp"
#include "binding/fake_cloud.hpp"
#include "binding/reconciler.hpp"
#include "component/fake_kube.hpp"
#include "runtime/worker_pool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::string cert_a = "aaaaaaaa-0000-4000-8000-000000000001";
const std::string cert_b = "bbbbbbbb-0000-4000-8000-000000000002";
const std::string cert_c = "cccccccc-0000-4000-8000-000000000003";
const std::string foreign = "http://kms/v1/containers/ffffffff-0000-4000-8000-00000000000f";
const std::string listener_1 = "11111111-0000-4000-8000-000000000001";
const std::string listener_2 = "22222222-0000-4000-8000-000000000002";
const auto balancer = *support::uuid::parse("99999999-0000-4000-8000-000000000001");

std::string ref(const std::string& id)
{
    return test::fake_cloud::ref(id);
}

// One process of the controller: what a crash loses.
struct process
{
    process(test::loop& loop, test::fake_kube& kube, test::fake_cloud& cloud)
        : random(1),
          queue({1s, 60s, 0.0}, random),
          bindings(
              [this](const auto* before, const auto* after) {
                  if (reconciler.concerns(before, after))
                  {
                      pool.add(binding::target_of(after == nullptr ? *before : *after));
                  }
              },
              [] {}
          ),
          reconciler(
              {kube, cloud, loop.clock(), bindings, random, [this](binding::target t) { pool.add(t); }}, {}
          ),
          pool(
              loop.executor(),
              loop.clock(),
              queue,
              8,
              [this](binding::target t) { return reconciler.reconcile(t); }
          ),
          sink(&bindings.scope(""))
    {
        kill = loop.spawn(pool.run());
        kube.list_into(*sink);
    }

    support::random_engine random;
    runtime::work_queue<binding::target> queue;
    binding::bindings bindings;
    binding::reconciler reconciler;
    runtime::worker_pool<binding::target> pool;
    runtime::object_sink* sink;
    std::function<void()> kill;
};

class the_loop : public test::loop
{
protected:
    the_loop() : kube([this] { return running ? running->sink : nullptr; }), cloud(clock())
    {
        cloud.balancers[balancer] = cloud::provisioning_status::active;
        add_listener(listener_1);
        cloud.certificates = {{cert_a, true}, {cert_b, true}, {cert_c, true}};
    }

    void add_listener(const std::string& id)
    {
        test::fake_cloud::listener_row row;
        row.load_balancer = balancer;
        row.slots.default_ref = foreign;
        cloud.listeners[*support::uuid::parse(id)] = row;
    }

    test::fake_cloud::listener_row& row(const std::string& id = listener_1)
    {
        return cloud.listeners.at(*support::uuid::parse(id));
    }

    void start() { running = std::make_unique<process>(*this, kube, cloud); }

    void stop()
    {
        running->pool.stop();
        running->pool.cancel();
        step();
        running->kill();
        step();
        running.reset();
    }

    void TearDown() override
    {
        if (running)
        {
            stop();
        }
        test::loop::TearDown();
    }

    bool until(const std::function<bool()>& done) { return run_until(done, 10min); }

    test::fake_kube kube;
    test::fake_cloud cloud;
    std::unique_ptr<process> running;
};

TEST_F(the_loop, attaches_the_default_certificate_with_three_writes_and_one_put)
{
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; })) << kube.object("web").dump(1);
    EXPECT_EQ(row().slots.default_ref, ref(cert_a));
    EXPECT_EQ(cloud.puts.size(), 1U);
    EXPECT_THAT(kube.writes, ElementsAre("web metadata", "web status", "web status"));
    EXPECT_EQ(kube.object("web")["status"].value("replacedDefaultRef", ""), foreign);
    EXPECT_EQ(kube.attachments("web")[0]["confirmed"], true);
    advance(30min);
    EXPECT_EQ(kube.writes.size(), 3U) << "a stable binding is not written";
    EXPECT_EQ(cloud.puts.size(), 1U);
}

TEST_F(the_loop, two_bindings_of_a_listener_go_into_one_put)
{
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    step();
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("a") == "active" && kube.state("b") == "active"; }));
    EXPECT_EQ(cloud.puts.size(), 1U);
    EXPECT_THAT(row().slots.sni_refs, UnorderedElementsAre(ref(cert_a), ref(cert_b)));
    EXPECT_EQ(row().slots.default_ref, foreign);
}

TEST_F(the_loop, waits_for_a_certificate_and_attaches_it_when_it_is_active)
{
    cloud.certificates[cert_a] = false;
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.ready_reason("web") == "CertificateNotActive"; }));
    EXPECT_EQ(kube.state("web"), "pending");
    EXPECT_THAT(kube.message("web"), HasSubstr("its private key has no payload yet"));
    cloud.certificates[cert_a] = true;
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
}

TEST_F(the_loop, deleting_gives_the_slot_back_to_the_default_from_before)
{
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    kube.remove("web");
    ASSERT_TRUE(until([&] { return !kube.exists("web"); }));
    EXPECT_EQ(row().slots.default_ref, foreign);
    EXPECT_EQ(cloud.puts.size(), 2U);
}

TEST_F(the_loop, deleting_an_sni_binding_leaves_the_others)
{
    row().slots.sni_refs = {"http://kms/v1/secrets/eeeeeeee-0000-4000-8000-00000000000e"};
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("a") == "active" && kube.state("b") == "active"; }));
    kube.remove("a");
    ASSERT_TRUE(until([&] { return !kube.exists("a"); }));
    EXPECT_THAT(
        row().slots.sni_refs,
        UnorderedElementsAre(ref(cert_b), "http://kms/v1/secrets/eeeeeeee-0000-4000-8000-00000000000e")
    );
}

TEST_F(the_loop, the_last_certificate_waits_and_each_way_out_works)
{
    row().slots.default_ref.reset();
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    kube.remove("web");
    ASSERT_TRUE(until([&] { return kube.ready_reason("web") == "LastCertificate"; }));
    EXPECT_EQ(kube.state("web"), "deleting");
    EXPECT_EQ(row().slots.default_ref, ref(cert_a));
    kube.create({.name = "next", .certificate = cert_b, .listener = listener_1});
    ASSERT_TRUE(until([&] { return !kube.exists("web"); }));
    EXPECT_EQ(row().slots.default_ref, ref(cert_b));
    ASSERT_TRUE(until([&] { return kube.state("next") == "active"; }));
    kube.remove("next");
    ASSERT_TRUE(until([&] { return kube.ready_reason("next") == "LastCertificate"; }));
    kube.update("next", [](auto& object) { object["spec"]["deletionPolicy"] = "Retain"; });
    ASSERT_TRUE(until([&] { return !kube.exists("next"); }));
    EXPECT_EQ(row().slots.default_ref, ref(cert_b));
}

TEST_F(the_loop, rotation_swaps_in_one_put)
{
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    kube.update("web", [](auto& object) { object["spec"]["certificateId"] = cert_b; });
    ASSERT_TRUE(until([&] {
        return kube.state("web") == "active" && kube.attachments("web")[0]["containerRef"] == ref(cert_b);
    }));
    EXPECT_THAT(row().slots.sni_refs, ElementsAre(ref(cert_b)));
    EXPECT_EQ(cloud.puts.size(), 2U);
    EXPECT_EQ(kube.attachments("web").size(), 1U);
}

TEST_F(the_loop, rotation_to_a_bad_certificate_keeps_the_old_and_names_both)
{
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    cloud.certificates[cert_b] = false;
    kube.update("web", [](auto& object) { object["spec"]["certificateId"] = cert_b; });
    ASSERT_TRUE(until([&] { return kube.ready_reason("web") == "CertificateNotActive"; }));
    EXPECT_EQ(row().slots.default_ref, ref(cert_a));
    EXPECT_THAT(kube.message("web"), testing::AllOf(HasSubstr(cert_a), HasSubstr(cert_b)));
}

TEST_F(the_loop, adopts_what_is_there_with_two_writes_and_no_put)
{
    row().slots.sni_refs = {"http://other-name/v1/containers/" + cert_a};
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    EXPECT_THAT(cloud.puts, IsEmpty());
    EXPECT_THAT(kube.writes, ElementsAre("web metadata", "web status"));
}

TEST_F(the_loop, the_younger_of_two_defaults_gets_a_conflict_and_takes_over_when_the_older_goes)
{
    start();
    kube.create({.name = "old", .certificate = cert_a, .listener = listener_1, .age_seconds = 60});
    kube.create({.name = "young", .certificate = cert_b, .listener = listener_1});
    ASSERT_TRUE(until([&] {
        return kube.state("old") == "active" && kube.ready_reason("young") == "Conflict";
    }));
    EXPECT_THAT(kube.message("young"), HasSubstr("shop/old"));
    kube.remove("old");
    ASSERT_TRUE(until([&] { return !kube.exists("old") && kube.state("young") == "active"; }));
    EXPECT_EQ(row().slots.default_ref, ref(cert_b));
    EXPECT_EQ(kube.object("young")["status"].value("replacedDefaultRef", ""), foreign)
        << "the memory travels with the slot";
    EXPECT_EQ(cloud.puts.size(), 2U);
}

TEST_F(the_loop, a_dead_certificate_of_ours_is_left_out_of_the_next_change)
{
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("a") == "active"; }));
    cloud.dead.insert(cert_a);
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("b") == "active"; })) << kube.object("b").dump(1);
    EXPECT_THAT(row().slots.sni_refs, ElementsAre(ref(cert_b)));
    EXPECT_TRUE(row().served);
    ASSERT_TRUE(until([&] { return kube.ready_reason("a") == "CertificateNotFound"; }));
}

TEST_F(the_loop, a_dead_foreign_certificate_blocks_and_is_named)
{
    row().slots.sni_refs = {ref(cert_c)};
    cloud.dead.insert(cert_c);
    start();
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.ready_reason("b") == "BlockedByUnreadableRef"; }));
    EXPECT_THAT(kube.message("b"), HasSubstr(cert_c));
    EXPECT_THAT(cloud.puts, IsEmpty());
    cloud.dead.clear();
    ASSERT_TRUE(until([&] { return kube.state("b") == "active"; }));
}

TEST_F(the_loop, a_dead_certificate_on_a_neighbour_is_let_go_first)
{
    add_listener(listener_2);
    start();
    kube.create({.name = "a", .certificate = cert_a, .listener = listener_2, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("a") == "active"; }));
    cloud.dead.insert(cert_a);
    kube.create({.name = "b", .certificate = cert_b, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("b") == "active"; }))
        << kube.object("b").dump(1) << kube.object("a").dump(1);
    EXPECT_TRUE(row(listener_1).served);
    EXPECT_TRUE(row(listener_2).served);
    EXPECT_THAT(row(listener_2).slots.sni_refs, IsEmpty());
}

TEST_F(the_loop, an_ambiguous_put_that_took_effect_counts_at_once)
{
    bool once = true;
    cloud.after_put = [&](const auto&) -> std::optional<cloud::error> {
        return std::exchange(once, false)
                   ? std::optional(cloud::error{cloud::failure::ambiguous, "cut", {}, {}})
                   : std::nullopt;
    };
    start();
    const auto began = clock().now();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    EXPECT_EQ(cloud.puts.size(), 1U);
    EXPECT_LT(clock().now() - began, 10s);
}

TEST_F(the_loop, an_ambiguous_put_without_effect_is_sent_again_only_after_its_deadline)
{
    bool once = true;
    cloud.before_put = [&](const auto&) -> std::optional<cloud::error> {
        return std::exchange(once, false)
                   ? std::optional(cloud::error{cloud::failure::ambiguous, "cut", {}, {}})
                   : std::nullopt;
    };
    start();
    const auto began = clock().now();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 2; }));
    EXPECT_GE(clock().now() - began, 30s);
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
}

TEST_F(the_loop, a_refused_change_gives_certificate_refused)
{
    cloud.before_put = [&](const auto&) -> std::optional<cloud::error> {
        return cloud::error{cloud::failure::refused, "The PKCS12 bundle is unreadable", {}, {}};
    };
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return kube.ready_reason("web") == "CertificateRefused"; }));
    EXPECT_THAT(kube.message("web"), HasSubstr("PKCS12"));
    EXPECT_THAT(kube.attachments("web"), IsEmpty());
    kube.remove("web");
    EXPECT_TRUE(until([&] { return !kube.exists("web"); }));
}

TEST_F(the_loop, an_unknown_listener_is_waited_for_five_minutes_and_then_an_error)
{
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_2});
    kube.update("web", [](auto& object) {
        object["spec"]["certificateId"] = cert_b;
    });  // a generation that began now
    ASSERT_TRUE(until([&] { return kube.ready_reason("web") == "ListenerNotFound"; }));
    ASSERT_TRUE(until([&] { return kube.state("web") == "error"; }));
    kube.remove("web");
    EXPECT_TRUE(until([&] { return !kube.exists("web"); }));
}

TEST_F(the_loop, a_listener_that_is_gone_lets_deletions_go_after_two_answers)
{
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    cloud.listeners.clear();
    kube.remove("web");
    const auto began = clock().now();
    ASSERT_TRUE(until([&] { return !kube.exists("web"); }));
    EXPECT_GE(clock().now() - began, 5s);
}

TEST_F(the_loop, a_write_of_ours_that_is_undone_is_repaired_at_the_resync)
{
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    row().slots.sni_refs.clear();
    ASSERT_TRUE(until([&] { return cloud.puts.size() == 2; }) || until([&] {
                    return cloud.puts.size() == 2;
                }));
    EXPECT_THAT(row().slots.sni_refs, ElementsAre(ref(cert_a)));
}

TEST_F(the_loop, a_forged_ledger_entry_is_put_back_and_never_acted_on)
{
    row().slots.sni_refs = {ref(cert_c)};
    start();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    kube.update("web", [](auto& object) {
        object["status"]["attachments"].push_back(
            {{"containerRef", ref(cert_c)}, {"slot", "sni"}, {"confirmed", true}}
        );
    });
    ASSERT_TRUE(until([&] { return kube.attachments("web").size() == 1; }));
    kube.remove("web");
    ASSERT_TRUE(until([&] { return !kube.exists("web"); }));
    EXPECT_THAT(row().slots.sni_refs, ElementsAre(ref(cert_c)));
}

// A crash at the n-th write, to Kubernetes or to the cloud, before or after it took effect; a new process
// goes on.
class crash_at : public the_loop, public testing::WithParamInterface<int>
{
protected:
    // Arms a crash at the write number GetParam(); even: before it takes effect, odd: after.
    void arm()
    {
        writes_ = 0;
        crashed_ = false;
        const auto at = [this](bool after) {
            if (!after)
            {
                ++writes_;
            }
            return !crashed_ && writes_ == GetParam() / 2 + 1 && (GetParam() % 2 == 1) == after;
        };
        kube.before_write = [this, at](const auto&) -> std::optional<support::error> {
            if (dead_)
            {
                return support::error{support::errc::interrupted, "crashed", 0, {}};
            }
            if (at(false))
            {
                crashed_ = dead_ = true;
                return support::error{support::errc::interrupted, "crashed", 0, {}};
            }
            return std::nullopt;
        };
        kube.after_write = [this, at](const auto&) -> std::optional<support::error> {
            if (at(true))
            {
                crashed_ = dead_ = true;
                return support::error{support::errc::interrupted, "crashed", 0, {}};
            }
            return std::nullopt;
        };
        cloud.before_put = [this, at](const auto&) -> std::optional<cloud::error> {
            if (dead_)
            {
                cloud.puts.pop_back();
                return cloud::error{cloud::failure::ambiguous, "crashed", {}, {}};
            }
            if (at(false))
            {
                crashed_ = dead_ = true;
                cloud.puts.pop_back();
                return cloud::error{cloud::failure::ambiguous, "crashed", {}, {}};
            }
            return std::nullopt;
        };
        cloud.after_put = [this, at](const auto&) -> std::optional<cloud::error> {
            if (at(true))
            {
                crashed_ = dead_ = true;
                return cloud::error{cloud::failure::ambiguous, "crashed", {}, {}};
            }
            return std::nullopt;
        };
    }

    bool until_with_crash(const std::function<bool()>& done)
    {
        const auto end = clock().now() + 10min;
        while (clock().now() < end)
        {
            if (run_until([&] { return dead_ || done(); }, 10min) && !dead_)
            {
                return true;
            }
            if (!dead_)
            {
                return false;
            }
            stop();
            dead_ = false;
            start();
        }
        return false;
    }

    // S12: what a PUT adds or takes away is in a committed ledger, unconfirmed.
    void check_write_ahead()
    {
        cloud.seen_at_put = [this](const test::fake_cloud::put_record& put) {
            const auto& now = row().slots;
            if (dead_)
            {
                return;
            }
            if (put.change.default_ref && *put.change.default_ref && **put.change.default_ref != foreign)
            {
                EXPECT_TRUE(unconfirmed(**put.change.default_ref)) << "added without a ledger entry";
            }
            if (put.change.default_ref && now.default_ref && *now.default_ref != foreign)
            {
                EXPECT_TRUE(unconfirmed(*now.default_ref)) << "removed without a ledger entry";
            }
        };
    }

    bool unconfirmed(const std::string& wanted)
    {
        for (const std::string name : {"web", "next"})
        {
            if (!kube.exists(name))
            {
                continue;
            }
            for (const auto& entry : kube.attachments(name))
            {
                if (entry["containerRef"] == wanted && entry["confirmed"] == false)
                {
                    return true;
                }
            }
        }
        return false;
    }

    int writes_ = 0;
    bool crashed_ = false;
    bool dead_ = false;
};

TEST_P(crash_at, while_attaching_rotating_and_detaching_ends_in_the_same_state)
{
    check_write_ahead();
    start();
    arm();
    kube.create({.name = "web", .certificate = cert_a, .listener = listener_1});
    ASSERT_TRUE(until_with_crash([&] { return kube.state("web") == "active"; }))
        << kube.object("web").dump(1);
    EXPECT_EQ(row().slots.default_ref, ref(cert_a));
    kube.update("web", [](auto& object) { object["spec"]["certificateId"] = cert_b; });
    ASSERT_TRUE(until_with_crash([&] {
        return kube.state("web") == "active" && row().slots.default_ref == ref(cert_b);
    })) << kube.object("web").dump(1);
    EXPECT_EQ(kube.attachments("web").size(), 1U);
    kube.create({.name = "next", .certificate = cert_c, .listener = listener_1});
    ASSERT_TRUE(until_with_crash([&] { return kube.ready_reason("next") == "Conflict"; }));
    kube.remove("web");
    ASSERT_TRUE(until_with_crash([&] { return !kube.exists("web") && kube.state("next") == "active"; }))
        << kube.object("next").dump(1);
    EXPECT_EQ(row().slots.default_ref, ref(cert_c));
    kube.remove("next");
    ASSERT_TRUE(until_with_crash([&] { return !kube.exists("next"); })) << kube.object("next").dump(1);
    EXPECT_EQ(row().slots.default_ref, foreign);
    EXPECT_TRUE(crashed_ || GetParam() > 30) << "the crash did not happen";
}

INSTANTIATE_TEST_SUITE_P(every_write, crash_at, testing::Range(0, 40));

}  // namespace
