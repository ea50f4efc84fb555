// Credentials of namespaces: Secrets that are created, changed and deleted, through the whole controller.
#include "component/controller_world.hpp"
#include "support/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class credentials : public test::controller_world
{
protected:
    credentials()
    {
        admitted = {.all = false, .namespaces = {"certificate-binding"}};
        a = certificate("a.example.com");
        other = sim.add_application_credential(sim.add_user("someone", project), project);
    }

    void give(const cloudsim::control::credential& given)
    {
        kube.set_secret("cloud", {{"clouds.yaml", test::controller_process::clouds_yaml(given)}});
        step();
    }

    void attach() { attach_with(credential); }
    void attach_with(const cloudsim::control::credential& given)
    {
        give(given);
        start();
        kube.create({.name = "web", .certificate = a.id, .listener = listener, .secret = "cloud"});
        ASSERT_TRUE(until([&] { return kube.state("web") == "active"; })) << kube.object("web").dump(1);
    }

    std::size_t logins() { return sim.log({.service = "identity", .method = "POST"}).size(); }
    bool says(const std::string& reason)
    {
        return until([&] { return kube.exists("web") && kube.ready_reason("web") == reason; });
    }

    cloudsim::control::certificate a;
    cloudsim::control::credential other;
};

TEST_F(credentials, of_the_namespace_attach_and_detach)
{
    attach();
    EXPECT_EQ(served("any.example.com"), a.ref);
    EXPECT_EQ(kube.secret_watches(), 1U);
    kube.remove("web");
    ASSERT_TRUE(until([&] { return !kube.exists("web"); }));
    EXPECT_EQ(served("any.example.com"), foreign);
    step();
    EXPECT_EQ(kube.secret_watches(), 0U) << "nobody uses the Secret any more";
}

TEST_F(credentials, of_one_content_have_one_token_whatever_secret_holds_it)
{
    kube.set_secret(
        "copy", {{"clouds.yaml", "# a copy\n" + test::controller_process::clouds_yaml(credential)}}
    );
    attach();
    const auto b = certificate("b.example.com");
    kube.create({.name = "b", .certificate = b.id, .listener = listener, .sni = true, .secret = "copy"});
    ASSERT_TRUE(until([&] { return kube.state("b") == "active"; })) << kube.object("b").dump(1);
    EXPECT_EQ(logins(), 1U);
}

TEST_F(credentials, that_are_not_there_are_waited_for)
{
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener, .secret = "cloud"});
    ASSERT_TRUE(says("CredentialsMissing"));
    EXPECT_EQ(kube.state("web"), "error");
    EXPECT_EQ(kube.message("web"), "Secret shop/cloud does not exist; create it, with the key clouds.yaml");
    EXPECT_EQ(logins(), 0U) << "the controller's own is not asked with";
    give(credential);
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }, 10s)) << kube.object("web").dump(1);
}

TEST_F(credentials, that_may_not_be_read_are_told_with_what_to_grant)
{
    kube.may_get_secrets = false;
    give(credential);
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener, .secret = "cloud"});
    ASSERT_TRUE(says("CredentialsMissing"));
    EXPECT_THAT(
        kube.message("web"), HasSubstr("grant the controller's service account the verbs get and watch")
    );
    kube.may_get_secrets = true;
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }, 40s)) << kube.object("web").dump(1);
}

TEST_F(credentials, a_new_content_takes_over_without_a_restart)
{
    attach();
    const auto before = kube.writes.size();
    give(other);
    sim.remove_application_credential(credential.id);
    const auto b = certificate("b.example.com");
    kube.update("web", [&](auto& object) { object["spec"]["certificateId"] = b.id; });
    ASSERT_TRUE(until([&] {
        return kube.object("web")["status"]["certificate"]["id"] == b.id && kube.state("web") == "active";
    })) << kube.object("web").dump(1);
    EXPECT_EQ(served("any.example.com"), b.ref);
    EXPECT_LE(kube.writes.size(), before + 4);
}

TEST_F(credentials, a_new_one_of_the_controller_takes_over_without_a_restart)
{
    admitted.all = true;
    sim.remove_application_credential(credential.id);
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener});
    ASSERT_TRUE(says("CredentialsInvalid"));
    const auto next = running->registry.share(test::controller_process::entry(other));
    running->controller.use_credential(next);
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }, 10s)) << kube.object("web").dump(1);
    EXPECT_EQ(served("a.example.com"), a.ref);
    kube.remove("web");
    ASSERT_TRUE(goes("web")) << kube.object("web").dump(1);
}

