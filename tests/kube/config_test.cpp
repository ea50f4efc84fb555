#include "kube/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

namespace {

using support::errc;
using testing::HasSubstr;

// The files and variables of a machine, as maps.
class load_config : public testing::Test
{
protected:
    support::result<kube::config> load(const kube::config_request& request = {})
    {
        return kube::load_config(
            request,
            [this](const std::string& name) {
                const auto it = variables.find(name);
                return it == variables.end() ? std::nullopt : std::optional(it->second);
            },
            [this](const std::string& path) -> support::result<std::string> {
                const auto it = files.find(path);
                if (path == unreadable)
                {
                    return support::fail(errc::invalid, path + ": Permission denied");
                }
                if (it == files.end())
                {
                    return support::fail(errc::unreachable, path + ": No such file or directory");
                }
                return it->second;
            }
        );
    }

    static std::string kubeconfig(const std::string& host, const std::string& context = "c")
    {
        return "current-context: " + context + "\ncontexts: [{name: " + context +
               ", context: {cluster: k}}]\nclusters: [{name: k, cluster: {server: \"https://" + host +
               "\"}}]\n";
    }

    // Every source of a configuration exists.
    void SetUp() override
    {
        files["/flag"] = kubeconfig("flag");
        files["/env"] = kubeconfig("env");
        files["/home/me/.kube/config"] = kubeconfig("home");
        variables["KUBECONFIG"] = "/env";
        variables["HOME"] = "/home/me";
        variables["KUBERNETES_SERVICE_HOST"] = "10.96.0.1";
        variables["KUBERNETES_SERVICE_PORT"] = "443";
    }

    std::map<std::string, std::string> variables;
    std::map<std::string, std::string> files;
    std::string unreadable;
};

TEST_F(load_config, takes_the_flag_then_the_variable_then_the_pod_then_the_home_folder)
{
    EXPECT_EQ(load({.kubeconfig = "/flag", .context = ""})->server.origin.host, "flag");
    EXPECT_EQ(load()->server.origin.host, "env");
    variables["KUBECONFIG"] = "";
    EXPECT_EQ(load()->server.origin.host, "10.96.0.1");
    variables.erase("KUBERNETES_SERVICE_PORT");
    EXPECT_EQ(load()->server.origin.host, "home");
}

TEST_F(load_config, who_names_a_context_means_a_kubeconfig_not_the_pod)
{
    variables.erase("KUBECONFIG");
    EXPECT_EQ(load({.kubeconfig = "", .context = "c"})->server.origin.host, "home");
}

TEST_F(load_config, in_a_pod_the_files_of_the_service_account_are_used)
{
    variables.erase("KUBECONFIG");
    const auto config = load();
    ASSERT_TRUE(config);
    EXPECT_EQ(config->source, "in-cluster service account");
    EXPECT_EQ(config->server.str(), "https://10.96.0.1");
    EXPECT_EQ(config->ca.file, "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt");
    EXPECT_EQ(config->token.file, "/var/run/secrets/kubernetes.io/serviceaccount/token");
    variables["KUBERNETES_SERVICE_HOST"] = "fd00::1";
    variables["KUBERNETES_SERVICE_PORT"] = "6443";
    EXPECT_EQ(load()->server.str(), "https://[fd00::1]:6443");
    variables["KUBERNETES_SERVICE_PORT"] = "many";
    EXPECT_THAT(load().error().message, HasSubstr("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT"));
}

TEST_F(load_config, files_of_a_list_may_be_missing_but_not_all)
{
    variables["KUBECONFIG"] = ":/nothing::/env:";
    EXPECT_EQ(load()->server.origin.host, "env");
    EXPECT_EQ(
        load({.kubeconfig = "", .context = "z"}).error().message,
        "kubeconfig /env: has no context \"z\"; it has: c; also not read: /nothing: No such file or directory"
    );
    variables["KUBECONFIG"] = "/nothing:/nowhere";
    EXPECT_EQ(
        load().error().message,
        "no kubeconfig: /nothing: No such file or directory; give one with --kubeconfig or KUBECONFIG"
    );
    variables["KUBECONFIG"] = ":";
    EXPECT_EQ(load().error().code, errc::invalid);
}

TEST_F(load_config, a_file_of_a_list_that_is_there_must_be_readable)
{
    unreadable = "/secret";
    variables["KUBECONFIG"] = "/env:/secret";
    EXPECT_EQ(
        load().error().message,
        "no kubeconfig: /secret: Permission denied; correct it, or take it off KUBECONFIG"
    );
}

TEST_F(load_config, a_file_that_stands_twice_in_the_list_is_read_once)
{
    variables["KUBECONFIG"] = "/env:/env";
    ASSERT_TRUE(load());
    EXPECT_EQ(
        load({.kubeconfig = "", .context = "z"}).error().message,
        "kubeconfig /env: has no context \"z\"; it has: c"
    );
}

TEST_F(load_config, the_file_of_the_flag_must_be_there)
{
    const auto config = load({.kubeconfig = "/nothing", .context = ""});
    ASSERT_FALSE(config);
    EXPECT_EQ(config.error().code, errc::invalid);
    EXPECT_THAT(config.error().message, HasSubstr("/nothing: No such file or directory"));
}

TEST_F(load_config, without_any_configuration_it_says_how_to_give_one)
{
    files.clear();
    variables = {{"HOME", "/home/me"}};
    EXPECT_EQ(
        load().error().message,
        "no kubeconfig: /home/me/.kube/config: No such file or directory; give one with --kubeconfig or "
        "KUBECONFIG"
    );
}

TEST_F(load_config, a_server_in_a_variable_that_is_not_read_is_named)
{
    files.clear();
    variables = {{"HOME", "/home/me"}, {"KUBERNETES_MASTER", "http://h"}};
    EXPECT_THAT(load().error().message, HasSubstr("KUBECONFIG; KUBERNETES_MASTER is not read"));
}

class read_machine_file : public testing::Test
{
protected:
    void SetUp() override
    {
        std::string name = testing::TempDir() + "config_test.XXXXXX";
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder); }

    std::string write(const std::string& content)
    {
        const auto path = folder / "file";
        std::ofstream(path, std::ios::binary) << content;
        return path.string();
    }

    std::filesystem::path folder;
};

TEST_F(read_machine_file, gives_the_content_as_it_is)
{
    for (const std::string& content : {std::string(), std::string("a\r\n\0b", 5), std::string(1 << 20, 'x')})
    {
        const auto read = kube::read_machine_file(write(content));
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(*read, content);
        EXPECT_LT(read->capacity(), content.size() + 16) << "it is kept as long as the program runs";
    }
}

TEST_F(read_machine_file, says_what_cannot_be_read_and_why)
{
    const auto why = [](const std::string& path) { return kube::read_machine_file(path).error().message; };
    EXPECT_EQ(why("/no/such/file"), "/no/such/file: No such file or directory");
    EXPECT_EQ(why(folder.string()), folder.string() + ": Is a directory");
    const auto large = write(std::string((1 << 20) + 1, 'x'));
    EXPECT_EQ(why(large), large + ": is larger than 1 MiB");
    EXPECT_EQ(why("/dev/zero"), "/dev/zero: is larger than 1 MiB");
}

}  // namespace
