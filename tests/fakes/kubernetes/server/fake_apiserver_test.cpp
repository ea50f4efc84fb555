// The fake is compared with the answers that kube-apiserver 1.37.2 gave to the same requests.
#include "fakes/kubernetes/server/fake_apiserver.hpp"

#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using json = nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto root = "/apis/certificates.bycloud.io/v1alpha1/";
constexpr auto shop = "/apis/certificates.bycloud.io/v1alpha1/namespaces/shop/certificatebindings";

json without_managers(json object)
{
    object["metadata"].erase("managedFields");
    return object;
}

class fake_apiserver : public test::loop
{
protected:
    fake_apiserver() : api(executor(), clock()) {}

    void create(const std::string& name, const std::string& name_space = "shop")
    {
        ASSERT_TRUE(api.objects().create({
            {"metadata", {{"name", name}, {"namespace", name_space}}},
            {"spec",
             {{"certificateId", "550e8400-e29b-41d4-a716-446655440001"},
              {"resourceId", "550e8400-e29b-41d4-a716-446655440002"},
              {"region", "sao1"}}},
        }));
    }

    net::http_request request(
        const std::string& method, const std::string& target, const std::string& body = ""
    )
    {
        net::http_request request;
        request.method = method;
        request.target = target;
        request.body = body;
        request.headers = {{"Content-Type", "application/merge-patch+json"}};
        request.deadline = clock().now() + 30s;
        return request;
    }

    support::result<net::http_response> try_send(
        const std::string& method, const std::string& target, const std::string& body = ""
    )
    {
        return run(api.send(request(method, target, body)));
    }

    net::http_response send(
        const std::string& method, const std::string& target, const std::string& body = ""
    )
    {
        return try_send(method, target, body).value();
    }

    net::http_response patch(const std::string& name, const json& body)
    {
        return send("PATCH", std::string(shop) + "/" + name + "?fieldManager=tester", body.dump());
    }

    std::unique_ptr<net::http_stream> watch(const std::string& query)
    {
        return run(api.open(request("GET", std::string(root) + "certificatebindings?watch=true" + query)))
            .value();
    }

    // The next events of the stream, each as "TYPE name version".
    std::vector<std::string> events(net::http_stream& stream)
    {
        const auto bytes = run(stream.read(clock().now() + 1s));
        std::vector<std::string> read;
        std::istringstream lines(bytes ? *bytes : "");
        for (std::string line; std::getline(lines, line);)
        {
            const json event = json::parse(line);
            const json& metadata = event["object"]["metadata"];
            read.push_back(
                event["type"].get<std::string>() + " " + metadata.value("name", "-") + " " +
                metadata.value("resourceVersion", "-")
            );
        }
        return read;
    }

    std::string version(const std::string& name)
    {
        return (*api.objects().find("shop", name))["metadata"]["resourceVersion"].get<std::string>();
    }

    test::fake_apiserver api;
};

TEST_F(fake_apiserver, an_object_looks_as_the_real_server_shows_it)
{
    create("a");
    const auto response = send("GET", std::string(shop) + "/a");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(net::find_header(response.headers, "content-type"), "application/json");
    EXPECT_EQ(without_managers(json::parse(response.body)), json::parse(R"({
        "apiVersion": "certificates.bycloud.io/v1alpha1",
        "kind": "CertificateBinding",
        "metadata": {
            "creationTimestamp": "2026-11-24T01:00:00Z",
            "generation": 1,
            "name": "a",
            "namespace": "shop",
            "resourceVersion": "201",
            "uid": "00000000-0000-4000-8000-000000000001"
        },
        "spec": {
            "certificateId": "550e8400-e29b-41d4-a716-446655440001",
            "deletionPolicy": "Detach",
            "options": {"sni": false},
            "region": "sao1",
            "resourceId": "550e8400-e29b-41d4-a716-446655440002",
            "resourceType": "octavia:listener"
        },
        "status": {"observedGeneration": -1}
    })"));
}