TEST_F(credentials, a_new_content_alone_writes_nothing)
{
    attach_with(sim.add_application_credential(sim.add_user("first", project), project));
    advance(1min);
    const auto before = kube.writes.size();
    const auto puts = sim.puts();
    give(other);
    advance(1min);
    EXPECT_EQ(kube.writes.size(), before);
    EXPECT_EQ(sim.puts(), puts);
    EXPECT_EQ(logins(), 2U) << "the listener is read with the new one";
}

TEST_F(credentials, a_new_content_wakes_who_failed_for_the_old)
{
    sim.remove_application_credential(credential.id);
    give(credential);
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener, .secret = "cloud"});
    ASSERT_TRUE(says("CredentialsInvalid"));
    advance(5min);
    give(other);
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }, 10s)) << kube.object("web").dump(1);
}

TEST_F(credentials, a_new_content_is_read_soon_where_secrets_may_not_be_watched)
{
    kube.may_watch_secrets = false;
    sim.remove_application_credential(credential.id);
    give(credential);
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener, .secret = "cloud"});
    ASSERT_TRUE(says("CredentialsInvalid"));
    give(other);
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }, 40s)) << kube.object("web").dump(1);
    advance(1h);
    const auto asked = kube.secret_requests.size();
    advance(1h);
    EXPECT_LE(kube.secret_requests.size() - asked, 16U)
        << "nobody waits for it any more: a read and a watch each time";
}

TEST_F(credentials, a_new_content_is_read_soon_for_a_deletion_where_secrets_may_not_be_watched)
{
    kube.may_watch_secrets = false;
    attach_with(other);
    sim.remove_application_credential(other.id);
    sim.revoke_tokens();
    kube.remove("web");
    ASSERT_TRUE(says("Detaching"));
    advance(1min);
    give(credential);
    ASSERT_TRUE(until([&] { return !kube.exists("web"); }, 40s)) << kube.object("web").dump(1);
    EXPECT_EQ(served("any.example.com"), foreign);
}

TEST_F(credentials, of_a_content_that_is_none_are_told_in_one_line)
{
    kube.set_secret(
        "cloud", {{"clouds.yaml", "clouds: {prod: {auth: {auth_url: 'http://canary/v3'}, verify: false}}"}}
    );
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener, .secret = "cloud"});
    ASSERT_TRUE(says("CredentialsInvalid"));
    EXPECT_THAT(kube.message("web"), HasSubstr("Secret shop/cloud: clouds.yaml: cloud \"prod\": "));
    EXPECT_THAT(kube.object("web").dump(), Not(HasSubstr("canary")));
    kube.set_secret("cloud", {{"cloud.yaml", "canary"}});
    ASSERT_TRUE(until([&] {
        return kube.message("web") == "Secret shop/cloud: the key clouds.yaml is missing; add it";
    }));
}

TEST_F(credentials, whose_secret_goes_leave_what_is_attached)
{
    attach();
    const auto puts = sim.puts();
    kube.set_secret("cloud", {});
    ASSERT_TRUE(says("CredentialsMissing"));
    advance(30min);
    EXPECT_EQ(sim.puts(), puts);
    EXPECT_EQ(served("any.example.com"), a.ref);
    EXPECT_EQ(kube.attachments("web").size(), 1U);
    give(credential);
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }, 10s));
    EXPECT_EQ(sim.puts(), puts);
}

TEST_F(credentials, a_secret_deleted_together_with_its_bindings_still_detaches)
{
    attach();
    kube.set_secret("cloud", {});
    kube.may_get_secrets = false;  // the RoleBinding was deleted with the namespace as well
    kube.remove("web");
    ASSERT_TRUE(until([&] { return !kube.exists("web"); })) << kube.object("web").dump(1);
    EXPECT_EQ(served("any.example.com"), foreign);
}

TEST_F(credentials, a_secret_deleted_long_before_its_bindings_still_detaches)
{
    attach();
    kube.set_secret("cloud", {});
    ASSERT_TRUE(says("CredentialsMissing"));
    advance(1h);
    kube.remove("web");
    ASSERT_TRUE(until([&] { return !kube.exists("web"); })) << kube.object("web").dump(1);
    EXPECT_EQ(served("any.example.com"), foreign);
}

