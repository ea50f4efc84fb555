// Octavia's lists. The conformance program holds their answers to the real service.
#include "cloudsim/cloud/lab.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace cloudsim::test {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::SizeIs;

class octavia_lists : public lab
{
protected:
    octavia_lists()
    {
        for (int i = 0; i < 3; ++i)
        {
            const auto balancer = sim.add_load_balancer({.project = project_a});
            made_.push_back(sim.add_listener({.load_balancer = balancer}));
        }
        sim.add_listener({.load_balancer = sim.add_load_balancer({.project = project_b})});
        std::ranges::sort(made_);
    }

    reply get(const std::string& query, const std::string& token)
    {
        return ask({.method = "GET", .url = load_balancer("/v2/lbaas/" + query), .token = token});
    }
    json shown(const std::string& query)
    {
        const auto answer = get(query, token_a);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return json::parse(answer.body);
    }
    static std::vector<std::string> ids_of(const json& page)
    {
        std::vector<std::string> ids;
        for (const auto& item : page["listeners"])
        {
            ids.push_back(item["id"].get<std::string>());
        }
        return ids;
    }
    static std::vector<std::string> links_of(const json& page)
    {
        std::vector<std::string> links;
        for (const auto& link : page["listeners_links"])
        {
            links.push_back(link["rel"].get<std::string>() + " " + link["href"].get<std::string>());
        }
        return links;
    }

    std::vector<std::string> made_;
};

TEST_F(octavia_lists, show_the_objects_of_the_project_as_single_answers_do)
{
    const auto page = shown("listeners?sort_key=id");
    EXPECT_THAT(ids_of(page), ElementsAreArray(made_));
    EXPECT_THAT(links_of(page), IsEmpty());
    const auto single = ask_json({.method = "GET", .url = listener_url(made_[0]), .token = token_a});
    EXPECT_EQ(page["listeners"][0], single["listener"]);
    EXPECT_THAT(shown("loadbalancers")["loadbalancers"], SizeIs(3));
}

TEST_F(octavia_lists, a_full_page_links_to_the_next_one_without_the_fields)
{
    const auto first = shown("listeners?fields=id&sort_key=id&limit=2");
    EXPECT_EQ(first["listeners"], (json{{{"id", made_[0]}}, {{"id", made_[1]}}}));
    const auto path = load_balancer("/v2/lbaas/listeners?limit=2&sort_key=id&marker=");
    EXPECT_THAT(links_of(first), ElementsAre("next " + path + made_[1]));
    const auto second = shown("listeners?sort_key=id&limit=2&marker=" + made_[1]);
    EXPECT_THAT(ids_of(second), ElementsAre(made_[2]));
    EXPECT_THAT(links_of(second), ElementsAre("previous " + path + made_[2] + "&page_reverse=True"));
    EXPECT_THAT(links_of(shown("listeners?sort_key=id&limit=3")), SizeIs(1))
        << "full, although it is the last";
}

TEST_F(octavia_lists, the_operator_may_allow_shorter_pages)
{
    sim.set({{"octavia_page", 2}});
    const auto page = shown("listeners?sort_key=id&limit=100");
    EXPECT_THAT(ids_of(page), ElementsAre(made_[0], made_[1]));
    EXPECT_THAT(links_of(page), SizeIs(1));
}

TEST_F(octavia_lists, go_by_the_time_of_creation_unless_they_are_asked_otherwise)
{
    std::vector<std::string> seen;
    std::string marker;
    for (int pages = 0; pages < 3; ++pages)
    {
        const auto page = shown("listeners?limit=1" + marker);
        ASSERT_THAT(ids_of(page), SizeIs(1));
        seen.push_back(ids_of(page)[0]);
        marker = "&marker=" + seen.back();
    }
    EXPECT_THAT(ids_of(shown("listeners?limit=1" + marker)), IsEmpty());
    EXPECT_THAT(seen, ElementsAreArray(made_)) << "within one second by id";
}

TEST_F(octavia_lists, another_project_is_for_administrators_alone)
{
    EXPECT_EQ(get("listeners?project_id=" + project_b, token_a).status, 403);
    sim.add_user({.name = "root", .project = project_a, .roles = {"admin"}});
    const auto root = password_token("root", "tenant-a");
    EXPECT_THAT(ids_of(json::parse(get("listeners", root).body)), SizeIs(4));
    EXPECT_THAT(ids_of(json::parse(get("listeners?project_id=" + project_a, root).body)), SizeIs(3));
}

TEST_F(octavia_lists, refuse_what_is_no_marker_and_no_limit)
{
    EXPECT_EQ(get("listeners?marker=" + project_a, token_a).status, 400);
    EXPECT_EQ(get("listeners?limit=many", token_a).status, 400);
    EXPECT_EQ(get("listeners?page_reverse=True", token_a).status, 501) << "the simulator does not know it";
}

}  // namespace
}  // namespace cloudsim::test
