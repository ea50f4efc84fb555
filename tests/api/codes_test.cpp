#include "api/codes.hpp"

#include <gtest/gtest.h>

#include <map>

namespace {

using binding::reason;

// The column "API code" of the table of reasons; a deletion under way is 202 for the DELETE that waits.
const std::map<reason, int> documented{
    {reason::unset, 201},
    {reason::attached, 201},
    {reason::progressing, 201},
    {reason::load_balancer_busy, 201},
    {reason::certificate_not_active, 409},
    {reason::certificate_not_found, 404},
    {reason::certificate_access_denied, 404},
    {reason::certificate_expired, 409},
    {reason::listener_not_found, 404},
    {reason::listener_access_denied, 404},
    {reason::listener_protocol, 400},
    {reason::no_default_certificate, 409},
    {reason::conflict, 409},
    {reason::load_balancer_error, 500},
    {reason::listener_error, 500},
    {reason::blocked_by_unreadable_ref, 500},
    {reason::certificate_refused, 400},
    {reason::contested, 500},
    {reason::ledger_full, 500},
    {reason::credentials_invalid, 401},
    {reason::credentials_missing, 401},
    {reason::cloud_changed, 500},
    {reason::cloud_unavailable, 500},
    {reason::detaching, 202},
    {reason::last_certificate, 202},
    {reason::certificate_active, 201},
};

TEST(codes, every_reason_has_the_documented_status)
{
    ASSERT_EQ(documented.size(), binding::reason_count);
    for (const auto& [why, status] : documented)
    {
        EXPECT_EQ(api::http_status_of(why), status) << name_of(why);
    }
}

}  // namespace