TEST_F(credentials, after_a_restart_a_deletion_without_its_secret_waits_and_names_the_ways_out)
{
    attach();
    kube.set_secret("cloud", {});
    crash();
    start();
    kube.remove("web");
    ASSERT_TRUE(says("CredentialsMissing"));
    EXPECT_EQ(kube.state("web"), "deleting");
    EXPECT_THAT(kube.message("web"), HasSubstr("Secret shop/cloud does not exist; create it"));
    EXPECT_THAT(kube.message("web"), HasSubstr("spec.deletionPolicy to Retain"));
    EXPECT_THAT(kube.message("web"), HasSubstr("certificates.bycloud.io/abandon=\"true\""));
    advance(2h);
    EXPECT_TRUE(kube.exists("web"));
    EXPECT_EQ(served("any.example.com"), a.ref);
}

TEST_F(credentials, after_a_restart_the_secret_put_back_lets_a_deletion_end)
{
    attach();
    kube.set_secret("cloud", {});
    crash();
    start();
    kube.remove("web");
    ASSERT_TRUE(says("CredentialsMissing"));
    give(other);
    ASSERT_TRUE(until([&] { return !kube.exists("web"); }, 1min)) << kube.object("web").dump(1);
    EXPECT_EQ(served("any.example.com"), foreign);
}

TEST_F(credentials, after_a_restart_the_annotation_lets_a_deletion_go)
{
    attach();
    kube.set_secret("cloud", {});
    crash();
    start();
    kube.remove("web");
    ASSERT_TRUE(says("CredentialsMissing"));
    kube.update("web", [](auto& object) {
        object["metadata"]["annotations"]["certificates.bycloud.io/abandon"] = "true";
    });
    ASSERT_TRUE(until([&] { return !kube.exists("web"); }, 1min)) << kube.object("web").dump(1);
    EXPECT_EQ(served("any.example.com"), a.ref);
}

TEST_F(credentials, of_the_controller_are_for_admitted_namespaces_alone)
{
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener});
    ASSERT_TRUE(says("CredentialsMissing"));
    EXPECT_THAT(kube.message("web"), HasSubstr("namespace shop may not use the controller's own credential"));
    EXPECT_EQ(logins(), 0U);
    kube.create(
        {.name = "own", .certificate = a.id, .listener = listener, .name_space = "certificate-binding"}
    );
    ASSERT_TRUE(until([&] { return kube.state("own") == "active"; }));
    EXPECT_EQ(kube.state("web"), "error");
    EXPECT_THAT(kube.secret_requests, IsEmpty());
}

TEST_F(credentials, of_the_controller_are_borrowed_to_detach_what_a_namespace_put_there_before)
{
    admitted = {};
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = listener});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; }));
    EXPECT_EQ(kube.object("web")["status"]["cloud"]["credentialSource"], "Controller");
    crash();
    admitted = {.all = false, .namespaces = {"certificate-binding"}};
    start();
    ASSERT_TRUE(says("CredentialsMissing"));
    advance(1h);
    EXPECT_EQ(served("any.example.com"), a.ref) << "it stays";
    kube.remove("web");
    ASSERT_TRUE(until([&] { return !kube.exists("web"); })) << kube.object("web").dump(1);
    EXPECT_EQ(served("any.example.com"), foreign);
}

TEST_F(credentials, of_the_controller_are_not_borrowed_for_what_the_namespaces_own_adopted)
{
    const auto there = certificate("there.example.com");
    const auto shared = sim.add_listener(
        {.load_balancer = balancer, .default_ref = foreign, .sni_refs = {there.ref}, .port = 444}
    );
    give(other);
    start();
    kube.create({.name = "web", .certificate = there.id, .listener = shared, .sni = true, .secret = "cloud"});
    ASSERT_TRUE(until([&] { return kube.state("web") == "active"; })) << kube.object("web").dump(1);
    EXPECT_EQ(kube.object("web")["status"]["cloud"]["credentialSource"], "Secret");
    EXPECT_EQ(sim.puts(), 0U);
    crash();
    kube.update("web", [](auto& object) { object["spec"].erase("cloudCredentialsRef"); });
    start();
    kube.remove("web");
    advance(1h);
    ASSERT_TRUE(kube.exists("web"));
    EXPECT_EQ(kube.ready_reason("web"), "CredentialsMissing");
    EXPECT_EQ(sim.get_listener(shared).sni_refs, std::set{there.ref});
}

