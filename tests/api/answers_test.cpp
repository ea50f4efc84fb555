#include "api/answers.hpp"

#include "binding/resource/object_json.hpp"

#include <gtest/gtest.h>

namespace {

using nlohmann::json;

binding::certificate_binding some_binding(const std::function<void(json&)>& change = {})
{
    json object = test::some_object();
    if (change)
    {
        change(object);
    }
    return test::decoded(object);
}

TEST(answers, a_binding_has_the_documented_keys_in_their_order)
{
    const auto page = api::binding_page(201, some_binding());
    EXPECT_EQ(page.status, 201);
    EXPECT_EQ(page.content_type, "application/json");
    EXPECT_EQ(
        page.body,
        R"({"binding":{"id":"00000000-0000-4000-8000-000000000001",)"
        R"("crn":"crn:sao1:certificate:binding:00000000-0000-4000-8000-000000000001",)"
        R"("certificate_id":"aaaaaaaa-0000-4000-8000-000000000000","resource_type":"octavia:listener",)"
        R"("resource_id":"11111111-0000-4000-8000-000000000001","options":{"sni":true},"status":"active",)"
        R"("error_message":"","created_at":"2026-11-24T00:00:00Z","updated_at":"2026-11-24T00:01:00Z"}})"
        "\n"
    );
}

// A cloud that attaches single bindings names them.
json named_by_the_cloud(json object, const std::string& id)
{
    const std::string path = "/v1/certificates/aaaaaaaa-0000-4000-8000-000000000000/bindings/" + id;
    auto& status = object["status"];
    status["id"] = id;
    status["crn"] = "crn:spo1:certificate:binding:" + id;
    status["createdAt"] = "2026-11-24T00:00:30Z";
    status["attachments"] = {{{"containerRef", path}, {"slot", "sni"}, {"confirmed", true}}};
    return object;
}

TEST(answers, a_binding_has_the_names_that_the_cloud_gave_it)
{
    const std::string id = "cccccccc-0000-4000-8000-00000000beef";
    const auto page = api::binding_page(201, test::decoded(named_by_the_cloud(test::some_object(), id)));
    const json binding = json::parse(page.body)["binding"];
    EXPECT_EQ(binding["id"], id);
    EXPECT_EQ(binding["crn"], "crn:spo1:certificate:binding:" + id);
    EXPECT_EQ(binding["created_at"], "2026-11-24T00:00:30Z");
    EXPECT_EQ(binding["updated_at"], "2026-11-24T00:01:00Z");
}

TEST(answers, a_page_ends_with_the_id_that_the_next_begins_behind)
{
    const std::string id = "cccccccc-0000-4000-8000-00000000beef";
    const auto object = test::decoded(named_by_the_cloud(test::some_object(), id));
    const json first = json::parse(api::bindings_page({object}, {}, 1).body);
    EXPECT_EQ(first["meta"]["marker"], id);
    EXPECT_EQ(first["bindings"].size(), 1U);
    const json next = json::parse(api::bindings_page({object}, support::uuid::parse(id), 1).body);
    EXPECT_EQ(next["bindings"].size(), 0U);
}

TEST(answers, a_binding_that_no_controller_has_seen_is_pending)
{
    const auto page = api::binding_page(201, some_binding([](json& object) {
                                            object["status"] = {{"observedGeneration", -1}};
                                        }));
    const json binding = json::parse(page.body)["binding"];
    EXPECT_EQ(binding["status"], "pending");
    EXPECT_EQ(binding["error_message"], "");
    EXPECT_EQ(binding["updated_at"], binding["created_at"]);
}

TEST(answers, a_binding_that_is_being_deleted_is_deleting)
{
    const auto page = api::binding_page(202, some_binding([](json& object) {
                                            object["metadata"]["deletionTimestamp"] = "2026-11-24T01:00:00Z";
                                        }));
    EXPECT_EQ(json::parse(page.body)["binding"]["status"], "deleting");
}

TEST(answers, a_certificate_shows_so_many_of_its_bindings)
{
    const std::vector<binding::certificate_binding> bindings(5, some_binding());
    const auto shown = [&](std::size_t most) {
        return json::parse(api::certificate_page(bindings, most).body)["certificate"]["bindings"].size();
    };
    EXPECT_EQ(shown(3), 3U);
    EXPECT_EQ(shown(9), 5U);
}

TEST(answers, the_certificate_has_one_of_the_six_statuses_of_the_api)
{
    const auto status = [](const std::string& reason, const std::string& barbican) {
        const auto page = api::certificate_page(
            {some_binding([&](json& object) {
                object["status"]["certificate"]["status"] = barbican;
                object["status"]["conditions"].push_back(
                    {{"type", "CertificateActive"},
                     {"status", "False"},
                     {"reason", reason},
                     {"message", "words"}}
                );
            })},
            1
        );
        return json::parse(page.body)["certificate"]["status"].get<std::string>();
    };
    EXPECT_EQ(status("CertificateActive", "ACTIVE"), "active");
    EXPECT_EQ(status("CertificateExpired", "ACTIVE"), "expired");
    EXPECT_EQ(status("CertificateNotActive", "PENDING"), "pending_issuance");
    EXPECT_EQ(status("CertificateNotActive", "ERROR"), "error");
    EXPECT_EQ(status("CertificateNotFound", ""), "error");
    EXPECT_EQ(status("CertificateAccessDenied", ""), "error");
    EXPECT_EQ(status("CloudUnavailable", ""), "pending_issuance");
    // ByCloud has the six.
    for (const std::string told : {"pending_dns", "pending_issuance", "expired", "error", "revoked"})
    {
        EXPECT_EQ(status("CertificateNotActive", told), told);
        EXPECT_EQ(status("CloudUnavailable", told), told) << "as it was read before";
        EXPECT_EQ(status("CertificateActive", told), "active") << "the condition is newer";
    }
    EXPECT_EQ(status("CertificateExpired", "active"), "expired");
    EXPECT_EQ(status("CertificateNotFound", "revoked"), "error");
    EXPECT_EQ(status("CertificateNotActive", "active"), "pending_issuance") << "its condition denies it";
    EXPECT_EQ(status("CertificateNotActive", "suspended"), "pending_issuance") << "no word of the API";
}

TEST(answers, the_status_of_another_certificate_is_not_shown)
{
    const auto page = api::certificate_page(
        {some_binding([](json& object) {
            object["status"]["certificate"] = {
                {"id", "aaaaaaaa-0000-4000-8000-00000000dead"}, {"status", "revoked"}
            };
            object["status"]["conditions"].push_back(
                {{"type", "CertificateActive"},
                 {"status", "False"},
                 {"reason", "CertificateNotActive"},
                 {"message", "words"}}
            );
        })},
        1
    );
    EXPECT_EQ(json::parse(page.body)["certificate"]["status"], "pending_issuance");
}

TEST(answers, a_page_begins_behind_its_marker_even_if_that_is_gone)
{
    const auto id = [](int n) {
        return support::uuid::parse("00000000-0000-4000-8000-00000000000" + std::to_string(n)).value();
    };
    const std::vector<support::uuid> sorted{id(1), id(3), id(5)};
    const auto expect =
        [&](std::optional<support::uuid> marker, std::size_t limit, std::size_t first, std::size_t count) {
            const auto part = api::part_of(sorted, marker, limit);
            EXPECT_EQ(part.first, first);
            EXPECT_EQ(part.count, count);
        };
    expect({}, 2, 0, 2);
    expect(id(3), 2, 2, 1);
    expect(id(2), 9, 1, 2);
    expect(id(5), 2, 3, 0);
}

TEST(answers, an_error_has_the_documented_object)
{
    const auto page = api::failure_page({409, "it exists", "do this", {{"Retry-After", "7"}}}, "req-1");
    EXPECT_EQ(page.status, 409);
    EXPECT_EQ(
        page.body,
        R"({"error":{"code":409,"message":"it exists","details":"do this","request_id":"req-1"}})"
        "\n"
    );
    ASSERT_EQ(page.headers.size(), 1U);
    EXPECT_EQ(page.headers[0].value, "7");
}

}  // namespace
