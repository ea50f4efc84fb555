#include "cloud/openstack/fixture.hpp"
#include "cloud/openstack/octavia.hpp"
#include "cloud/openstack/octavia_answers.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <iomanip>
#include <sstream>

namespace {

using namespace std::chrono_literals;
using cloud::failure;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string no_refs = R"("default_tls_container_ref":null,"sni_container_refs":[])";

// The ids of listeners by number, in the order of the numbers.
std::string id_of(int number)
{
    std::ostringstream text;
    text << "00000000-0000-4000-8000-" << std::setw(12) << std::setfill('0') << number;
    return text.str();
}

json item(int number)
{
    return json::parse(captured::listener(no_refs, "ACTIVE", id_of(number)).body)["listener"];
}

json items(int first, int last)
{
    json listed = json::array();
    for (int i = first; i <= last; ++i)
    {
        listed.push_back(item(i));
    }
    return listed;
}

// `has_next`: as Octavia links to the next page, which is without `fields`.
net::http_response page(json listed, bool has_next, const std::string& kind = "listeners")
{
    json links = json::array();
    if (has_next)
    {
        const auto last = listed.back()["id"].get<std::string>();
        links = {
            {{"rel", "next"}, {"href", captured::load_balancing + "/" + kind + "?limit=25&marker=" + last}}
        };
    }
    return captured::json(200, json{{kind, std::move(listed)}, {kind + "_links", links}}.dump());
}

net::http_response invalid_marker(int number)
{
    return captured::octavia_fault(400, "Supplied pagination marker '" + id_of(number) + "' is not valid.");
}

// The request for the page after the listener of that number; 0: the first page.
std::string get_page(int marker = 0)
{
    return "GET " + captured::load_balancing +
           "/listeners?project_id=4df7978bb2cf4afc91391260ded6416d&fields=id&fields=provisioning_status"
           "&fields=loadbalancers&fields=protocol&fields=project_id&fields=default_tls_container_ref"
           "&fields=sni_container_refs&fields=client_ca_tls_container_ref&fields=client_crl_container_ref"
           "&sort_key=id&sort_dir=asc&limit=25" +
           (marker == 0 ? "" : "&marker=" + id_of(marker));
}

class octavia_lists : public test::openstack
{
protected:
    // Empty: the list came to its end.
    std::optional<failure> list(std::size_t most_pages = 10)
    {
        given.clear();
        const auto listed = run(octavia.list_listeners("sao1", most_pages, [this](auto listeners) {
            given.push_back(std::move(listeners));
        }));
        message = listed ? "" : listed.error().message;
        return listed ? std::nullopt : std::optional(listed.error().kind);
    }

    std::vector<int> sizes() const
    {
        std::vector<int> result;
        for (const auto& listeners : given)
        {
            result.push_back(static_cast<int>(listeners.size()));
        }
        return result;
    }

    // The first page is `body`.
    std::optional<failure> list_of(const json& body)
    {
        http.on(get_page(), {captured::json(200, body.dump())});
        return list();
    }

