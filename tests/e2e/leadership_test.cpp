// Several processes of the controller with the rights of the chart, on a real API server. A Lease says which
// of them works. Its times are shorter than the defaults, so that the tests do not take long.
#include "e2e/world.hpp"
#include "e2e/write_gate.hpp"
#include "testbed/eventually.hpp"
#include "testbed/files.hpp"
#include "testbed/kubeconfig.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <csignal>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace e2e {
namespace {

using nlohmann::json;
using testing::AssertionResult;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr auto won = "this process leads";
constexpr auto lost = "this process does not lead any more";

class leadership : public world
{
protected:
    // The log of the process is folder/<name>.log.
    testbed::child& start(const std::string& name, const std::vector<std::string>& more_flags = {})
    {
        std::vector<std::string> flags{
            "--write-deadline=3s",
            "--leader-elect",
            "--leader-elect-lease-duration=3s",
            "--leader-elect-renew-deadline=2s",
            "--leader-elect-retry-period=500ms",
            "--leader-elect-resource-namespace",
            testbed::release_namespace,
            "--bindings-api-address=0"
        };
        flags.insert(flags.end(), more_flags.begin(), more_flags.end());
        return *(
            processes[name] = std::make_unique<testbed::child>(
                testbed::world::another_controller(folder / "clouds.yaml", flags, name + ".log")
            )
        );
    }

    std::string log(const std::string& name) const { return testbed::read_file(folder / (name + ".log")); }

    AssertionResult says(const std::string& name, const std::string& text) const
    {
        return testbed::eventually(name + " says: " + text, [&] {
            return AssertionResult(log(name).contains(text)) << log(name);
        });
    }

    json lease() const
    {
        const auto shown = kubernetes().kubectl(
            {"get", "lease", testbed::release_name, "--namespace", testbed::release_namespace, "-o", "json"}
        );
        return json::parse(shown.out);
    }

    void TearDown() override
    {
        processes.clear();
        // The next test begins without a holder.
        kubernetes().kubectl(
            {"delete",
             "lease",
             testbed::release_name,
             "--namespace",
             testbed::release_namespace,
             "--ignore-not-found"}
        );
        world::TearDown();
    }

