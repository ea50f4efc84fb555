#include "runtime/lease_record.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace {

using namespace std::chrono_literals;
using json = nlohmann::json;

runtime::micro_time at(std::chrono::microseconds fraction)
{
    const auto day = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);
    return runtime::micro_time(day + 11h + 51min + 31s) + fraction;
}

runtime::lease_change change(runtime::lease_purpose purpose)
{
    return {purpose, "me", 15, 3, false};
}

// As client-go of kube-controller-manager writes it.
const std::string of_another = R"({
    "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
    "metadata": {"name": "kcm", "namespace": "kube-system", "uid": "u", "resourceVersion": "812",
                 "annotations": {"certificates.bycloud.io/every-put-resolved": "true", "of": "another"}},
    "spec": {"holderIdentity": "master_1f", "leaseDurationSeconds": 15, "leaseTransitions": 4,
             "acquireTime": "2026-11-24T11:00:00.123456Z", "renewTime": "2026-11-24T11:51:31.000123Z"}})";

TEST(lease_record, reads_what_client_go_writes)
{
    const auto read = runtime::read_lease(of_another);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->version, "812");
    const runtime::lease_record expected{
        "master_1f", 15, "2026-11-24T11:00:00.123456Z", "2026-11-24T11:51:31.000123Z", 4, true
    };
    EXPECT_EQ(read->record, expected);
}

TEST(lease_record, missing_fields_are_empty)
{
    for (const char* spec : {"", R"(,"spec":null)", R"(,"spec":{})", R"(,"spec":{"holderIdentity":null})"})
    {
        const auto read =
            runtime::read_lease(R"({"metadata":{"resourceVersion":"1"})" + std::string(spec) + "}");
        ASSERT_TRUE(read) << spec << read.error().message;
        EXPECT_EQ(read->record, runtime::lease_record{}) << spec;
    }
}

TEST(lease_record, a_lease_that_cannot_be_read_is_an_error_that_names_the_field)
{
    const std::string begin = R"({"metadata":{"resourceVersion":"1"},"spec":)";
    const auto problem = [](const std::string& text) {
        const auto read = runtime::read_lease(text);
        return read ? "read" : read.error().message;
    };
    EXPECT_NE(problem(begin + R"({"holderIdentity":7}})").find("spec.holderIdentity"), std::string::npos);
    EXPECT_NE(
        problem(begin + R"({"leaseDurationSeconds":"15"}})").find("leaseDurationSeconds"), std::string::npos
    );
    EXPECT_NE(problem(begin + R"({"leaseTransitions":1.5}})").find("leaseTransitions"), std::string::npos);
    EXPECT_NE(problem(begin + R"({"renewTime":1}})").find("renewTime"), std::string::npos);
    EXPECT_NE(problem(begin + R"({"acquireTime":[]}})").find("acquireTime"), std::string::npos);
    EXPECT_NE(problem(begin + "[]}").find("spec"), std::string::npos);
    EXPECT_NE(problem(R"({"spec":{}})").find("resourceVersion"), std::string::npos);
    EXPECT_NE(problem("[]").find("not a JSON object"), std::string::npos);
    EXPECT_NE(problem(of_another.substr(0, 200)).find("not a JSON object"), std::string::npos);
}

TEST(lease_record, times_have_six_digits)
{
    EXPECT_EQ(runtime::format_micro_time(at(123us)), "2026-11-24T11:51:31.000123Z");
    EXPECT_EQ(runtime::format_micro_time(at(999'999us)), "2026-11-24T11:51:31.999999Z");
    EXPECT_EQ(runtime::format_micro_time(at(0us)), "2026-11-24T11:51:31.000000Z");
}

TEST(lease_record, what_is_created_is_read_back)
{
    auto whole = json::parse(
        runtime::new_lease("system", "controller", change(runtime::lease_purpose::acquire), at(5us))
    );
    EXPECT_EQ(whole["apiVersion"], "coordination.k8s.io/v1");
    EXPECT_EQ(whole["kind"], "Lease");
    EXPECT_EQ(whole["metadata"], (json{{"name", "controller"}, {"namespace", "system"}}));
    whole["metadata"]["resourceVersion"] = "9";
    const runtime::lease_record expected{
        "me", 15, "2026-11-24T11:51:31.000005Z", "2026-11-24T11:51:31.000005Z", 3, false
    };
    EXPECT_EQ(runtime::read_lease(whole.dump())->record, expected);
}

// The object of another after a merge patch of ours.
json patched(runtime::lease_change what, json object = json::parse(of_another))
{
    object.merge_patch(json::parse(runtime::lease_patch(what, "812", at(7us))));
    return object;
}

TEST(lease_record, an_acquisition_takes_the_promise_away_and_nothing_of_others)
{
    const json after = patched(change(runtime::lease_purpose::acquire));
    EXPECT_EQ(after["metadata"]["annotations"], (json{{"of", "another"}}));
    EXPECT_EQ(after["spec"]["holderIdentity"], "me");
    EXPECT_EQ(after["spec"]["leaseTransitions"], 3);
    EXPECT_EQ(after["spec"]["acquireTime"], "2026-11-24T11:51:31.000007Z");
    EXPECT_EQ(after["metadata"]["resourceVersion"], "812");
}

TEST(lease_record, a_renewal_keeps_the_time_of_acquisition_and_the_transitions)
{
    const json after = patched(change(runtime::lease_purpose::renew));
    EXPECT_EQ(after["spec"]["acquireTime"], "2026-11-24T11:00:00.123456Z");
    EXPECT_EQ(after["spec"]["renewTime"], "2026-11-24T11:51:31.000007Z");
    EXPECT_EQ(after["spec"]["leaseTransitions"], 4);
}

TEST(lease_record, a_release_promises_only_what_it_is_told)
{
    json before = json::parse(of_another);
    before["metadata"]["annotations"].erase("certificates.bycloud.io/every-put-resolved");
    runtime::lease_change release{runtime::lease_purpose::release, "", 1, 4, true};
    json after = patched(release, before);
    EXPECT_EQ(after["metadata"]["annotations"]["certificates.bycloud.io/every-put-resolved"], "true");
    EXPECT_EQ(after["spec"]["holderIdentity"], "");
    EXPECT_EQ(after["spec"]["leaseDurationSeconds"], 1);
    release.every_put_resolved = false;
    after = patched(release);
    EXPECT_FALSE(after["metadata"]["annotations"].contains("certificates.bycloud.io/every-put-resolved"));
}

}  // namespace
