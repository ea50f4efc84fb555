// The CustomResourceDefinition is missing. This is a test program of its own, because the API server must
// never have had the definition.
#include "e2e/world.hpp"

#include <gmock/gmock.h>

namespace e2e {
namespace {

const bool without = definition_installed = false;

class definition : public world
{};

TEST_F(definition, that_is_missing_is_said_and_waited_for)
{
    start_controller();
    EXPECT_TRUE(testbed::eventually("a line in the log", [&] {
        const std::string text = controller_log();
        return testing::AssertionResult(text.contains(
                   "install the CustomResourceDefinition: kubectl apply -f crds/certificatebindings.yaml"
               ))
               << text;
    }));
    kubectl({"apply", "-f", CRD_FILE});
    ASSERT_TRUE(testbed::eventually("the resource", [&] {
        return try_kubectl({"get", "certbind"}).code == 0;
    }));
    const auto a = certificate("a.example.com");
    apply({{.name = "web", .certificate = a.id, .listener = listener}});
    ASSERT_TRUE(is_active("web"));
    EXPECT_EQ(served(listener, "any.example.com"), a.ref);
}

}  // namespace
}  // namespace e2e