    std::map<std::string, std::unique_ptr<testbed::child>> processes;
};

TEST_F(leadership, a_leader_that_is_killed_is_followed_by_the_other)
{
    start("one");
    ASSERT_TRUE(says("one", won));
    start("two");
    ASSERT_TRUE(says("two", "another process leads"));
    const auto a = certificate("a.example.com");
    apply({{.name = "a", .certificate = a.id, .listener = listener}});
    ASSERT_TRUE(is_active("a"));
    EXPECT_THAT(log("two"), Not(HasSubstr(won)));

    processes["one"]->signal(SIGKILL);
    const auto b = certificate("b.example.com");
    apply({{.name = "b", .certificate = b.id, .listener = listener, .sni = true}});
    ASSERT_TRUE(is_active("b"));
    EXPECT_EQ(served(listener, "b.example.com"), b.ref);
    EXPECT_EQ(served(listener, "any.example.com"), a.ref);
    EXPECT_EQ(sim->puts(), 2U);
    EXPECT_EQ(lease()["spec"]["leaseTransitions"], 1);
}

TEST_F(leadership, a_leader_that_ends_releases_the_lease_and_promises_that_no_put_is_in_doubt)
{
    start("one");
    ASSERT_TRUE(says("one", won));
    const auto a = certificate("a.example.com");
    apply({{.name = "a", .certificate = a.id, .listener = listener}});
    ASSERT_TRUE(is_active("a"));
    processes["one"]->signal(SIGTERM);
    EXPECT_EQ(processes["one"]->wait(), 0);
    EXPECT_EQ(lease()["spec"]["holderIdentity"], "");
    EXPECT_EQ(lease()["metadata"]["annotations"]["certificates.bycloud.io/every-put-resolved"], "true");

    start("two");
    ASSERT_TRUE(says("two", won));
    EXPECT_THAT(log("two"), Not(HasSubstr("may be in doubt")));
    EXPECT_FALSE(lease()["metadata"]
                     .value("annotations", json::object())
                     .contains("certificates.bycloud.io/every-put-resolved"));
    remove("a");
    EXPECT_TRUE(is_gone("a"));
    EXPECT_EQ(served(listener, "any.example.com"), foreign);
}

// The process stops between its write-ahead and its PUT. When it goes on, another process has led for long.
TEST_F(leadership, a_leader_that_was_stopped_sends_nothing_when_it_goes_on)
{
    std::atomic<pid_t> leader = 0;
    std::atomic<bool> stopped = false;
    const auto config = testbed::read_file(kubernetes().admin_kubeconfig());
    const std::string before = "server: https://127.0.0.1:";
    write_gate gate(
        std::stoi(config.substr(config.find(before) + before.size())),
        tls_pair{kubernetes().folder() / "apiserver.crt", kubernetes().folder() / "apiserver.key"},
        [&](const seen_write& write) {
            if (write.path.ends_with("/certificatebindings/a/status") &&
                write.body.contains("\"confirmed\":false") && !stopped.exchange(true))
            {
                ::kill(leader, SIGSTOP);
            }
        }
    );
    const auto account = kubernetes().kubectl(
        {"create", "token", testbed::release_name, "--namespace", testbed::release_namespace}
    );
    testbed::write_kubeconfig(
        folder / "through-the-gate.conf",
        {.port = gate.port(), .authority = kubernetes().folder() / "ca.crt"},
        account.out.substr(0, account.out.find('\n'))
    );
    leader = start("one", {"--kubeconfig", (folder / "through-the-gate.conf").string()}).pid();
    ASSERT_TRUE(says("one", won));
    start("two");
    ASSERT_TRUE(says("two", "another process leads"));
    const auto a = certificate("a.example.com");
    apply({{.name = "a", .certificate = a.id, .listener = listener}});
    ASSERT_TRUE(says("two", won));
    ASSERT_TRUE(stopped);
    ASSERT_TRUE(is_active("a"));
    EXPECT_EQ(sim->puts(), 1U);
    processes["one"]->signal(SIGCONT);
    ASSERT_TRUE(says("one", lost));
    processes["one"]->signal(SIGTERM);
    EXPECT_EQ(processes["one"]->wait(), 0);
    EXPECT_EQ(sim->puts(), 1U);
    EXPECT_THAT(log("one"), Not(HasSubstr("changing the listener")));
}

// One process after the other is replaced while bindings come, as in a rolling update of two replicas.
TEST_F(leadership, a_rolling_update_sends_no_put_twice_and_disturbs_no_binding)
{
    start("old-1");
    ASSERT_TRUE(says("old-1", won));
    start("old-2");
    std::map<std::string, std::string> ready_since;
    const auto add = [&](const std::string& name) {
        const auto added = certificate(name + ".example.com");
        apply({{.name = name, .certificate = added.id, .listener = listener, .sni = true}});
    };
    const auto since = [&](const std::string& name) {
        for (const json& condition : binding(name)["status"]["conditions"])
        {
            if (condition["type"] == "Ready")
            {
                return condition.dump();
            }
        }
        return std::string();
    };
    for (const char* name : {"a", "b", "c"})
    {
        add(name);
    }
    for (const char* name : {"a", "b", "c"})
    {
        ASSERT_TRUE(is_active(name));
        ready_since[name] = since(name);
    }
    int number = 0;
    for (const std::string old : {"old-1", "old-2"})
    {
        const std::string fresh = "new-" + std::to_string(++number);
        start(fresh);
        ASSERT_TRUE(says(fresh, "all bindings are listed"));
        add("during-" + std::to_string(number));
        processes[old]->signal(SIGTERM);
        EXPECT_EQ(processes[old]->wait(), 0);
        add("after-" + std::to_string(number));
    }
    for (const char* name : {"during-1", "after-1", "during-2", "after-2"})
    {
        ASSERT_TRUE(is_active(name));
    }
    for (const auto& [name, condition] : ready_since)
    {
        EXPECT_EQ(since(name), condition);
    }
    std::vector<std::string> bodies;
    std::vector<std::string> twice;
    for (const auto& request : sim->log())
    {
        if (request.service != "load-balancer" || request.method != "PUT")
        {
            continue;
        }
        if (!bodies.empty() && bodies.back() == request.body.dump())
        {
            twice.push_back(request.body.dump());
        }
        bodies.push_back(request.body.dump());
    }
    EXPECT_THAT(twice, IsEmpty());
    EXPECT_THAT(bodies, Not(IsEmpty()));
}

// ---- several controllers that divide the bindings ----

class division : public leadership
{
protected:
    void start_part(const std::string& region)
    {
        start(
            region,
            {"--label-selector",
             "region=" + region,
             "--leader-elect=false",
             "--leader-elect-resource-name",
             region}
        );
    }

