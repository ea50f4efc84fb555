#include "binding/reconcile/surveyor.hpp"

#include "binding/reconcile/loop_fixture.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace {

using namespace std::chrono_literals;
using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

constexpr int listeners = 6;  // enough for the lists to be worth their requests
constexpr support::duration resync = 10min;

class surveys : public the_loop
{
protected:
    surveys()
    {
        for (int i = 0; i < listeners; ++i)
        {
            cloud.certificates[certificate(i)] = true;
            add_listener(listener(i));
        }
    }

    static std::string certificate(int i)
    {
        return "aaaaaaaa-0000-4000-8000-00000000010" + std::to_string(i);
    }
    static std::string listener(int i) { return "11111111-0000-4000-8000-00000000010" + std::to_string(i); }
    static std::string name(int i) { return "web-" + std::to_string(i); }

    // All bindings are Ready, and each listener was read once more at rest.
    void come_to_rest()
    {
        start();
        bind(0, listeners, "shop");
        advance(1s);
    }

    // Bindings with these numbers become Ready.
    void bind(int first, int end, const std::string& name_space)
    {
        for (int i = first; i < end; ++i)
        {
            kube.create(
                {.name = name(i),
                 .certificate = certificate(i),
                 .listener = listener(i),
                 .name_space = name_space}
            );
        }
        ASSERT_TRUE(until([&] {
            for (int i = first; i < end; ++i)
            {
                if (kube.state(name(i)) != "active")
                {
                    return false;
                }
            }
            return true;
        }));
    }

    void survey() { stop_surveys = spawn(running->parts.reconciler.run_surveys()); }

    // An hour after the attachment each listener was read once more, because the contest for it ended then.
    void spare_passes()
    {
        come_to_rest();
        survey();
        advance(9 * resync);
        cloud.reads_of.clear();
        cloud.certificate_read.clear();
    }

    // As soon as without lists.
    bool in_the_next_period(const std::function<bool()>& done)
    {
        return run_until(done, resync * 5 / 4 + 10s);
    }

    void TearDown() override
    {
        if (stop_surveys)
        {
            stop_surveys();
            step();
        }
        the_loop::TearDown();
    }

    std::function<void()> stop_surveys;
};

TEST_F(surveys, without_lists_each_listener_is_read_in_each_period)
{
    come_to_rest();
    cloud.reads_of.clear();
    advance(3 * resync);
    for (int i = 0; i < listeners; ++i)
    {
        EXPECT_GE(cloud.reads_of[listener(i)], 2) << listener(i);
    }
}

TEST_F(surveys, three_lists_in_a_period_take_the_place_of_the_reads)
{
    spare_passes();
    cloud.lists.clear();
    advance(6 * resync);
    EXPECT_THAT(
        cloud.lists, ElementsAre(Pair("certificates", 6), Pair("listeners", 6), Pair("load balancers", 6))
    );
    int reads = 0;
    for (const auto& [id, count] : cloud.reads_of)
    {
        reads += count;
    }
    EXPECT_LE(reads, 6) << "each listener is read itself in one of 24 periods";
}

TEST_F(surveys, take_the_place_of_the_reads_of_one_listener_with_many_certificates)
{
    start();
    for (int i = 0; i < listeners; ++i)
    {
        kube.create({.name = name(i), .certificate = certificate(i), .listener = listener(0), .sni = true});
    }
    ASSERT_TRUE(until([&] { return kube.state(name(0)) == "active" && kube.state(name(5)) == "active"; }));
    survey();
    advance(9 * resync);
    cloud.lists.clear();
    advance(3 * resync);
    EXPECT_EQ(cloud.lists["listeners"], 3);
}

TEST_F(surveys, of_a_few_listeners_would_cost_as_much_as_the_reads)
{
    start();
    bind(0, 3, "shop");
    survey();
    advance(9 * resync);
    EXPECT_THAT(cloud.lists, IsEmpty());
}

