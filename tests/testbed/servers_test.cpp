#include "testbed/audit_log.hpp"
#include "testbed/environment.hpp"
#include "testbed/eventually.hpp"
#include "testbed/files.hpp"
#include "testbed/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <signal.h>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

using testbed::eventually;
using testbed::outcome;
using testing::AssertionResult;
using testing::HasSubstr;

namespace fs = std::filesystem;

testbed::environment& kubernetes = testbed::environment::add({.controller_manager = true});

// The process ids of the servers whose data are in `folder`.
std::vector<pid_t> servers_of(const fs::path& folder)
{
    std::vector<pid_t> pids;
    for (const auto& entry : fs::directory_iterator("/proc"))
    {
        const auto name = entry.path().filename().string();
        if (name.find_first_not_of("0123456789") != std::string::npos)
        {
            continue;
        }
        try
        {
            const auto words = testbed::read_file(entry.path() / "cmdline");
            const auto program = fs::path(words.c_str()).filename();
            if (words.find(folder.string() + "/") != std::string::npos && program != "testbed-servers" &&
                testbed::process_runs(std::stoi(name)))
            {
                pids.push_back(std::stoi(name));
            }
        }
        catch (const std::runtime_error&)
        {
            // The process has just ended.
            continue;
        }
    }
    return pids;
}

TEST(servers, keep_their_data_and_address_while_the_api_server_is_restarted)
{
    const std::string space = "kept";
    ASSERT_TRUE(succeeds(
        kubernetes->kubectl({"apply", "-f", "-"}, "{apiVersion: v1, kind: Namespace, metadata: {name: kept}}")
    ));

    kubernetes->stop_apiserver();
    EXPECT_NE(kubernetes->kubectl({"get", "namespace", space}).code, 0);
    EXPECT_FALSE(kubernetes->running());

    kubernetes->start_apiserver();
    EXPECT_TRUE(succeeds(kubernetes->kubectl({"get", "namespace", space})));
    EXPECT_TRUE(kubernetes->running());

    kubernetes->stop_apiserver(SIGKILL);
    kubernetes->start_apiserver();
    EXPECT_TRUE(succeeds(kubernetes->kubectl({"get", "namespace", space})));
}

TEST(servers, end_a_namespace_with_what_is_in_it)
{
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"create", "namespace", "ending"})));
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"create", "configmap", "content", "--namespace=ending"})));
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"delete", "namespace", "ending"})));
    EXPECT_THAT(kubernetes->kubectl({"get", "namespace", "ending"}).err, HasSubstr("NotFound"));
}

TEST(servers, let_a_service_account_do_what_its_role_allows_and_nothing_else)
{
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"create", "serviceaccount", "reader"})));
    ASSERT_TRUE(
        succeeds(kubernetes->kubectl({"create", "role", "reader", "--verb=get", "--resource=configmaps"}))
    );
    ASSERT_TRUE(succeeds(kubernetes->kubectl(
        {"create", "rolebinding", "reader", "--role=reader", "--serviceaccount=default:reader"}
    )));
    ASSERT_TRUE(succeeds(kubernetes->kubectl({"create", "configmap", "settings"})));
    const auto kubeconfig = kubernetes->service_account_kubeconfig("default", "reader").string();

    EXPECT_TRUE(succeeds(kubernetes->kubectl({"--kubeconfig", kubeconfig, "get", "configmap", "settings"})));
    EXPECT_THAT(
        kubernetes->kubectl({"--kubeconfig", kubeconfig, "get", "secrets"}).err,
        HasSubstr("User \"system:serviceaccount:default:reader\" cannot list resource \"secrets\"")
    );

    EXPECT_TRUE(eventually("both requests in the audit log", [&] {
        std::vector<std::string> requests;
        for (const auto& request : testbed::read_audit_log(kubernetes->audit_log()))
        {
            if (request.user == "system:serviceaccount:default:reader")
            {
                requests.push_back(testing::PrintToString(request));
            }
        }
        const std::vector<std::string> expected{
            "system:serviceaccount:default:reader get configmaps default/settings 200",
            "system:serviceaccount:default:reader list secrets default/ 403",
        };
        return AssertionResult(requests == expected) << testing::PrintToString(requests);
    }));
}

TEST(servers, refuse_strangers)
{
    const auto kubeconfig = testbed::read_file(kubernetes->admin_kubeconfig());
    const auto without_user = kubernetes->folder() / "stranger.kubeconfig";
    testbed::write_file(
        without_user,
        kubeconfig.substr(0, kubeconfig.find("users:")) + kubeconfig.substr(kubeconfig.find("contexts:"))
    );
    EXPECT_THAT(
        kubernetes->kubectl({"--kubeconfig", without_user.string(), "--token=made-up", "get", "secrets"}).err,
        HasSubstr("Unauthorized")
    );
}

TEST(helm, installs_a_chart)
{
    const auto chart = (kubernetes->folder() / "chart").string();
    ASSERT_TRUE(succeeds(kubernetes->helm({"create", chart})));
    EXPECT_TRUE(succeeds(kubernetes->helm({"lint", "--strict", chart})));
    EXPECT_TRUE(succeeds(kubernetes->helm({"install", "web", chart, "--namespace=web", "--create-namespace"}))
    );
    EXPECT_TRUE(succeeds(kubernetes->kubectl({"get", "deployment", "web-chart", "--namespace=web"})));
}

// The program of the demo; it runs the same class in a process of its own.
class testbed_servers : public testing::Test
{
protected:
    fs::path folder = fs::path(testing::TempDir()) / ("servers-" + std::to_string(::getpid()));

    outcome servers(const std::string& verb) const
    {
        return testbed::run({.program = TESTBED_SERVERS, .arguments = {verb, folder.string()}});
    }

    void TearDown() override
    {
        servers("stop");
        EXPECT_FALSE(fs::exists(folder));
    }
};

TEST_F(testbed_servers, outlive_the_shell_that_started_them_until_they_are_stopped)
{
    ASSERT_TRUE(succeeds(servers("start")));
    const auto kubeconfig = (folder / "admin.kubeconfig").string();
    EXPECT_TRUE(succeeds(kubernetes->kubectl({"--kubeconfig", kubeconfig, "get", "namespace", "default"})));
    EXPECT_EQ(servers_of(folder).size(), 2U);

    const auto second = servers("start");
    EXPECT_EQ(second.code, 1);
    EXPECT_THAT(second.err, HasSubstr("another process runs servers in " + folder.string()));
    EXPECT_EQ(servers_of(folder).size(), 2U);

    EXPECT_TRUE(succeeds(servers("stop")));
    EXPECT_EQ(servers_of(folder).size(), 0U);
    EXPECT_TRUE(succeeds(servers("stop")));
}

TEST_F(testbed_servers, all_end_when_their_owner_is_killed)
{
    testbed::child owner(
        {.program = TESTBED_SERVERS, .arguments = {"run", folder.string()}}, folder.string() + ".log"
    );
    ASSERT_TRUE(eventually("the servers", [&] {
        return AssertionResult(owner.output() == "ready\n" || !owner.running()) << owner.output();
    }));
    ASSERT_EQ(servers_of(folder).size(), 2U) << owner.output();

    owner.signal(SIGKILL);
    EXPECT_EQ(owner.wait(), 128 + SIGKILL);
    EXPECT_TRUE(eventually("an end of the servers", [&] { return servers_of(folder).empty(); }));

    testbed::remove_abandoned(folder.parent_path());
    EXPECT_FALSE(fs::exists(folder));
    fs::remove(folder.string() + ".log");
}

}  // namespace
