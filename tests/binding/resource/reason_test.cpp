#include "binding/resource/reason.hpp"

#include <gtest/gtest.h>

#include <set>

namespace {

using binding::reason;
using binding::state;

constexpr int reasons = static_cast<int>(reason::certificate_active) + 1;

// The closed set, and the reason of the condition CertificateActive.
const std::set<std::string_view> documented{
    "Attached",
    "Progressing",
    "LoadBalancerBusy",
    "CertificateNotActive",
    "CertificateNotFound",
    "CertificateAccessDenied",
    "CertificateExpired",
    "ListenerNotFound",
    "ListenerAccessDenied",
    "ListenerProtocol",
    "Conflict",
    "LoadBalancerError",
    "ListenerError",
    "BlockedByUnreadableRef",
    "CertificateRefused",
    "Contested",
    "LedgerFull",
    "NoDefaultCertificate",
    "CredentialsInvalid",
    "CredentialsMissing",
    "CloudChanged",
    "CloudUnavailable",
    "Detaching",
    "LastCertificate",
    "DetachNotSupported",
    "CertificateActive",
};

TEST(reason, the_set_is_the_documented_one)
{
    std::set<std::string_view> names;
    for (int i = 1; i < reasons; ++i)
    {
        names.insert(name_of(static_cast<reason>(i)));
    }
    EXPECT_EQ(names, documented);
}

TEST(reason, a_name_reads_back_as_its_reason)
{
    for (int i = 0; i < reasons; ++i)
    {
        const auto value = static_cast<reason>(i);
        EXPECT_EQ(binding::parse_reason(name_of(value)), value);
    }
}

TEST(reason, a_name_of_another_version_is_no_reason)
{
    EXPECT_EQ(binding::parse_reason("NotYetInvented"), std::nullopt);
    EXPECT_EQ(binding::parse_reason("attached"), std::nullopt);
    EXPECT_EQ(binding::parse_state("Active"), std::nullopt);
}

TEST(reason, a_state_reads_back)
{
    for (const state value : {state::unset, state::pending, state::active, state::error, state::deleting})
    {
        EXPECT_EQ(binding::parse_state(name_of(value)), value);
    }
}

TEST(reason, active_is_the_state_of_attached_alone)
{
    for (int i = 0; i < reasons; ++i)
    {
        const auto value = static_cast<reason>(i);
        const bool good = value == reason::attached || value == reason::certificate_active;
        EXPECT_EQ(state_of(value) == state::active, good) << name_of(value);
    }
}

}  // namespace