TEST_F(surveys, each_target_is_read_itself_in_one_of_twenty_four_periods)
{
    spare_passes();
    advance((binding::periods_between_reads + 2) * resync);
    for (int i = 0; i < listeners; ++i)
    {
        EXPECT_GE(cloud.reads_of[listener(i)], 1) << listener(i);
        EXPECT_LE(cloud.reads_of[listener(i)], 3) << listener(i);
    }
    EXPECT_EQ(cloud.certificate_read.size(), static_cast<std::size_t>(listeners));
}

TEST_F(surveys, a_listener_that_is_listed_otherwise_is_repaired_at_once)
{
    spare_passes();
    row(listener(2)).slots.default_ref = foreign;
    const auto changed_at = clock().now();
    cloud.at_list = [&] { EXPECT_EQ(row(listener(2)).slots.default_ref, foreign) << "no pass came first"; };
    ASSERT_TRUE(in_the_next_period([&] { return row(listener(2)).slots.default_ref == ref(certificate(2)); })
    );
    EXPECT_LE(clock().now() - changed_at, resync + 5s);
    EXPECT_GE(cloud.reads_of[listener(2)], 1) << "the repair follows from a read, not from the list";
}

TEST_F(surveys, a_certificate_that_is_not_listed_is_read)
{
    spare_passes();
    cloud.unlisted_certificates = {certificate(3)};
    advance(3 * resync);
    EXPECT_TRUE(cloud.certificate_read.contains(certificate(3)));
    EXPECT_EQ(kube.state(name(3)), "active");
    cloud.certificates[certificate(3)] = false;
    ASSERT_TRUE(in_the_next_period([&] { return kube.ready_reason(name(3)) != "Attached"; }))
        << kube.object(name(3)).dump(1);
}

TEST_F(surveys, a_load_balancer_that_is_not_active_is_read)
{
    spare_passes();
    cloud.balancers[balancer] = cloud::provisioning_status::error;
    ASSERT_TRUE(in_the_next_period([&] { return kube.ready_reason(name(0)) == "LoadBalancerError"; }))
        << kube.object(name(0)).dump(1);
}

TEST_F(surveys, a_binding_that_changes_is_looked_at_at_once)
{
    spare_passes();
    kube.remove(name(1));
    advance(5s);
    EXPECT_FALSE(kube.exists(name(1)));
    EXPECT_EQ(row(listener(1)).slots.default_ref, foreign);
}

TEST_F(surveys, a_request_for_a_check_reads_the_cloud)
{
    spare_passes();
    kube.update(name(1), [](auto& object) {
        object["metadata"]["annotations"][std::string(binding::requested_at_annotation)] = "now";
    });
    advance(5s);
    EXPECT_GE(cloud.reads_of[listener(1)], 1);
    EXPECT_EQ(cloud.reads_of.size(), 1U);
}

TEST_F(surveys, a_certificate_that_expires_is_read_at_that_time)
{
    cloud.expires_at = clock().wall() + 150min;
    spare_passes();
    advance(*cloud.expires_at - 1s - clock().wall());
    EXPECT_EQ(kube.ready_reason(name(0)), "Attached");
    ASSERT_TRUE(run_until([&] { return kube.ready_reason(name(0)) == "CertificateExpired"; }, 6s));
}

TEST_F(surveys, a_status_that_somebody_else_wrote_is_compared_in_the_next_period)
{
    spare_passes();
    kube.update(name(1), [](auto& object) {
        for (auto& condition : object["status"]["conditions"])
        {
            condition["message"] = "forged";
        }
    });
    EXPECT_THAT(kube.object(name(1)).dump(), HasSubstr("forged"));
    ASSERT_TRUE(in_the_next_period([&] {
        return kube.object(name(1)).dump().find("forged") == std::string::npos;
    }));
    EXPECT_EQ(cloud.reads_of.size(), 1U);
}

