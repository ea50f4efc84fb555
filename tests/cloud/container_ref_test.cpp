#include "cloud/container_ref.hpp"

#include <gtest/gtest.h>

namespace {

constexpr auto id = "fe7ac002-b1fc-42cf-85d2-d4c2646c473e";

TEST(container_ref, the_key_is_kind_and_id_whatever_the_spelling_of_the_rest)
{
    const std::string key = std::string("secrets/") + id;
    for (const auto& spelling : {
             std::string("http://127.0.0.1:19311/v1/secrets/") + id,
             std::string("https://barbican.example/v1/secrets/") + id,
             std::string("https://cloud.example/key-manager/v1/secrets/") + id,
             std::string("HTTPS://barbican.example/v1/secrets/") + id + "/",
             std::string("https://barbican.example/v1/secrets/FE7AC002-B1FC-42CF-85D2-D4C2646C473E"),
         })
    {
        EXPECT_EQ(cloud::ref_key(spelling), key) << spelling;
    }
    EXPECT_EQ(
        cloud::ref_key(std::string("http://127.0.0.1:19311/v1/containers/") + id),
        std::string("containers/") + id
    );
}

TEST(container_ref, a_text_that_is_no_url_of_a_certificate_service_is_its_own_key)
{
    for (const auto& text : {
             std::string(),
             std::string(id),
             std::string("a certificate"),
             std::string("ftp://barbican.example/v1/secrets/") + id,
             std::string("https:///v1/secrets/") + id,
             std::string("https:///cloud/v1/secrets/") + id,
             std::string("https://v1/secrets/") + id,
             std::string("https://barbican.example/v1/orders/") + id,
             std::string("https://barbican.example/v2/secrets/") + id,
             std::string("https://barbican.example/v1/secrets/") + id + "/payload",
             std::string("https://barbican.example/v1/secrets/") + id + "?x=1",
             std::string("https://barbican.example/v1/secrets/") + id + "#x",
             std::string("https://barbican.example/ /v1/secrets/") + id,
             std::string("https://barbican.example/v1/secrets/fe7ac002"),
             std::string("https://barbican.example/v1/secrets/"),
         })
    {
        EXPECT_EQ(cloud::ref_key(text), text);
    }
}

TEST(container_ref, refs_are_the_same_by_kind_and_id)
{
    const auto a = std::string("http://127.0.0.1:19311/v1/secrets/") + id;
    EXPECT_TRUE(cloud::same_ref(a, std::string("https://other.example/v1/secrets/") + id));
    EXPECT_FALSE(cloud::same_ref(a, std::string("http://127.0.0.1:19311/v1/containers/") + id));
    EXPECT_FALSE(cloud::same_ref(a, "http://127.0.0.1:19311/v1/secrets/11111111-2222-4333-8444-555555555555")
    );
    EXPECT_FALSE(cloud::same_ref(a, std::string("secrets/") + id))
        << "a text is no URL, even if it looks like a key";
    EXPECT_TRUE(cloud::same_ref("a certificate", "a certificate"));
    EXPECT_FALSE(cloud::same_ref("a certificate", "another"));
}

}  // namespace
