// The whole controller in one process, over a Kubernetes and a cloud in memory. The test moves the clock, so
// every run is the same.
#include "app/controller.hpp"

#include "component/controller_world.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

std::vector<std::string> log_lines(const support::log_capture& log)
{
    std::vector<std::string> lines;
    std::istringstream text(log.text());
    for (std::string line; std::getline(text, line);)
    {
        lines.push_back(line);
    }
    return lines;
}

class controller : public test::controller_world
{};

TEST_F(controller, logs_what_a_binding_has_become)
{
    support::log_capture log;
    const auto a = certificate("a.example.com");
    kube.create({.name = "web", .certificate = a.id, .listener = listener});
    kube.create({.name = "nowhere", .certificate = a.id, .listener = support::uuid().str()});
    start();
    ASSERT_TRUE(until([&] { return kube.state("web") == "active" && kube.state("nowhere") == "error"; }));
    advance(1h);
    const auto lines = [&](const std::string& headline, const std::string& binding, const std::string& reason
                       ) {
        return std::ranges::count_if(log_lines(log), [&](const std::string& line) {
            return line.contains(headline) && line.contains(binding) && line.contains("reason=" + reason);
        });
    };
    EXPECT_EQ(lines("the binding is active", "shop/web", "Attached"), 1) << log.text();
    EXPECT_EQ(lines("the binding is error", "shop/nowhere", "ListenerNotFound"), 1) << log.text();
}

// ---- events ----

TEST_F(controller, tells_each_change_of_a_binding_by_one_event)
{
    const auto a = sim.add_certificate(
        {.project = project, .kind = "pkcs12", .names = {"a.example.com"}, .state = "no_payload"}
    );
    kube.create({.name = "a", .certificate = a.id, .listener = listener, .sni = true});
    start();
    ASSERT_TRUE(until([&] { return kube.ready_reason("a") == "CertificateNotActive"; }));
    advance(1h);
    kube.compact();  // the controller lists all bindings again
    sim.complete_certificate(a.id);
    ASSERT_TRUE(until([&] { return kube.state("a") == "active"; }));
    advance(1h);
    kube.remove("a");
    ASSERT_TRUE(until([&] { return !kube.exists("a"); }));
    step();
    EXPECT_THAT(
        reasons_of_events(),
        ElementsAre(
            "Warning CertificateNotActive",
            "Normal Progressing",
            "Normal Attached",
            "Normal Detaching",
            "Normal Detached"
        )
    );
    const auto& event = kube.events.front();
    EXPECT_EQ(event["regarding"]["kind"], "CertificateBinding");
    EXPECT_EQ(event["regarding"]["name"], "a");
    EXPECT_NE(event["regarding"]["uid"], "");
    EXPECT_THAT(event["note"].get<std::string>(), HasSubstr("payload"));
}

TEST_F(controller, loses_nothing_but_events_where_they_are_refused_or_not_answered)
{
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    kube.refuse_events = support::error{support::errc::status, "events is forbidden", 403, {}};
    start();
    kube.create({.name = "a", .certificate = a.id, .listener = listener, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("a") == "active"; }, 1min));
    kube.swallow_events = true;
    const auto began = clock().now();
    for (int i = 0; i < 40; ++i)
    {
        const std::string name = "b" + std::to_string(i);
        kube.create({.name = name, .certificate = support::uuid().str(), .listener = listener, .sni = true});
    }
    kube.create({.name = "b", .certificate = b.id, .listener = listener, .sni = true});
    ASSERT_TRUE(until(
        [&] { return kube.state("b") == "active" && kube.ready_reason("b39") == "CertificateNotFound"; }, 1min
    ));
    EXPECT_LT(clock().now() - began, 5s) << "nobody waited for an event";
    EXPECT_EQ(served("b.example.com"), b.ref);
    advance(5min);  // the controller gives each event up
    EXPECT_THAT(metrics(), HasSubstr("_events_total{result=\"written\"} 0\n"));
    EXPECT_THAT(metrics(), HasSubstr("_events_total{result=\"dropped\"} 0\n"));
    kube.swallow_events = false;
    kube.refuse_events.reset();
    kube.remove("a");
    ASSERT_TRUE(until([&] { return !kube.exists("a"); }));
    step();
    EXPECT_THAT(reasons_of_events(), Contains("Normal Detaching")) << "later ones are written";
}