TEST_F(fake_apiserver, a_list_comes_in_pages_of_one_moment)
{
    create("d", "other");
    create("a");
    create("b");
    const auto first = json::parse(send("GET", std::string(root) + "certificatebindings?limit=2").body);
    EXPECT_EQ(first["kind"], "CertificateBindingList");
    EXPECT_EQ(first["items"][0]["metadata"]["name"], "d") << "by namespace, then by name";
    EXPECT_EQ(first["items"][1]["metadata"]["name"], "a");
    EXPECT_EQ(first["metadata"]["remainingItemCount"], 1);
    EXPECT_EQ(first["metadata"]["resourceVersion"], "203");
    const auto token = first["metadata"]["continue"].get<std::string>();
    EXPECT_EQ(token, "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MjAzLCJzdGFydCI6Ii9zaG9wL2FcdTAwMDAifQ");
    create("c");
    const auto second =
        json::parse(send("GET", std::string(root) + "certificatebindings?limit=2&continue=" + token).body);
    ASSERT_EQ(second["items"].size(), 1U) << "what came later is not in it";
    EXPECT_EQ(second["items"][0]["metadata"]["name"], "b");
    EXPECT_EQ(second["metadata"], json({{"continue", ""}, {"resourceVersion", "203"}}));
}

TEST_F(fake_apiserver, a_list_of_a_namespace_has_its_own_objects_alone)
{
    create("a", "shop");
    create("b", "shopping");
    create("b", "shop");
    const auto first = json::parse(send("GET", std::string(shop) + "?limit=1").body);
    const auto token = first["metadata"]["continue"].get<std::string>();
    EXPECT_EQ(token, "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MjAzLCJzdGFydCI6Ii9hXHUwMDAwIn0");
    const auto second = json::parse(send("GET", std::string(shop) + "?limit=1&continue=" + token).body);
    EXPECT_EQ(second["items"][0]["metadata"]["namespace"], "shop");
    EXPECT_EQ(second["items"][0]["metadata"]["name"], "b");
    EXPECT_EQ(second["metadata"]["continue"], "");
}

struct quarantine
{
    const char* name;
    const char* method;
    std::string path;
    const char* body;
    int code;
    const char* reason;
    const char* message;
    const char* details;
};

class refusals : public fake_apiserver, public testing::WithParamInterface<quarantine>
{};

TEST_P(refusals, are_the_real_servers_words)
{
    create("a");
    patch("a", {{"metadata", {{"finalizers", {"x.io/mine"}}}}});
    ASSERT_TRUE(api.objects().remove("shop", "a"));
    create("b");
    api.denied = {"create"};
    const auto response = send(GetParam().method, GetParam().path, GetParam().body);
    EXPECT_EQ(response.status, GetParam().code);
    const std::string details = GetParam().details;
    EXPECT_EQ(
        response.body,
        R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":)" +
            json(GetParam().message).dump() + R"(,"reason":")" + GetParam().reason + "\"," +
            (details.empty() ? "" : R"("details":)" + details + ",") + R"("code":)" +
            std::to_string(GetParam().code) + "}\n"
    );
}

INSTANTIATE_TEST_SUITE_P(
    all,
    refusals,
    testing::Values(
        quarantine{
            "get_of_nothing",
            "GET",
            std::string(shop) + "/zz",
            "",
            404,
            "NotFound",
            R"(certificatebindings.certificates.bycloud.io "zz" not found)",
            R"({"name":"zz","group":"certificates.bycloud.io","kind":"certificatebindings"})"
        },
        quarantine{
            "patch_of_nothing",
            "PATCH",
            std::string(shop) + "/zz/status",
            "{}",
            404,
            "NotFound",
            R"(certificatebindings.certificates.bycloud.io "zz" not found)",
            R"({"name":"zz","group":"certificates.bycloud.io","kind":"certificatebindings"})"
        },
        quarantine{
            "conflict",
            "PATCH",
            std::string(shop) + "/b",
            R"({"metadata":{"resourceVersion":"1"}})",
            409,
            "Conflict",
            R"(Operation cannot be fulfilled on certificatebindings.certificates.bycloud.io "b": )"
            "the object has been modified; please apply your changes to the latest version and try again",
            R"({"name":"b","group":"certificates.bycloud.io","kind":"certificatebindings"})"
        },
        quarantine{
            "conflict_of_status",
            "PATCH",
            std::string(shop) + "/b/status",
            R"({"metadata":{"resourceVersion":"1"},"status":{}})",
            409,
            "Conflict",
            R"(Operation cannot be fulfilled on certificatebindings.certificates.bycloud.io "b": )"
            "the object has been modified; please apply your changes to the latest version and try again",
            R"({"name":"b","group":"certificates.bycloud.io","kind":"certificatebindings"})"
        },
        quarantine{
            "not_json", "PATCH", std::string(shop) + "/b", "{bad", 400, "BadRequest", "invalid JSON patch", ""
        },
        quarantine{
            "new_finalizer_of_a_deleted_object",
            "PATCH",
            std::string(shop) + "/a",
            R"({"metadata":{"finalizers":["x.io/mine","x.io/y"]}})",
            422,
            "Invalid",
            R"(CertificateBinding.certificates.bycloud.io "a" is invalid: metadata.finalizers: Forbidden: )"
            "no new finalizers can be added if the object is being deleted, found new finalizers "
            R"([]string{"x.io/y"})",
            R"({"name":"a","group":"certificates.bycloud.io","kind":"CertificateBinding","causes":[)"
            R"({"reason":"FieldValueForbidden","message":"Forbidden: no new finalizers can be added if the )"
            R"(object is being deleted, found new finalizers []string{\"x.io/y\"}","field":"metadata.finalizers"}]})"
        },
        quarantine{
            "forbidden",
            "POST",
            shop,
            "{}",
            403,
            "Forbidden",
            R"(certificatebindings.certificates.bycloud.io is forbidden: User )"
            R"("system:serviceaccount:certificates:certificate-binding-controller" cannot create resource )"
            R"("certificatebindings" in API group "certificates.bycloud.io" in the namespace "shop")",
            R"({"group":"certificates.bycloud.io","kind":"certificatebindings"})"
        },
        quarantine{
            "version_of_the_future",
            "GET",
            std::string(shop) + "?resourceVersion=99999999",
            "",
            504,
            "Timeout",
            "Timeout: Too large resource version: 99999999, current: 204",
            R"({"causes":[{"reason":"ResourceVersionTooLarge","message":"Too large resource version"}],)"
            R"("retryAfterSeconds":1})"
        }
    ),
    [](const auto& info) { return std::string(info.param.name); }
);

