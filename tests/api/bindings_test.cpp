#include "api/bindings.hpp"

#include "fakes/kubernetes/fake_kube.hpp"
#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace {

const auto certificate = support::uuid::parse("550e8400-e29b-41d4-a716-446655440001").value();
const auto listener = support::uuid::parse("550e8400-e29b-41d4-a716-446655440002").value();

api::parameters where(const std::string& region = "sao1")
{
    api::parameters parameters;
    parameters.certificate_id = certificate;
    parameters.region = region;
    parameters.name_space = "shop";
    return parameters;
}

TEST(name_of_binding, is_one_for_each_content)
{
    auto other = where();
    other.certificate_id = listener;
    const std::set<std::string> names{
        name_of(where(), {listener, false}),
        name_of(where(), {listener, true}),
        name_of(where(), {certificate, false}),
        name_of(where("rio1"), {listener, false}),
        name_of(other, {listener, false}),
        name_of(where(), {listener, false}),
    };
    EXPECT_EQ(names.size(), 5U);
    // Another version of the program has to find the bindings of this one.
    EXPECT_EQ(name_of(where(), {listener, false}), "binding-d7b1a0ecc99d79e612f46c83e688212d");
}

class bindings : public test::loop
{
protected:
    bindings() : kube([] { return nullptr; }), objects(kube, "shop") {}

    test::fake_kube kube;
    api::bindings objects;
};

TEST_F(bindings, are_created_once)
{
    const auto made = run(objects.create(where(), {listener, true}));
    ASSERT_TRUE(made);
    EXPECT_EQ(made->name, name_of(where(), {listener, true}));
    EXPECT_TRUE(made->spec.sni);
    EXPECT_EQ(made->spec.certificate_id, certificate);
    EXPECT_EQ(made->spec.resource_id, listener);
    EXPECT_EQ(made->spec.region.view(), "sao1");
    const auto again = run(objects.create(where(), {listener, true}));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().status, 409);
}

TEST_F(bindings, that_the_index_does_not_know_yet_are_found_in_a_list)
{
    const auto made = run(objects.create(where(), {listener, false}));
    kube.create(
        {.name = "other", .certificate = certificate.str(), .listener = listener.str(), .name_space = "blog"}
    );
    auto asked = where();
    asked.binding_id = made->uid;
    const auto nothing = [](const support::uuid&) -> const binding::certificate_binding* { return nullptr; };
    EXPECT_EQ(run(objects.find(asked, nothing))->name, made->name);
    asked.binding_id = support::uuid::parse("00000000-0000-4000-8000-000000000002").value();
    EXPECT_EQ(run(objects.find(asked, nothing)).error().status, 404) << "it is in another namespace";
}

TEST_F(bindings, are_found_by_the_id_of_the_cloud_and_by_their_uid)
{
    const auto made = run(objects.create(where(), {listener, false}));
    const std::string of_cloud = "cccccccc-0000-4000-8000-00000000beef";
    const std::string path = "/v1/certificates/" + certificate.str() + "/bindings/" + of_cloud;
    kube.update(made->name, [&](auto& object) {
        object["status"] = {
            {"state", "active"},
            {"id", of_cloud},
            {"crn", "crn:sao1:certificate:binding:" + of_cloud},
            {"createdAt", "2026-11-24T00:00:30Z"},
            {"attachments", {{{"containerRef", path}, {"slot", "default"}, {"confirmed", true}}}},
        };
    });
    // The index knows objects by their uid alone.
    const auto indexed = run(objects.read(made->name)).value();
    const auto find = [&](const support::uuid& uid) { return uid == indexed.uid ? &indexed : nullptr; };
    auto asked = where();
    for (const auto& id : {support::uuid::parse(of_cloud).value(), made->uid})
    {
        asked.binding_id = id;
        const auto found = run(objects.find(asked, find));
        ASSERT_TRUE(found) << id.str();
        EXPECT_EQ(found->name, made->name);
        EXPECT_EQ(api::id_of(*found).str(), of_cloud);
    }
    asked.binding_id = support::uuid::parse("cccccccc-0000-4000-8000-00000000dead").value();
    EXPECT_EQ(run(objects.find(asked, find)).error().status, 404);
}

TEST_F(bindings, are_listed_in_the_order_of_the_ids_that_are_shown)
{
    const auto named = [&](const std::string& name, const std::string& id) {
        const std::string path = "/v1/certificates/" + certificate.str() + "/bindings/" + id;
        kube.create({.name = name, .certificate = certificate.str(), .listener = listener.str()});
        kube.update(name, [&](auto& object) {
            object["status"] = {
                {"id", id},
                {"crn", "crn"},
                {"createdAt", "2026-11-24T00:00:30Z"},
                {"attachments", {{{"containerRef", path}, {"slot", "default"}, {"confirmed", true}}}},
            };
        });
    };
    named("made-first", "dddddddd-0000-4000-8000-000000000000");
    named("made-second", "cccccccc-0000-4000-8000-000000000000");
    const auto all = run(objects.list("certificateId", certificate, "sao1"));
    ASSERT_TRUE(all);
    ASSERT_EQ(all->size(), 2U);
    EXPECT_EQ(all->front().name, "made-second");
}

TEST_F(bindings, are_deleted_only_in_the_version_that_was_meant)
{
    auto made = run(objects.create(where(), {listener, false}));
    kube.update(made->name, [](auto& object) { object["status"]["state"] = "pending"; });
    EXPECT_EQ(run(objects.remove(*made, true)), api::bindings::removed::changed);
    EXPECT_EQ(run(objects.remove(*made, false)), api::bindings::removed::gone);
    EXPECT_EQ(run(objects.remove(*made, false)), api::bindings::removed::gone);
    const auto next = run(objects.create(where(), {listener, false}));
    ASSERT_NE(next->uid, made->uid);
    EXPECT_EQ(run(objects.remove(*made, false)), api::bindings::removed::gone)
        << "another object of the name";
    EXPECT_TRUE(kube.exists(next->name));
    kube.update(next->name, [](auto& object) { object["metadata"]["finalizers"] = {"a/b"}; });
    EXPECT_EQ(run(objects.remove(*next, false)), api::bindings::removed::waits);
}

}  // namespace
