#include "binding/events/deletion_reminders.hpp"

#include "binding/events/recorded_events.hpp"
#include "fakes/cloud/one_cloud.hpp"
#include "fakes/kubernetes/fake_kube.hpp"
#include "support/loop.hpp"
#include "support/rfc3339.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class deletion_reminders : public test::loop
{
protected:
    deletion_reminders() : reminders(clock(), recorded)
    {
        kube.list_into(*sink);
        for (const std::string name : {"waits", "goes", "stays"})
        {
            kube.create(
                {.name = name,
                 .certificate = "aaaaaaaa-0000-4000-8000-000000000001",
                 .listener = "11111111-0000-4000-8000-000000000001"}
            );
            kube.update(name, [](auto& object) { object["metadata"]["finalizers"] = {binding::finalizer}; });
        }
        kube.remove("waits");
        kube.remove("goes");
        kube.update("waits", [&](auto& object) { object["status"] = status("True"); });
        kube.update("goes", [&](auto& object) { object["status"] = status("False"); });
        kube.update("stays", [&](auto& object) { object["status"] = status("True"); });
    }

    // The status of a deletion, as the controller writes it.
    nlohmann::json status(const std::string& stalled)
    {
        return {
            {"state", "deleting"},
            {"conditions",
             {{{"type", "Stalled"},
               {"status", stalled},
               {"reason", "LastCertificate"},
               {"message", "the listener would be left without a certificate"},
               {"lastTransitionTime", support::format_rfc3339(clock().wall())}}}}
        };
    }

    void check_each(support::duration span, support::duration all)
    {
        for (support::duration gone{}; gone < all; gone += span)
        {
            clock().set(clock().now() + span);
            reminders.check(bindings);
        }
    }

    test::one_cloud credentials;
    test::recorded_events recorded;
    binding::binding_index bindings{credentials, [](const auto&) {}, [] {}};
    binding::deletion_reminders reminders;
    runtime::object_sink* sink = &bindings.scope("");
    test::fake_kube kube{[this] { return sink; }};
};

TEST_F(deletion_reminders, tell_each_hour_of_a_deletion_that_needs_a_person)
{
    check_each(10min, 50min);
    EXPECT_THAT(recorded.events, IsEmpty());
    check_each(10min, 70min);
    EXPECT_THAT(recorded.events, ElementsAre("shop/waits LastCertificate", "shop/waits LastCertificate"));
}

TEST_F(deletion_reminders, tell_nothing_of_a_deletion_that_has_ended)
{
    kube.update("waits", [](auto& object) { object["metadata"]["finalizers"] = nlohmann::json::array(); });
    check_each(10min, 3h);
    EXPECT_THAT(recorded.events, IsEmpty());
}

}  // namespace
