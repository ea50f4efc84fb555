#include "kube/rest_client.hpp"

#include "fakes/http/recording_client.hpp"
#include "fakes/kubernetes/server/fake_apiserver.hpp"
#include "support/loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using json = nlohmann::json;
using support::errc;
using testing::HasSubstr;
using testing::Not;

class rest_client : public test::loop
{
protected:
    rest_client()
        : api(executor(), clock()),
          http(api),
          credentials(
              config(), [this](const std::string&) -> support::result<std::string> { return token; }, clock()
          ),
          client(kube::create_rest_client(http, clock(), credentials))
    {
        api.token = token;
        EXPECT_TRUE(credentials.check());
    }

    static kube::config config()
    {
        kube::config config;
        config.server = net::parse_url("https://kube.example.com:6443/k8s").value();
        // The fake server has no prefix.
        config.server.path = "";
        config.token.file = "/token";
        return config;
    }

    void create(const std::string& name, const std::string& name_space = "shop")
    {
        ASSERT_TRUE(api.objects().create(
            {{"metadata", {{"name", name}, {"namespace", name_space}}}, {"spec", json::object()}}
        ));
    }

    auto list(const std::string& name_space = "", const std::string& continue_token = "", int limit = 2)
    {
        kube::list_request request;
        request.resource = resource;
        request.name_space = name_space;
        request.continue_token = continue_token;
        request.limit = limit;
        return run(client->list(std::move(request)));
    }

    auto watch(const std::string& version, const std::string& name_space = "")
    {
        kube::watch_request request;
        request.resource = resource;
        request.name_space = name_space;
        request.resource_version = version;
        return run(client->watch(std::move(request)));
    }

    auto patch(const std::string& name, const std::string& merge_patch, const std::string& subresource = "")
    {
        kube::patch_request request;
        request.resource = resource;
        request.name_space = "shop";
        request.name = name;
        request.subresource = subresource;
        request.merge_patch = merge_patch;
        return run(client->patch(std::move(request)));
    }

    auto get(const std::string& name) { return run(client->get(resource, "shop", name)); }

    void answer_all(const test::api_fault& fault)
    {
        api.on_request = [fault](const test::api_request&) { return std::optional(fault); };
    }

    const kube::resource resource = test::certificate_binding_kind().resource;
    std::string token = "canary-1";
    test::fake_apiserver api;
    test::recording_client http;
    kube::credentials credentials;
    std::unique_ptr<kube::client> client;
};

std::vector<std::string> names(const kube::list_page& page)
{
    std::vector<std::string> all;
    for (const auto item : page.items())
    {
        all.push_back(kube::identify(item).name_space + "/" + kube::identify(item).name);
    }
    return all;
}

TEST_F(rest_client, lists_page_by_page)
{
    create("a");
    create("b");
    create("c", "other");
    const auto first = list();
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(names(**first), (std::vector<std::string>{"other/c", "shop/a"}));
    EXPECT_EQ((*first)->resource_version(), "203");
    ASSERT_NE((*first)->continue_token(), "");
    const auto second = list("", (*first)->continue_token());
    ASSERT_TRUE(second);
    EXPECT_EQ(names(**second), (std::vector<std::string>{"shop/b"}));
    EXPECT_EQ((*second)->continue_token(), "");
    EXPECT_EQ(names(**list("other")), (std::vector<std::string>{"other/c"}));
}

TEST_F(rest_client, a_page_outlives_the_request)
{
    create("a");
    auto page = list();
    ASSERT_TRUE(page);
    const auto kept = std::move(*page);
    list();
    EXPECT_EQ(names(*kept), (std::vector<std::string>{"shop/a"}));
}

TEST_F(rest_client, watches_from_a_version_until_the_server_ends_it)
{
    auto stream = watch("200");
    ASSERT_TRUE(stream) << stream.error().message;
    create("a");
    auto event = run((*stream)->next());
    ASSERT_TRUE(event && *event);
    EXPECT_EQ((*event)->type, kube::watch_event_type::added);
    EXPECT_EQ((*event)->resource_version, "201");
    EXPECT_EQ(kube::identify((*event)->object).name, "a");
    event = run((*stream)->next());
    ASSERT_TRUE(event && *event);
    EXPECT_EQ((*event)->type, kube::watch_event_type::bookmark);
    api.end_watches();
    event = run((*stream)->next());
    ASSERT_TRUE(event);
    EXPECT_FALSE(*event);
    EXPECT_EQ(api.requests().back().asked("allowWatchBookmarks"), "true");
    EXPECT_EQ(api.requests().back().asked("timeoutSeconds"), "300");
}

