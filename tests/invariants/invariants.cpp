#include "invariants/invariants.hpp"

#include "binding/resource/certificate_binding.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>

namespace test {
namespace {

using namespace std::chrono_literals;
using cloud::container_ref;
using json = nlohmann::json;

std::set<container_ref> as_set(const std::vector<container_ref>& refs)
{
    return {refs.begin(), refs.end()};
}

bool has_finalizer(const json& metadata)
{
    return metadata.value("finalizers", std::set<std::string>()).contains(std::string(binding::finalizer));
}

}  // namespace

invariants::invariants(fake_kube& kube, fake_cloud& cloud, support::clock& clock)
    : kube_through(kube), kube_(kube), cloud_(cloud), clock_(clock)
{
    cloud_.seen_at_put = [this](const auto& put) { check_put(put); };
}

void invariants::stopped(const std::string& certificate)
{
    stopped_[fake_cloud::ref(certificate)] = clock_.now();
}

support::task<support::result<std::unique_ptr<kube::object_answer>>> invariants::patch(
    kube::patch_request request
)
{
    if (kube_.exists(request.name))
    {
        const json& object = kube_.object(request.name);
        const json patch = json::parse(request.merge_patch);
        const bool meets = patch["metadata"]["resourceVersion"] == object["metadata"]["resourceVersion"];
        if (meets && request.subresource == "status")
        {
            check_status(object, patch["status"]);
        }
        else if (meets && has_finalizer(object["metadata"]) && !has_finalizer(patch["metadata"]))
        {
            check_release(object);
        }
    }
    return kube_through::patch(std::move(request));
}

std::vector<invariants::entry> invariants::ledger_of(const json& object)
{
    return ledger_of(object, object["status"]);
}

std::vector<invariants::entry> invariants::ledger_of(const json& object, const json& status)
{
    std::vector<entry> held;
    const auto attachments = status.find("attachments");
    if (attachments == status.end() || !attachments->is_array())
    {
        return held;
    }
    for (const json& each : *attachments)
    {
        held.push_back({
            container_ref(each["containerRef"].get<std::string>()),
            each["slot"] == "default",
            each["confirmed"].get<bool>(),
            status.contains("replacedDefaultRef") && status["replacedDefaultRef"].is_string()
                ? container_ref(status["replacedDefaultRef"].get<std::string>())
                : container_ref(),
            object["metadata"].contains("deletionTimestamp"),
        });
    }
    return held;
}

std::vector<invariants::entry> invariants::ledgers(const std::string& listener, const std::string& except)
    const
{
    std::vector<entry> all;
    for (const auto& [name, object] : kube_.objects())
    {
        if (name != except && object["spec"]["resourceId"] == listener && has_finalizer(object["metadata"]))
        {
            const auto held = ledger_of(object);
            all.insert(all.end(), held.begin(), held.end());
        }
    }
    return all;
}

bool invariants::shows(const binding::listener_slots& slots, const entry& which)
{
    return holds(slots, which.ref, which.is_default ? binding::slot::default_ : binding::slot::sni);
}

bool invariants::at_rest(const fake_cloud::listener_row& row) const
{
    return row.status == cloud::provisioning_status::active &&
           cloud_.balancers.at(row.load_balancer) == cloud::provisioning_status::active;
}

bool invariants::stopped_long_ago(const container_ref& ref, support::duration allowed) const
{
    const auto since = stopped_.find(ref);
    return since == stopped_.end() || clock_.now() - since->second > allowed;
}

void invariants::check_put(const fake_cloud::put_record& put)
{
    const auto& row = cloud_.listeners.at(put.listener);
    const binding::listener_slots& now = row.slots;
    binding::listener_slots after = now;
    after.default_ref = put.change.default_ref.value_or(now.default_ref);
    after.sni_refs = put.change.sni_refs.value_or(now.sni_refs);
    const auto held = ledgers(put.listener.str());
    const auto may_change = [&](const container_ref& ref) {
        return std::ranges::any_of(held, [&](const entry& each) {
            return !each.is_default && each.ref == ref && !each.confirmed;
        });
    };

    if (!at_rest(row) && row.status != cloud::provisioning_status::error)
    {
        return;  // Octavia answers busy, so the content does not matter
    }
    EXPECT_TRUE(!same_slots(now, after) || row.status == cloud::provisioning_status::error)
        << "S8: changes nothing";
    EXPECT_TRUE(after.default_ref || !after.sni_refs.empty()) << "S2: no certificate is left";

    std::set<container_ref> added;
    for (const container_ref& ref : as_set(after.sni_refs))
    {
        if (!holds(now, ref, binding::slot::sni))
        {
            EXPECT_TRUE(may_change(ref)) << "S1, S12: adds " << ref;
            added.insert(ref);
        }
    }
    for (const container_ref& ref : as_set(now.sni_refs))
    {
        EXPECT_TRUE(holds(after, ref, binding::slot::sni) || may_change(ref)) << "S1, S12: removes " << ref;
    }
    if (now.default_ref != after.default_ref)
    {
        check_default(put, held, now);
        added.insert(after.default_ref.value_or(container_ref()));
    }
    for (const auto& [name, object] : kube_.objects())
    {
        for (const entry& each : ledger_of(object))
        {
            const bool there = shows(now, each);
            if (object["spec"]["resourceId"] == put.listener.str() && !there && shows(after, each))
            {
                put_[name].push_back(each);
            }
        }
    }
    for (const container_ref& ref : added)
    {
        const auto known = cloud_.certificates.find(fake_cloud::id_of(ref));
        const bool usable = known == cloud_.certificates.end() || known->second;
        EXPECT_TRUE(usable || !stopped_long_ago(ref, 10s))
            << "readable-before-write: adds what is not active: " << ref;
    }
    auto stays = as_set(after.sni_refs);
    stays.insert(after.default_ref.value_or(container_ref()));
    for (const container_ref& ref : stays)
    {
        const bool dead = cloud_.dead.contains(fake_cloud::id_of(ref));
        EXPECT_TRUE(!dead || !stopped_long_ago(ref, 60s))
            << "readable-before-write: writes over dead " << ref;
    }
}

void invariants::check_default(
    const fake_cloud::put_record& put, const std::vector<entry>& held, const binding::listener_slots& now
) const
{
    const container_ref before = now.default_ref.value_or(container_ref());
    const container_ref after = put.change.default_ref->value_or(container_ref());
    const auto entry_for = [&](const container_ref& ref) {
        return std::ranges::find_if(held, [&](const entry& each) {
            return each.is_default && each.ref == ref && !each.confirmed;
        });
    };
    const bool was_ours =
        std::ranges::any_of(held, [&](const entry& each) { return each.is_default && each.ref == before; });
    EXPECT_TRUE(!was_ours || entry_for(before) != held.end()) << "S12: replaces " << before;
    const auto taker = entry_for(after);
    if (taker != held.end())
    {
        EXPECT_TRUE(was_ours || before.empty() || taker->replaced_default == before)
            << "never-without-default: replaces foreign " << before << ", records "
            << taker->replaced_default;
        return;
    }
    EXPECT_TRUE(was_ours) << "S1: replaces foreign " << before << " by " << after;
    const bool is_recorded = std::ranges::any_of(held, [&](const entry& each) {
        return each.is_default && each.ref == before && each.replaced_default == after;
    });
    EXPECT_TRUE(after.empty() || is_recorded) << "never-without-default: puts back " << after;
}

void invariants::check_release(const json& object)
{
    const std::string name = object["metadata"]["name"].get<std::string>();
    EXPECT_TRUE(object["metadata"].contains("deletionTimestamp"))
        << "S4: " << name << " is not being deleted";
    const bool abandoned =
        object["metadata"].value("annotations", json::object()).value(binding::abandon_annotation, "") ==
        "true";
    const auto listener = object["spec"]["resourceId"].get<std::string>();
    const auto row = cloud_.listeners.find(*support::uuid::parse(listener));
    if (abandoned || object["spec"].value("deletionPolicy", "") == "Retain" || row == cloud_.listeners.end())
    {
        return;
    }
    auto held = ledger_of(object);
    held.insert(held.end(), put_[name].begin(), put_[name].end());
    for (const entry& each : held)
    {
        const bool unchanging =
            row->second.status == cloud::provisioning_status::error &&
            cloud_.balancers.at(row->second.load_balancer) == cloud::provisioning_status::active;
        const bool gone = !shows(row->second.slots, each) && (at_rest(row->second) || unchanging);
        EXPECT_TRUE(gone || holds_another(listener, name, each))
            << "S4: " << name << " goes, " << each.ref << " stays";
    }
}

bool invariants::holds_another(const std::string& listener, const std::string& except, const entry& which)
    const
{
    return std::ranges::any_of(ledgers(listener, except), [&](const entry& other) {
        return !other.deleting && other.same(which);
    });
}

void invariants::check_given_up(const json& object, const std::vector<entry>& wanted)
{
    const auto name = object["metadata"]["name"].get<std::string>();
    const auto listener = object["spec"]["resourceId"].get<std::string>();
    const auto row = cloud_.listeners.find(*support::uuid::parse(listener));
    const auto in = [](const std::vector<entry>& list, const entry& which) {
        return std::ranges::any_of(list, [&](const entry& each) { return each.same(which); });
    };
    auto held = ledger_of(object);
    // The controller need not keep what another client wrote there.
    std::erase_if(held, [&](const entry& each) { return !in(written_[name], each); });
    held.insert(held.end(), put_[name].begin(), put_[name].end());
    for (const entry& each : held)
    {
        if (in(wanted, each) || row == cloud_.listeners.end() || holds_another(listener, name, each))
        {
            continue;
        }
        EXPECT_FALSE(shows(row->second.slots, each)) << "S12: " << name << " gives up " << each.ref;
        for (const auto& put : cloud_.under_way)
        {
            binding::listener_slots added;
            added.default_ref = put.change.default_ref.value_or(std::nullopt);
            added.sni_refs = put.change.sni_refs.value_or(std::vector<container_ref>());
            EXPECT_FALSE(put.listener.str() == listener && shows(added, each))
                << "S12: " << name << " gives up " << each.ref << " during its PUT";
        }
    }
    std::erase_if(put_[name], [&](const entry& each) { return !in(wanted, each); });
    written_[name] = wanted;
}

void invariants::check_status(const json& object, const json& wanted)
{
    check_given_up(object, ledger_of(object, wanted));
    if (wanted["state"] != "active" || object["status"].value("state", "") == "active")
    {
        return;
    }
    const auto& spec = object["spec"];
    const auto row = cloud_.listeners.find(*support::uuid::parse(spec["resourceId"].get<std::string>()));
    ASSERT_NE(row, cloud_.listeners.end());
    entry want;
    want.ref = fake_cloud::ref(spec["certificateId"].get<std::string>());
    want.is_default = !spec["options"]["sni"].get<bool>();
    EXPECT_TRUE(shows(row->second.slots, want) && at_rest(row->second))
        << "verified-ready: " << object["metadata"]["name"] << " becomes active";
    const auto held = wanted["attachments"];
    EXPECT_TRUE(std::ranges::any_of(
        held,
        [&](const json& each) {
            return container_ref(each["containerRef"].get<std::string>()) == want.ref &&
                   (each["slot"] == "default") == want.is_default && each["confirmed"] == true;
        }
    )) << "write-ahead: "
       << object["metadata"]["name"] << " becomes active without a confirmed entry";
}

}  // namespace test
