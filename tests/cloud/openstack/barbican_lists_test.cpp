#include "cloud/openstack/barbican.hpp"
#include "cloud/openstack/fixture.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <iomanip>
#include <sstream>

namespace {

using cloud::failure;
using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

std::string id_of(int number)
{
    std::ostringstream text;
    text << "00000000-0000-4000-8000-" << std::setw(12) << std::setfill('0') << number;
    return text.str();
}

json secret(
    int number,
    const std::string& content_type = "application/octet-stream",
    const std::string& status = "ACTIVE"
)
{
    return json::parse(captured::secret(id_of(number), content_type, status).body);
}

json secrets(int first, int last)
{
    json listed = json::array();
    for (int i = first; i <= last; ++i)
    {
        listed.push_back(secret(i));
    }
    return listed;
}

// A container of the secrets of these names and numbers.
json container(
    int number,
    const std::vector<std::pair<std::string, int>>& parts,
    const std::string& type = "certificate",
    const std::string& status = "ACTIVE"
)
{
    std::string listed;
    for (const auto& [name, secret] : parts)
    {
        listed += (listed.empty() ? "" : ",") + captured::part(name, id_of(secret));
    }
    auto shown = json::parse(captured::container(listed, type, status).body);
    shown["container_ref"] = captured::key_manager + "/containers/" + id_of(number);
    return shown;
}

net::http_response page(const std::string& kind, const json& items, const json& total)
{
    return captured::json(200, json{{kind, items}, {"total", total}}.dump());
}

std::string get_secrets(int offset = 0)
{
    return "GET " + captured::key_manager + "/secrets?limit=100&offset=" + std::to_string(offset) +
           "&sort=created,name";
}

std::string get_containers(int offset = 0)
{
    return "GET " + captured::key_manager + "/containers?limit=100&offset=" + std::to_string(offset) +
           "&type=certificate";
}

class barbican_lists : public test::openstack
{
protected:
    // Empty: the lists came to their ends.
    std::optional<failure> list(std::size_t most_pages = 10)
    {
        usable.clear();
        const auto listed = run(barbican.list_usable_certificates("sao1", most_pages, [this](auto ids) {
            usable.insert(usable.end(), ids.begin(), ids.end());
        }));
        message = listed ? "" : listed.error().message;
        return listed ? std::nullopt : std::optional(listed.error().kind);
    }

    void put(const json& secrets, const json& containers)
    {
        http.on(get_secrets(), {page("secrets", secrets, secrets.size())});
        http.on(get_containers(), {page("containers", containers, containers.size())});
    }

    support::uuid of(int number) const { return id(id_of(number)); }

