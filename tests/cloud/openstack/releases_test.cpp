// The words of each release of Barbican, Keystone and Octavia on which the class of an answer depends. They
// stand in the sources of the release (openstack/barbican, openstack/keystone, openstack/octavia) at the tag
// in the table.
#include "cloud/openstack/barbican.hpp"
#include "cloud/openstack/errors.hpp"
#include "cloud/openstack/fixture.hpp"
#include "fakes/certificates/certificates.hpp"
#include "fakes/cloud/spelled.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <ostream>
#include <string>
#include <vector>

namespace {

using cloud::failure;
using cloud::ref_state;
using cloud::openstack::judge;
using cloud::openstack::question;
using cloud::openstack::service;

// The 404s of one release of Barbican: barbican/api/controllers/containers.py and secrets.py.
struct barbican_release
{
    const char* name;  // also the version, and the tag or branch of openstack/barbican
    const char* no_container;
    const char* no_secret;
    const char* invalid_container_id = "Not Found. Provided container id is invalid.";
    const char* invalid_secret_id = "Not Found. Provided secret id is invalid.";
    const char* no_payload = "Not Found. Sorry but your secret has no payload.";
};

constexpr const char* container_in_castle = "Not Found. Sorry but your container is in another castle.";
constexpr const char* secret_in_castle = "Not Found. Sorry but your secret is in another castle.";
constexpr const char* container_not_found = "Secrets container not found.";
constexpr const char* secret_not_found = "Secret not found.";

const barbican_release barbican_releases[] = {
    {"Queens 6.0.0 queens-eol", container_in_castle, secret_in_castle},
    {"Rocky 7.0.0 rocky-eol", container_in_castle, secret_in_castle},
    {"Stein 8.0.0 stein-eol", container_in_castle, secret_in_castle},
    {"Train 9.0.0 train-eol", container_in_castle, secret_in_castle},
    {"Ussuri 10.0.0 ussuri-eol", container_not_found, secret_not_found},
    {"Victoria 11.0.0 victoria-eol", container_not_found, secret_not_found},
    {"Wallaby 12.0.0 wallaby-eol", container_not_found, secret_not_found},
    {"Xena 13.0.0 xena-eol", container_not_found, secret_not_found},
    {"Yoga 14.0.0 unmaintained/yoga", container_not_found, secret_not_found},
    {"Zed 15.0.0 unmaintained/zed", container_not_found, secret_not_found},
    {"2023.1 16.0.0 unmaintained/2023.1", container_not_found, secret_not_found},
    {"2023.2 17.0.0 2023.2-eol", container_not_found, secret_not_found},
    {"2024.1 18.0.0 unmaintained/2024.1", container_not_found, secret_not_found},
    {"2024.2 19.0.0 2024.2-eol", container_not_found, secret_not_found},
    {"2025.1 20.0.0 stable/2025.1", container_not_found, secret_not_found},
    {"2025.2 21.0.0 stable/2025.2", container_not_found, secret_not_found},
    {"2026.1 22.0.0 stable/2026.1", container_not_found, secret_not_found},
};

void PrintTo(const barbican_release& release, std::ostream* out)
{
    *out << release.name;
}

// The form of every release from Queens to 2026.1: JSONErrorHook of barbican/api/hooks.py.
net::http_response not_found(const std::string& description)
{
    return captured::json(404, R"({"code": 404, "title": "Not Found", "description": )" + description + "}");
}

net::http_response says(const char* description)
{
    return not_found("\"" + std::string(description) + "\"");
}

const std::string placeholder_id = "00000000-0000-0000-0000-000000000000";

class barbican_of_release : public test::openstack, public testing::WithParamInterface<barbican_release>
{
protected:
    static std::string get(const std::string& path) { return "GET " + captured::key_manager + path; }

    cloud::answer<cloud::certificate> ask(const std::string& id_text)
    {
        return run(service.get_certificate("sao1", id(id_text), std::nullopt));
    }
    ref_state look_up(const std::string& path)
    {
        return run(service.look_up("sao1", cloud::container_ref(captured::key_manager + path)));
    }

    cloud::openstack::barbican service{services, support::on_the_spot()};
};

TEST_P(barbican_of_release, a_secret_is_found_although_no_container_has_its_id)
{
    http.on(get("/containers/" + captured::secret_id), {says(GetParam().no_container)});
    http.on(get("/secrets/" + captured::secret_id), {captured::secret(captured::secret_id)});
    http.on(get("/secrets/" + captured::secret_id + "/payload"), {says(GetParam().no_payload)});
    const auto read = ask(captured::secret_id);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->container_ref.str(), captured::key_manager + "/secrets/" + captured::secret_id);
    EXPECT_TRUE(read->usable);
}

