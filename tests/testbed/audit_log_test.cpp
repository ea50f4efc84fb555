#include "testbed/audit_log.hpp"

#include "testbed/files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

namespace fs = std::filesystem;

std::vector<std::string> requests_in(const std::string& log)
{
    const auto file = fs::path(testing::TempDir()) / ("audit-" + std::to_string(::getpid()));
    testbed::write_file(file, log);
    std::vector<std::string> requests;
    for (const auto& request : testbed::read_audit_log(file))
    {
        requests.push_back(testing::PrintToString(request));
    }
    fs::remove(file);
    return requests;
}

const std::string put_status =
    R"({"auditID":"1","stage":"ResponseComplete","verb":"update","user":{"username":"admin","groups":["system:masters"]},)"
    R"("objectRef":{"resource":"certificatebindings","namespace":"web","name":"shop","apiGroup":"certificates.bycloud.io",)"
    R"("apiVersion":"v1alpha1","subresource":"status"},"responseStatus":{"metadata":{},"code":409}})"
    "\n";

TEST(audit_log, tells_who_did_what_and_what_came_of_it)
{
    EXPECT_EQ(
        requests_in(put_status),
        std::vector<std::string>{"admin update certificatebindings/status web/shop 409"}
    );
}

TEST(audit_log, has_a_watch_once_though_the_server_writes_its_start_and_its_end)
{
    const std::string watch =
        R"("verb":"watch","user":{"username":"u"},"objectRef":{"resource":"leases"},"responseStatus":{"code":200}})"
        "\n";
    EXPECT_EQ(
        requests_in(
            R"({"auditID":"2","stage":"ResponseStarted",)" + watch +
            R"({"auditID":"2","stage":"ResponseComplete",)" + watch
        ),
        std::vector<std::string>{"u watch leases / 200"}
    );
}

TEST(audit_log, leaves_out_what_asks_for_no_resource)
{
    EXPECT_TRUE(
        requests_in(R"({"auditID":"3","stage":"ResponseComplete","verb":"get","requestURI":"/readyz"})"
                    "\n")
            .empty()
    );
}

TEST(audit_log, leaves_out_a_line_that_is_still_being_written)
{
    EXPECT_EQ(requests_in(put_status + put_status.substr(0, 40)).size(), 1U);
}

TEST(audit_log, is_empty_before_the_first_request)
{
    EXPECT_TRUE(testbed::read_audit_log("/no/such/file").empty());
}

}  // namespace