    cloud::openstack::barbican barbican{services, support::on_the_spot()};
    std::vector<support::uuid> usable;
    std::string message;
};

TEST_F(barbican_lists, a_container_is_usable_if_each_of_its_secrets_is_listed_as_usable)
{
    put(secrets(1, 3),
        {container(10, {{"certificate", 1}, {"private_key", 2}}),
         container(11, {{"certificate", 1}, {"private_key", 2}, {"intermediates", 3}})});
    EXPECT_EQ(list(), std::nullopt) << message;
    EXPECT_THAT(usable, UnorderedElementsAre(of(1), of(2), of(3), of(10), of(11)));
}

TEST_F(barbican_lists, a_secret_is_usable_if_it_is_active_with_a_payload)
{
    put({secret(1), secret(2, ""), secret(3, "text/plain", "ERROR"), secret(4, "text/plain")}, json::array());
    EXPECT_EQ(list(), std::nullopt) << message;
    EXPECT_THAT(usable, UnorderedElementsAre(of(1), of(4)));
}

TEST_F(barbican_lists, a_container_with_a_part_that_is_missing_or_unusable_is_not_usable)
{
    put({secret(1), secret(2), secret(3, ""), secret(4, "text/plain", "PENDING")},
        {container(10, {}),
         container(11, {{"certificate", 1}}),
         container(12, {{"private_key", 1}}),
         container(13, {{"certificate", 1}, {"private_key", 3}}),
         container(14, {{"certificate", 4}, {"private_key", 2}}),
         container(15, {{"certificate", 1}, {"private_key", 2}, {"intermediates", 3}}),
         // 99 is not listed, because it has expired or belongs to another project.
         container(16, {{"certificate", 1}, {"private_key", 99}}),
         container(17, {{"certificate", 1}, {"private_key", 2}}, "generic"),
         container(18, {{"certificate", 1}, {"private_key", 2}}, "certificate", "PENDING")});
    EXPECT_EQ(list(), std::nullopt) << message;
    EXPECT_THAT(usable, UnorderedElementsAre(of(1), of(2)));
}

TEST_F(barbican_lists, the_list_judges_as_a_single_read_does)
{
    const std::vector<json> containers = {
        container(10, {{"certificate", 1}, {"private_key", 2}}),
        container(11, {{"certificate", 1}}),
        container(12, {{"certificate", 1}, {"private_key", 3}}),
        container(13, {{"certificate", 1}, {"private_key", 4}}),
        container(14, {{"certificate", 1}, {"private_key", 2}}, "rsa"),
        container(15, {{"certificate", 1}, {"private_key", 2}}, "certificate", "ERROR"),
    };
    const std::vector<json> stored = {secret(1), secret(2), secret(3, ""), secret(4, "text/plain", "ERROR")};
    put(stored, containers);
    EXPECT_EQ(list(), std::nullopt) << message;
    for (const auto& object : stored)
    {
        http.on("GET " + object["secret_ref"].get<std::string>(), {captured::json(200, object.dump())});
    }
    for (const auto& object : containers)
    {
        const auto ref = object["container_ref"].get<std::string>();
        http.on("GET " + ref, {captured::json(200, object.dump())});
        const auto which = id(ref.substr(ref.rfind('/') + 1));
        const auto single = run(barbican.get_certificate("sao1", which, support::wall_time()));
        ASSERT_TRUE(single);
        EXPECT_EQ(std::ranges::count(usable, which), single->usable ? 1 : 0) << object;
    }
}

TEST_F(barbican_lists, lists_come_page_by_page)
{
    http.on(get_secrets(), {page("secrets", secrets(1, 100), 102)});
    http.on(get_secrets(100), {page("secrets", secrets(101, 102), 102)});
    http.on(
        get_containers(),
        {page("containers", json::array({container(200, {{"certificate", 1}, {"private_key", 102}})}), 2)}
    );
    http.on(
        get_containers(1),
        {page("containers", json::array({container(201, {{"certificate", 100}, {"private_key", 101}})}), 2)}
    );
    EXPECT_EQ(list(), std::nullopt) << message;
    EXPECT_THAT(usable, SizeIs(104));
    EXPECT_EQ(usable.back(), of(201)) << "the operator allows pages of one";
}

TEST_F(barbican_lists, a_list_that_becomes_shorter_ends_with_an_empty_page)
{
    http.on(get_secrets(), {page("secrets", secrets(1, 100), 101)});
    http.on(get_secrets(100), {page("secrets", json::array(), 100)});
    http.on(get_containers(), {page("containers", json::array(), 0)});
    EXPECT_EQ(list(), std::nullopt) << message;
    EXPECT_THAT(usable, SizeIs(100));
}

TEST_F(barbican_lists, secrets_and_containers_share_the_pages_that_the_reader_bears)
{
    http.on(get_secrets(), {page("secrets", secrets(1, 100), 150)});
    http.on(get_secrets(100), {page("secrets", secrets(101, 150), 150)});
    http.on(
        get_containers(),
        {page("containers", json::array({container(200, {{"certificate", 1}, {"private_key", 2}})}), 2)}
    );
    EXPECT_EQ(list(3), failure::not_supported);
    EXPECT_THAT(message, HasSubstr("Barbican: the list of containers is not read"));
    EXPECT_THAT(usable, SizeIs(151)) << "what was given away before stays true";
    EXPECT_EQ(list(1), failure::not_supported);
    EXPECT_THAT(message, HasSubstr("the list of secrets"));
    EXPECT_THAT(usable, SizeIs(100));
    EXPECT_EQ(list(2), failure::not_supported) << "no request is left for the containers";
    EXPECT_EQ(http.count(get_containers()), 1U);
}

TEST_F(barbican_lists, pages_that_repeat_end_the_list)
{
    http.on(get_secrets(), {page("secrets", secrets(1, 2), 1'000'000)});
    http.on(get_secrets(2), {page("secrets", secrets(1, 2), 1'000'000)});
    EXPECT_EQ(list(), failure::transient);
    EXPECT_THAT(message, HasSubstr("the same objects as the page before"));
    EXPECT_THAT(usable, UnorderedElementsAre(of(1), of(2)));
}

TEST_F(barbican_lists, a_malformed_object_is_left_to_its_own_read)
{
    auto no_status = secret(2);
    no_status.erase("status");
    auto no_secret = secret(3);
    no_secret["secret_ref"] = captured::key_manager + "/containers/" + id_of(3);
    auto no_container = container(11, {{"certificate", 1}, {"private_key", 4}});
    no_container["container_ref"] = captured::key_manager + "/secrets/" + id_of(11);
    auto odd_parts = container(12, {{"certificate", 1}, {"private_key", 4}});
    odd_parts["secret_refs"].push_back({{"name", "intermediates"}});
    put({secret(1), no_status, no_secret, 7, nullptr, secret(4)},
        {no_container, odd_parts, "x", container(10, {{"certificate", 1}, {"private_key", 4}})});
    EXPECT_EQ(list(), std::nullopt) << message;
    EXPECT_THAT(usable, UnorderedElementsAre(of(1), of(4), of(10)));
}

TEST_F(barbican_lists, of_a_malformed_page_nothing_is_taken)
{
    const json one = secrets(1, 1);
    for (const auto& body : std::initializer_list<json>{
             nullptr,
             json::array(),
             json::object(),
             {{"secrets", one}},
             {{"total", 1}},
             {{"secrets", one}, {"total", -1}},
             {{"secrets", one}, {"total", 1.5}},
             {{"secrets", one}, {"total", "1"}},
             {{"secrets", one[0]}, {"total", 1}},
             {{"secrets", secrets(1, 101)}, {"total", 101}}
         })
    {
        http.on(get_secrets(), {captured::json(200, body.dump())});
        EXPECT_EQ(list(), failure::transient) << body;
        EXPECT_THAT(usable, IsEmpty()) << body;
    }
    EXPECT_EQ(http.count(get_containers()), 0U);
}

TEST_F(barbican_lists, a_list_without_a_usable_answer_tells_the_class_of_its_failure)
{
    http.on(get_secrets(), {captured::forbidden_by_barbican()});
    EXPECT_EQ(list(), failure::access_denied);
    EXPECT_THAT(message, HasSubstr("Barbican answers 403 for the list of secrets"));
    for (const auto& answer : {captured::html(404), captured::secret_not_found(), captured::html(503)})
    {
        http.on(get_secrets(), {answer});
        EXPECT_EQ(list(), failure::transient) << answer.body;
    }
    http.on(get_secrets(), {page("secrets", secrets(1, 2), 2)});
    http.on(get_containers(), {captured::forbidden_by_barbican()});
    EXPECT_EQ(list(), failure::access_denied);
    EXPECT_THAT(usable, UnorderedElementsAre(of(1), of(2))) << "what was given away before stays true";
}

TEST_F(barbican_lists, a_page_without_an_answer_is_asked_for_again)
{
    put(secrets(1, 2), json::array({container(10, {{"certificate", 1}, {"private_key", 2}})}));
    http.on(
        get_secrets(),
        {captured::json(503, "{}"),
         support::fail(support::errc::interrupted, "the connection was closed"),
         page("secrets", secrets(1, 2), 2)}
    );
    EXPECT_EQ(list(2), std::nullopt) << message;
    EXPECT_THAT(usable, UnorderedElementsAre(of(1), of(2), of(10)));
    http.on(get_containers(), {captured::json(500, "{}")});
    EXPECT_EQ(list(), failure::transient);
    EXPECT_THAT(usable, UnorderedElementsAre(of(1), of(2)));
}

}  // namespace