TEST_F(rest_client, a_watch_gives_the_same_in_pieces_of_any_size)
{
    api.watches().largest_piece = 1;
    auto stream = watch("200");
    create("a");
    create("b");
    for (const char* name : {"a", "b"})
    {
        const auto event = run((*stream)->next());
        ASSERT_TRUE(event && *event);
        EXPECT_EQ(kube::identify((*event)->object).name, name);
    }
}

TEST_F(rest_client, a_watch_that_is_cut_is_interrupted_wherever_that_was)
{
    create("a");
    const auto line =
        std::string(R"({"type":"ADDED","object":)") + api.objects().find("shop", "a")->dump() + "}\n";
    for (std::size_t bytes = 0; bytes < line.size(); bytes += 7)
    {
        auto stream = watch("200");
        api.cut_watches(bytes);
        const auto event = run((*stream)->next());
        ASSERT_FALSE(event) << bytes;
        EXPECT_EQ(event.error().code, errc::interrupted);
    }
}

TEST_F(rest_client, a_watch_that_ends_within_an_event_was_cut)
{
    auto stream = watch("200");
    api.say_to_watches(R"({"type":"ADDED","obj)");
    api.end_watches();
    const auto event = run((*stream)->next());
    ASSERT_FALSE(event);
    EXPECT_EQ(event.error().code, errc::interrupted);
}

TEST_F(rest_client, a_watch_that_the_server_forgets_to_end_was_cut)
{
    api.watches().forgets_to_end = true;
    auto stream = watch("200");
    const auto opened = clock().now();
    EXPECT_EQ(run((*stream)->next()).error().code, errc::interrupted);
    EXPECT_EQ(clock().now(), opened + 310s);
}

TEST_F(rest_client, patches_an_object_and_gives_it_as_it_is_then)
{
    create("a");
    const auto answer = patch("a", R"({"metadata":{"finalizers":["x.io/mine"]}})");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(kube::identify((*answer)->object()).resource_version, "202");
    const auto& asked = api.requests().back();
    EXPECT_EQ(asked.verb, "patch");
    EXPECT_EQ(asked.asked("fieldManager"), "certificate-binding-controller");
    EXPECT_EQ(net::find_header(http.sent.back().headers, "Content-Type"), "application/merge-patch+json");
    ASSERT_TRUE(patch("a", R"({"status":{"state":"active"}})", "status"));
    EXPECT_EQ((*api.objects().find("shop", "a"))["status"]["state"], "active");
}

TEST_F(rest_client, creates_an_object)
{
    kube::create_request request{resource, "shop", R"({"metadata":{"name":"a"},"spec":{}})"};
    const auto answer = run(client->create(request));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(kube::identify((*answer)->object()).name, "a");
    EXPECT_EQ(api.requests().back().verb, "create");
    EXPECT_EQ(api.requests().back().asked("fieldManager"), "certificate-binding-controller");
    EXPECT_EQ(net::find_header(http.sent.back().headers, "Content-Type"), "application/json");
    const auto again = run(client->create(request));
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().http_status, 409);
}

TEST_F(rest_client, gets_an_object)
{
    create("a");
    const auto answer = get("a");
    ASSERT_TRUE(answer);
    EXPECT_EQ(kube::identify((*answer)->object()).name, "a");
}

TEST_F(rest_client, names_are_encoded_in_paths_and_queries)
{
    get("../../evil?x=1");
    EXPECT_EQ(
        http.sent.back().target,
        "/apis/certificates.bycloud.io/v1alpha1/namespaces/shop/certificatebindings/..%2F..%2Fevil%3Fx%3D1"
    );
    list("a/b", "t&limit=9");
    EXPECT_THAT(
        http.sent.back().target,
        HasSubstr("/namespaces/a%2Fb/certificatebindings?limit=2&continue=t%26limit%3D9")
    );
}

TEST_F(rest_client, core_resources_have_a_path_of_their_own)
{
    kube::list_request request;
    request.resource = {"", "v1", "secrets"};
    run(client->list(std::move(request)));
    EXPECT_THAT(http.sent.back().target, HasSubstr("/api/v1/secrets?limit=500"));
}