TEST_P(barbican_of_release, what_is_neither_container_nor_secret_is_not_found)
{
    http.on(get("/containers/" + captured::unknown_id), {says(GetParam().no_container)});
    http.on(get("/secrets/" + captured::unknown_id), {says(GetParam().no_secret)});
    const auto read = ask(captured::unknown_id);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, failure::not_found);
    EXPECT_EQ(read.error().message, "Barbican has no container and no secret " + captured::unknown_id);
}

TEST_P(barbican_of_release, an_id_that_is_no_version_4_uuid_is_not_found)
{
    http.on(get("/containers/" + placeholder_id), {says(GetParam().invalid_container_id)});
    http.on(get("/secrets/" + placeholder_id), {says(GetParam().invalid_secret_id)});
    const auto read = ask(placeholder_id);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, failure::not_found);
    EXPECT_EQ(read.error().message, "Barbican has no container and no secret " + placeholder_id);
}

TEST_P(barbican_of_release, a_ref_to_what_is_not_there_is_dead)
{
    http.on(get("/containers/" + captured::unknown_id), {says(GetParam().no_container)});
    http.on(get("/secrets/" + captured::unknown_id), {says(GetParam().no_secret)});
    http.on(get("/containers/" + placeholder_id), {says(GetParam().invalid_container_id)});
    http.on(get("/secrets/" + placeholder_id), {says(GetParam().invalid_secret_id)});
    EXPECT_EQ(look_up("/containers/" + captured::unknown_id), ref_state::dead);
    EXPECT_EQ(look_up("/secrets/" + captured::unknown_id), ref_state::dead);
    EXPECT_EQ(look_up("/containers/" + placeholder_id), ref_state::dead);
    EXPECT_EQ(look_up("/secrets/" + placeholder_id), ref_state::dead);
}

TEST_P(barbican_of_release, a_container_with_a_deleted_part_is_dead_and_says_which_part)
{
    http.on(get("/containers/" + captured::container_id), {captured::container()});
    for (const auto& part : {captured::certificate_part, captured::intermediates_part})
    {
        http.on(get("/secrets/" + part), {captured::secret(part, "text/plain")});
    }
    http.on(get("/secrets/" + captured::private_key_part), {says(GetParam().no_secret)});
    EXPECT_EQ(look_up("/containers/" + captured::container_id), ref_state::dead);
    const auto read = ask(captured::container_id);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(
        read->missing,
        "the part private_key (secret " + captured::private_key_part +
            ") does not exist, and a container cannot be changed; set spec.certificateId to a complete one"
    );
}

std::string test_name(const std::string& text)
{
    std::string name;
    std::ranges::transform(text, std::back_inserter(name), [](unsigned char c) {
        return std::isalnum(c) != 0 ? static_cast<char>(c) : '_';
    });
    return name;
}

INSTANTIATE_TEST_SUITE_P(
    releases,
    barbican_of_release,
    testing::ValuesIn(barbican_releases),
    [](const auto& info) { return test_name(info.param.name); }
);

const question get_container{service::barbican, "container " + captured::container_id, false};
const question get_secret{service::barbican, "secret " + captured::secret_id, false};
const question get_token{service::keystone, "cloud \"lab\"", false};
const question get_listener{service::octavia, "Listener " + captured::listener_id, false};
const question put_listener{service::octavia, "Listener " + captured::listener_id, true};
const question get_load_balancer{service::octavia, "Load Balancer " + captured::load_balancer_id, false};

net::http_response keystone_says(int status, const std::string& message)
{
    return captured::json(
        status,
        R"({"error":{"code":)" + std::to_string(status) + R"(,"message":")" + message +
            R"(","title":"Not Found"}})"
    );
}

struct row
{
    const char* name;  // releases and meaning
    question asked;
    net::http_response answer;
    failure kind;
};

void PrintTo(const row& release_row, std::ostream* out)
{
    *out << release_row.name;
}

