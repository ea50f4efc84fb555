// The HTTP door on real servers: the calls as docs/http-api.md has them, rights, replicas, and kubectl beside
// it.
#include "testbed/bindings_api.hpp"

#include "e2e/world.hpp"
#include "testbed/files.hpp"
#include "testbed/ports.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <future>
#include <regex>
#include <sstream>

namespace e2e {
namespace {

using nlohmann::json;
using testbed::bindings_of;
using testbed::body_of_binding;
using testing::HasSubstr;
using answer = testbed::api_answer;

constexpr auto documented_certificate = "550e8400-e29b-41d4-a716-446655440001";
constexpr auto documented_listener = "550e8400-e29b-41d4-a716-446655440002";

class bindings_api : public world
{
protected:
    // The controller serves the API; accounts of this namespace get rights.
    void open(const std::vector<std::string>& more_flags = {})
    {
        port = testbed::free_port();
        std::vector<std::string> flags = api_flags(port);
        flags.insert(flags.end(), more_flags.begin(), more_flags.end());
        start_controller(flags);
        token = token_of("script", "create,get,list,delete");
        url = "http://127.0.0.1:" + std::to_string(port);
        ASSERT_TRUE(testbed::eventually("the API answers", [&] { return get("/openapi.json").status == 200; })
        );
    }

    std::vector<std::string> api_flags(int at) const { return testbed::bindings_api_flags(at, name_space); }

    answer ask(
        const std::string& method,
        const std::string& target,
        const std::string& body = {},
        const std::string& as = {}
    ) const
    {
        return testbed::bindings_api_client{url, as.empty() ? token : as}.ask(method, target, body);
    }

    answer get(const std::string& target) const { return ask("GET", target); }

    answer bind(const std::string& certificate, const std::string& to, bool sni = false) const
    {
        return ask("POST", bindings_of(certificate), body_of_binding(to, sni));
    }

    std::size_t objects() const
    {
        return json::parse(kubectl({"get", "certbind", "-o", "json"}))["items"].size();
    }

