// A controller that may open few files, beside bindings that name far more Secrets, whose clouds do not
// answer.
#include "e2e/cluster_api.hpp"
#include "e2e/silent_port.hpp"
#include "e2e/world.hpp"
#include "testbed/eventually.hpp"
#include "testbed/files.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <iterator>
#include <memory>
#include <stop_token>
#include <thread>

namespace e2e {
namespace {

using nlohmann::json;
using testing::AssertionResult;
using testing::HasSubstr;
using testing::Not;

constexpr int most_files = 256;
constexpr int crowd_namespaces = 11;
constexpr int names_each = 100;  // as many as the controller reads of one namespace
constexpr int silent_servers = 20;

std::size_t open_files_of(pid_t process)
{
    std::error_code gone;
    const std::filesystem::directory_iterator open("/proc/" + std::to_string(process) + "/fd", gone);
    return gone ? 0 : static_cast<std::size_t>(std::distance(begin(open), end(open)));
}

class open_files : public world
{
protected:
    ~open_files() override
    {
        std::vector<std::string> arguments{"delete", "namespace", "--wait=false"};
        for (int i = 0; i < crowd_namespaces; ++i)
        {
            arguments.push_back(crowd(i));
        }
        kubernetes().kubectl(arguments);
    }

    std::string crowd(int number) const { return name_space + "-crowd-" + std::to_string(number); }

    // Creates the Secrets and bindings of one namespace, and lets the controller read the Secrets.
    void create_crowd(int number) const
    {
        const auto config = testbed::read_file(kubernetes().admin_kubeconfig());
        const std::string before = "server: https://127.0.0.1:";
        cluster_api api(std::stoi(config.substr(config.find(before) + before.size())), kubernetes().folder());
        const auto create = [&api](const std::string& path, const json& object) {
            const auto answer = api.ask("POST", path, object);
            EXPECT_EQ(answer.status, 201) << path << ": " << answer.body;
        };
        const std::string space = crowd(number);
        const std::string rights = "/apis/rbac.authorization.k8s.io/v1/namespaces/" + space;
        create("/api/v1/namespaces", {{"metadata", {{"name", space}}}});
        const json rule{{"apiGroups", {""}}, {"resources", {"secrets"}}, {"verbs", {"get", "watch"}}};
        create(rights + "/roles", {{"metadata", {{"name", "read"}}}, {"rules", json::array({rule})}});
        create(
            rights + "/rolebindings",
            {{"metadata", {{"name", "read"}}},
             {"roleRef", {{"apiGroup", "rbac.authorization.k8s.io"}, {"kind", "Role"}, {"name", "read"}}},
             {"subjects",
              json::array(
                  {{{"kind", "ServiceAccount"},
                    {"name", testbed::release_name},
                    {"namespace", testbed::release_namespace}}}
              )}}
        );
        for (int i = 0; i < names_each; ++i)
        {
            const std::string name = "n" + std::to_string(i);
            const std::string url = silent.keystone("127.0.1." + std::to_string(1 + (i % silent_servers)));
            create(
                "/api/v1/namespaces/" + space + "/secrets",
                {{"metadata", {{"name", name}}},
                 {"stringData",
                  {{"clouds.yaml", clouds_yaml(url, {.id = space, .secret = name, .project_id = ""})}}}}
            );
            create(
                "/apis/certificates.bycloud.io/v1alpha1/namespaces/" + space + "/certificatebindings",
                {{"apiVersion", "certificates.bycloud.io/v1alpha1"},
                 {"kind", "CertificateBinding"},
                 {"metadata", {{"name", name}}},
                 {"spec",
                  {{"certificateId", "11111111-1111-4111-8111-111111111111"},
                   {"resourceId", "22222222-2222-4222-8222-222222222222"},
                   {"region", "sao1"},
                   {"cloudCredentialsRef", {{"secretName", name}}}}}}
            );
        }
    }

    void create_all() const
    {
        constexpr int clients = 4;
        std::atomic<int> next = 0;
        std::vector<std::jthread> all;
        for (int i = 0; i < clients; ++i)
        {
            all.emplace_back([this, &next] {
                for (int number = next++; number < crowd_namespaces; number = next++)
                {
                    create_crowd(number);
                }
            });
        }
    }

    void start_with_few_files()
    {
        std::vector<std::string> arguments{
            "-c",
            "ulimit -n " + std::to_string(most_files) + " && exec \"$@\"",
            "sh",
            CONTROLLER,
            "--kubeconfig=" +
                kubernetes()
                    .service_account_kubeconfig(testbed::release_namespace, testbed::release_name)
                    .string(),
            "--cloud-config=" + (folder / "clouds.yaml").string(),
            "--allowed-auth-urls=*",
            "--cloud-timeout=2s",
            "--write-deadline=3s",
            "--namespace=" + name_space
        };
        for (int i = 0; i < crowd_namespaces; ++i)
        {
            arguments.push_back("--namespace=" + crowd(i));
        }
        controller = std::make_unique<testbed::child>(
            testbed::command{.program = "/bin/sh", .arguments = arguments}, folder / "few-files.log"
        );
        watcher = std::jthread([this, pid = controller->pid()](const std::stop_token& stop) {
            while (!stop.stop_requested())
            {
                most_open = std::max(most_open.load(), open_files_of(pid));
                std::this_thread::sleep_for(std::chrono::milliseconds(2));
            }
        });
    }

    silent_port silent;
    std::unique_ptr<testbed::child> controller;
    std::atomic<std::size_t> most_open = 0;
    std::jthread watcher;  // ends first
};

TEST_F(open_files, are_enough_for_a_binding_beside_1100_secrets_of_clouds_that_do_not_answer)
{
    create_all();
    start_with_few_files();
    ASSERT_TRUE(testbed::eventually("the crowd holds all the connections that it may", [&] {
        return AssertionResult(most_open > most_files / 2) << most_open << " open files";
    })) << controller->output();
    const auto a = certificate("a.example.com");
    apply({{.name = "web", .certificate = a.id, .listener = listener}});
    ASSERT_TRUE(is_active("web")) << controller->output();
    EXPECT_EQ(served(listener, "any.example.com"), a.ref);
    remove("web");
    ASSERT_TRUE(is_gone("web")) << controller->output();
    EXPECT_EQ(served(listener, "any.example.com"), foreign);

    EXPECT_LE(most_open, most_files * 3 / 4);
    const std::string log = controller->output();
    EXPECT_THAT(log, HasSubstr("fewer requests may be under way than configured"));
    EXPECT_THAT(log, Not(HasSubstr("oo many open files")));
    controller->signal(SIGTERM);
    EXPECT_EQ(controller->wait(), 0);
}

}  // namespace
}  // namespace e2e