TEST_F(controller, ends_though_an_event_hangs)
{
    kube.create(
        {.name = "a", .certificate = certificate("a.example.com").id, .listener = listener, .sni = true}
    );
    kube.swallow_events = true;
    start();
    ASSERT_TRUE(until([&] { return kube.state("a") == "active"; }));
    running->controller.stop();
    advance(3s);
    EXPECT_EQ(clock().sleepers(), 0U);
}

TEST_F(controller, names_what_a_finalizer_stripped_by_hand_leaves_by_an_event_in_its_namespace)
{
    const auto a = certificate("a.example.com");
    kube.create({.name = "a", .certificate = a.id, .listener = listener, .sni = true});
    start();
    ASSERT_TRUE(until([&] { return kube.state("a") == "active"; }));
    kube.update("a", [](auto& object) { object["metadata"]["finalizers"] = nlohmann::json::array(); });
    kube.remove("a");
    advance(1h);
    EXPECT_EQ(served("a.example.com"), a.ref) << "nothing is removed";
    EXPECT_EQ(std::ranges::count(reasons_of_events(), "Warning RefsOrphaned"), 1);
    const auto& event = kube.events.back();
    EXPECT_EQ(event["regarding"]["kind"], "Namespace");
    EXPECT_EQ(event["regarding"]["name"], "shop");
    EXPECT_THAT(event["note"].get<std::string>(), HasSubstr(a.ref));
    EXPECT_THAT(metrics(), HasSubstr("certificatebinding_orphaned_refs_total 1\n"));
}

TEST_F(controller, attaches_what_is_there_before_it_starts)
{
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    const auto c = certificate("c.example.com");
    kube.create({.name = "a", .certificate = a.id, .listener = listener});
    kube.create({.name = "b", .certificate = b.id, .listener = listener, .sni = true});
    kube.create({.name = "c", .certificate = c.id, .listener = listener, .sni = true});
    start();
    ASSERT_TRUE(until([&] {
        return kube.state("a") == "active" && kube.state("b") == "active" && kube.state("c") == "active";
    }));
    EXPECT_EQ(sim.puts(), 1U) << "all bindings of a listener go into one change";
    EXPECT_EQ(served("unknown.example.com"), a.ref);
    EXPECT_EQ(served("b.example.com"), b.ref);
    EXPECT_EQ(served("c.example.com"), c.ref);
    EXPECT_EQ(kube.object("a")["status"]["certificate"]["status"], "ACTIVE");
    EXPECT_NE(kube.object("a")["status"]["certificate"].value("expiresAt", ""), "");
}

TEST_F(controller, shows_in_its_metrics_what_it_did_and_what_there_is)
{
    kube.create({.name = "web", .certificate = certificate("a.example.com").id, .listener = listener});
    start();
    EXPECT_FALSE(running->controller.ready());
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    EXPECT_TRUE(running->controller.ready());
    kube.end_watches();
    advance(1s);
    const auto page = metrics();
    EXPECT_THAT(page, HasSubstr("certificatebinding_bindings{reason=\"Attached\"} 1\n"));
    EXPECT_THAT(page, HasSubstr("certificatebinding_listener_updates_total{result=\"accepted\"} 1\n"));
    EXPECT_THAT(page, HasSubstr("certificatebinding_foreign_update_window_seconds_count 1\n"));
    EXPECT_THAT(page, HasSubstr("_expiration_timestamp_seconds{namespace=\"shop\",name=\"web\"} 1"));
    EXPECT_THAT(page, HasSubstr("certificatebinding_watch_restarts_total{cause=\"ended\"} 1\n"));
    EXPECT_THAT(
        page, HasSubstr("controller_runtime_reconcile_errors_total{controller=\"certificatebinding\"} 0\n")
    );
    EXPECT_THAT(page, Not(HasSubstr("result=\"requeue_after\"} 0\n")));
}

