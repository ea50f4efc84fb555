#include "kube/events.hpp"

#include "fakes/kubernetes/server/fake_apiserver.hpp"
#include "kube/rest_client.hpp"
#include "support/log.hpp"
#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace {

using namespace std::chrono_literals;
using json = nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::SizeIs;

const kube::event shop_is_attached{
    .regarding = {"certificates.bycloud.io/v1alpha1", "CertificateBinding", "shop", "web", "an-uid"},
    .warning = false,
    .reason = "Attached",
    .action = "Attach",
    .note = "the binding is active"
};

class events : public test::loop
{
protected:
    events()
        : api(executor(), clock(), {{"events.k8s.io", "v1", "events"}, "Event", [](json&) {}}),
          credentials(
              config(),
              [](const std::string& path) { return support::fail(support::errc::invalid, path); },
              clock()
          ),
          client(kube::create_rest_client(api, clock(), credentials)),
          recorder(executor(), *client, clock(), random, "pod-1")
    {
        spawn(recorder.run());
        step();
    }

    static kube::config config()
    {
        kube::config config;
        config.server = net::parse_url("http://127.0.0.1:8001").value();
        return config;
    }

    void TearDown() override
    {
        recorder.stop();
        step();
        test::loop::TearDown();
    }

    json only_event()
    {
        const auto all = api.objects().list("", 0, "")->items;
        EXPECT_EQ(all.size(), 1U);
        return all.empty() ? json() : *all.front();
    }

    void record(const kube::event& event)
    {
        recorder.record(event);
        step();
    }

    std::vector<std::size_t> counts() const
    {
        const auto& counted = recorder.counted();
        return {counted.written, counted.failed, counted.dropped};
    }

    support::log_capture log;
    support::random_engine random{7};
    test::fake_apiserver api;
    kube::credentials credentials;
    std::unique_ptr<kube::client> client;
    kube::event_recorder recorder;
};

TEST_F(events, have_what_kubernetes_asks_of_them)
{
    record(shop_is_attached);
    json written = only_event();
    EXPECT_THAT(written["metadata"]["name"].get<std::string>(), MatchesRegex("web\\.[0-9a-f]{16}"));
    EXPECT_EQ(written["metadata"]["namespace"], "shop");
    EXPECT_THAT(written["eventTime"].get<std::string>(), MatchesRegex("2026-11-24T..:..:..\\.000000Z"));
    EXPECT_EQ(written["reportingController"], "certificate-binding-controller");
    EXPECT_EQ(written["reportingInstance"], "pod-1");
    EXPECT_EQ(written["type"], "Normal");
    EXPECT_EQ(written["reason"], "Attached");
    EXPECT_EQ(written["action"], "Attach");
    EXPECT_EQ(written["note"], "the binding is active");
    EXPECT_EQ(
        written["regarding"],
        (json{
            {"apiVersion", "certificates.bycloud.io/v1alpha1"},
            {"kind", "CertificateBinding"},
            {"namespace", "shop"},
            {"name", "web"},
            {"uid", "an-uid"}
        })
    );
    EXPECT_EQ(api.requests().back().verb, "create");
    EXPECT_EQ(counts(), (std::vector<std::size_t>{1, 0, 0}));
    EXPECT_EQ(log.text(), "");
}

TEST_F(events, of_a_namespace_are_in_it)
{
    record(
        {.regarding = {"v1", "Namespace", "shop", "shop", ""}, .warning = true, .reason = "R", .action = "A"}
    );
    json written = only_event();
    EXPECT_EQ(written["metadata"]["namespace"], "shop");
    EXPECT_EQ(written["type"], "Warning");
    EXPECT_EQ(written["regarding"]["kind"], "Namespace");
    EXPECT_FALSE(written["regarding"].contains("uid"));
}

TEST_F(events, have_a_note_and_a_name_that_the_server_takes)
{
    kube::event event = shop_is_attached;
    event.note = "a\nb\x01\xff" + std::string(2000, 'x');
    event.regarding.name = std::string(199, 'n') + "." + std::string(53, 'm');
    record(event);
    json written = only_event();
    EXPECT_EQ(written["note"].get<std::string>().size(), 1024U);
    EXPECT_THAT(written["note"].get<std::string>(), testing::StartsWith("a b ?xx"));
    EXPECT_THAT(written["metadata"]["name"].get<std::string>(), MatchesRegex("n+\\.[0-9a-f]{16}"));
}

