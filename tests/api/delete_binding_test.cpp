// How a DELETE ends of which the index of the controller tells nothing.
#include "api/calls.hpp"
#include "fakes/kubernetes/fake_kube.hpp"
#include "support/loop.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

class delete_binding : public test::loop
{
protected:
    delete_binding() : kube([] { return nullptr; }), places(executor(), clock(), 1)
    {
        where.certificate_id = support::uuid::parse("550e8400-e29b-41d4-a716-446655440001").value();
        where.name_space = "shop";
        where.region = "sao1";
        make();
        where.binding_id =
            support::uuid::parse(kube.object("web")["metadata"]["uid"].get<std::string>()).value();
    }

    void make()
    {
        kube.create(
            {.name = "web",
             .certificate = where.certificate_id.str(),
             .listener = "550e8400-e29b-41d4-a716-446655440002"}
        );
        kube.update("web", [](json& object) {
            object["metadata"]["finalizers"] = {"certificates.bycloud.io/detach"};
        });
    }

    void begin_delete(support::duration wait)
    {
        const api::call call{
            kube,
            clock(),
            [](const support::uuid&) -> const binding::certificate_binding* { return nullptr; },
            where
        };
        const auto into = [](support::task<api::result<net::page>> from, auto& to) -> support::task<> {
            to.emplace(co_await std::move(from));
        };
        spawn(into(api::delete_binding(call, places, clock().now() + wait), answer));
        step();
    }

    // The finalizer goes, and the object with it.
    void end_object()
    {
        kube.update("web", [](json& object) { object["metadata"]["finalizers"] = json::array(); });
        kube.remove("web");
    }

    int status() const { return answer && *answer ? (*answer)->status : 0; }

    test::fake_kube kube;
    api::waiting places;
    api::parameters where;
    std::optional<api::result<net::page>> answer;
};

TEST_F(delete_binding, that_the_index_never_saw_ends_when_kubernetes_does_not_have_it)
{
    begin_delete(1min);
    advance(10s);
    EXPECT_FALSE(answer) << "its finalizer is there still";
    end_object();
    advance(5s);
    EXPECT_EQ(status(), 204);
}

TEST_F(delete_binding, that_the_index_never_saw_ends_when_another_has_its_name)
{
    begin_delete(1min);
    end_object();
    make();
    advance(5s);
    EXPECT_EQ(status(), 204);
    EXPECT_FALSE(kube.object("web")["metadata"].contains("deletionTimestamp"));
}

TEST_F(delete_binding, that_ends_in_its_last_moment_is_204)
{
    begin_delete(1s);
    end_object();
    advance(1s);
    EXPECT_EQ(status(), 204);
}

TEST_F(delete_binding, that_waits_beyond_its_time_is_202)
{
    begin_delete(7s);
    advance(6s);
    EXPECT_FALSE(answer);
    advance(1s);
    EXPECT_EQ(status(), 202);
    answer.reset();
    begin_delete(0s);
    EXPECT_EQ(status(), 202) << "without a wait";
}

}  // namespace