TEST_F(controller, waits_for_a_payload_and_attaches_then)
{
    const auto a = sim.add_certificate(
        {.project = project, .kind = "pkcs12", .names = {"a.example.com"}, .state = "no_payload"}
    );
    start();
    kube.create({.name = "a", .certificate = a.id, .listener = listener});
    ASSERT_TRUE(until([&] { return kube.ready_reason("a") == "CertificateNotActive"; }));
    EXPECT_THAT(kube.message("a"), HasSubstr("payload"));
    EXPECT_EQ(sim.puts(), 0U);
    sim.complete_certificate(a.id);
    ASSERT_TRUE(until([&] { return kube.state("a") == "active"; }, 1min));
    EXPECT_EQ(served("a.example.com"), a.ref);
}

TEST_F(controller, a_watch_that_ends_is_resumed_and_an_expired_one_listed_again)
{
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    start();
    step();
    kube.end_watches();
    kube.create({.name = "a", .certificate = a.id, .listener = listener});
    ASSERT_TRUE(until([&] { return kube.state("a") == "active"; }));
    const int lists = kube.lists;
    kube.compact();
    kube.create({.name = "b", .certificate = b.id, .listener = listener, .sni = true});
    kube.compact();
    ASSERT_TRUE(until([&] { return kube.state("b") == "active"; }));
    EXPECT_GT(kube.lists, lists);
}

TEST_F(controller, a_certificate_that_is_deleted_while_attached_does_not_take_the_listener_down)
{
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    start();
    kube.create({.name = "a", .certificate = a.id, .listener = listener, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("a") == "active"; }));
    sim.remove_certificate(a.id, "private_key");
    kube.create({.name = "b", .certificate = b.id, .listener = listener, .sni = true});
    ASSERT_TRUE(until([&] { return kube.state("b") == "active"; }));
    EXPECT_EQ(served("b.example.com"), b.ref);
    EXPECT_EQ(served("a.example.com"), foreign);
}

TEST_F(controller, keystone_down_is_waited_out)
{
    const support::log_capture log;
    const auto a = certificate("a.example.com");
    sim.set({{"down", {"identity"}}});
    start();
    kube.create({.name = "a", .certificate = a.id, .listener = listener});
    ASSERT_TRUE(until([&] { return kube.ready_reason("a") == "CloudUnavailable"; }));
    advance(5min);
    EXPECT_GT(sim.log({.service = "identity"}).size(), 3U) << "it was tried again";
    sim.set({{"down", nlohmann::json::array()}});
    ASSERT_TRUE(until([&] { return kube.state("a") == "active"; }, 2min)) << kube.object("a").dump(1);
    auto lines = log_lines(log);
    lines.resize(4);
    EXPECT_THAT(
        lines,
        ElementsAre(
            HasSubstr("info all bindings are listed"),
            HasSubstr("warning authentication failed; trying again error=\"Keystone (cloud \\\"lab\\\" at "),
            HasSubstr("info the binding is pending binding=shop/a reason=CloudUnavailable"),
            HasSubstr("info authenticated again cloud=lab")
        )
    );
}

TEST_F(controller, a_right_to_write_that_is_missing_is_said_and_waited_for)
{
    const support::log_capture log;
    const auto a = certificate("a.example.com");
    const auto forbidden = support::error{
        support::errc::status,
        "certificatebindings.certificates.bycloud.io \"a\" is forbidden: User \"robot\" cannot patch",
        403,
        std::nullopt
    };
    kube.before_write = [&](const kube::patch_request&) { return std::optional(forbidden); };
    start();
    kube.create({.name = "a", .certificate = a.id, .listener = listener});
    advance(10min);
    EXPECT_THAT(
        log.text(),
        HasSubstr("warning the write to the binding failed; it is tried again later binding=shop/a error="
                  "\"certificatebindings.certificates.bycloud.io \\\"a\\\" is forbidden: ")
    );
    EXPECT_EQ(sim.puts(), 0U) << "nothing is done that is not written down first";
    kube.before_write = nullptr;
    ASSERT_TRUE(until([&] { return kube.state("a") == "active"; }, 2min)) << kube.object("a").dump(1);
}

