#include "crd/cluster.hpp"

#include "testbed/eventually.hpp"

namespace test {
namespace {

using testing::AssertionResult;

class crd_environment final : public testing::Environment
{
    void SetUp() override
    {
        ASSERT_TRUE(succeeds(kubernetes->kubectl({"apply", "-f", PROJECT_FOLDER "/crds"})));
        // The API server serves a new resource before discovery lists it.
        for (const char* verb : {"get", "explain"})
        {
            ASSERT_TRUE(testbed::eventually("the resource", [&] {
                return succeeds(kubernetes->kubectl({verb, "certificatebindings"}));
            }));
        }
    }
};

testbed::outcome patch_with(const std::string& name, const json& change, std::vector<std::string> flags)
{
    flags.insert(flags.begin(), {"patch", "certbind", name, "--type=merge", "--patch", change.dump()});
    return kubernetes->kubectl(std::move(flags));
}

}  // namespace

testbed::environment& kubernetes = testbed::environment::add({});
testing::Environment* const installed = testing::AddGlobalTestEnvironment(new crd_environment);

AssertionResult succeeds(const testbed::outcome& result)
{
    return AssertionResult(result.code == 0) << result;
}

json least_binding(const std::string& name)
{
    return {
        {"apiVersion", "certificates.bycloud.io/v1alpha1"},
        {"kind", "CertificateBinding"},
        {"metadata", {{"name", name}, {"namespace", "default"}}},
        {"spec", {{"certificateId", certificate_id}, {"resourceId", listener_id}, {"region", "sao1"}}},
    };
}

testbed::outcome create(const json& object, std::vector<std::string> flags)
{
    flags.insert(flags.begin(), {"create", "-f", "-"});
    return kubernetes->kubectl(std::move(flags), object.dump());
}

testbed::outcome replace(const json& object)
{
    return kubernetes->kubectl({"replace", "-f", "-"}, object.dump());
}

testbed::outcome patch(const std::string& name, const json& change)
{
    return patch_with(name, change, {});
}

testbed::outcome patch_status(const std::string& name, const json& change)
{
    return patch_with(name, change, {"--subresource=status"});
}

json get(const std::string& name)
{
    const auto answer = kubernetes->kubectl({"get", "certbind", name, "-o", "json"});
    EXPECT_TRUE(succeeds(answer));
    return json::parse(answer.out, nullptr, false);
}

void crd::TearDown()
{
    EXPECT_TRUE(succeeds(kubernetes->kubectl({"delete", "certbind", "--all"})));
}

}  // namespace test
