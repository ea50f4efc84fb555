#include "crd/cluster.hpp"

#include "testbed/eventually.hpp"

namespace test {
namespace {

void install_definition(testbed::servers& servers)
{
    ASSERT_TRUE(succeeds(servers.kubectl({"apply", "-f", PROJECT_FOLDER "/crds"})));
    // The API server serves the resource first, and explains it later.
    for (const char* verb : {"get", "explain"})
    {
        ASSERT_TRUE(testbed::eventually("the resource", [&] {
            return succeeds(servers.kubectl({verb, "certificatebindings"}));
        }));
    }
}

testbed::outcome patch_with(const std::string& name, const json& change, std::vector<std::string> flags)
{
    flags.insert(flags.begin(), {"patch", "certbind", name, "--type=merge", "--patch", change.dump()});
    return kubernetes->kubectl(std::move(flags));
}

}  // namespace

testbed::environment& kubernetes = testbed::environment::add({}, install_definition);

json least_binding(const std::string& name)
{
    return {
        {"apiVersion", "certificates.bycloud.io/v1alpha1"},
        {"kind", "CertificateBinding"},
        {"metadata", {{"name", name}, {"namespace", "default"}}},
        {"spec", {{"certificateId", certificate_id}, {"resourceId", listener_id}, {"region", "sao1"}}},
    };
}

std::ostream& operator<<(std::ostream& stream, const json_case& value)
{
    return stream << value.change;
}

std::string name_of(const testing::TestParamInfo<json_case>& info)
{
    return info.param.name;
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
    const auto printed = kubernetes->kubectl({"get", "certbind", name, "-o", "json"});
    EXPECT_TRUE(succeeds(printed));
    return json::parse(printed.out, nullptr, false);
}

void crd::TearDown()
{
    EXPECT_TRUE(succeeds(kubernetes->kubectl({"delete", "certbind", "--all"})));
}

}  // namespace test