TEST_F(credentials, of_the_controller_are_not_borrowed_for_what_another_project_put_there)
{
    attach();
    crash();
    kube.set_secret("cloud", {});
    kube.update("web", [](auto& object) {
        object["spec"].erase("cloudCredentialsRef");
        object["status"]["cloud"]["projectId"] = "another";
        object["status"]["cloud"]["credentialSource"] = "Controller";
    });
    start();
    kube.remove("web");
    advance(1h);
    ASSERT_TRUE(kube.exists("web"));
    EXPECT_EQ(kube.ready_reason("web"), "CredentialsMissing");
    EXPECT_THAT(kube.message("web"), HasSubstr("abandon=\"true\""));
    EXPECT_EQ(served("any.example.com"), a.ref);
}

TEST_F(credentials, of_the_controller_are_borrowed_for_a_forged_status_and_remove_nothing)
{
    const auto there = certificate("there.example.com");
    const auto shared = sim.add_listener(
        {.load_balancer = balancer, .default_ref = foreign, .sni_refs = {there.ref}, .port = 444}
    );
    admitted = {.all = false, .namespaces = {"certificate-binding"}};
    start();
    kube.create(
        {.name = "own", .certificate = a.id, .listener = listener, .name_space = "certificate-binding"}
    );
    ASSERT_TRUE(until([&] { return kube.state("own") == "active"; }));
    kube.create({.name = "web", .certificate = there.id, .listener = shared, .sni = true});
    ASSERT_TRUE(says("CredentialsMissing"));
    const auto puts = sim.puts();
    kube.update("web", [&](auto& object) {
        object["metadata"]["finalizers"] = {"certificates.bycloud.io/detach"};
        object["status"]["cloud"] = kube.object("own")["status"]["cloud"];
        object["status"]["attachments"] = {{{"containerRef", there.ref}, {"slot", "sni"}, {"confirmed", true}}
        };
    });
    kube.remove("web");
    ASSERT_TRUE(until([&] { return !kube.exists("web"); })) << kube.object("web").dump(1);
    EXPECT_EQ(sim.get_listener(shared).sni_refs, std::set{there.ref});
    EXPECT_EQ(sim.puts(), puts);
}

TEST_F(credentials, no_secret_reaches_a_log_or_a_status)
{
    support::log_capture log;
    support::set_log(support::log_level::debug, support::log_format::json);
    attach();
    give(other);
    kube.set_secret("cloud", {});
    ASSERT_TRUE(says("CredentialsMissing"));
    sim.remove_application_credential(other.id);
    sim.revoke_tokens();
    give(other);
    ASSERT_TRUE(says("CredentialsInvalid"));
    for (const auto& given : {credential, other})
    {
        EXPECT_THAT(log.text() + kube.object("web").dump(), Not(HasSubstr(given.secret)));
    }
    support::set_log(support::log_level::info, support::log_format::text);
}

// ---- own-credential: several credentials on one listener ----

// "web" acts with the Secret "cloud", a binding of `with_other` with the Secret "other".
class two_credentials : public credentials
{
protected:
    two_credentials() { b = certificate("b.example.com"); }

    void give_both(const cloudsim::control::credential& second)
    {
        give(credential);
        kube.set_secret("other", {{"clouds.yaml", test::controller_process::clouds_yaml(second)}});
        start();
    }

    void first(const std::string& id, bool sni, int age = 60)
    {
        kube.create(
            {.name = "web",
             .certificate = id,
             .listener = listener,
             .sni = sni,
             .age_seconds = age,
             .secret = "cloud"}
        );
    }
    void second(const std::string& id, bool sni, const std::string& uid = {})
    {
        kube.create(
            {.name = "next",
             .certificate = id,
             .listener = listener,
             .sni = sni,
             .secret = "other",
             .uid = uid}
        );
    }

    cloudsim::control::certificate b;
};

TEST_F(two_credentials, of_one_project_share_a_listener_and_leave_each_other_alone)
{
    give_both(other);
    first(a.id, true);
    second(b.id, true);
    ASSERT_TRUE(becomes("web", "Attached"));
    ASSERT_TRUE(becomes("next", "Attached")) << kube.object("next").dump(1);
    EXPECT_EQ(served("a.example.com"), a.ref);
    EXPECT_EQ(served("b.example.com"), b.ref);
    EXPECT_EQ(sim.puts(), 2U);
    kube.remove("web");
    kube.remove("next");
    ASSERT_TRUE(goes("web") && goes("next"));
    EXPECT_THAT(sim.get_listener(listener).sni_refs, IsEmpty());
    EXPECT_EQ(sim.get_listener(listener).default_ref, foreign);
}