    void apply_with(
        const std::string& name, const cloudsim::control::certificate& of, const std::string& region, bool sni
    )
    {
        const json object{
            {"apiVersion", "certificates.bycloud.io/v1alpha1"},
            {"kind", "CertificateBinding"},
            {"metadata", {{"name", name}, {"namespace", name_space}, {"labels", {{"region", region}}}}},
            {"spec",
             {{"certificateId", of.id},
              {"resourceId", listener},
              {"region", "sao1"},
              {"options", {{"sni", sni}}}}}
        };
        kubectl({"apply", "-f", "-"}, object.dump());
    }
};

TEST_F(division, each_controller_acts_on_the_bindings_with_its_labels)
{
    start_part("north");
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    apply_with("a", a, "north", true);
    apply_with("b", b, "south", true);
    ASSERT_TRUE(is_active("a"));
    EXPECT_TRUE(binding("b")["status"]["conditions"].is_null());
    kubectl({"label", "--overwrite", "certificatebinding", "b", "region=north"});
    ASSERT_TRUE(is_active("b"));
    // A binding that leaves keeps its certificate.
    kubectl({"label", "--overwrite", "certificatebinding", "a", "region=south"});
    EXPECT_EQ(served(listener, "a.example.com"), a.ref);
    EXPECT_EQ(served(listener, "b.example.com"), b.ref);
    EXPECT_THAT(events("RefsOrphaned"), IsEmpty());
}

TEST_F(division, bindings_without_a_controller_are_found_as_documented)
{
    const auto any = certificate("a.example.com");
    for (const std::string region : {"north", "south", "west"})
    {
        apply_with("of-" + region, any, region, true);
    }
    apply({{.name = "without-label", .certificate = any.id, .listener = listener}});
    const auto text = testbed::read_file(OPERATIONS_FILE);
    const std::string before = "kubectl get certbind --all-namespaces --selector '";
    const auto from = text.find(before);
    ASSERT_NE(from, std::string::npos);
    auto selector =
        text.substr(from + before.size(), text.find('\'', from + before.size()) - from - before.size());
    for (const auto& [documented, region] : {std::pair("sao1", "north"), std::pair("mad1", "south")})
    {
        const auto at = selector.find(documented);
        ASSERT_NE(at, std::string::npos) << selector;
        selector.replace(at, std::string(documented).size(), region);
    }
    EXPECT_EQ(
        kubectl({"get", "certbind", "--selector", selector, "-o", "jsonpath={.items[*].metadata.name}"}),
        "of-west without-label"
    );
}

TEST_F(division, a_listener_that_is_divided_belongs_to_the_controller_of_its_oldest_binding)
{
    start_part("north");
    const auto a = certificate("a.example.com");
    const auto b = certificate("b.example.com");
    apply_with("a", a, "north", false);
    ASSERT_TRUE(is_active("a"));
    start_part("south");
    // The age of a binding has whole seconds.
    const auto created = binding("a")["metadata"]["creationTimestamp"];
    ASSERT_TRUE(testbed::eventually("a later second", [&] {
        const auto made = try_kubectl({"create", "configmap", "clock", "-o", "json"});
        kubectl({"delete", "configmap", "clock", "--ignore-not-found"});
        return made.code == 0 && json::parse(made.out)["metadata"]["creationTimestamp"] > created;
    }));
    apply_with("b", b, "south", false);
    ASSERT_TRUE(becomes("b", "Conflict"));
    EXPECT_THAT(message("b"), HasSubstr("certificate-binding-controller/north"));
    EXPECT_EQ(served(listener, "any.example.com"), a.ref);
    EXPECT_EQ(sim->puts(), 1U);
    kubectl({"label", "--overwrite", "certificatebinding", "a", "region=south"});
    ASSERT_TRUE(testbed::eventually("b yields to a within one controller", [&] {
        return AssertionResult(message("b").contains("has the listener's default certificate"))
               << message("b");
    }));
    remove("b");
    EXPECT_TRUE(is_gone("b"));
    EXPECT_EQ(served(listener, "any.example.com"), a.ref);
}

}  // namespace
}  // namespace e2e