    int port = 0;
    std::string url;
    std::string token;
};

// A command of the documentation, and what it prints.
struct documented
{
    std::string command;
    std::string output;
};

std::vector<documented> commands_of(const std::string& document)
{
    std::vector<documented> commands;
    std::istringstream lines(document);
    bool inside = false;
    bool continued = false;
    bool in_quotes = false;
    for (std::string line; std::getline(lines, line);)
    {
        if (line.starts_with("```"))
        {
            inside = line == "```console";
            continue;
        }
        if (!inside)
        {
            continue;
        }
        const bool begins = line.starts_with("$ ") && !continued && !in_quotes;
        if (begins)
        {
            commands.push_back({line.substr(2) + "\n", ""});
        }
        else if (continued || in_quotes)
        {
            commands.back().command += line + "\n";
        }
        else
        {
            commands.back().output += line + "\n";
            continue;
        }
        in_quotes = in_quotes != (std::ranges::count(line, '\'') % 2 == 1);
        continued = line.ends_with('\\');
    }
    return commands;
}

// The text without the ids and times that differ from run to run.
std::string without_ids_and_times(std::string text)
{
    const std::string uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
    for (const std::string& known : {std::string(documented_certificate), std::string(documented_listener)})
    {
        std::string marked = known;
        std::ranges::replace(marked, '-', '_');
        text = std::regex_replace(text, std::regex(known), marked);
    }
    text = std::regex_replace(text, std::regex(uuid), "ID");
    return std::regex_replace(text, std::regex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"), "TIME");
}

TEST_F(bindings_api, works_as_it_is_documented)
{
    open();
    sim->add_certificate({.project = project, .names = {"shop.example.com"}, .id = documented_certificate});
    sim->add_listener(
        {.load_balancer = balancer, .default_ref = foreign, .port = 9443, .id = documented_listener}
    );
    const auto commands = commands_of(testbed::read_file(HTTP_API_FILE));
    ASSERT_EQ(commands.size(), 8U);
    std::string script = "set -uo pipefail\nexport no_proxy='*'\n";
    for (const auto& [command, output] : commands)
    {
        script += command + "echo ---\n";
    }
    script = std::regex_replace(script, std::regex("https://bindings.example.com"), url);
    const auto ran =
        testbed::run({.program = "bash", .arguments = {"-c", script}, .environment = {{"TOKEN", token}}});
    std::string expected;
    for (const auto& [command, output] : commands)
    {
        expected += output + "---\n";
    }
    EXPECT_EQ(without_ids_and_times(ran.out), without_ids_and_times(expected)) << ran;
    EXPECT_EQ(objects(), 0U);
    EXPECT_EQ(served(documented_listener, "shop.example.com"), foreign);
}

TEST_F(bindings_api, takes_the_curl_line_of_the_cloud_with_only_host_and_token_changed)
{
    open();
    sim->add_certificate({.project = project, .names = {"shop.example.com"}, .id = documented_certificate});
    sim->add_listener(
        {.load_balancer = balancer, .default_ref = foreign, .port = 9443, .id = documented_listener}
    );
    std::string line =
        R"(curl -X POST "https://api.spo1.mycloud.com/v1/certificates/550e8400-e29b-41d4-a716-446655440001/bindings" \
  -H "Authorization: Bearer YOUR_API_TOKEN" \
  -H "Content-Type: application/json" \
  -d '{
    "resource_type": "octavia:listener",
    "resource_id": "550e8400-e29b-41d4-a716-446655440002",
    "options": {
      "sni": false
    }
  }')";
    line = std::regex_replace(line, std::regex("https://api.spo1.mycloud.com"), url);
    line = std::regex_replace(line, std::regex("YOUR_API_TOKEN"), token);
    const auto ran =
        testbed::run({.program = "bash", .arguments = {"-c", line}, .environment = {{"no_proxy", "*"}}});
    EXPECT_EQ(
        without_ids_and_times(ran.out),
        R"({"binding":{"id":"ID","crn":"crn:sao1:certificate:binding:ID",)"
        R"("certificate_id":"550e8400_e29b_41d4_a716_446655440001","resource_type":"octavia:listener",)"
        R"("resource_id":"550e8400_e29b_41d4_a716_446655440002","options":{"sni":false},"status":"active",)"
        R"("error_message":"","created_at":"TIME","updated_at":"TIME"}})"
        "\n"
    ) << ran;
    EXPECT_EQ(served(documented_listener, "shop.example.com").ends_with(documented_certificate), true);
}

TEST_F(bindings_api, keeps_its_contract_whatever_a_client_sends)
{
    open({"--bindings-api-wait", "2s"});
    sim->add_certificate({.project = project, .names = {"shop.example.com"}, .id = documented_certificate});
    sim->add_listener(
        {.load_balancer = balancer, .default_ref = foreign, .port = 9443, .id = documented_listener}
    );
    const auto packages = testbed::run_visibly({.program = SCHEMATHESIS});
    ASSERT_EQ(packages.code, 0);
    const auto tested = testbed::run(
        {.program = "python3",
         .arguments =
             {"-m",
              "schemathesis.cli",
              "run",
              url + "/openapi.json",
              "--header",
              "Authorization: Bearer " + token,
              "--checks",
              "all",
              // A namespace that the controller does not watch is well-formed, and refused.
              "--exclude-checks",
              "positive_data_acceptance",
              "--max-examples",
              "25",
              "--seed",
              "1",
              "--no-color",
              "--warnings",
              "off"},
         .environment =
             {{"PYTHONPATH", packages.out.substr(0, packages.out.find('\n'))},
              {"HOME", folder.string()},
              {"no_proxy", "*"}}}
    );
    testbed::write_file(folder / "schemathesis.log", tested.out + tested.err);
    EXPECT_EQ(tested.code, 0) << tested.out << tested.err;
    EXPECT_THAT(tested.out, HasSubstr("No issues found")) << tested.out;
    EXPECT_THAT(controller_log(), HasSubstr("status=201"));
    EXPECT_THAT(controller_log(), HasSubstr("status=400"));
}

TEST_F(bindings_api, the_rights_of_the_token_decide_and_not_those_of_the_controller)
{
    open();
    const auto a = certificate("a.example.com");
    const auto nobody = token_of("nobody", "");
    const auto reader = token_of("reader", "get,list");
    EXPECT_EQ(ask("POST", bindings_of(a.id), body_of_binding(listener), "no-token").status, 401);
    EXPECT_EQ(ask("GET", bindings_of(a.id), {}, "no-token").status, 401);
    const auto refused = ask("POST", bindings_of(a.id), body_of_binding(listener), nobody);
    EXPECT_EQ(refused.status, 403);
    EXPECT_THAT(
        refused.body["error"]["message"].get<std::string>(),
        HasSubstr("system:serviceaccount:" + name_space + ":nobody")
    );
    EXPECT_EQ(ask("GET", bindings_of(a.id), {}, nobody).status, 403);
    EXPECT_EQ(ask("GET", bindings_of(a.id), {}, reader).status, 200);
    EXPECT_EQ(ask("POST", bindings_of(a.id), body_of_binding(listener), reader).status, 403);
    EXPECT_EQ(objects(), 0U);

    const auto made = bind(a.id, listener);
    ASSERT_EQ(made.status, 201) << made.body.dump();
    const auto path = bindings_of(a.id) + "/" + made.body["binding"]["id"].get<std::string>();
    EXPECT_EQ(ask("GET", path, {}, reader).status, 200);
    EXPECT_EQ(ask("DELETE", path, {}, reader).status, 403);
    EXPECT_EQ(objects(), 1U);
    EXPECT_THAT(controller_log(), testing::Not(HasSubstr(token)));
    EXPECT_THAT(controller_log(), HasSubstr("method=POST"));
}

TEST_F(bindings_api, two_replicas_that_get_one_binding_at_once_create_it_once)
{
    open();
    const int other = testbed::free_port();
    testbed::child second = another_controller(api_flags(other));
    const auto second_url = "http://127.0.0.1:" + std::to_string(other);
    ASSERT_TRUE(testbed::eventually("the second replica answers", [&] {
        return testbed::bindings_api_client{second_url, token}.ask("GET", "/openapi.json").status == 200;
    }));
    const auto a = certificate("a.example.com");
    const auto post = [&](const std::string& at) {
        return testbed::bindings_api_client{at, token}.ask(
            "POST", bindings_of(a.id), body_of_binding(listener)
        );
    };
    auto first = std::async(std::launch::async, post, url);
    auto next = std::async(std::launch::async, post, second_url);
    const std::array both{first.get(), next.get()};
    const answer& made = both[0].status == 201 ? both[0] : both[1];
    const answer& refused = both[0].status == 201 ? both[1] : both[0];
    ASSERT_EQ(made.status, 201) << made.body.dump();
    EXPECT_EQ(refused.status, 409) << refused.body.dump();
    EXPECT_EQ(
        refused.body["error"]["message"],
        "the binding " + made.body["binding"]["id"].get<std::string>() + " exists already"
    );
    EXPECT_EQ(objects(), 1U);
}

TEST_F(bindings_api, and_kubectl_see_each_others_bindings)
{
    open();
    const auto a = certificate("a.example.com");
    apply({{.name = "web", .certificate = a.id, .listener = listener}});
    ASSERT_TRUE(is_active("web"));
    const auto list = get(bindings_of(a.id));
    ASSERT_EQ(list.body["bindings"].size(), 1U) << list.body.dump();
    const auto id = list.body["bindings"][0]["id"].get<std::string>();
    EXPECT_EQ(binding("web")["status"]["id"], id);
    EXPECT_EQ(get(bindings_of(a.id) + "/" + id).body["binding"], list.body["bindings"][0]);
    EXPECT_EQ(get("/v1/certificates/" + a.id).body["certificate"]["status"], "active");
    EXPECT_EQ(bind(a.id, listener).status, 409);
    EXPECT_EQ(objects(), 1U);
    EXPECT_EQ(ask("DELETE", bindings_of(a.id) + "/" + id).status, 204);
    EXPECT_FALSE(exists("web"));

    const auto b = certificate("b.example.com");
    const auto made = bind(b.id, listener, true);
    ASSERT_EQ(made.status, 201) << made.body.dump();
    const auto shown = json::parse(kubectl({"get", "certbind", "-o", "json"}))["items"][0];
    EXPECT_EQ(shown["status"]["id"], made.body["binding"]["id"]);
    EXPECT_EQ(shown["status"]["crn"], made.body["binding"]["crn"]);
    EXPECT_EQ(shown["status"]["updatedAt"], made.body["binding"]["updated_at"]);
    kubectl({"delete", "certbind", shown["metadata"]["name"].get<std::string>()});
    EXPECT_EQ(get(bindings_of(b.id)).body["meta"]["total"], 0);
}

TEST_F(bindings_api, what_is_refused_leaves_nothing)
{
    open();
    const auto unknown = ask("POST", bindings_of(documented_certificate), body_of_binding(listener));
    EXPECT_EQ(unknown.status, 404) << unknown.body.dump();
    const auto waits = sim->add_certificate({.project = project, .names = {"w"}, .state = "no_payload"});
    EXPECT_EQ(bind(waits.id, listener).status, 409);
    EXPECT_EQ(ask("POST", bindings_of(waits.id), "{").status, 400);
    EXPECT_EQ(ask("POST", "/v1/certificates/x/bindings", body_of_binding(listener)).status, 400);
    EXPECT_EQ(objects(), 0U);
    sim->complete_certificate(waits.id);
    EXPECT_EQ(bind(waits.id, listener).status, 201);
}

TEST_F(bindings_api, ends_its_waits_when_the_controller_ends)
{
    open();
    sim->set({{"pending_ms", 600000}});
    const auto a = certificate("a.example.com");
    auto waits = std::async(std::launch::async, [&] {
        return ask("POST", bindings_of(a.id) + "?wait=300", body_of_binding(listener));
    });
    ASSERT_TRUE(testbed::eventually("the binding is there", [&] { return objects() == 1U; }));
    EXPECT_EQ(stop_controller(SIGTERM), 0);
    const auto answered = waits.get();
    EXPECT_EQ(answered.status, 201);
    EXPECT_EQ(answered.body["binding"]["status"], "pending");
}

}  // namespace
}  // namespace e2e