TEST_F(controller, refused_credentials_are_said_and_shown_again_less_and_less_often)
{
    const support::log_capture log;
    const auto a = certificate("a.example.com");
    credential.secret = "canary";
    start();
    kube.create({.name = "a", .certificate = a.id, .listener = listener});
    ASSERT_TRUE(until([&] { return kube.ready_reason("a") == "CredentialsInvalid"; }))
        << kube.object("a").dump(1);
    advance(1h);
    const auto logins = sim.log({.service = "identity", .method = "POST"}).size();
    EXPECT_GT(logins, 5U);
    EXPECT_LT(logins, 20U);
    EXPECT_THAT(
        log_lines(log),
        ElementsAre(
            HasSubstr("info all bindings are listed"),
            AllOf(HasSubstr("Keystone answers 401 for cloud"), HasSubstr("check its auth in clouds.yaml")),
            HasSubstr("warning the binding is error binding=shop/a reason=CredentialsInvalid")
        )
    );
    EXPECT_THAT(log.text() + kube.object("a").dump(), Not(HasSubstr("canary")));
}

TEST_F(controller, revoked_tokens_are_renewed_without_anybody_noticing)
{
    const auto a = certificate("a.example.com");
    start();
    kube.create({.name = "a", .certificate = a.id, .listener = listener});
    ASSERT_TRUE(until([&] { return kube.state("a") == "active"; }));
    sim.revoke_tokens();
    kube.remove("a");
    ASSERT_TRUE(until([&] { return !kube.exists("a"); }));
    EXPECT_EQ(served("a.example.com"), foreign);
}

TEST_F(controller, no_secret_reaches_a_log_or_a_status)
{
    support::log_capture log;
    support::set_log(support::log_level::debug, support::log_format::json);
    const auto a = certificate("a.example.com");
    start();
    kube.create({.name = "a", .certificate = a.id, .listener = listener});
    ASSERT_TRUE(until([&] { return kube.state("a") == "active"; }));
    sim.remove_application_credential(credential.id);
    kube.update("a", [](auto& object) {
        object["metadata"]["annotations"]["certificates.bycloud.io/reconcile-requested-at"] = "1";
    });
    ASSERT_TRUE(until([&] { return kube.ready_reason("a") == "CredentialsInvalid"; }, 2h))
        << kube.object("a").dump(1);
    EXPECT_THAT(log.text() + kube.object("a").dump(), Not(HasSubstr(credential.secret)));
    support::set_log(support::log_level::info, support::log_format::text);
}

TEST_F(controller, a_put_of_a_process_that_died_may_land_late_and_is_waited_for)
{
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    sim.hold({.service = "load-balancer", .method = "PUT", .when = "during"});
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener});
    ASSERT_TRUE(until([&] { return !sim.held().empty(); }));
    crash();
    kube.update("web", [&](auto& object) { object["spec"]["certificateId"] = b.id; });
    start();
    advance(25s);
    EXPECT_EQ(sim.puts(), 1U) << "nothing is written while the old change may still take effect";
    EXPECT_NE(kube.state("web"), "active");
    sim.release();
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }, 1min));
    EXPECT_EQ(served("any.example.com"), b.ref);
    EXPECT_EQ(kube.attachments("web").size(), 1U)
        << "the certificate that landed late is known and taken off again";
    kube.remove("web");
    ASSERT_TRUE(until([&] { return !kube.exists("web"); }));
    EXPECT_EQ(served("any.example.com"), foreign);
}

// The moment of a kill -9 at the n-th write to Kubernetes or Octavia: before the write is sent, after the
// effect and before the answer, or (Octavia alone) while the write is on its way and takes effect later.
enum class moment
{
    before_write,
    after_write,
    during_put,
};

struct kill
{
    moment when;
    int at;  // the n-th write, or PUT, of the story
};

int cases_of(moment when)
{
    return when == moment::during_put ? 4 : 20;  // one more than the story has
}

std::vector<kill> every_kill()
{
    std::vector<kill> kills;
    for (const moment when : {moment::before_write, moment::after_write, moment::during_put})
    {
        for (int at = 0; at < cases_of(when); ++at)
        {
            kills.push_back({when, at});
        }
    }
    return kills;
}

