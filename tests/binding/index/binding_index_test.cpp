#include "binding/index/binding_index.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

namespace {

using binding::target;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

const std::string listener_1 = "11111111-0000-4000-8000-000000000001";
const std::string listener_2 = "22222222-0000-4000-8000-000000000002";

// Each namespace acts with a credential of its own, at one of two Keystones.
class own_credentials final : public binding::credential_source
{
public:
    std::map<std::string, std::string> identities;  // by namespace; a namespace without one has no credential

    void update(const binding::certificate_binding*, const binding::certificate_binding*) override {}
    target target_of(const binding::certificate_binding& object) const override
    {
        auto target = binding::listener_of(object);
        if (const auto identity = identities.find(object.name_space.str()); identity != identities.end())
        {
            target.identity = support::interned(identity->second);
            target.credential = object.name_space;
        }
        return target;
    }
    std::shared_ptr<cloud::credential> of(const target&) const override { return {}; }
    binding::missing_credential why_none(const binding::certificate_binding&) const override { return {}; }
    bool is_controllers(const target&) const override { return false; }
    bool borrowed(const binding::certificate_binding&) const override { return false; }
};

class bindings : public testing::Test
{
protected:
    bindings()
    {
        credentials.identities = {
            {"shop", "http://one/v3"}, {"next-door", "http://one/v3"}, {"blog", "http://another/v3"}
        };
    }

    // The target of a binding that is added now.
    target add(
        const std::string& name_space,
        const std::string& listener = listener_1,
        const std::string& region = "sao1"
    )
    {
        char uid[37];
        std::snprintf(uid, sizeof uid, "00000000-0000-4000-8000-%012d", ++added_);
        std::string text =
            R"({"metadata":{"name":"web","namespace":")" + name_space + R"(","uid":")" + std::string(uid) +
            R"(","resourceVersion":"1","generation":1,"creationTimestamp":"2026-11-24T00:00:00Z"},)"
            R"("spec":{"certificateId":"aaaaaaaa-0000-4000-8000-000000000001","resourceType":"octavia:listener",)"
            R"("resourceId":")" +
            listener + R"(","region":")" + region + R"("},"status":{"observedGeneration":-1}})";
        text.reserve(text.size() + 64);
        sink.changed(text);
        texts_.push_back(text);
        texts_.back().reserve(text.size() + 64);
        return credentials.target_of(*store.find(*support::uuid::parse(uid)));
    }

    // The binding that was added as the n-th, counted from 1, is deleted.
    void remove(std::size_t n) { sink.deleted(texts_.at(n - 1)); }

    own_credentials credentials;
    binding::binding_index store{credentials, [](const auto&) {}, [] {}};
    runtime::object_sink& sink = store.scope("");

private:
    std::vector<std::string> texts_;
    int added_ = 0;
};

TEST_F(bindings, of_one_listener_through_two_credentials_of_one_cloud_are_peers)
{
    const auto shop = add("shop");
    const auto next_door = add("next-door");
    ASSERT_NE(shop, next_door);
    EXPECT_THAT(store.peers_of(shop), ElementsAre(next_door));
    EXPECT_THAT(store.peers_of(next_door), ElementsAre(shop));
}

TEST_F(bindings, of_one_credential_are_found_while_others_come_and_go)
{
    const auto of = [&](const target& tenant) {
        std::vector<target> all;
        store.each_target_of(tenant, [&](const target& one) {
            all.push_back(one);
            return true;
        });
        return all;
    };
    const auto first = add("shop", listener_1);
    add("next-door", listener_1);
    const auto second = add("shop", listener_2);
    const auto third = add("shop", listener_1, "rio1");
    EXPECT_THAT(of(first), UnorderedElementsAre(first, second, third));
    remove(1);
    EXPECT_THAT(of(first), UnorderedElementsAre(second, third));
    remove(3);
    EXPECT_THAT(of(first), UnorderedElementsAre(third));
    const auto again = add("shop", listener_1);
    add("shop", listener_1);
    EXPECT_THAT(of(first), UnorderedElementsAre(third, again));
    remove(4);
    remove(5);
    EXPECT_THAT(of(first), UnorderedElementsAre(again));
    remove(6);
    EXPECT_THAT(of(first), IsEmpty());
    int visited = 0;
    store.each_target_of(add("shop", listener_2), [&](const target&) { return ++visited > 1; });
    EXPECT_EQ(visited, 1);
}

TEST_F(bindings, of_another_cloud_another_region_or_another_listener_are_none)
{
    const auto shop = add("shop");
    const auto blog = add("blog");
    add("next-door", listener_1, "RegionOne");
    add("next-door", listener_2);
    ASSERT_EQ(store.targets().size(), 4U);
    EXPECT_THAT(store.peers_of(shop), IsEmpty());
    EXPECT_THAT(store.peers_of(blog), IsEmpty()) << "it names the same listener, at another Keystone";
}

TEST_F(bindings, of_the_same_target_are_none_to_themselves)
{
    const auto shop = add("shop");
    EXPECT_EQ(add("shop"), shop);
    EXPECT_EQ(store.bindings_of(shop).size(), 2U);
    EXPECT_THAT(store.peers_of(shop), IsEmpty());
}

TEST_F(bindings, without_a_credential_may_be_of_any_cloud)
{
    const auto shop = add("shop");
    const auto blog = add("blog");
    const auto none = add("nobody");
    EXPECT_THAT(store.peers_of(none), UnorderedElementsAre(shop, blog));
    EXPECT_THAT(store.peers_of(shop), ElementsAre(none));
}

}  // namespace