TEST_F(rest_client, metadata_alone_and_some_objects_alone_are_asked_for)
{
    kube::list_request request;
    request.resource = resource;
    request.metadata_only = true;
    request.field_selector = "metadata.namespace!=shop";
    EXPECT_TRUE(run(client->list(std::move(request))));
    EXPECT_THAT(http.sent.back().target, HasSubstr("?limit=500&fieldSelector=metadata.namespace%21%3Dshop"));
    EXPECT_EQ(
        net::find_header(http.sent.back().headers, "Accept"),
        "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    );
}

TEST_F(rest_client, every_request_is_bounded_in_time_and_size)
{
    create("a");
    const auto now = clock().now();
    list();
    EXPECT_EQ(http.sent.back().deadline, now + 60s);
    EXPECT_EQ(http.sent.back().max_response_bytes, 16U << 20);
    get("a");
    EXPECT_EQ(http.sent.back().deadline, now + 30s);
    EXPECT_EQ(http.sent.back().max_response_bytes, 4U << 20);
    watch("200");
    EXPECT_EQ(http.sent.back().deadline, now + 30s) << "of the header";
    for (const auto& request : http.sent)
    {
        EXPECT_EQ(net::find_header(request.headers, "Accept"), "application/json");
        EXPECT_EQ(net::find_header(request.headers, "Authorization"), "Bearer canary-1");
        EXPECT_EQ(request.origin.str(), "https://kube.example.com:6443");
        EXPECT_NE(request.tls, nullptr);
    }
}

TEST_F(rest_client, silence_is_an_interruption_at_the_deadline)
{
    answer_all({test::api_fault::kind::swallow});
    const auto started = clock().now();
    EXPECT_EQ(get("a").error().code, errc::interrupted);
    EXPECT_EQ(clock().now(), started + 30s);
    EXPECT_EQ(watch("1").error().code, errc::interrupted);
    EXPECT_EQ(clock().now(), started + 60s);
    EXPECT_EQ(list().error().code, errc::interrupted);
    EXPECT_EQ(clock().now(), started + 120s);
}

// ---- refusals ----

TEST_F(rest_client, a_refusal_has_the_servers_words)
{
    create("a");
    const auto conflict = patch("a", R"({"metadata":{"resourceVersion":"1"}})");
    ASSERT_FALSE(conflict);
    EXPECT_EQ(conflict.error().code, errc::status);
    EXPECT_EQ(conflict.error().http_status, 409);
    EXPECT_THAT(conflict.error().message, HasSubstr("409 Conflict: Operation cannot be fulfilled on"));
    EXPECT_EQ(get("z").error().http_status, 404);
    api.denied = {"list", "watch"};
    EXPECT_THAT(list().error().message, HasSubstr("cannot list resource \"certificatebindings\""));
    EXPECT_EQ(list().error().http_status, 403);
    EXPECT_EQ(watch("1").error().http_status, 403);
    EXPECT_THAT(watch("1").error().message, HasSubstr("cannot watch resource \"certificatebindings\""));
    api.set_served(false);
    api.denied.clear();
    EXPECT_EQ(list().error().http_status, 404);
    EXPECT_EQ(watch("1").error().http_status, 404);
}

TEST_F(rest_client, expired_versions_come_as_410_of_a_list_and_as_an_event_of_a_watch)
{
    create("a");
    create("b");
    const auto token_of_old = list("", "", 1).value()->continue_token();
    api.compact();
    EXPECT_EQ(list("", token_of_old).error().http_status, 410);
    auto stream = watch("1");
    ASSERT_TRUE(stream);
    const auto event = run((*stream)->next());
    ASSERT_TRUE(event && *event);
    EXPECT_EQ((*event)->type, kube::watch_event_type::error);
    EXPECT_EQ((*event)->error_code, 410);
}

TEST_F(rest_client, tells_when_to_come_back)
{
    answer_all(test::api_fault::with(test::statuses::too_many_requests()));
    EXPECT_EQ(list().error().retry_after, 1s);
    EXPECT_EQ(watch("1").error().retry_after, 1s);
    answer_all(test::api_fault::with(test::statuses::internal_error("etcd is away")));
    EXPECT_EQ(list().error().retry_after, std::nullopt);
}

TEST_F(rest_client, a_write_waits_for_a_server_that_is_asked_too_much)
{
    create("a");
    int refusals = 3;
    api.on_request = [&](const test::api_request&) -> std::optional<test::api_fault> {
        return refusals-- > 0 ? std::optional(test::api_fault::with(test::statuses::too_many_requests()))
                              : std::nullopt;
    };
    const auto before = clock().now();
    const auto answer = patch("a", R"({"metadata":{"labels":{"n":"1"}}})");
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(clock().now() - before, 3s);
    EXPECT_EQ(api.count("patch"), 4U);
}

TEST_F(rest_client, a_write_waits_no_longer_than_its_deadline)
{
    create("a");
    answer_all(test::api_fault::with(test::statuses::too_many_requests()));
    const auto before = clock().now();
    EXPECT_EQ(patch("a", "{}").error().http_status, 429);
    EXPECT_EQ(api.count("patch"), 10U) << "as often as client-go";
    EXPECT_EQ(clock().now() - before, 9s);
    auto away = test::api_fault::with(503, "application/json", R"({"kind":"Status","message":"away"})");
    away.answer.headers.push_back({"Retry-After", "20"});
    answer_all(away);
    EXPECT_EQ(patch("a", "{}").error().http_status, 503);
    EXPECT_EQ(api.count("patch"), 12U);
    EXPECT_EQ(clock().now() - before, 29s) << "a second pause would end after the deadline";
}

TEST_F(rest_client, a_write_that_failed_otherwise_is_not_repeated)
{
    create("a");
    answer_all(test::api_fault::with(test::statuses::internal_error("etcd is away")));
    EXPECT_EQ(patch("a", "{}").error().http_status, 500);
    EXPECT_EQ(api.count("patch"), 1U) << "it may have been done";
}

TEST_F(rest_client, a_token_that_was_renewed_is_shown_at_once)
{
    create("a");
    api.token = token = "canary-2";
    EXPECT_TRUE(get("a"));
    EXPECT_EQ(net::find_header(http.sent.back().headers, "Authorization"), "Bearer canary-2");
    api.token = token = "canary-3";
    EXPECT_TRUE(watch("200"));
    api.token = token = "canary-4";
    EXPECT_TRUE(patch("a", "{}"));
    EXPECT_EQ(api.writes(), 2U);
}

TEST_F(rest_client, who_is_refused_twice_hears_of_it)
{
    api.token = "another";
    const auto refused = get("a");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().http_status, 401);
    EXPECT_EQ(refused.error().message, "401 Unauthorized");
    EXPECT_EQ(http.sent.size(), 2U);
    EXPECT_EQ(watch("1").error().http_status, 401);
    EXPECT_EQ(http.sent.size(), 4U);
}

