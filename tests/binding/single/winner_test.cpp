// oldest-wins where the cloud attaches single bindings: who is attached keeps what it has.
#include "binding/single/winner.hpp"

#include "binding/single/single_case.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using binding::certificate_binding;
using cloud::certificate_state;
using test::single_case;

// What a binding and an older one want, and whether the older one keeps it from the younger one.
struct row
{
    const char* name;
    std::string wants;  // the younger one
    std::vector<std::string> holds;
    std::string older_wants;
    std::vector<std::string> older_holds;
    bool older_deleting;
    certificate_state older_certificate;  // "unknown": it was not read yet
    bool older_wins;

    friend std::ostream& operator<<(std::ostream& out, const row& each) { return out << each.name; }
};

class two_bindings : public testing::TestWithParam<row>
{};

certificate_binding made(const std::string& wants, const std::vector<std::string>& holds, char uid)
{
    single_case c;
    c.wants(wants).holds(holds);
    c.object.uid = test::binding_id(uid);
    return c.object;
}

TEST_P(two_bindings, have_the_winner_of_the_table)
{
    const row& each = GetParam();
    const auto young = made(each.wants, each.holds, '2');
    auto old = made(each.older_wants, each.older_holds, '1');
    old.created = young.created - 1s;
    old.deleting = each.older_deleting;
    single_case world;
    if (each.older_certificate != certificate_state::unknown)
    {
        world.shows(test::entry_of(each.older_wants).container_ref.str().at(17), {}, each.older_certificate);
    }
    const auto certificate = [&](const support::uuid& id) -> const binding::single::certificate_facts* {
        const auto it = world.certificates.find(id);
        return it == world.certificates.end() ? nullptr : &it->second;
    };
    const auto held = [](const certificate_binding& object) -> const binding::ledger& {
        return object.status.ledger;
    };
    EXPECT_EQ(
        binding::single::winner_of(young, {&young, &old}, held, certificate), each.older_wins ? &old : nullptr
    );
}

constexpr auto active = certificate_state::active;

INSTANTIATE_TEST_SUITE_P(
    oldest_wins,
    two_bindings,
    testing::Values(
        row{"the_default", "default a", {}, "default b", {}, false, active, true},
        row{"not_of_what_is_attached", "default a", {"default a/1"}, "default b", {}, false, active, false},
        row{"of_two_that_are_attached",
            "default a",
            {"default a/1"},
            "default b",
            {"default b/2"},
            false,
            active,
            true},
        row{"an_attached_one_whatever_its_certificate_is",
            "default a",
            {},
            "default b",
            {"default b/2"},
            false,
            certificate_state::expired,
            true},
        row{"not_if_it_is_being_deleted", "default a", {}, "default b", {"default b/2"}, true, active, false},
        row{"not_if_its_certificate_was_not_read",
            "default a",
            {},
            "default b",
            {},
            false,
            certificate_state::unknown,
            false},
        row{"not_if_its_certificate_is_not_active",
            "default a",
            {},
            "default b",
            {},
            false,
            certificate_state::pending_dns,
            false},
        row{"not_in_another_slot", "default a", {}, "sni a", {}, false, active, false},
        row{"the_same_certificate_in_the_sni_slots", "sni a", {}, "sni a", {}, false, active, true},
        row{"not_another_certificate_in_the_sni_slots", "sni a", {}, "sni b", {}, false, active, false}
    ),
    [](const auto& info) { return std::string(info.param.name); }
);

TEST(a_binding, never_loses_to_a_younger_one_that_is_not_attached)
{
    auto object = made("default a", {}, '1');
    const auto young = made("default a", {}, '2');
    object.created = young.created - 1s;
    single_case world;
    world.shows('a', {});
    const auto certificate = [&](const support::uuid& id) { return &world.certificates.at(id); };
    const auto held = [](const certificate_binding& each) -> const binding::ledger& {
        return each.status.ledger;
    };
    EXPECT_EQ(binding::single::winner_of(object, {&young, &object}, held, certificate), nullptr);
}

TEST(a_binding, never_loses_to_itself)
{
    const auto object = made("default a", {}, '1');
    single_case world;
    world.shows('a', {});
    const auto certificate = [&](const support::uuid& id) { return &world.certificates.at(id); };
    const auto held = [](const certificate_binding& each) -> const binding::ledger& {
        return each.status.ledger;
    };
    EXPECT_EQ(binding::single::winner_of(object, {&object}, held, certificate), nullptr);
}

TEST(a_binding_of_the_cloud, is_the_other_live_objects_whose_ledger_names_it)
{
    const auto object = made("default a", {"default a/1"}, '1');
    auto other = made("sni b", {"default b/2", "default a/1?"}, '2');
    const auto held = [](const certificate_binding& each) -> const binding::ledger& {
        return each.status.ledger;
    };
    const auto owner = [&](char named) {
        return binding::single::owner_of(test::binding_id(named), object, {&object, &other}, held);
    };
    EXPECT_EQ(owner('1'), &other);
    EXPECT_EQ(owner('2'), &other);
    EXPECT_EQ(owner('3'), nullptr);
    other.status.ledger.attachments.pop_back();
    EXPECT_EQ(owner('1'), nullptr) << "only its own ledger names it";
    other.deleting = true;
    EXPECT_EQ(owner('2'), nullptr);
}

}  // namespace