const row rows[] = {
    // A path that Barbican does not have, which pecan answers without a word of Barbican.
    {"Queens to 2026.1: no such path", get_container, not_found("null"), failure::transient},
    {"Queens to 2026.1: no such path, of a secret", get_secret, not_found("null"), failure::transient},
    {"Queens to 2026.1: no such part of an object", get_secret, says(""), failure::transient},
    {"the words of WebOb", get_container, says("The resource could not be found."), failure::transient},
    {"Queens to 2026.1: no such API version",
     get_container,
     says("The version you requested wasn't found"),
     failure::transient},
    {"a 404 about a secret is no answer about a container",
     get_container,
     says(secret_not_found),
     failure::transient},
    // A service or gateway that is not Barbican, at the endpoint of Barbican.
    {"another service: Keystone",
     get_container,
     keystone_says(404, "Could not find container: x."),
     failure::transient},
    {"another service: Octavia",
     get_container,
     captured::octavia_fault(404, "container x not found."),
     failure::transient},
    {"another service: Zun, which has containers",
     get_container,
     captured::json(
         404, R"({"errors": [{"status": 404, "code": "", "title": "Container x could not be found."}]})"
     ),
     failure::transient},
    {"a gateway",
     get_container,
     captured::json(404, R"({"message": "no Route matched with those values"})"),
     failure::transient},
    {"a proxy", get_container, captured::html(404), failure::transient},
    // Words that no release has had.
    {"a later wording of a container",
     get_container,
     says("Container could not be found."),
     failure::not_found},
    {"a later wording of a secret", get_secret, says("There is no such secret."), failure::not_found},

    // keystone/exception.py: ApplicationCredentialNotFound.
    {"Queens to 2026.1: no such application credential",
     get_token,
     keystone_says(404, "Could not find Application Credential: deadbeef."),
     failure::credentials_invalid},
    {"a later wording of an application credential",
     get_token,
     keystone_says(404, "The application credential deadbeef does not exist."),
     failure::credentials_invalid},
    // keystone/common/wsgi.py. Since Stein the answer to a wrong path is a page of Werkzeug.
    {"Queens and Rocky: no such path",
     get_token,
     keystone_says(404, "(http://127.0.0.1:15000/v3/v3/auth/tokens): The resource could not be found."),
     failure::transient},
    {"Stein to 2026.1: no such path", get_token, captured::html(404), failure::transient},
    {"Flask-RESTful: no such path",
     get_token,
     captured::json(404, R"({"message": "The requested URL was not found on the server."})"),
     failure::transient},

    // octavia/common/exceptions.py: NotFound.
    {"Queens to 2026.1: no such listener",
     get_listener,
     captured::octavia_fault(404, "Listener " + captured::listener_id + " not found."),
     failure::not_found},
    {"Queens to 2026.1: no such load balancer",
     get_load_balancer,
     captured::octavia_fault(404, "Load Balancer " + captured::load_balancer_id + " not found."),
     failure::not_found},
    {"a later wording of a listener",
     get_listener,
     captured::octavia_fault(404, "The listener '" + captured::listener_id + "' does not exist"),
     failure::not_found},
    {"a later wording of a listener, of a PUT",
     put_listener,
     captured::octavia_fault(404, "The listener '" + captured::listener_id + "' does not exist"),
     failure::not_found},
    {"Queens to 2026.1: another object of a PUT is not there",
     put_listener,
     captured::octavia_fault(404, "Pool " + captured::unknown_id + " not found."),
     failure::transient},
    {"no such path of Octavia", get_listener, says(""), failure::transient},

    // keystonemiddleware/auth_token/__init__.py.
    {"Queens: 401 of a PUT, with single quotes",
     put_listener,
     {401,
      {{"Content-Type", "text/html; charset=UTF-8"},
       {"WWW-Authenticate", "Keystone uri='http://127.0.0.1:15000'"}},
      "The request you have made requires authentication."},
     failure::credentials_invalid},
    {"Rocky to 2026.1: 401 of a PUT",
     put_listener,
     {401,
      {{"Content-Type", "text/html; charset=UTF-8"},
       {"WWW-Authenticate", R"(Keystone uri="http://127.0.0.1:15000")"}},
      "The request you have made requires authentication."},
     failure::credentials_invalid},
};

class answer_of_release : public testing::TestWithParam<row>
{};

TEST_P(answer_of_release, has_its_meaning)
{
    const auto judged = judge(GetParam().asked, GetParam().answer, support::secret());
    ASSERT_TRUE(judged);
    EXPECT_EQ(static_cast<int>(judged->kind), static_cast<int>(GetParam().kind)) << judged->message;
}

INSTANTIATE_TEST_SUITE_P(releases, answer_of_release, testing::ValuesIn(rows), [](const auto& info) {
    return test_name(info.param.name);
});

// octavia/common/exceptions.py: CertificateRetrievalException, with the repr() of a list of texts.
TEST(octavia_of_release, a_refusal_names_its_refs_in_each_release)
{
    const std::string a = captured::key_manager + "/secrets/" + captured::secret_id;
    const std::string b = captured::key_manager + "/containers/" + captured::container_id;
    const auto refs_of = [](const std::string& refs) {
        return test::spelled(judge(
                                 put_listener,
                                 captured::octavia_fault(400, "Could not retrieve certificate: " + refs),
                                 support::secret()
        )
                                 ->refs);
    };
    EXPECT_EQ(refs_of("[u'" + a + "', u'" + b + "']"), (std::vector{a, b})) << "Queens to Train on Python 2";
    EXPECT_EQ(refs_of("['" + a + "', '" + b + "']"), (std::vector{a, b})) << "Queens to 2026.1 on Python 3";
    EXPECT_EQ(refs_of(a), std::vector{a}) << "Queens to 2026.1, of cert_parser.py";
}

}  // namespace