TEST_F(surveys, without_the_right_to_list_all_goes_on_as_before)
{
    cloud.list_error =
        cloud::error{.kind = cloud::failure::access_denied, .message = "no", .refs = {}, .retry_after = {}};
    spare_passes();
    advance(3 * resync);
    for (int i = 0; i < listeners; ++i)
    {
        EXPECT_GE(cloud.reads_of[listener(i)], 2) << listener(i);
    }
    EXPECT_EQ(cloud.lists["listeners"], 1) << "the next list is asked for after twenty-four periods";
}

TEST_F(surveys, a_list_that_is_not_answered_is_asked_for_once_more)
{
    spare_passes();
    cloud.list_error =
        cloud::error{.kind = cloud::failure::transient, .message = "away", .refs = {}, .retry_after = {}};
    cloud.lists.clear();
    advance(4 * resync);
    EXPECT_EQ(cloud.lists["listeners"], 2) << "left alone after two surveys in vain";
    EXPECT_FALSE(cloud.reads_of.empty());
}

TEST_F(surveys, failing_reads_do_not_count_as_verified)
{
    spare_passes();
    cloud.list_error =
        cloud::error{.kind = cloud::failure::transient, .message = "away", .refs = {}, .retry_after = {}};
    cloud.listener_error = cloud.list_error;
    ASSERT_TRUE(run_until([&] { return kube.ready_reason(name(0)) == "CloudUnavailable"; }, 5 * resync))
        << "a Ready binding stays Ready for three periods";
}

// A second project, whose lists are asked for in the same period.
TEST_F(surveys, a_survey_that_ends_with_an_exception_ends_alone)
{
    constexpr int end = 10;
    for (int i = listeners; i < end; ++i)
    {
        cloud.certificates[certificate(i)] = true;
        add_listener(listener(i));
    }
    come_to_rest();
    running->parts.credentials.give_of_the_same_cloud("other", &cloud);
    bind(listeners, end, "other");
    advance(9 * resync);
    int surveys = 0;
    cloud.at_list = [&] {
        if (++surveys == 1)
        {
            throw std::runtime_error("a broken list");
        }
    };
    support::log_capture log;
    survey();
    ASSERT_TRUE(run_until([&] { return surveys == 2; }, resync / 4));
    EXPECT_EQ(cloud.lists["certificates"], 1) << "the other survey reads its lists to their end";
    ASSERT_TRUE(run_until([&] { return surveys == 4; }, resync * 5 / 4));
    EXPECT_EQ(cloud.lists["certificates"], 3);
    EXPECT_THAT(log.text(), HasSubstr("a broken list"));
    EXPECT_EQ(running->parts.reconciler.panics(), 1U);
}

TEST_F(surveys, a_project_whose_surveys_always_end_with_an_exception_is_left_alone)
{
    spare_passes();
    cloud.at_list = [] { throw std::runtime_error("a broken list"); };
    cloud.lists.clear();
    advance(4 * resync);
    EXPECT_EQ(cloud.lists["listeners"], 2);
    EXPECT_EQ(running->parts.reconciler.panics(), 2U);
    EXPECT_FALSE(cloud.reads_of.empty());
}

// As by a policy of Octavia that hides a field from lists.
TEST_F(surveys, a_listener_that_is_always_listed_otherwise_is_named_in_each_period)
{
    spare_passes();
    cloud.change_listed = [](cloud::listener& listed) {
        if (listed.id.str() == listener(2))
        {
            listed.default_ref.reset();
        }
    };
    support::log_capture log;
    support::set_log_level(support::log_level::debug);
    advance(3 * resync);
    support::set_log_level(support::log_level::info);
    const auto text = log.text();
    const std::string line = "a list shows the listener otherwise than it was read";
    std::size_t lines = 0;
    for (auto at = text.find(line); at != std::string::npos; at = text.find(line, at + line.size()))
    {
        EXPECT_EQ(text.find(listener(2), at), text.find("listener=", at) + std::string("listener=").size());
        ++lines;
    }
    EXPECT_EQ(lines, 3U) << text;
    EXPECT_GE(cloud.reads_of[listener(2)], 3);
    EXPECT_EQ(kube.state(name(2)), "active");
}

}  // namespace