TEST_F(fake_apiserver, who_shows_no_good_token_is_refused)
{
    api.token = "good";
    EXPECT_EQ(
        send("GET", shop).body,
        R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401})"
        "\n"
    );
    auto asked = request("GET", shop);
    asked.headers = {{"Authorization", "Bearer good"}};
    EXPECT_EQ(run(api.send(asked))->status, 200);
}

TEST_F(fake_apiserver, status_and_the_rest_are_written_apart)
{
    create("a");
    EXPECT_EQ(patch("a", {{"status", {{"state", "active"}}}}).status, 200);
    EXPECT_EQ(version("a"), "201") << "a write that changes nothing is none";
    const json both{{"spec", {{"region", "x"}}}, {"status", {{"state", "active"}}}};
    EXPECT_EQ(patch("a/status", both).status, 200);
    const json& after = *api.objects().find("shop", "a");
    EXPECT_EQ(after["status"], json({{"observedGeneration", -1}, {"state", "active"}}));
    EXPECT_EQ(after["spec"]["region"], "sao1");
    EXPECT_EQ(after["metadata"]["generation"], 1);
    EXPECT_EQ(after["metadata"]["managedFields"].back()["subresource"], "status");
    patch("a", {{"spec", {{"options", {{"sni", true}}}}}});
    EXPECT_EQ(after["metadata"]["generation"], 1) << "what was read stays as it was";
    EXPECT_EQ((*api.objects().find("shop", "a"))["metadata"]["generation"], 2);
    patch("a/status", {{"status", nullptr}});
    EXPECT_EQ((*api.objects().find("shop", "a"))["status"], json({{"observedGeneration", -1}}));
}

TEST_F(fake_apiserver, a_deleted_object_stays_until_its_last_finalizer_is_gone)
{
    create("a");
    patch("a", {{"metadata", {{"finalizers", {"x.io/mine"}}}}});
    const auto stream = watch("&resourceVersion=" + version("a"));
    const auto gone = json::parse(send("DELETE", std::string(shop) + "/a").body);
    EXPECT_EQ(gone["metadata"]["deletionTimestamp"], "2026-11-24T01:00:00Z");
    EXPECT_EQ(gone["metadata"]["generation"], 2);
    EXPECT_THAT(events(*stream), ElementsAre("MODIFIED a 203"));
    send("DELETE", std::string(shop) + "/a");
    EXPECT_EQ(version("a"), "203") << "deleting it again changes nothing";
    const auto last = json::parse(patch("a", {{"metadata", {{"finalizers", json::array()}}}}).body);
    EXPECT_FALSE(last["metadata"].contains("finalizers"));
    EXPECT_EQ(last["metadata"]["resourceVersion"], "203") << "the answer has the version before";
    const auto line = json::parse(run(stream->read(clock().now() + 1s)).value());
    EXPECT_EQ(line["type"], "DELETED");
    EXPECT_EQ(line["object"]["metadata"]["resourceVersion"], "204");
    EXPECT_TRUE(line["object"]["metadata"].contains("finalizers")) << "the event shows what was stored last";
    EXPECT_EQ(api.objects().find("shop", "a"), nullptr);
    EXPECT_EQ(send("GET", std::string(shop) + "/a").status, 404);
}

