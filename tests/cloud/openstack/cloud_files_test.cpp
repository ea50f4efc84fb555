#include "cloud/openstack/cloud_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <unistd.h>

namespace {

using cloud::openstack::found_entry;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

const std::string without_password =
    "clouds: {prod: {auth: {auth_url: https://ks.example, user_id: u, project_id: q}}}";
const std::string secrets = "clouds: {prod: {auth: {password: from-secure}}}";

// A machine with a home folder and variables, and nothing else.
class cloud_files : public testing::Test
{
protected:
    cloud_files() { fs::create_directories(home_ / "work"); }
    ~cloud_files() override { fs::remove_all(home_); }
    cloud_files(const cloud_files&) = delete;
    cloud_files& operator=(const cloud_files&) = delete;

    std::string path(const std::string& file) const { return home_ / file; }

    void write(const std::string& file, const std::string& text)
    {
        fs::create_directories(fs::path(path(file)).parent_path());
        std::ofstream(path(file)) << text;
    }

    support::result<found_entry> find(const std::string& clouds = "", const std::string& cloud = "")
    {
        return cloud::openstack::find_cloud_entry(clouds, cloud, reader());
    }

    cloud::openstack::variable_reader reader()
    {
        return [this](const std::string& name) -> std::optional<std::string> {
            const auto it = variables.find(name);
            return it == variables.end() ? std::nullopt : std::optional(it->second);
        };
    }

    static std::string error_of(const support::result<found_entry>& found)
    {
        return found ? "no error" : found.error().message;
    }