TEST_F(two_credentials, the_older_default_wins_over_the_credentials)
{
    give_both(other);
    first(a.id, false);
    second(b.id, false);
    ASSERT_TRUE(becomes("web", "Attached"));
    ASSERT_TRUE(becomes("next", "Conflict")) << kube.object("next").dump(1);
    EXPECT_THAT(
        kube.message("next"), HasSubstr("409: binding shop/web has the listener's default certificate")
    );
    EXPECT_EQ(served("any.example.com"), a.ref);
    EXPECT_EQ(sim.puts(), 1U) << "who has to lose is never attached";
    crash();
    start();
    advance(30min);
    EXPECT_EQ(sim.puts(), 1U) << "nothing flaps over a restart";
    EXPECT_EQ(kube.ready_reason("next"), "Conflict");
}

TEST_F(two_credentials, are_waited_for_until_each_has_read_the_listener)
{
    for (const std::uint64_t slow : {0U, 1U})
    {
        kube.set_secret("cloud", {{"clouds.yaml", test::controller_process::clouds_yaml(credential)}});
        kube.set_secret("other", {{"clouds.yaml", test::controller_process::clouds_yaml(other)}});
        first(a.id, false);
        second(b.id, false);
        const auto puts = sim.puts();
        sim.remove_rules();
        sim.delay({.service = "load-balancer", .method = "GET", .path = "/listeners/", .skip = slow}, 3s);
        start();
        ASSERT_TRUE(becomes("web", "Attached")) << kube.object("web").dump(1);
        ASSERT_TRUE(becomes("next", "Conflict")) << kube.object("next").dump(1);
        EXPECT_EQ(sim.puts(), puts + 1) << "who has to lose is not attached because it was faster";
        kube.remove("next");
        kube.remove("web");
        ASSERT_TRUE(goes("web") && goes("next"));
        crash();
    }
    start();
}

TEST_F(two_credentials, for_one_keystone_in_two_spellings_share_its_listeners)
{
    const std::string spelled = "http://127.0.0.1:15000/v3";
    auto text = test::controller_process::clouds_yaml(other);
    text.replace(text.find(spelled), spelled.size(), "HTTP://127.0.0.1:15000/");
    give(credential);
    kube.set_secret("other", {{"clouds.yaml", text}});
    start();
    first(a.id, false);
    second(b.id, false);
    ASSERT_TRUE(becomes("web", "Attached"));
    ASSERT_TRUE(becomes("next", "Conflict")) << kube.object("next").dump(1);
    EXPECT_EQ(served("any.example.com"), a.ref);
    EXPECT_EQ(sim.puts(), 1U);
}

TEST_F(two_credentials, an_older_binding_takes_the_default_from_a_younger_one_that_is_attached)
{
    give_both(other);
    second(b.id, false);
    ASSERT_TRUE(becomes("next", "Attached"));
    first(a.id, false);
    ASSERT_TRUE(becomes("web", "Attached"));
    ASSERT_TRUE(becomes("next", "Conflict"));
    EXPECT_EQ(served("any.example.com"), a.ref);
    EXPECT_THAT(kube.attachments("next"), IsEmpty());
    EXPECT_EQ(kube.object("web")["status"]["replacedDefaultRef"], foreign)
        << "the recorded default travels with the slot";
    kube.remove("next");
    kube.remove("web");
    ASSERT_TRUE(goes("web") && goes("next"));
    EXPECT_EQ(served("any.example.com"), foreign);
}

TEST_F(two_credentials, a_binding_of_the_same_second_takes_nothing_from_one_that_is_attached)
{
    give_both(other);
    first(a.id, false, 0);
    ASSERT_TRUE(becomes("web", "Attached"));
    second(b.id, false, support::uuid().str());
    ASSERT_LT(kube.object("next")["metadata"]["uid"], kube.object("web")["metadata"]["uid"]);
    ASSERT_TRUE(becomes("next", "Conflict")) << kube.object("next").dump(1);
    crash();
    start();
    advance(30min);
    EXPECT_EQ(kube.ready_reason("web"), "Attached");
    EXPECT_EQ(kube.ready_reason("next"), "Conflict");
    EXPECT_EQ(served("any.example.com"), a.ref);
    EXPECT_EQ(sim.puts(), 1U);
}