TEST_F(fake_apiserver, a_deleted_object_without_finalizers_is_gone_at_once)
{
    create("a");
    EXPECT_EQ(
        send("DELETE", std::string(shop) + "/a").body,
        R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","details":{"name":"a","group":"certificates.bycloud.io","kind":"certificatebindings","uid":"00000000-0000-4000-8000-000000000001"}})"
        "\n"
    );
    EXPECT_EQ(api.objects().size(), 0U);
}

TEST_F(fake_apiserver, a_watch_shows_what_came_after_its_version)
{
    create("a");
    create("b");
    const auto all = watch("&resourceVersion=201");
    const auto other =
        run(api.open(request(
                "GET",
                std::string(root) + "namespaces/other/certificatebindings?watch=true&resourceVersion=201"
            )))
            .value();
    EXPECT_THAT(events(*all), ElementsAre("ADDED b 202"));
    create("c", "other");
    ASSERT_TRUE(api.objects().remove("shop", "b"));
    EXPECT_THAT(events(*all), ElementsAre("ADDED c 203", "DELETED b 204"));
    EXPECT_THAT(events(*other), ElementsAre("ADDED c 203"));
}

TEST_F(fake_apiserver, a_watch_sends_bookmarks_and_ends_when_it_was_told_to)
{
    const auto stream = watch("&resourceVersion=200&allowWatchBookmarks=true&timeoutSeconds=100");
    create("a", "other");
    EXPECT_THAT(events(*stream), ElementsAre("ADDED a 201"));
    const auto started = clock().now();
    EXPECT_EQ(
        run(stream->read(started + 1h)).value(),
        R"({"type":"BOOKMARK","object":{"apiVersion":"certificates.bycloud.io/v1alpha1","kind":"CertificateBinding","metadata":{"resourceVersion":"201"}}})"
        "\n"
    );
    EXPECT_EQ(clock().now(), started + 60s);
    EXPECT_NE(run(stream->read(started + 1h)).value(), "");
    EXPECT_EQ(clock().now(), started + 98s);
    EXPECT_EQ(run(stream->read(started + 1h)).value(), "");
    EXPECT_EQ(clock().now(), started + 100s);
}

TEST_F(fake_apiserver, forgets_history_when_it_is_compacted)
{
    create("a");
    create("b");
    const auto page = json::parse(send("GET", std::string(shop) + "?limit=1").body);
    const auto open = watch("&resourceVersion=202");
    create("c");
    api.compact();
    EXPECT_THAT(events(*open), ElementsAre("ADDED c 203")) << "a watch that is open goes on";
    const auto stream = watch("&resourceVersion=201");
    EXPECT_EQ(stream->status(), 200) << "the server says so within the stream";
    EXPECT_EQ(
        run(stream->read(clock().now() + 1s)).value(),
        R"X({"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version: 201 (203)","reason":"Expired","code":410}})X"
        "\n"
    );
    EXPECT_EQ(run(stream->read(clock().now() + 1s)).value(), "");
    const auto rest = send(
        "GET", std::string(shop) + "?limit=1&continue=" + page["metadata"]["continue"].get<std::string>()
    );
    EXPECT_EQ(rest.status, 410);
    EXPECT_EQ(json::parse(rest.body)["reason"], "Expired");
}

TEST_F(fake_apiserver, without_the_crd_there_is_no_such_path_and_watches_end)
{
    const auto stream = watch("&resourceVersion=200");
    api.set_served(false);
    EXPECT_EQ(run(stream->read(clock().now() + 1s)).value(), "");
    const auto nothing = send("GET", shop);
    EXPECT_EQ(nothing.status, 404);
    EXPECT_EQ(nothing.body, "404 page not found\n");
    EXPECT_EQ(net::find_header(nothing.headers, "content-type"), "text/plain; charset=utf-8");
    api.set_served(true);
    EXPECT_EQ(send("GET", shop).status, 200);
}

// ---- faults ----

