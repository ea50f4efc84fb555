#include "kube/rest_client.hpp"

#include "kube/rest_client_fixture.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using json = nlohmann::json;
using support::errc;
using test::rest_client;
using testing::HasSubstr;

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

}  // namespace