TEST_F(two_credentials, the_loser_takes_over_when_the_winner_goes)
{
    give_both(other);
    first(a.id, false);
    second(b.id, false);
    ASSERT_TRUE(becomes("web", "Attached") && becomes("next", "Conflict"));
    kube.remove("web");
    ASSERT_TRUE(goes("web")) << kube.object("web").dump(1);
    ASSERT_TRUE(becomes("next", "Attached"));
    EXPECT_EQ(sim.puts(), 2U) << "one change hands it over";
    kube.remove("next");
    ASSERT_TRUE(goes("next"));
    EXPECT_EQ(served("any.example.com"), foreign);
}

TEST_F(two_credentials, a_duplicate_passes_on_without_a_change)
{
    give_both(other);
    first(a.id, true);
    ASSERT_TRUE(becomes("web", "Attached"));
    second(a.id, true);
    ASSERT_TRUE(becomes("next", "Conflict"));
    EXPECT_THAT(kube.message("next"), HasSubstr("409: binding shop/web binds this certificate"));
    kube.remove("web");
    ASSERT_TRUE(goes("web")) << kube.object("web").dump(1);
    ASSERT_TRUE(becomes("next", "Attached"));
    EXPECT_EQ(sim.puts(), 1U);
    EXPECT_EQ(served("a.example.com"), a.ref);
    advance(1min);
    EXPECT_TRUE(std::ranges::none_of(kube.events, [](const auto& event) {
        return event["reason"] == "RefsOrphaned";
    }));
}

TEST_F(two_credentials, an_heir_that_does_not_come_is_waited_for_a_minute)
{
    give_both(other);
    first(a.id, false);
    second(b.id, false);
    ASSERT_TRUE(becomes("web", "Attached") && becomes("next", "Conflict"));
    kube.before_write = [](const kube::patch_request& request) -> std::optional<support::error> {
        return request.name == "next" ? std::optional(support::error{support::errc::unreachable, "no", 0, {}})
                                      : std::nullopt;
    };
    kube.remove("web");
    advance(50s);
    EXPECT_EQ(served("any.example.com"), a.ref);
    ASSERT_TRUE(goes("web")) << kube.object("web").dump(1);
    EXPECT_EQ(served("any.example.com"), foreign) << "the one before goes back";
}

TEST_F(two_credentials, a_put_of_the_other_is_waited_for)
{
    give_both(other);
    sim.hold({.service = "load-balancer", .method = "PUT", .when = "during"});
    first(a.id, true);
    ASSERT_TRUE(until([&] { return !sim.held().empty(); }));
    second(b.id, true);
    advance(20s);
    EXPECT_EQ(sim.puts(), 1U);
    EXPECT_NE(kube.state("next"), "active");
    sim.release();
    ASSERT_TRUE(becomes("web", "Attached") && becomes("next", "Attached"));
    EXPECT_EQ(served("a.example.com"), a.ref);
    EXPECT_EQ(served("b.example.com"), b.ref);
}

TEST_F(two_credentials, a_put_under_way_when_the_content_changes_is_resolved)
{
    give_both(other);
    sim.hold({.service = "load-balancer", .method = "PUT", .when = "during"});
    first(a.id, true);
    ASSERT_TRUE(until([&] { return !sim.held().empty(); }));
    give(other);
    advance(5s);
    EXPECT_EQ(sim.puts(), 1U);
    sim.release();
    ASSERT_TRUE(becomes("web", "Attached")) << kube.object("web").dump(1);
    EXPECT_EQ(sim.puts(), 1U);
    EXPECT_EQ(kube.attachments("web").size(), 1U);
}

TEST_F(two_credentials, a_deletion_waits_for_the_put_of_the_credential_that_it_had)
{
    give_both(other);
    advance(2min);  // no PUT of an earlier process can take effect any more
    sim.hold({.service = "load-balancer", .method = "PUT", .when = "during"});
    first(a.id, true);
    ASSERT_TRUE(until([&] { return !sim.held().empty(); }));
    kube.remove("web");
    give(other);
    advance(20s);
    EXPECT_TRUE(kube.exists("web")) << "the PUT may still put its certificate there";
    sim.release();
    ASSERT_TRUE(goes("web")) << kube.object("web").dump(1);
    EXPECT_THAT(sim.get_listener(listener).sni_refs, IsEmpty());
}

