#include "binding/credentials/secret_codec.hpp"

#include <gtest/gtest.h>

namespace {

using binding::decode_secret;

TEST(secret_codec, reads_clouds_yaml_and_the_ca)
{
    const auto both = decode_secret(R"({"data":{"clouds.yaml":"Y2xvdWRz","cacert":"Y2E=","other":"eA=="}})");
    ASSERT_TRUE(both);
    EXPECT_EQ(both->clouds_yaml.reveal(), "clouds");
    EXPECT_EQ(both->ca_pem.reveal(), "ca");
    const auto one = decode_secret(R"({"data":{"clouds.yaml":"Y2xvdWRz"}})");
    ASSERT_TRUE(one);
    EXPECT_TRUE(one->ca_pem.empty());
    EXPECT_FALSE(*one == *both);
}

TEST(secret_codec, reads_endpoint_and_key_without_the_line_end_of_a_file)
{
    // https://a, k:s with a line end
    const auto read =
        decode_secret(R"({"data":{"endpoint":"aHR0cHM6Ly9h","api-key":"azpzCg==","cacert":"Y2E="}})");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->endpoint.reveal(), "https://a");
    EXPECT_EQ(read->api_key.reveal(), "k:s");
    EXPECT_TRUE(read->token.empty());
    EXPECT_TRUE(read->clouds_yaml.empty());
    EXPECT_EQ(read->ca_pem.reveal(), "ca");
    const auto other = decode_secret(R"({"data":{"clouds.yaml":"Y2xvdWRz","token":"canary"}})");
    ASSERT_TRUE(other) << "keys of others do not concern a clouds.yaml";
    EXPECT_TRUE(other->token.empty());
}

TEST(secret_codec, says_what_is_wrong_and_nothing_of_the_content)
{
    for (const auto& [text, message] : std::initializer_list<std::pair<const char*, const char*>>{
             {R"({"data":{"cloud.yaml":"Y2FuYXJ5"}})", "the key clouds.yaml is missing; add it"},
             {R"({"data":null})", "the key clouds.yaml is missing; add it"},
             {R"({"data":["clouds.yaml"]})", "the key clouds.yaml is missing; add it"},
             {R"({})", "the key clouds.yaml is missing; add it"},
             {"[", "the key clouds.yaml is missing; add it"},
             {R"({"data":{"clouds.yaml":"canary"}})", "the key clouds.yaml is not base64"},
             {R"({"data":{"clouds.yaml":"","endpoint":""}})",
              "the keys clouds.yaml and endpoint are both there; remove one of them"},
             {R"({"data":{"endpoint":"","api-key":"canary"}})", "the key api-key is not base64"},
             {R"({"data":{"clouds.yaml":7}})", "the key clouds.yaml is not base64"},
             {R"({"data":{"clouds.yaml":"","cacert":"canary"}})", "the key cacert is not base64"},
         })
    {
        const auto read = decode_secret(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().message, message);
    }
}

}  // namespace