class killed : public controller, public testing::WithParamInterface<kill>
{
protected:
    void arm()
    {
        const auto [when, at] = GetParam();
        kube.before_write = [this, when, at](const auto&) -> std::optional<support::error> {
            if (!due_ && writes_++ == at && when == moment::before_write)
            {
                due_ = true;
                return support::error{support::errc::interrupted, "killed", 0, {}};
            }
            return std::nullopt;
        };
        kube.after_write = [this, when, at](const auto&) -> std::optional<support::error> {
            if (!due_ && writes_ == at + 1 && when == moment::after_write)
            {
                due_ = true;
                return support::error{support::errc::interrupted, "killed", 0, {}};
            }
            return std::nullopt;
        };
        // The PUT waits before Octavia receives it, before Octavia takes the lock, or before Octavia answers.
        sim.hold(
            {.service = "load-balancer",
             .method = "PUT",
             .skip = static_cast<std::uint64_t>(at),
             .when = when == moment::before_write  ? "before"
                     : when == moment::after_write ? "after"
                                                   : "during"}
        );
    }

    bool until_killed(const std::function<bool()>& done)
    {
        for (;;)
        {
            if (!run_until([&] { return due_ || !sim.held().empty() || done(); }, 10min))
            {
                return false;
            }
            if (!due_ && sim.held().empty())
            {
                return true;
            }
            due_ = false;
            killed_ = true;
            kube.before_write = nullptr;
            kube.after_write = nullptr;
            crash();
            start();
            if (GetParam().when == moment::during_put)
            {
                // The worst time, because the new process has read the listener before the effect.
                advance(20s);
            }
            sim.release(GetParam().when == moment::before_write);
        }
    }

    int writes_ = 0;
    bool due_ = false;
    bool killed_ = false;
};

TEST_P(killed, at_any_write_the_end_is_the_same)
{
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    const auto c = certificate("c.example.com");
    arm();
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener});
    kube.create({.name = "sni", .certificate = c.id, .listener = listener, .sni = true});
    ASSERT_TRUE(until_killed([&] { return kube.state("web") == "active" && kube.state("sni") == "active"; }));
    EXPECT_EQ(served("any.example.com"), a.ref);
    EXPECT_EQ(served("c.example.com"), c.ref);

    kube.update("web", [&](auto& object) { object["spec"]["certificateId"] = b.id; });
    ASSERT_TRUE(until_killed([&] {
        return kube.state("web") == "active" && kube.object("web")["status"]["certificate"]["id"] == b.id &&
               kube.object("web")["status"]["observedGeneration"] == 2;
    })) << kube.object("web").dump(1);
    EXPECT_EQ(served("any.example.com"), b.ref);
    EXPECT_EQ(kube.attachments("web").size(), 1U);

    kube.remove("web");
    kube.remove("sni");
    ASSERT_TRUE(until_killed([&] { return !kube.exists("web") && !kube.exists("sni"); }));
    EXPECT_EQ(sim.get_listener(listener).default_ref, foreign);
    EXPECT_THAT(sim.get_listener(listener).sni_refs, IsEmpty());
    for (const auto& state : sim.history(listener))
    {
        EXPECT_NE(state.object.value("provisioning_status", ""), "ERROR");
    }
    advance(2min);
    EXPECT_EQ(sim.get_listener(listener).default_ref, foreign) << "nothing takes effect afterwards";
    const auto [when, at] = GetParam();
    const auto of_the_story = when == moment::during_put ? static_cast<int>(sim.puts()) : writes_;
    EXPECT_EQ(killed_, at < of_the_story) << "it did not happen";
    EXPECT_FALSE(killed_ && at == cases_of(when) - 1) << "the last writes have no case";
}

INSTANTIATE_TEST_SUITE_P(every_write, killed, testing::ValuesIn(every_kill()));

TEST_F(controller, that_is_stopped_lets_the_change_in_flight_be_answered_and_begins_no_other)
{
    support::log_capture log;
    const auto a = certificate("a.example.com");
    sim.hold({.service = "load-balancer", .method = "PUT", .when = "during"});
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener});
    ASSERT_TRUE(until([&] { return !sim.held().empty(); }));
    running->controller.stop();
    kube.create({.name = "late", .certificate = a.id, .listener = listener, .sni = true});
    advance(10s);
    sim.release();
    advance(1min);
    EXPECT_THAT(log.text(), Not(HasSubstr("listener update unanswered")));
    EXPECT_EQ(served("any.example.com"), a.ref);
    EXPECT_EQ(sim.puts(), 1U);
    crash();
    start();
    ASSERT_TRUE(until([&] { return kube.state("web") == "active" && kube.state("late") == "active"; }));
}

