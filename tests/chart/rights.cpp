#include "chart/rights.hpp"

#include "chart/cluster.hpp"
#include "testbed/eventually.hpp"

#include <algorithm>
#include <sstream>

namespace test {
namespace {

// The rights of `user` in a namespace, as lines "RESOURCE [VERB...]", without the rights of every
// ServiceAccount.
std::set<std::string> rights_of(const std::string& user, const std::string& in_namespace)
{
    const auto lines_of = [&](const std::string& name) {
        const auto listed =
            kubernetes->kubectl({"auth", "can-i", "--list", "--namespace", in_namespace, "--as", name});
        EXPECT_TRUE(succeeds(listed));
        std::set<std::string> lines;
        std::istringstream text(listed.out);
        std::string line;
        for (std::getline(text, line); std::getline(text, line);)  // below the heading
        {
            const auto resource = line.substr(0, line.find(' '));
            lines.insert(resource + " " + line.substr(line.rfind('[')));
        }
        return lines;
    };
    const auto all = lines_of(user);
    const auto everybodys = lines_of("system:serviceaccount:team-a:nobody");
    std::set<std::string> own;
    std::ranges::set_difference(all, everybodys, std::inserter(own, own.end()));
    return own;
}

}  // namespace

const std::set<std::string> rights_of_controller{
    "certificatebindings.certificates.bycloud.io [get list watch patch]",
    "certificatebindings.certificates.bycloud.io/status [patch]",
    "events.events.k8s.io [create]",
};

const std::set<std::string> rights_of_leader_election{
    "leases.coordination.k8s.io [get watch patch]",
    "leases.coordination.k8s.io [create]",
};

testing::AssertionResult has_rights(
    const std::string& user, const std::string& in_namespace, const std::set<std::string>& expected
)
{
    return testbed::eventually("the rights of " + user + " in " + in_namespace, [&] {
        const auto rights = rights_of(user, in_namespace);
        return testing::AssertionResult(rights == expected) << "they are " << testing::PrintToString(rights)
                                                            << ", not " << testing::PrintToString(expected);
    });
}

testing::AssertionResult may(
    const std::string& user,
    const std::string& verb,
    const std::string& object,
    const std::string& in_namespace
)
{
    return testbed::eventually(user + " may " + verb + " " + object, [&] {
        return testing::AssertionResult(
            kubernetes->kubectl({"auth", "can-i", verb, object, "--namespace", in_namespace, "--as", user})
                .code == 0
        );
    });
}

}  // namespace test
