#include "app/cloud_credentials.hpp"

#include "cloud/binding_service.hpp"
#include "fakes/cloud/fake_bycloud.hpp"
#include "support/loop.hpp"

#include <gmock/gmock.h>

namespace {

using namespace std::chrono_literals;
using cloud::openstack::allowed_urls;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string secret_source = "Secret shop/cloud: clouds.yaml";

class bycloud_credentials : public test::loop
{
protected:
    static std::string yaml(const std::string& auth)
    {
        return "clouds: {prod: {auth_type: bycloud, auth: {" + auth + "}}}";
    }

    auto read_yaml(const std::string& text)
    {
        return all.read({.clouds_yaml = text, .source = secret_source, .owner = {"shop", "shop/cloud"}});
    }
    auto read_keys(const std::string& endpoint, const std::string& key, const std::string& token = "")
    {
        return all.read({"", "", "", "Secret shop/cloud", endpoint, key, token, {"shop", "shop/cloud"}});
    }

    static cloud::openstack::cloud_entry entry(const std::string& text)
    {
        const auto no_file = [](const std::string& path) {
            return support::fail(support::errc::invalid, path);
        };
        return cloud::openstack::parse_cloud_entry(text, "", "clouds.yaml", "", no_file).value();
    }

    // Whether the API takes the key of the credential.
    bool works(const std::shared_ptr<cloud::credential>& with)
    {
        const auto id = support::uuid::parse(cloud.add_certificate()).value();
        return run(with->service->get_certificate("sao1", id, cloud::purpose::verify)).value.has_value();
    }

    test::fake_bycloud cloud{clock()};
    support::random_engine random{1};
    app::cloud_credentials all{
        cloud, clock(), random, allowed_urls::parse({"https://api.example"}).value(), 30s
    };
};

TEST_F(bycloud_credentials, are_read_from_an_entry_of_a_clouds_yaml)
{
    const auto read = read_yaml(yaml("endpoint: 'https://api.example', api_key: 'AKIA1:hush'"));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE((*read)->attaches_single_bindings());
    EXPECT_EQ((*read)->identity, "https://api.example");
    EXPECT_EQ((*read)->name, "shop/cloud");
    EXPECT_TRUE(works(*read));
    const auto beside = read_yaml(
        "clouds: {prod: {auth_type: bycloud, endpoint: 'https://api.example/v1', api_key: 'AKIA1:hush'}}"
    );
    ASSERT_TRUE(beside) << beside.error().message;
    EXPECT_EQ(*read, *beside) << "the same key shares one budget";
}

TEST_F(bycloud_credentials, are_read_from_the_keys_of_a_secret)
{
    const auto read = read_keys("https://api.example", "AKIA1:hush");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(works(*read));
    EXPECT_EQ((*read)->name, "shop/cloud");
    EXPECT_TRUE(read_keys("https://api.example", "", "ey.x.y"));
}

TEST_F(bycloud_credentials, of_a_secret_go_only_to_admitted_servers)
{
    for (const auto& read :
         {read_keys("https://evil.example", "AKIA1:hush"),
          read_yaml(yaml("endpoint: 'https://evil.example', api_key: 'AKIA1:hush'"))})
    {
        ASSERT_FALSE(read);
        EXPECT_THAT(
            read.error().message,
            AllOf(HasSubstr("Secret shop/cloud"), HasSubstr("--allowed-auth-urls"), Not(HasSubstr("hush")))
        );
    }
}

TEST_F(bycloud_credentials, that_are_wrong_are_refused_in_one_line_without_the_key)
{
    for (const auto& read :
         {read_yaml(yaml("endpoint: 'https://api.example', api_key: 'hush'")),
          read_yaml(yaml("endpoint: 'https://api.example', api_key: 'a:hush', token: hush")),
          read_yaml(yaml("endpoint: 'https://api.example', api_key: 'a:hush', username: hush")),
          read_yaml(yaml("api_key: 'a:hush'")),
          read_keys("https://api.example", "hush"),
          read_keys("https://api.example", "")})
    {
        ASSERT_FALSE(read);
        EXPECT_THAT(read.error().message, AllOf(HasSubstr("Secret shop/cloud"), Not(HasSubstr("hush"))));
    }
}

TEST_F(bycloud_credentials, of_the_controller_take_the_key_of_the_variable)
{
    const auto written = entry(yaml("endpoint: 'https://api.example', api_key: 'AKIA0:old'"));
    EXPECT_FALSE(works(all.share(written, std::nullopt).value()));
    const auto own = all.share(written, support::secret("AKIA1:hush")).value();
    EXPECT_TRUE(works(own));
    EXPECT_EQ(own->name, "prod");
    const auto without = entry(yaml("endpoint: 'https://api.example'"));
    EXPECT_TRUE(works(all.share(without, support::secret("AKIA1:hush")).value()));
    EXPECT_THAT(all.share(without, std::nullopt).error().message, HasSubstr("api_key is missing"));
}

}  // namespace