    const fs::path home_ = fs::path(testing::TempDir()) / ("cloud_files_test." + std::to_string(::getpid()));
    std::map<std::string, std::string> variables{
        {"HOME", home_}, {"XDG_CONFIG_DIRS", home_ / "site"}, {"XDG_CONFIG_HOME", home_ / "xdg"}
    };
};

TEST_F(cloud_files, are_looked_for_where_other_clients_look)
{
    EXPECT_THAT(
        cloud::openstack::config_folders(reader()),
        ElementsAre(
            "", path("xdg/openstack/"), path(".config/openstack/"), path("site/openstack/"), "/etc/openstack/"
        )
    );
    variables = {{"XDG_CONFIG_DIRS", "/a:/b"}};
    EXPECT_THAT(
        cloud::openstack::config_folders(reader()),
        ElementsAre("", "/a/openstack/", "/b/openstack/", "/etc/openstack/")
    );
    variables = {{"HOME", "/home/user"}};
    EXPECT_THAT(
        cloud::openstack::config_folders(reader()),
        ElementsAre("", "/home/user/.config/openstack/", "/etc/xdg/openstack/", "/etc/openstack/")
    );
}

TEST_F(cloud_files, have_one_of_three_endings)
{
    for (const std::string ending : {"yaml", "yml", "json"})
    {
        write("xdg/openstack/clouds." + ending, without_password);
        write("site/openstack/secure." + ending, secrets);
        const auto found = find();
        ASSERT_TRUE(found) << error_of(found);
        EXPECT_EQ(found->entry.secret.reveal(), "from-secure") << ending;
        fs::remove(path("xdg/openstack/clouds." + ending));
        fs::remove(path("site/openstack/secure." + ending));
    }
}

TEST_F(cloud_files, a_secure_file_is_the_named_one_else_the_one_beside_else_that_of_the_folders)
{
    write("work/clouds.yaml", without_password);
    write("xdg/openstack/secure.yaml", secrets);
    EXPECT_EQ(find(path("work/clouds.yaml"))->entry.secret.reveal(), "from-secure");
    write("work/secure.yaml", "clouds: {prod: {auth: {password: beside}}}");
    EXPECT_EQ(find(path("work/clouds.yaml"))->entry.secret.reveal(), "beside");
    write("named.yaml", "clouds: {prod: {auth: {password: named}}}");
    variables["OS_CLIENT_SECURE_FILE"] = path("named.yaml");
    EXPECT_EQ(find(path("work/clouds.yaml"))->entry.secret.reveal(), "named");
    variables["OS_CLIENT_SECURE_FILE"] = path("none.yaml");
    EXPECT_THAT(error_of(find(path("work/clouds.yaml"))), HasSubstr("cannot read " + path("none.yaml")));
}

TEST_F(cloud_files, a_secure_file_without_content_adds_nothing)
{
    write(
        "work/clouds.yaml",
        "clouds: {prod: {auth: {auth_url: https://ks.example, user_id: u, password: p, project_id: q}}}"
    );
    for (const std::string text : {"", "# a comment\n", "---\n", "clouds: {}", "clouds:\n", "other: {}"})
    {
        write("work/secure.yaml", text);
        const auto found = find(path("work/clouds.yaml"));
        EXPECT_TRUE(found) << text << error_of(found);
    }
    write("work/secure.yaml", "a text");
    EXPECT_THAT(error_of(find(path("work/clouds.yaml"))), HasSubstr("secure.yaml: has no clouds"));
}

TEST_F(cloud_files, that_cannot_be_read_are_named)
{
    write("work/clouds.yaml", without_password);
    fs::create_symlink("secure.yaml", path("work/secure.yaml"));
    EXPECT_THAT(
        error_of(find(path("work/clouds.yaml"))),
        HasSubstr("secure.yaml: Too many levels of symbolic links; correct the path")
    ) << "it is there, so the password is not missing from clouds.yaml";
    fs::remove(path("work/secure.yaml"));
    EXPECT_EQ(
        error_of(find(path("work/clouds.yaml"))),
        path("work/clouds.yaml") + ": cloud \"prod\": auth.password is missing; add it"
    );
    EXPECT_EQ(
        error_of(find(path("nothing"))),
        "no clouds.yaml at " + path("nothing") +
            "; give its path with --cloud-config or OS_CLIENT_CONFIG_FILE"
    );
    EXPECT_THAT(error_of(find(path("work"))), HasSubstr("cannot read " + path("work") + ": Is a directory"));
    EXPECT_EQ(
        error_of(find()),
        "no clouds.yaml at clouds.yaml, " + path("xdg/openstack/clouds.yaml") + ", " +
            path(".config/openstack/clouds.yaml") + ", " + path("site/openstack/clouds.yaml") +
            ", /etc/openstack/clouds.yaml; give its path with --cloud-config or OS_CLIENT_CONFIG_FILE, or "
            "set "
            "OS_AUTH_URL and the other variables of an openrc"
    );
}

TEST_F(cloud_files, a_profile_is_that_of_clouds_public)
{
    write(
        "work/clouds.yaml", "clouds: {prod: {profile: mine, auth: {user_id: u, password: p, project_id: q}}}"
    );
    write(
        "xdg/openstack/clouds-public.yaml",
        "public-clouds: {mine: {interface: internal, auth: {auth_url: https://ks.example}}}"
    );
    const auto found = find(path("work/clouds.yaml"));
    ASSERT_TRUE(found) << error_of(found);
    EXPECT_EQ(found->entry.keystone.str(), "https://ks.example/v3");
    EXPECT_EQ(found->entry.interfaces, std::vector<std::string>{"internal"});
}

class openrc : public cloud_files
{
protected:
    openrc()
    {
        variables.insert({
            {"OS_AUTH_URL", "https://ks.example"},
            {"OS_USERNAME", "alice"},
            {"OS_PASSWORD", "canary"},
            {"OS_PROJECT_NAME", "shop"},
            {"OS_USER_DOMAIN_NAME", "Default"},
            {"OS_PROJECT_DOMAIN_ID", "default"},
            {"OS_REGION_NAME", "sao1"},
            {"OS_ENDPOINT_TYPE", "internalURL"},
            {"OS_VOLUME_API_VERSION", "3"},
        });
    }
};

TEST_F(openrc, is_a_cloud_of_its_own)
{
    const auto found = find();
    ASSERT_TRUE(found) << error_of(found);
    EXPECT_EQ(found->entry.cloud, "envvars");
    EXPECT_EQ(found->entry.user.name, "alice");
    EXPECT_EQ(found->entry.project.domain_id, "default");
    EXPECT_EQ(found->entry.interfaces, std::vector<std::string>{"internal"});
    EXPECT_THAT(found->notes, IsEmpty());
    variables["OS_CLOUD_NAME"] = "mine";
    EXPECT_EQ(find("", "mine")->entry.cloud, "mine");
}

TEST_F(openrc, wins_over_a_file_unless_a_cloud_is_named_and_then_the_log_says_so)
{
    write("work/clouds.yaml", without_password);
    write("work/secure.yaml", secrets);
    EXPECT_EQ(find(path("work/clouds.yaml"))->entry.cloud, "envvars");
    const auto named = find(path("work/clouds.yaml"), "prod");
    ASSERT_TRUE(named) << error_of(named);
    EXPECT_EQ(named->entry.secret.reveal(), "from-secure");
    EXPECT_THAT(
        named->notes,
        ElementsAre(AllOf(
            HasSubstr("OS_AUTH_URL, "), HasSubstr("have no effect, because the cloud \"prod\" is named")
        ))
    );
    variables["OS_CLOUD_NAME"] = "prod";
    EXPECT_THAT(
        error_of(find(path("work/clouds.yaml"))), HasSubstr("has a cloud \"prod\", which is the name")
    );
}

TEST_F(openrc, that_is_not_complete_is_named)
{
    variables.erase("OS_AUTH_URL");
    EXPECT_THAT(
        error_of(find()),
        AllOf(
            HasSubstr("OS_PASSWORD, "),
            HasSubstr("OS_USERNAME are set without OS_AUTH_URL"),
            HasSubstr("; set OS_AUTH_URL too, or unset them")
        )
    );
}

TEST_F(cloud_files, a_variable_that_chooses_alone_makes_no_cloud)
{
    variables["OS_REGION_NAME"] = "sao1";
    variables["OS_PASSWORD"] = "";
    EXPECT_THAT(error_of(find()), HasSubstr("no clouds.yaml at"));
}

}  // namespace
