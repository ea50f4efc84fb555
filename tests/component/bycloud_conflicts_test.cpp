// Conflicts in front of a cloud that attaches single bindings: what is there already, of us or of others.
#include "component/bycloud_fixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <utility>

namespace {

using namespace std::chrono_literals;
using test::bycloud;
using testing::Contains;
using testing::HasSubstr;
using json = nlohmann::json;

TEST_F(bycloud, adopts_a_binding_that_is_there)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("first", certificate);
    ASSERT_TRUE(becomes("first", "Attached"));
    kube.update("first", [](json& object) { object["spec"]["deletionPolicy"] = "Retain"; });
    kube.remove("first");
    ASSERT_TRUE(goes("first"));
    bind("second", certificate);
    ASSERT_TRUE(becomes("second", "Attached"));
    EXPECT_EQ(cloud.count("POST"), 1U);
    EXPECT_THAT(events(), Contains("Adopted"));
    EXPECT_THAT(events(), Contains("Retained"));
}

TEST_F(bycloud, adopts_what_a_refused_request_turns_out_to_be)
{
    const auto certificate = cloud.add_certificate();
    bool other_made_it = false;
    cloud.before = [&](const net::http_request& request) -> std::optional<test::fake_bycloud::reply> {
        if (request.method == "POST" && !std::exchange(other_made_it, true))
        {
            // Somebody else is a moment faster.
            cloud.certificate(certificate)["bindings"].push_back(
                {{"id", "00000000-0000-4000-8000-00000000beef"},
                 {"crn", "crn:sao1:certificate:binding:x"},
                 {"resource_type", "octavia:listener"},
                 {"resource_id", listener},
                 {"options", {{"sni", false}}},
                 {"status", "active"}}
            );
        }
        return std::nullopt;
    };
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Attached"));
    EXPECT_EQ(status_of("web")["id"], "00000000-0000-4000-8000-00000000beef");
    EXPECT_EQ(cloud.bindings(), 1U);
}

TEST_F(bycloud, leaves_a_foreign_binding_with_the_other_option_alone)
{
    const auto certificate = cloud.add_certificate();
    cloud.certificate(certificate)["bindings"].push_back(
        {{"id", "00000000-0000-4000-8000-00000000beef"},
         {"resource_type", "octavia:listener"},
         {"resource_id", listener},
         {"options", {{"sni", true}}},
         {"status", "active"}}
    );
    start();
    bind("web", certificate);
    ASSERT_TRUE(becomes("web", "Conflict"));
    EXPECT_EQ(cloud.count("POST"), 0U);
    EXPECT_THAT(kube.message("web"), HasSubstr("00000000-0000-4000-8000-00000000beef"));
}

TEST_F(bycloud, gives_the_default_slot_to_one_binding)
{
    const auto first = cloud.add_certificate();
    const auto second = cloud.add_certificate();
    start();
    bind("first", first);
    ASSERT_TRUE(becomes("first", "Attached"));
    bind("second", second);
    ASSERT_TRUE(becomes("second", "Conflict"));
    EXPECT_THAT(kube.message("second"), HasSubstr("shop/first"));
    kube.remove("first");
    ASSERT_TRUE(goes("first"));
    EXPECT_TRUE(becomes("second", "Attached", 1h));
}

// One binding of the cloud belongs to one object, so the deletion of the other one takes nothing off the
// listener.
TEST_F(bycloud, gives_one_certificate_in_one_slot_to_one_binding)
{
    const auto certificate = cloud.add_certificate();
    start();
    bind("first", certificate);
    ASSERT_TRUE(becomes("first", "Attached"));
    bind("second", certificate);
    ASSERT_TRUE(becomes("second", "Conflict"));
    EXPECT_THAT(kube.message("second"), HasSubstr("shop/first"));
    EXPECT_EQ(kube.attachments("second"), json::array());
    EXPECT_FALSE(kube.object("second")["metadata"].contains("finalizers"));
    kube.remove("second");
    ASSERT_TRUE(goes("second"));
    EXPECT_EQ(cloud.bindings(), 1U);
    EXPECT_EQ(cloud.count("DELETE"), 0U);
    bind("second", certificate);
    ASSERT_TRUE(becomes("second", "Conflict"));
    kube.remove("first");
    ASSERT_TRUE(goes("first"));
    EXPECT_TRUE(becomes("second", "Attached", 1h));
    EXPECT_EQ(cloud.bindings(), 1U);
}

}  // namespace