// ---- malformed answers ----

class odd_answers : public rest_client,
                    public testing::WithParamInterface<std::tuple<const char*, const char*, std::string>>
{};

TEST_P(odd_answers, are_bad_answers_to_every_request)
{
    const auto& [name, type, body] = GetParam();
    answer_all(test::api_fault::with(200, type, body));
    EXPECT_EQ(list().error().code, errc::bad_answer);
    EXPECT_EQ(get("a").error().code, errc::bad_answer);
    EXPECT_EQ(patch("a", "{}").error().code, errc::bad_answer);
    auto stream = watch("1");
    const auto error = stream ? run((*stream)->next()).error() : stream.error();
    EXPECT_THAT(error.code, testing::AnyOf(errc::bad_answer, errc::interrupted));
    EXPECT_THAT(error.message, Not(HasSubstr("canary")));
}

INSTANTIATE_TEST_SUITE_P(
    all,
    odd_answers,
    testing::Values(
        std::tuple("html", "text/html", "<html>log in here, canary</html>"),
        std::tuple("html_as_json", "application/json", "<html>canary</html>"),
        std::tuple("text", "text/plain", "{}"),
        std::tuple("cut", "application/json", R"({"metadata":{"resourceVersion":"1"},"items":[{)"),
        std::tuple("array", "application/json", "[]"),
        std::tuple("protobuf", "application/vnd.kubernetes.protobuf", std::string("k8s\0", 4))
    ),
    [](const auto& info) { return std::string(std::get<0>(info.param)); }
);

