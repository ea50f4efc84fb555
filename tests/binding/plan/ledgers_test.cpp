// The ledger: an entry is confirmed when a read shows it (write-ahead).
#include "binding/plan/plan_fixture.hpp"

#include <gtest/gtest.h>

namespace {

using namespace test;
using namespace std::chrono_literals;
using cloud::failure;
using cloud::provisioning_status;

TEST(plan_ledger, an_entry_is_confirmed_when_it_was_read_back)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    const auto put = w.put();
    EXPECT_EQ(w.status("web"), "pending Progressing [sni a?]");
    w.accept(put);
    w.settle();
    w.finish();
    EXPECT_EQ(w.status("web"), "active Attached [sni a]");
}

TEST(plan_ledger, the_entry_of_a_put_that_was_refused_is_given_up)
{
    world_builder w;
    w.shows("f").add("web", "a").sni();
    w.fail(w.put(), {failure::refused, "no", {}, {}});
    w.finish();
    EXPECT_EQ(w.status("web"), "error CertificateRefused []");
}

TEST(plan_ledger, the_confirmed_entry_of_what_somebody_took_off_the_listener_is_kept_for_the_repair)
{
    world_builder w;
    w.shows("f").add_attached("web", "a", sni_slot);
    w.set_balancer(provisioning_status::error);
    w.finish();
    w.later(2s).finish();
    EXPECT_EQ(w.status("web"), "error LoadBalancerError [sni a]");
}

TEST(plan_ledger, a_finalizer_that_somebody_took_away_comes_back)
{
    world_builder w;
    w.shows("f", {"a"}).add_attached("web", "a", sni_slot);
    w.finish();
    w.change("web").object().finalizers.clear();
    w.later(1s).finish();
    EXPECT_TRUE(w.object("web").has_finalizer());
}

TEST(plan_ledger, an_old_scope_of_the_ledger_is_written_again_with_the_put)
{
    world_builder w;
    w.shows("f").add_attached("web", "a", sni_slot);
    w.scope->load_balancer_endpoint = "http://new-octavia/v2";
    w.finish();
    w.later(2s).put();
    EXPECT_EQ(w.object("web").status.ledger.scope.load_balancer_endpoint.view(), "http://new-octavia/v2");
}

}  // namespace