// "web" may read the listener but not change it.
class one_that_may_not_write : public two_credentials
{
protected:
    one_that_may_not_write()
    {
        const auto user =
            sim.add_user("observer", project, std::set<std::string>{"load-balancer_observer", "creator"});
        give(sim.add_application_credential(user, project));
        kube.set_secret("other", {{"clouds.yaml", test::controller_process::clouds_yaml(other)}});
        start();
    }
};

TEST_F(one_that_may_not_write, does_not_keep_the_next_one_away)
{
    first(a.id, false);
    ASSERT_TRUE(becomes("web", "ListenerAccessDenied")) << kube.object("web").dump(1);
    second(b.id, false);
    ASSERT_TRUE(becomes("next", "Attached")) << kube.object("next").dump(1);
    ASSERT_TRUE(becomes("web", "ListenerAccessDenied")) << "it waited for the change of the other";
    const auto writes = kube.writes.size();
    advance(1h);
    crash();
    start();
    advance(1h);
    EXPECT_EQ(kube.ready_reason("web"), "ListenerAccessDenied");
    EXPECT_EQ(kube.state("next"), "active");
    EXPECT_EQ(kube.writes.size(), writes) << "neither flaps, also over a restart";
    EXPECT_EQ(served("any.example.com"), b.ref);
    kube.remove("web");
    ASSERT_TRUE(goes("web")) << kube.object("web").dump(1);
    EXPECT_EQ(served("any.example.com"), b.ref);
}

TEST_F(one_that_may_not_write, is_no_longer_waited_for_by_who_lost_to_it)
{
    second(b.id, false);
    first(a.id, false);
    ASSERT_TRUE(becomes("web", "ListenerAccessDenied")) << kube.object("web").dump(1);
    ASSERT_TRUE(becomes("next", "Attached")) << kube.object("next").dump(1);
    EXPECT_EQ(served("any.example.com"), b.ref);
}

TEST_F(one_that_may_not_write, wins_again_once_it_may)
{
    first(a.id, false);
    second(b.id, false);
    ASSERT_TRUE(becomes("next", "Attached")) << kube.object("next").dump(1);
    give(credential);
    ASSERT_TRUE(becomes("web", "Attached")) << kube.object("web").dump(1);
    ASSERT_TRUE(becomes("next", "Conflict")) << kube.object("next").dump(1);
    EXPECT_EQ(served("any.example.com"), a.ref);
}

// The controller does not believe a ledger that another client writes while the controller runs, even if the
// forged ledger moves the binding to another target.
TEST_F(credentials, of_the_controller_are_not_borrowed_for_a_forged_status)
{
    const auto shared =
        sim.add_listener({.load_balancer = balancer, .default_ref = foreign, .sni_refs = {a.ref}, .port = 444}
        );
    start();
    kube.create({.name = "web", .certificate = a.id, .listener = shared, .sni = true});
    ASSERT_TRUE(says("CredentialsMissing"));
    kube.update("web", [&](auto& object) {
        object["metadata"]["finalizers"] = {"certificates.bycloud.io/detach"};
        object["metadata"]["deletionTimestamp"] = "2026-11-24T00:00:00Z";
        object["status"]["attachments"] = {{{"containerRef", a.ref}, {"slot", "sni"}, {"confirmed", true}}};
        object["status"]["cloud"] = {
            {"identity", "http://127.0.0.1:15000/v3"},
            {"projectId", project},
            {"region", "sao1"},
            {"credentialSource", "Controller"}
        };
    });
    advance(1h);
    EXPECT_EQ(sim.puts(), 0U);
    EXPECT_EQ(sim.get_listener(shared).sni_refs, std::set{a.ref});
}

TEST_F(two_credentials, a_put_of_an_earlier_process_is_waited_for)
{
    give_both(other);
    sim.hold({.service = "load-balancer", .method = "PUT", .when = "during"});
    first(a.id, true);
    ASSERT_TRUE(until([&] { return !sim.held().empty(); }));
    crash();
    second(b.id, true);
    start();
    advance(25s);
    EXPECT_EQ(sim.puts(), 1U);
    EXPECT_NE(kube.state("next"), "active");
    sim.release();
    ASSERT_TRUE(becomes("web", "Attached") && becomes("next", "Attached"));
    EXPECT_EQ(served("a.example.com"), a.ref);
    EXPECT_EQ(served("b.example.com"), b.ref);
}