    cloud::openstack::octavia octavia{services};
    std::vector<std::vector<cloud::listener>> given;
    std::string message;
};

TEST_F(octavia_lists, a_list_comes_page_by_page_with_its_fields)
{
    http.on(get_page(), {page(items(1, 25), true)});
    http.on(get_page(25), {page(items(26, 28), false)});
    EXPECT_EQ(list(), std::nullopt) << message;
    EXPECT_THAT(sizes(), ElementsAre(25, 3));
    EXPECT_EQ(given[1].back().id, id(id_of(28)));
}

TEST_F(octavia_lists, a_listener_of_a_list_is_that_of_a_single_read)
{
    const std::string ref = captured::key_manager + "/secrets/" + captured::secret_id;
    const auto whole = captured::listener(
        R"("default_tls_container_ref":")" + ref + R"(","sni_container_refs":[")" + ref + R"("])"
    );
    http.on(get_page(), {page(json::array({json::parse(whole.body)["listener"]}), false)});
    http.on(get_listener, {whole});
    EXPECT_EQ(list(), std::nullopt) << message;
    const auto single = run(octavia.get_listener("sao1", id(captured::listener_id)));
    ASSERT_TRUE(single);
    ASSERT_THAT(sizes(), ElementsAre(1));
    const auto& listed = given[0][0];
    EXPECT_EQ(listed.id, single->id);
    EXPECT_EQ(listed.load_balancer_id, single->load_balancer_id);
    EXPECT_EQ(listed.project_id, single->project_id);
    EXPECT_EQ(listed.protocol, single->protocol);
    EXPECT_EQ(listed.status, single->status);
    EXPECT_EQ(listed.default_ref, single->default_ref);
    EXPECT_EQ(listed.default_ref.value().str(), ref);
    EXPECT_EQ(listed.sni_refs, single->sni_refs);
    EXPECT_EQ(listed.sni_refs.size(), 1U);
}

TEST_F(octavia_lists, a_page_that_the_operator_makes_shorter_is_not_the_last)
{
    http.on(get_page(), {page(items(1, 2), true)});
    http.on(get_page(2), {page(items(3, 4), true)});
    http.on(get_page(4), {page(json::array(), false)});
    EXPECT_EQ(list(), std::nullopt) << message;
    EXPECT_THAT(sizes(), ElementsAre(2, 2)) << "the last full page links to an empty one";
}

TEST_F(octavia_lists, a_project_without_listeners_has_an_empty_list)
{
    http.on(get_page(), {page(json::array(), false)});
    EXPECT_EQ(list(), std::nullopt) << message;
    EXPECT_THAT(given, IsEmpty());
}

TEST_F(octavia_lists, without_links_a_page_is_the_last_unless_it_is_full)
{
    EXPECT_EQ(list_of({{"listeners", items(1, 3)}}), std::nullopt) << message;
    EXPECT_THAT(sizes(), ElementsAre(3));
    http.on(get_page(25), {captured::json(200, json{{"listeners", items(1, 25)}}.dump())});
    EXPECT_EQ(list_of({{"listeners", items(1, 25)}}), failure::transient) << "the marker has no effect";
    EXPECT_THAT(sizes(), ElementsAre(25));
}

TEST_F(octavia_lists, a_listener_that_is_deleted_between_two_pages_does_not_end_the_list)
{
    http.on(get_page(), {page(items(1, 3), true)});
    http.on(get_page(3), {invalid_marker(3)});
    http.on(get_page(2), {page(items(4, 5), false)});
    EXPECT_EQ(list(), std::nullopt) << message;
    EXPECT_THAT(sizes(), ElementsAre(3, 2));
    EXPECT_EQ(http.count(get_page(3)), 1U) << "the same question has the same answer";
}

TEST_F(octavia_lists, the_list_ends_if_the_listener_before_is_deleted_too)
{
    http.on(get_page(), {page(items(1, 3), true)});
    http.on(get_page(3), {invalid_marker(3)});
    http.on(get_page(2), {invalid_marker(2)});
    EXPECT_EQ(list(), failure::transient);
    EXPECT_THAT(message, HasSubstr("pagination marker"));
    EXPECT_THAT(sizes(), ElementsAre(3)) << "what was given away before stays true";
    EXPECT_EQ(http.count(get_page(2)), 1U);
}

TEST_F(octavia_lists, a_list_of_more_pages_than_the_reader_bears_is_not_read_to_its_end)
{
    http.on(get_page(), {page(items(1, 2), true)});
    http.on(get_page(2), {page(items(3, 4), true)});
    EXPECT_EQ(list(2), failure::not_supported);
    EXPECT_THAT(message, HasSubstr("the list of listeners is not read, because it has more than 2 pages"));
    EXPECT_THAT(sizes(), ElementsAre(2, 2));
    EXPECT_EQ(list(0), failure::not_supported);
}

TEST_F(octavia_lists, pages_that_repeat_end_the_list)
{
    http.on(get_page(), {page(items(1, 2), true)});
    http.on(get_page(2), {page(items(1, 2), true)});
    EXPECT_EQ(list(), failure::transient);
    EXPECT_THAT(message, HasSubstr("not in the order"));
    EXPECT_THAT(sizes(), ElementsAre(2));
    EXPECT_EQ(http.count(get_page(2)), 1U);
}

TEST_F(octavia_lists, a_malformed_listener_is_left_to_its_own_read)
{
    auto listed = items(1, 4);
    listed[0].erase("sni_container_refs");
    listed[1]["provisioning_status"] = "MIGRATING";
    listed[2]["loadbalancers"] = json::array();
    EXPECT_EQ(list_of({{"listeners", listed}, {"listeners_links", json::array()}}), std::nullopt) << message;
    ASSERT_THAT(sizes(), ElementsAre(1));
    EXPECT_EQ(given[0][0].id, id(id_of(4)));
}

TEST_F(octavia_lists, of_a_malformed_page_nothing_is_taken)
{
    auto without_id = items(1, 3);
    without_id[1].erase("id");
    auto no_uuid = items(1, 3);
    no_uuid[2]["id"] = "thing";
    auto twice = items(1, 2);
    twice.push_back(item(2));
    auto backwards = items(1, 2);
    std::swap(backwards[0], backwards[1]);
    for (const json& body : std::initializer_list<json>{
             nullptr,
             json::array(),
             json::object(),
             {{"listener", item(1)}},
             {{"listeners", item(1)}},
             {{"listeners", nullptr}},
             {{"listeners", {1, 2}}},
             {{"listeners", without_id}},
             {{"listeners", no_uuid}},
             {{"listeners", twice}},
             {{"listeners", backwards}},
             {{"listeners", items(1, 101)}}
         })
    {
        EXPECT_EQ(list_of(body), failure::transient) << body;
        EXPECT_THAT(given, IsEmpty()) << body;
    }
    http.on(get_page(), {captured::json(200, R"({"listeners":[)")});
    EXPECT_EQ(list(), failure::transient);
    EXPECT_THAT(given, IsEmpty());
}

TEST_F(octavia_lists, a_list_without_a_usable_answer_tells_the_class_of_its_failure)
{
    http.on(get_page(), {captured::forbidden_by_octavia()});
    EXPECT_EQ(list(), failure::access_denied);
    EXPECT_THAT(message, HasSubstr("Octavia answers 403 for the list of listeners"));
    for (const auto& answer :
         {captured::html(404),
          captured::octavia_fault(404, "no listeners here"),
          captured::octavia_fault(501, "no lists")})
    {
        http.on(get_page(), {answer});
        EXPECT_EQ(list(), failure::transient) << answer.body;
    }
    auto limited = captured::json(429, R"({"code":429})");
    limited.headers.push_back({"Retry-After", "7"});
    http.on(get_page(), {limited});
    EXPECT_EQ(list(), failure::rate_limited);
}

TEST_F(octavia_lists, a_page_without_an_answer_is_asked_for_again_with_a_growing_pause)
{
    http.on(get_page(), {page(items(1, 25), true)});
    http.on(
        get_page(25),
        {captured::octavia_fault(503, "busy"),
         support::fail(support::errc::interrupted, "the connection was closed"),
         page(items(26, 28), false)}
    );
    const auto began = clock().now();
    EXPECT_EQ(list(), std::nullopt) << message;
    EXPECT_THAT(sizes(), ElementsAre(25, 3)) << "what was given away before is not given again";
    EXPECT_EQ(http.count(get_page()), 1U);
    EXPECT_EQ(clock().now() - began, 2s + 6s);
}

TEST_F(octavia_lists, a_page_without_an_answer_is_given_up_after_four_requests)
{
    http.on(get_page(), {page(items(1, 25), true)});
    http.on(get_page(25), {captured::octavia_fault(500, "broken")});
    EXPECT_EQ(list(), failure::transient);
    EXPECT_EQ(http.count(get_page(25)), 4U);
    EXPECT_THAT(sizes(), ElementsAre(25));
}

TEST_F(octavia_lists, retries_of_a_page_do_not_count_as_pages)
{
    http.on(get_page(), {captured::octavia_fault(502, "away"), page(items(1, 25), true)});
    http.on(get_page(25), {captured::octavia_fault(502, "away"), page(items(26, 28), false)});
    EXPECT_EQ(list(2), std::nullopt) << message;
}

TEST_F(octavia_lists, a_page_waits_for_the_time_that_the_service_names_unless_it_is_long)
{
    auto limited = captured::json(429, R"({"code":429})");
    limited.headers.push_back({"Retry-After", "25"});
    http.on(get_page(), {limited, page(items(1, 1), false)});
    auto began = clock().now();
    EXPECT_EQ(list(), std::nullopt) << message;
    EXPECT_EQ(clock().now() - began, 25s);

    http.forget();
    limited.headers.back().value = "31";
    http.on(get_page(), {limited, page(items(1, 1), false)});
    began = clock().now();
    EXPECT_EQ(list(), failure::rate_limited);
    EXPECT_EQ(http.count(get_page()), 1U);
    EXPECT_EQ(clock().now(), began);
}

TEST_F(octavia_lists, a_refusal_is_not_asked_for_again)
{
    http.on(get_page(), {captured::forbidden_by_octavia()});
    EXPECT_EQ(list(), failure::access_denied);
    EXPECT_EQ(http.count(get_page()), 1U);
}

TEST_F(octavia_lists, a_refused_token_is_renewed_once)
{
    http.on(get_page(), {captured::unauthorized(), page(items(1, 1), false)});
    EXPECT_EQ(list(), std::nullopt) << message;
    EXPECT_EQ(tokens_issued, 2);
    http.on(get_page(), {captured::unauthorized()});
    EXPECT_EQ(list(), failure::credentials_invalid);
    EXPECT_EQ(tokens_issued, 3);
    EXPECT_THAT(given, IsEmpty());
}

TEST_F(octavia_lists, load_balancers_are_listed_with_their_status_alone)
{
    const std::string get_first =
        "GET " + captured::load_balancing +
        "/loadbalancers?project_id=4df7978bb2cf4afc91391260ded6416d&fields=id&fields=provisioning_status"
        "&sort_key=id&sort_dir=asc&limit=200";
    const auto row = [](int number, const std::string& status) {
        return json{{"id", id_of(number)}, {"provisioning_status", status}};
    };
    http.on(
        get_first,
        {page(
            {row(1, "ACTIVE"), row(2, "PENDING_UPDATE"), row(3, "odd"), row(4, "ERROR")},
            true,
            "loadbalancers"
        )}
    );
    http.on(
        get_first + "&marker=" + id_of(4), {page(json::array({row(5, "ACTIVE")}), false, "loadbalancers")}
    );
    std::vector<std::pair<support::uuid, cloud::provisioning_status>> given_balancers;
    const auto listed = run(octavia.list_load_balancers("sao1", 10, [&](auto balancers) {
        for (const auto& balancer : balancers)
        {
            given_balancers.emplace_back(balancer.id, balancer.status);
        }
    }));
    EXPECT_TRUE(listed);
    EXPECT_THAT(
        given_balancers,
        ElementsAre(
            std::pair(id(id_of(1)), cloud::provisioning_status::active),
            std::pair(id(id_of(2)), cloud::provisioning_status::pending),
            std::pair(id(id_of(4)), cloud::provisioning_status::error),
            std::pair(id(id_of(5)), cloud::provisioning_status::active)
        )
    );
}

}  // namespace