struct fault_case
{
    const char* name;
    test::api_fault::kind how;
    bool has_effect;
};

class faults : public fake_apiserver, public testing::WithParamInterface<fault_case>
{};

TEST_P(faults, of_one_write_leave_the_others_alone)
{
    create("a");
    api.on_request = [](const test::api_request& asked) {
        return asked.write == 2 ? std::optional(test::api_fault{GetParam().how}) : std::nullopt;
    };
    const json first{{"metadata", {{"labels", {{"n", "1"}}}}}};
    const json second{{"metadata", {{"labels", {{"n", "2"}}}}}};
    EXPECT_EQ(patch("a", first).status, 200);
    const auto lost = try_send("PATCH", std::string(shop) + "/a", second.dump());
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, support::errc::interrupted);
    EXPECT_EQ(
        (*api.objects().find("shop", "a"))["metadata"]["labels"]["n"], GetParam().has_effect ? "2" : "1"
    );
    EXPECT_EQ(api.writes(), 2U);
    EXPECT_EQ(patch("a", {{"metadata", {{"labels", {{"n", "3"}}}}}}).status, 200);
}

INSTANTIATE_TEST_SUITE_P(
    all,
    faults,
    testing::Values(
        fault_case{"cut_request", test::api_fault::kind::cut_request, false},
        fault_case{"cut_answer", test::api_fault::kind::cut_answer, true},
        fault_case{"swallow", test::api_fault::kind::swallow, false},
        fault_case{"swallow_answer", test::api_fault::kind::swallow_answer, true}
    ),
    [](const auto& info) { return std::string(info.param.name); }
);

TEST_F(fake_apiserver, what_is_held_has_its_effect_when_it_is_let_go_although_its_client_is_gone)
{
    create("a");
    api.on_request = [](const test::api_request&) {
        return std::optional(test::api_fault{test::api_fault::kind::hold});
    };
    const auto write = [this]() -> support::task<> {
        auto asked = request("PATCH", std::string(shop) + "/a", R"({"metadata":{"labels":{"n":"1"}}})");
        co_await api.send(std::move(asked));
    };
    const auto cancel = spawn(write());
    step();
    ASSERT_EQ(api.held(), 1U);
    cancel();
    step();
    EXPECT_EQ(version("a"), "201");
    api.release();
    EXPECT_EQ(version("a"), "202");
}

TEST_F(fake_apiserver, an_answer_that_is_held_comes_when_it_is_let_go)
{
    create("a");
    api.on_request = [](const test::api_request&) {
        return std::optional(test::api_fault{test::api_fault::kind::hold_answer});
    };
    int status = 0;
    const auto write = [&]() -> support::task<> {
        auto asked = request("PATCH", std::string(shop) + "/a", R"({"metadata":{"labels":{"n":"1"}}})");
        status = (co_await api.send(std::move(asked)))->status;
    };
    spawn(write());
    step();
    EXPECT_EQ(version("a"), "202");
    EXPECT_EQ(status, 0);
    api.release();
    step();
    EXPECT_EQ(status, 200);
}

TEST_F(fake_apiserver, down_means_that_nothing_connects_and_everything_under_way_is_cut)
{
    const auto stream = watch("&resourceVersion=200");
    api.go_down();
    EXPECT_EQ(run(stream->read(clock().now() + 1s)).error().code, support::errc::interrupted);
    EXPECT_EQ(try_send("GET", shop).error().code, support::errc::unreachable);
    api.come_up();
    EXPECT_EQ(send("GET", shop).status, 200);
}

TEST_F(fake_apiserver, a_watch_can_lag)
{
    const auto stream = watch("&resourceVersion=200");
    api.hold_events();
    create("a");
    EXPECT_THAT(events(*stream), IsEmpty());
    api.release_events();
    EXPECT_THAT(events(*stream), ElementsAre("ADDED a 201"));
}

TEST_F(fake_apiserver, a_watch_can_be_cut_at_any_byte)
{
    const auto stream = watch("&resourceVersion=200");
    api.watches().largest_piece = 3;
    create("a");
    api.cut_watches(7);
    EXPECT_EQ(run(stream->read(clock().now() + 1s)).value(), "{\"t");
    EXPECT_EQ(run(stream->read(clock().now() + 1s)).value(), "ype");
    EXPECT_EQ(run(stream->read(clock().now() + 1s)).value(), "\"");
    EXPECT_EQ(run(stream->read(clock().now() + 1s)).error().code, support::errc::interrupted);
}

}  // namespace