TEST_F(rest_client, an_answer_larger_than_its_bound_is_not_taken)
{
    answer_all(test::api_fault::with(200, "application/json", "{\"x\":\"" + std::string(4 << 20, 'x') + "\"}")
    );
    EXPECT_EQ(get("a").error().code, errc::too_large);
}

TEST_F(rest_client, errors_without_the_servers_words_have_their_status)
{
    for (const int status : {302, 404, 500, 502, 503})
    {
        answer_all(test::api_fault::with(status, "text/html", "<html>canary</html>"));
        for (const auto& error :
             {list().error(), get("a").error(), patch("a", "{}").error(), watch("1").error()})
        {
            EXPECT_EQ(error.code, errc::status);
            EXPECT_EQ(error.http_status, status);
            EXPECT_EQ(error.message, std::to_string(status));
        }
    }
}

TEST_F(rest_client, transport_errors_come_as_they_are)
{
    create("a");
    answer_all({test::api_fault::kind::cut_answer});
    EXPECT_EQ(patch("a", R"({"metadata":{"labels":{"n":"1"}}})").error().code, errc::interrupted);
    EXPECT_EQ(api.writes(), 1U) << "a write is never sent twice";
    api.on_request = nullptr;
    api.go_down();
    EXPECT_EQ(list().error().code, errc::unreachable);
    EXPECT_EQ(watch("1").error().code, errc::unreachable);
}

TEST_F(rest_client, acts_as_whom_the_configuration_names)
{
    auto acting = config();
    acting.as = {"jane", "7", {"a", "b"}, {{"example.com/scope%", {"x", "z"}}}};
    kube::credentials as_jane(
        acting, [this](const std::string&) -> support::result<std::string> { return token; }, clock()
    );
    const auto janes = kube::create_rest_client(http, clock(), as_jane);
    run(janes->get(resource, "shop", "a"));
    std::string impersonated;
    for (const auto& [name, value] : http.sent.back().headers)
    {
        impersonated += name.starts_with("Impersonate-") ? name + "=" + value + " " : "";
    }
    EXPECT_EQ(
        impersonated,
        "Impersonate-User=jane Impersonate-Uid=7 Impersonate-Group=a Impersonate-Group=b "
        "Impersonate-Extra-example.com%2Fscope%25=x Impersonate-Extra-example.com%2Fscope%25=z "
    );
}

TEST_F(rest_client, sends_username_and_password_if_there_is_no_token)
{
    auto login = config();
    login.token = {};
    login.username = "me";
    login.password = support::secret("canary");
    kube::credentials of_me(
        login, [this](const std::string&) -> support::result<std::string> { return token; }, clock()
    );
    const auto mine = kube::create_rest_client(http, clock(), of_me);
    run(mine->get(resource, "shop", "a"));
    EXPECT_EQ(net::find_header(http.sent.back().headers, "Authorization"), "Basic bWU6Y2FuYXJ5");
}

support::task<support::result<std::string>> answer_of_plugin(support::result<std::string> answer)
{
    co_return answer;
}

TEST_F(rest_client, after_a_refusal_the_plugin_is_asked_again_and_nothing_is_sent_without_a_credential)
{
    auto plugged = config();
    plugged.token = {};
    plugged.exec.emplace();
    plugged.exec->api_version = "client.authentication.k8s.io/v1";
    plugged.exec->command = "login";
    bool ill = false;
    kube::credentials given(
        plugged,
        [this](const std::string&) -> support::result<std::string> { return token; },
        clock(),
        [&](const kube::exec_plugin&, std::string) {
            return answer_of_plugin(
                ill ? support::fail(errc::unreachable, "login is ill")
                    : support::result<std::string>(
                          R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":")" +
                          token + "\"}}"
                      )
            );
        }
    );
    const auto plugged_in = kube::create_rest_client(http, clock(), given);
    create("a");
    ASSERT_TRUE(run(plugged_in->get(resource, "shop", "a")));
    token = "canary-2";
    api.token = token;
    advance(10s);
    ASSERT_TRUE(run(plugged_in->get(resource, "shop", "a")));
    EXPECT_EQ(http.sent.size(), 3U);
    ill = true;
    api.token = "canary-3";
    advance(10s);
    EXPECT_EQ(run(plugged_in->get(resource, "shop", "a")).error().message, "login is ill");
    EXPECT_EQ(http.sent.size(), 4U);
}

}  // namespace