TEST_F(events, each_have_a_name_of_their_own)
{
    for (int i = 0; i < 100; ++i)
    {
        record(shop_is_attached);
    }
    EXPECT_EQ(api.objects().size(), 100U);
    EXPECT_EQ(counts(), (std::vector<std::size_t>{100, 0, 0}));
}

TEST_F(events, of_one_key_are_written_once_also_by_another_process)
{
    kube::event event = shop_is_attached;
    event.key = "in 7 days";
    record(event);
    support::random_engine other_random(8);
    kube::event_recorder after_restart(executor(), *client, clock(), other_random, "pod-2");
    spawn(after_restart.run());
    after_restart.record(event);
    step();
    EXPECT_EQ(api.objects().size(), 1U);
    EXPECT_EQ(after_restart.counted().failed, 0U) << "it is no trouble";
    event.key = "in 3 days";
    record(event);
    event.regarding.uid = "of another binding of the name";
    record(event);
    EXPECT_EQ(api.objects().size(), 3U);
    EXPECT_EQ(log.text(), "");
    after_restart.stop();
    step();
}

TEST_F(events, that_are_refused_are_lost_and_told_of_once)
{
    api.denied = {"create"};
    for (int i = 0; i < 3; ++i)
    {
        record(shop_is_attached);
    }
    advance(1h);
    EXPECT_EQ(counts(), (std::vector<std::size_t>{0, 3, 0}));
    EXPECT_EQ(api.count("create"), 3U) << "none is tried again";
    EXPECT_THAT(log.text(), HasSubstr("; grant the verb create on events.events.k8s.io\n"));
    EXPECT_EQ(std::ranges::count(log.text(), '\n'), 1) << log.text();
    api.denied = {};
    record(shop_is_attached);
    EXPECT_EQ(counts(), (std::vector<std::size_t>{1, 3, 0}));
    api.denied = {"create"};
    record(shop_is_attached);
    EXPECT_EQ(std::ranges::count(log.text(), '\n'), 2) << "it worked meanwhile";
}

TEST_F(events, that_are_not_answered_are_given_up_after_two_seconds)
{
    api.on_request = [](const auto&) { return test::api_fault{test::api_fault::kind::swallow}; };
    record(shop_is_attached);
    record(shop_is_attached);
    advance(2s);
    EXPECT_EQ(api.requests().size(), 2U);
    advance(2s);
    EXPECT_EQ(counts(), (std::vector<std::size_t>{0, 2, 0}));
}

TEST_F(events, that_are_too_many_are_dropped_the_oldest_first)
{
    for (int i = 0; i < 1003; ++i)
    {
        kube::event numbered = shop_is_attached;
        numbered.note = "event " + std::to_string(i);
        recorder.record(numbered);
    }
    step();
    EXPECT_EQ(counts(), (std::vector<std::size_t>{1000, 0, 3}));
    EXPECT_THAT(api.requests().front().body, testing::HasSubstr("\"event 3\""));
    EXPECT_THAT(api.requests().back().body, testing::HasSubstr("\"event 1002\""));
}

TEST_F(events, that_wait_at_the_end_are_written)
{
    recorder.record(shop_is_attached);
    recorder.record(shop_is_attached);
    recorder.stop();
    step();
    EXPECT_EQ(counts(), (std::vector<std::size_t>{2, 0, 0}));
}

TEST_F(events, do_not_hold_up_the_end)
{
    api.on_request = [](const auto&) { return test::api_fault{test::api_fault::kind::swallow}; };
    for (int i = 0; i < 10; ++i)
    {
        recorder.record(shop_is_attached);
    }
    step();
    recorder.stop();
    advance(3s);
    EXPECT_EQ(clock().sleepers(), 0U);
    EXPECT_EQ(counts().front(), 0U);
}

}  // namespace
