#include "api/routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using api::find_route;
using api::operation;
using testing::ElementsAre;

TEST(routes, a_path_has_its_operation_and_ids)
{
    const auto created = find_route("POST", "/v1/certificates/a/bindings");
    ASSERT_TRUE(created);
    EXPECT_EQ(created->operation, operation::create_binding);
    EXPECT_THAT(created->ids, ElementsAre("a"));
    EXPECT_EQ(find_route("GET", "/v1/certificates/a/bindings")->operation, operation::list_bindings);
    const auto removed = find_route("DELETE", "/v1/certificates/a/bindings/b");
    EXPECT_EQ(removed->operation, operation::delete_binding);
    EXPECT_THAT(removed->ids, ElementsAre("a", "b"));
    EXPECT_EQ(find_route("GET", "/v1/certificates/a/bindings/b")->operation, operation::read_binding);
    EXPECT_EQ(find_route("GET", "/v1/certificates/a")->operation, operation::read_certificate);
    const auto listed = find_route("GET", "/v1/load-balancers/l/listeners/m/certificates");
    EXPECT_EQ(listed->operation, operation::list_listener_certificates);
    EXPECT_THAT(listed->ids, ElementsAre("l", "m"));
    EXPECT_EQ(find_route("GET", "/openapi.json")->operation, operation::read_contract);
    EXPECT_EQ(find_route("GET", "/docs")->operation, operation::read_documentation);
    EXPECT_EQ(find_route("HEAD", "/openapi.json")->operation, operation::read_contract);
    EXPECT_EQ(find_route("HEAD", "/docs")->operation, operation::read_documentation);
    EXPECT_EQ(find_route("HEAD", "/v1/certificates/a").error().status, 405) << "it would ask Kubernetes";
}

TEST(routes, ids_are_decoded_after_the_path_was_split)
{
    EXPECT_THAT(find_route("GET", "/v1/certificates/%61%2Fb")->ids, ElementsAre("a/b"));
    EXPECT_THAT(find_route("GET", "/v1/certificates/a%zz%4")->ids, ElementsAre("a%zz%4"));
}

TEST(routes, an_unknown_path_is_404)
{
    for (const char* path :
         {"/",
          "",
          "/v1",
          "/v1/certificates",
          "/v1/certificates/",
          "/v1/certificates/a/bindings/b/c",
          "/v1/certificates/a/bindings/",
          "//v1/certificates/a",
          "/V1/certificates/a",
          "/docs/",
          "/metrics"})
    {
        const auto found = find_route("GET", path);
        ASSERT_FALSE(found) << path;
        EXPECT_EQ(found.error().status, 404) << path;
    }
}

TEST(routes, another_method_is_405_with_those_that_there_are)
{
    const auto found = find_route("PATCH", "/v1/certificates/a/bindings/b");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().status, 405);
    ASSERT_EQ(found.error().headers.size(), 1U);
    EXPECT_EQ(found.error().headers[0].name, "Allow");
    EXPECT_EQ(found.error().headers[0].value, "GET, DELETE");
    EXPECT_EQ(find_route("get", "/docs").error().status, 405) << "methods have case";
}

}  // namespace