TEST_F(controller, that_is_stopped_announces_no_change_that_it_will_not_send)
{
    const auto a = certificate("a.example.com");
    bool stopped = false;
    kube.after_write = [&](const kube::patch_request& request) -> std::optional<support::error> {
        if (request.subresource.empty() && !std::exchange(stopped, true))
        {
            running->controller.stop();  // after the finalizer, before the ledger
        }
        return std::nullopt;
    };
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener});
    ASSERT_TRUE(until([&] { return stopped; }));
    advance(1min);
    EXPECT_EQ(sim.puts(), 0U);
    EXPECT_THAT(kube.attachments("web"), IsEmpty());
    crash();
    start();
    const auto began = clock().now();
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    EXPECT_LT(clock().now() - began, 5s) << "it waits for no change of the one before";
}

TEST_F(controller, leaves_the_default_to_who_is_attached_when_one_of_the_same_second_comes)
{
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    start();
    kube.create({.name = "large", .certificate = b.id, .listener = listener});
    ASSERT_TRUE(until([&] { return kube.state("large") == "active"; }));
    kube.create({.name = "small", .certificate = a.id, .listener = listener, .uid = support::uuid().str()});
    ASSERT_LT(kube.object("small")["metadata"]["uid"], kube.object("large")["metadata"]["uid"]);
    ASSERT_EQ(
        kube.object("small")["metadata"]["creationTimestamp"],
        kube.object("large")["metadata"]["creationTimestamp"]
    );
    ASSERT_TRUE(becomes("small", "Conflict")) << kube.object("small").dump(1);
    EXPECT_THAT(kube.message("small"), HasSubstr("409: binding shop/large"));
    for (const bool started_again : {false, true})
    {
        if (started_again)
        {
            crash();
            start();
        }
        advance(30min);
        EXPECT_EQ(kube.state("large"), "active");
        EXPECT_EQ(kube.ready_reason("small"), "Conflict");
        EXPECT_EQ(served("any.example.com"), b.ref);
        EXPECT_EQ(sim.puts(), 1U);
    }
    kube.remove("large");
    ASSERT_TRUE(goes("large"));
    ASSERT_TRUE(becomes("small", "Attached"));
    EXPECT_EQ(served("any.example.com"), a.ref);
}

TEST_F(controller, gives_the_default_to_the_smaller_uid_of_two_of_the_same_second)
{
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    kube.create({.name = "large", .certificate = b.id, .listener = listener});
    kube.create({.name = "small", .certificate = a.id, .listener = listener, .uid = support::uuid().str()});
    start();
    ASSERT_TRUE(becomes("small", "Attached"));
    ASSERT_TRUE(becomes("large", "Conflict"));
    EXPECT_EQ(served("any.example.com"), a.ref);
    EXPECT_EQ(sim.puts(), 1U);
}

TEST_F(controller, a_load_balancer_that_is_deleted_lets_its_bindings_go)
{
    const auto a = certificate("a.example.com");
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    sim.remove_load_balancer(balancer);
    kube.remove("web");
    ASSERT_TRUE(until([&] { return !kube.exists("web"); })) << kube.object("web").dump(1);
}

// Bindings as kubectl applies a list, on a cloud as slow as the measured one.
TEST_F(controller, attaches_two_hundred_bindings_that_come_one_after_the_other_in_three_puts_at_most)
{
    sim.set({{"measured_times", true}});
    start();
    step();
    constexpr int bindings = 200;
    for (int i = 0; i < bindings; ++i)
    {
        const std::string name = "b" + std::to_string(i);
        kube.create(
            {.name = name,
             .certificate = certificate(name + ".example.com").id,
             .listener = listener,
             .sni = true}
        );
        advance(10ms);
    }
    ASSERT_TRUE(until([&] { return all_active(bindings); }));
    EXPECT_LE(sim.puts(), 3U);
    EXPECT_EQ(sim.get_listener(listener).sni_refs.size(), static_cast<std::size_t>(bindings));
}

}  // namespace
