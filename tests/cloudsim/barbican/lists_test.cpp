// Barbican's lists. The conformance program holds their answers to the real service.
#include "cloudsim/cloud/lab.hpp"

#include <gmock/gmock.h>

namespace cloudsim::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class barbican_lists : public lab
{
protected:
    json shown(const std::string& query, const std::string& token)
    {
        const auto answer = ask({.method = "GET", .url = key_manager("/v1/" + query), .token = token});
        EXPECT_EQ(answer.status, 200) << answer.body;
        return json::parse(answer.body);
    }
    json shown(const std::string& query) { return shown(query, token_a); }

    static std::vector<std::string> refs_of(const json& items, const char* member)
    {
        std::vector<std::string> refs;
        for (const auto& item : items)
        {
            refs.push_back(item[member].get<std::string>());
        }
        return refs;
    }
    std::string p12(const std::string& state = "active")
    {
        return sim.add_certificate({.project = project_a, .kind = "pkcs12", .state = state}).ref;
    }
};

TEST_F(barbican_lists, an_empty_list_has_a_total_and_no_links)
{
    EXPECT_EQ(shown("secrets?sort=created,name"), (json{{"secrets", json::array()}, {"total", 0}}));
    EXPECT_EQ(shown("containers"), (json{{"containers", json::array()}, {"total", 0}}));
}

TEST_F(barbican_lists, show_the_objects_of_the_project_that_have_not_expired)
{
    const auto first = p12();
    const auto second = p12("no_payload");
    p12("expired");
    sim.add_certificate({.project = project_b});
    const auto whole = sim.add_certificate({.project = project_a});
    const auto secrets = shown("secrets?sort=created,name");
    EXPECT_EQ(secrets["total"], 5);
    const auto refs = refs_of(secrets["secrets"], "secret_ref");
    ASSERT_THAT(refs, SizeIs(5));
    EXPECT_EQ(refs[0], first);
    EXPECT_EQ(refs[1], second);
    EXPECT_EQ(secrets["secrets"][0], ask_json({.method = "GET", .url = first, .token = token_a}));
    const auto containers = shown("containers?type=certificate");
    EXPECT_THAT(refs_of(containers["containers"], "container_ref"), ElementsAre(whole.ref));
    EXPECT_EQ(containers["containers"][0], ask_json({.method = "GET", .url = whole.ref, .token = token_a}));
    EXPECT_THAT(shown("containers?type=generic")["containers"], IsEmpty());
}

TEST_F(barbican_lists, pages_link_to_their_neighbours)
{
    std::vector<std::string> made;
    for (int i = 0; i < 5; ++i)
    {
        made.push_back(p12());
    }
    const auto page = shown("secrets?sort=created,name&limit=2&offset=2");
    EXPECT_THAT(refs_of(page["secrets"], "secret_ref"), ElementsAre(made[2], made[3]));
    EXPECT_EQ(page["total"], 5);
    EXPECT_EQ(page["previous"], key_manager("/v1/secrets?limit=2&offset=0"));
    EXPECT_EQ(page["next"], key_manager("/v1/secrets?limit=2&offset=4"));
    EXPECT_FALSE(shown("secrets?sort=created,name&limit=2&offset=4").contains("next"));
    EXPECT_EQ(
        shown("secrets?sort=created,name&limit=2&offset=6"), (json{{"secrets", json::array()}, {"total", 5}})
    );
}

TEST_F(barbican_lists, a_page_has_ten_objects_unless_more_are_asked_for_and_allowed)
{
    for (int i = 0; i < 12; ++i)
    {
        p12();
    }
    EXPECT_THAT(shown("secrets?sort=created,name")["secrets"], SizeIs(10));
    EXPECT_THAT(shown("secrets?sort=created,name&limit=100")["secrets"], SizeIs(12));
    EXPECT_THAT(shown("secrets?sort=created,name&limit=0")["secrets"], SizeIs(1));
    sim.set({{"barbican_page", 3}});
    EXPECT_THAT(shown("secrets?sort=created,name&limit=100")["secrets"], SizeIs(3));
}

TEST_F(barbican_lists, ask_for_a_role_and_not_for_the_access_lists_of_objects)
{
    const auto kept = sim.add_certificate(
        {.project = project_a, .kind = "pkcs12", .is_private = true, .user = sim.add_user("owner", project_a)}
    );
    EXPECT_EQ(ask({.method = "GET", .url = kept.ref, .token = token_a}).status, 403);
    EXPECT_THAT(shown("secrets?sort=created,name")["secrets"], SizeIs(1));
    sim.add_user({.name = "reader", .project = project_a, .roles = {"reader"}});
    for (const std::string kind : {"secrets", "containers"})
    {
        const auto answer = ask(
            {.method = "GET", .url = key_manager("/v1/" + kind), .token = password_token("reader", "tenant-a")
            }
        );
        EXPECT_EQ(answer.status, 403) << kind;
    }
}

}  // namespace
}  // namespace cloudsim::test
