// What a refused POST leaves, at each moment at which the loop may have written.
#include "api/calls.hpp"
#include "binding/resource/object_json.hpp"
#include "fakes/kubernetes/fake_kube.hpp"
#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

class create_binding : public test::loop
{
protected:
    create_binding() : kube([] { return nullptr; }), places(executor(), clock(), 1)
    {
        where.certificate_id = support::uuid::parse("550e8400-e29b-41d4-a716-446655440001").value();
        where.name_space = "shop";
        where.region = "sao1";
        wanted.resource_id = support::uuid::parse("550e8400-e29b-41d4-a716-446655440002").value();
    }

    void post()
    {
        const api::call call{
            kube, clock(), [this](const support::uuid&) { return index ? &*index : nullptr; }, where
        };
        const auto into = [](support::task<api::result<net::page>> from, auto& to) -> support::task<> {
            to.emplace(co_await std::move(from));
        };
        spawn(into(api::create_binding(call, wanted, places, clock().now() + 10s), answer));
        step();
        ASSERT_EQ(kube.objects().size(), 1U);
        name = kube.objects().begin()->first;
    }

    // The loop writes a status; the watch does not show it yet.
    void write(const std::string& reason, const std::string& state, bool attached)
    {
        kube.update(name, [&](json& object) {
            const bool ready = reason == "Attached";
            object["metadata"]["finalizers"] = {"certificates.bycloud.io/detach"};
            object["status"] = {
                {"state", state},
                {"observedGeneration", object["metadata"]["generation"]},
                {"errorMessage", ready ? "" : "words"},
                {"attachments", json::array()},
                {"conditions",
                 {{{"type", "Ready"},
                   {"status", ready ? "True" : "False"},
                   {"reason", reason},
                   {"message", "words"},
                   {"lastTransitionTime", "2026-11-24T00:00:00Z"},
                   {"observedGeneration", object["metadata"]["generation"]}}}},
            };
            if (attached)
            {
                object["status"]["attachments"].push_back(
                    {{"containerRef", "http://kms/v1/containers/a"}, {"slot", "default"}}
                );
            }
        });
    }

    // The watch shows the object as it is.
    void show()
    {
        const auto before = index;
        index = test::decoded(kube.object(name));
        places.changed({before ? &*before : nullptr, &*index, {}, {}});
        step();
    }

    void is_gone()
    {
        const auto before = index;
        index.reset();
        places.changed({&*before, nullptr, {}, {}});
        step();
    }

    bool is_being_deleted() const { return kube.object(name)["metadata"].contains("deletionTimestamp"); }

    test::fake_kube kube;
    api::waiting places;
    api::parameters where;
    api::new_binding wanted;
    std::optional<binding::certificate_binding> index;
    std::optional<api::result<net::page>> answer;
    std::string name;
};

TEST_F(create_binding, is_answered_when_what_it_created_is_gone_again)
{
    post();
    write("CertificateNotActive", "pending", false);
    show();
    EXPECT_TRUE(is_being_deleted());
    EXPECT_FALSE(answer) << "its finalizer is there still";
    is_gone();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->error().status, 409);
    EXPECT_EQ(answer->error().message, "CertificateNotActive: words");
    EXPECT_THAT(answer->error().details, HasSubstr("was not created"));
}

TEST_F(create_binding, leaves_what_may_be_attached)
{
    post();
    write("CertificateExpired", "error", true);
    show();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->error().status, 409);
    EXPECT_THAT(answer->error().details, HasSubstr("may be on the listener"));
    EXPECT_FALSE(is_being_deleted());
}

TEST_F(create_binding, looks_again_where_the_loop_wrote_meanwhile)
{
    post();
    write("CertificateNotActive", "pending", false);
    const auto seen = test::decoded(kube.object(name));
    write("Progressing", "pending", true);
    index = seen;
    places.changed({nullptr, &*index, {}, {}});
    step();
    EXPECT_FALSE(is_being_deleted()) << "a certificate may be on its way to the listener";
    EXPECT_FALSE(answer);
    write("Attached", "active", true);
    show();
    ASSERT_TRUE(answer);
    ASSERT_TRUE(*answer) << answer->error().message;
    EXPECT_EQ((*answer)->status, 201);
}

TEST_F(create_binding, never_withdraws_what_somebody_changed_meanwhile)
{
    post();
    kube.update(name, [](json& object) { object["spec"]["options"]["sni"] = true; });
    write("CertificateNotActive", "pending", false);
    show();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->error().status, 409);
    EXPECT_THAT(answer->error().message, HasSubstr("was changed meanwhile; it stays"));
    EXPECT_THAT(answer->error().details, HasSubstr("GET /v1/certificates/"));
    EXPECT_FALSE(is_being_deleted());
}

TEST_F(create_binding, is_answered_at_once_where_no_place_is_left_to_wait)
{
    const auto others = places.take();
    post();
    ASSERT_TRUE(answer);
    ASSERT_TRUE(*answer) << answer->error().message;
    EXPECT_EQ((*answer)->status, 201);
    EXPECT_THAT((*answer)->body, HasSubstr(R"("status":"pending")"));
    EXPECT_FALSE(is_being_deleted());
}

}  // namespace
