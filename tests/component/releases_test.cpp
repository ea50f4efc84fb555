// The controller with old and new releases of Barbican.
#include "component/controller_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

class barbican_of_release : public test::controller_world, public testing::WithParamInterface<const char*>
{
protected:
    barbican_of_release() { sim.set({{"barbican_release", GetParam()}}); }
};

TEST_P(barbican_of_release, a_pkcs12_secret_is_attached)
{
    const auto bundle =
        sim.add_certificate({.project = project, .kind = "pkcs12", .names = {"web.example.com"}});
    kube.create({.name = "web", .certificate = bundle.id, .listener = listener, .sni = true});
    start();
    ASSERT_TRUE(becomes("web", "Attached")) << kube.object("web").dump(1);
    EXPECT_EQ(served("web.example.com"), bundle.ref);
}

TEST_P(barbican_of_release, a_missing_certificate_is_an_error_and_stays_one_until_it_is_there)
{
    kube.create(
        {.name = "gone",
         .certificate = "11111111-2222-4333-8444-555555555555",
         .listener = listener,
         .sni = true}
    );
    kube.create(
        {.name = "placeholder",
         .certificate = "00000000-0000-0000-0000-000000000000",
         .listener = listener,
         .sni = true}
    );
    kube.create(
        {.name = "typo",
         .certificate = "11111111-2222-1333-8444-555555555555",
         .listener = listener,
         .sni = true}
    );
    start();
    for (const std::string name : {"gone", "placeholder", "typo"})
    {
        ASSERT_TRUE(becomes(name, "CertificateNotFound")) << kube.object(name).dump(1);
        EXPECT_THAT(kube.message(name), HasSubstr("Barbican has no container and no secret"));
        EXPECT_TRUE(until([&] { return kube.state(name) == "error"; })) << kube.object(name).dump(1);
    }
    EXPECT_EQ(sim.puts(), 0U);
}

TEST_P(barbican_of_release, a_dead_ref_of_ours_makes_room)
{
    const auto old =
        sim.add_certificate({.project = project, .kind = "pkcs12", .names = {"old.example.com"}});
    kube.create({.name = "old", .certificate = old.id, .listener = listener, .sni = true});
    start();
    ASSERT_TRUE(becomes("old", "Attached")) << kube.object("old").dump(1);
    sim.remove_certificate(old.id);
    const auto web = certificate("web.example.com");
    kube.create({.name = "web", .certificate = web.id, .listener = listener, .sni = true});
    ASSERT_TRUE(becomes("web", "Attached")) << kube.object("web").dump(1);
    ASSERT_TRUE(becomes("old", "CertificateNotFound")) << kube.object("old").dump(1);
    EXPECT_EQ(sim.get_listener(listener).sni_refs, std::set{web.ref});
    EXPECT_EQ(served("web.example.com"), web.ref);
}

INSTANTIATE_TEST_SUITE_P(
    releases,
    barbican_of_release,
    testing::Values("queens", "train", "ussuri", "today"),
    [](const auto& info) { return std::string(info.param); }
);

}  // namespace
