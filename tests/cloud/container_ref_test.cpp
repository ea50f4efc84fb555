#include "cloud/container_ref.hpp"

#include <gtest/gtest.h>

#include <set>
#include <unordered_set>
#include <utility>

namespace {

using cloud::container_ref;
using cloud::ref_kind;
using cloud::ref_name;

const std::string id = "fe7ac002-b1fc-42cf-85d2-d4c2646c473e";
const support::uuid fe7a = *support::uuid::parse(id);

TEST(container_ref, is_named_by_kind_and_id_whatever_the_spelling_of_the_rest)
{
    for (const auto& spelling : {
             "http://127.0.0.1:19311/v1/secrets/" + id,
             "https://barbican.example/v1/secrets/" + id,
             "https://cloud.example/key-manager/v1/secrets/" + id,
             "HTTPS://barbican.example/v1/secrets/" + id + "/",
             std::string("https://barbican.example/v1/secrets/FE7AC002-B1FC-42CF-85D2-D4C2646C473E"),
         })
    {
        EXPECT_EQ(container_ref(spelling).name(), (ref_name{ref_kind::secret, fe7a})) << spelling;
        EXPECT_TRUE(container_ref(spelling).names(fe7a)) << spelling;
        EXPECT_FALSE(container_ref(spelling).names({})) << spelling;
    }
    const container_ref container("http://127.0.0.1:19311/v1/containers/" + id);
    EXPECT_EQ(container.name(), (ref_name{ref_kind::container, fe7a}));
    EXPECT_TRUE(container.names(fe7a));
}

TEST(container_ref, a_text_that_is_no_url_of_a_certificate_service_has_no_name_and_equals_itself_alone)
{
    std::set<container_ref> all;
    for (const auto& text : {
             std::string(),
             id,
             std::string("a certificate"),
             "ftp://barbican.example/v1/secrets/" + id,
             "https:///v1/secrets/" + id,
             "https:///cloud/v1/secrets/" + id,
             "https://v1/secrets/" + id,
             "https://barbican.example/v1/orders/" + id,
             "https://barbican.example/v2/secrets/" + id,
             "https://barbican.example/v1/secrets/" + id + "/payload",
             "https://barbican.example/v1/secrets/" + id + "?x=1",
             "https://barbican.example/v1/secrets/" + id + "#x",
             "https://barbican.example/ /v1/secrets/" + id,
             std::string("https://barbican.example/v1/secrets/fe7ac002"),
             std::string("https://barbican.example/v1/secrets/"),
         })
    {
        const container_ref ref(text);
        EXPECT_EQ(ref.name(), std::nullopt) << text;
        EXPECT_FALSE(ref.names(fe7a)) << text;
        EXPECT_EQ(ref.str(), text);
        EXPECT_EQ(ref, container_ref(text));
        EXPECT_TRUE(all.insert(ref).second) << text;
    }
}

TEST(container_ref, equality_order_and_hash_go_by_kind_and_id)
{
    const container_ref a("http://127.0.0.1:19311/v1/secrets/" + id);
    const container_ref other_host("https://other.example/v1/secrets/" + id);
    EXPECT_EQ(a, other_host);
    EXPECT_TRUE(std::is_eq(a <=> other_host));
    EXPECT_EQ(std::hash<container_ref>()(a), std::hash<container_ref>()(other_host));
    EXPECT_EQ((std::set{a, other_host}).size(), 1U);
    EXPECT_EQ((std::unordered_set{a, other_host}).size(), 1U);
    for (const auto& another : {
             "http://127.0.0.1:19311/v1/containers/" + id,
             std::string("http://127.0.0.1:19311/v1/secrets/11111111-2222-4333-8444-555555555555"),
             "secrets/" + id,
             std::string(),
         })
    {
        const container_ref b(another);
        EXPECT_NE(a, b) << another;
        EXPECT_TRUE(std::is_neq(a <=> b)) << another;
        EXPECT_NE(a < b, b < a) << another;
        EXPECT_EQ((std::set{a, b}).size(), 2U) << another;
    }
    EXPECT_EQ(container_ref("a certificate"), container_ref("a certificate"));
    EXPECT_NE(container_ref("a certificate"), container_ref("another"));
}

TEST(container_ref, keeps_its_spelling)
{
    const container_ref a("http://127.0.0.1:19311/v1/secrets/" + id);
    const container_ref other_host("https://other.example/v1/secrets/" + id + "/");
    EXPECT_EQ(a.str(), "http://127.0.0.1:19311/v1/secrets/" + id);
    EXPECT_EQ(other_host.str(), "https://other.example/v1/secrets/" + id + "/");
    EXPECT_FALSE(a.spelled_as(other_host));
    const std::string upper_case = "http://127.0.0.1:19311/v1/secrets/FE7AC002-B1FC-42CF-85D2-D4C2646C473E";
    EXPECT_EQ(container_ref(upper_case).str(), upper_case);
    EXPECT_EQ(container_ref(upper_case), a);
    EXPECT_FALSE(container_ref(upper_case).spelled_as(a));
    EXPECT_TRUE(a.spelled_as(container_ref("http://127.0.0.1:19311/v1/secrets/" + id)));
    EXPECT_TRUE(container_ref().empty());
    EXPECT_TRUE(container_ref("").empty());
    EXPECT_TRUE(container_ref("").spelled_as(container_ref()));
    EXPECT_FALSE(a.empty());
}

TEST(container_ref, equal_texts_are_kept_once_and_as_long_as_somebody_holds_them)
{
    EXPECT_EQ(sizeof(container_ref), sizeof(void*));
    const auto before = container_ref::kept();
    {
        container_ref a("http://one.example/v1/secrets/" + id);
        container_ref copy = a;
        const container_ref again("http://one.example/v1/secrets/" + id);
        EXPECT_EQ(container_ref::kept(), before + 1);
        container_ref moved = std::move(copy);
        a = container_ref("http://two.example/v1/secrets/" + id);
        EXPECT_EQ(container_ref::kept(), before + 2);
        a = moved;
        EXPECT_EQ(container_ref::kept(), before + 1);
        EXPECT_EQ(a.str(), "http://one.example/v1/secrets/" + id);
    }
    EXPECT_EQ(container_ref::kept(), before);
}

}  // namespace