TEST_F(two_credentials, a_put_of_an_earlier_process_is_waited_for_as_long_as_the_listeners_refs_take)
{
    std::set<std::string> many;
    for (int i = 0; i < 20; ++i)
    {
        many.insert(certificate("foreign-" + std::to_string(i) + ".example.com").ref);
    }
    sim.set_listener_refs(listener, foreign, many);
    give(credential);
    start();
    sim.hold({.service = "load-balancer", .method = "PUT", .when = "during"});
    first(a.id, true);
    ASSERT_TRUE(until([&] { return !sim.held().empty(); }));
    crash();
    kube.remove("web");
    kube.set_secret("cloud", {});
    start();
    advance(1s);
    give(credential);
    advance(40s);
    EXPECT_TRUE(kube.exists("web")) << "the PUT may still take effect";
    sim.release();
    ASSERT_TRUE(goes("web")) << kube.object("web").dump(1);
    EXPECT_EQ(sim.get_listener(listener).sni_refs, many);
}

TEST_F(
    two_credentials, of_one_content_that_come_one_after_the_other_after_a_start_take_nothing_from_each_other
)
{
    give_both(credential);
    first(a.id, false);
    second(b.id, false);
    ASSERT_TRUE(becomes("web", "Attached") && becomes("next", "Conflict"));
    crash();
    kube.set_secret("cloud", {});
    sim.hold({.service = "load-balancer", .method = "GET"});
    start();
    ASSERT_TRUE(until([&] { return !sim.held().empty(); })) << "the pass of next is under way";
    give(credential);
    sim.release();
    advance(10min);
    EXPECT_EQ(kube.ready_reason("web"), "Attached") << kube.object("web").dump(1);
    EXPECT_EQ(kube.ready_reason("next"), "Conflict");
    EXPECT_EQ(served("any.example.com"), a.ref);
    EXPECT_EQ(sim.puts(), 1U);
}

// The owner of the listener and an administrator with certificates of another project.
class two_projects : public two_credentials
{
protected:
    two_projects()
    {
        const auto ops = sim.add_project("ops");
        admin = sim.add_application_credential(
            sim.add_user("admin", ops, std::set<std::string>{"load-balancer_admin", "creator", "member"}), ops
        );
        theirs = sim.add_certificate({.project = ops, .names = {"ops.example.com"}});
    }

    cloudsim::control::credential admin;
    cloudsim::control::certificate theirs;
};

TEST_F(two_projects, the_second_ones_sni_certificate_is_blocked_and_the_first_not_disturbed)
{
    give_both(admin);
    first(a.id, true);
    ASSERT_TRUE(becomes("web", "Attached"));
    const auto writes = std::ranges::count(kube.writes, "web status");
    second(theirs.id, true);
    ASSERT_TRUE(becomes("next", "BlockedByUnreadableRef")) << kube.object("next").dump(1);
    EXPECT_THAT(kube.message("next"), HasSubstr(a.ref + " of binding shop/web is not readable"));
    advance(1h);
    EXPECT_EQ(sim.puts(), 1U) << "nothing is written";
    EXPECT_EQ(kube.state("web"), "active");
    EXPECT_EQ(std::ranges::count(kube.writes, "web status"), writes);
    EXPECT_THAT(kube.attachments("next"), IsEmpty());
    kube.remove("web");
    ASSERT_TRUE(goes("web"));
    ASSERT_TRUE(until([&] { return kube.state("next") == "active"; }, 10s)) << kube.object("next").dump(1);
    EXPECT_EQ(served("ops.example.com"), theirs.ref);
}

TEST_F(two_projects, each_ones_default_is_set_with_its_own_credential)
{
    give_both(admin);
    first(a.id, false);
    ASSERT_TRUE(becomes("web", "Attached"));
    second(theirs.id, false);
    ASSERT_TRUE(becomes("next", "Conflict")) << kube.object("next").dump(1);
    const auto writes = kube.writes.size();
    advance(30min);
    crash();
    start();
    advance(30min);
    EXPECT_EQ(sim.puts(), 1U) << "nothing flaps, also over a restart";
    EXPECT_EQ(served("any.example.com"), a.ref);
    EXPECT_EQ(kube.ready_reason("next"), "Conflict");
    EXPECT_EQ(kube.writes.size(), writes);
    kube.remove("web");
    ASSERT_TRUE(goes("web")) << kube.object("web").dump(1);
    ASSERT_TRUE(becomes("next", "Attached")) << kube.object("next").dump(1);
    EXPECT_EQ(served("any.example.com"), theirs.ref) << "the owner's credential cannot read it";
    EXPECT_EQ(sim.puts(), 2U) << "one change hands it over";
}

}  // namespace
