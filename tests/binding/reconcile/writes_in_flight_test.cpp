#include "binding/reconcile/writes_in_flight.hpp"

#include <gtest/gtest.h>

namespace {

using binding::certificate_binding;
using binding::write;

certificate_binding with_entry(const std::string& ref)
{
    certificate_binding object;
    object.status.ledger.attachments.push_back({cloud::container_ref(ref), binding::slot::sni, true});
    return object;
}

write write_of(const certificate_binding& wanted)
{
    return {.uid = wanted.uid, .kind = binding::write_kind::status, .wanted = wanted.status};
}

TEST(writes_in_flight, made_a_status_until_they_are_answered)
{
    binding::writes_in_flight in_flight;
    const certificate_binding before;
    const auto after = with_entry("a");
    auto sent = in_flight.begin(write_of(after), before);
    EXPECT_TRUE(in_flight.made(after));
    EXPECT_FALSE(in_flight.made(before));
    EXPECT_FALSE(in_flight.made(with_entry("b")));
    sent.reset();
    EXPECT_FALSE(in_flight.made(after));
}

TEST(writes_in_flight, of_one_binding_end_each_for_itself)
{
    binding::writes_in_flight in_flight;
    const certificate_binding before;
    auto first = in_flight.begin(write_of(with_entry("a")), before);
    const auto second = in_flight.begin(write_of(with_entry("b")), before);
    first.reset();
    EXPECT_FALSE(in_flight.made(with_entry("a")));
    EXPECT_TRUE(in_flight.made(with_entry("b")));
}

TEST(writes_in_flight, that_leave_the_ledger_as_it_is_make_nothing)
{
    binding::writes_in_flight in_flight;
    const auto object = with_entry("a");
    const auto sent = in_flight.begin(write_of(object), object);
    EXPECT_FALSE(in_flight.made(object));
}

}  // namespace
