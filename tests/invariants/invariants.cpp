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
using rules::ledger_entry;
using rules::slot_entry;

void expect_none(const rules::sentences& broken)
{
    for (const std::string& sentence : broken)
    {
        ADD_FAILURE() << sentence;
    }
}

void expect_none(const rules::sentence& broken)
{
    EXPECT_FALSE(broken) << *broken;
}

std::set<slot_entry> entries_of(const std::vector<ledger_entry>& ledger)
{
    std::set<slot_entry> entries;
    for (const ledger_entry& entry : ledger)
    {
        entries.insert(entry.held);
    }
    return entries;
}

std::vector<ledger_entry> ledger_of(const json& object, const json& status)
{
    std::vector<ledger_entry> ledger;
    const auto attachments = status.find("attachments");
    if (attachments == status.end() || !attachments->is_array())
    {
        return ledger;
    }
    const auto remembered = status.find("replacedDefaultRef");
    for (const json& attachment : *attachments)
    {
        const bool is_default = attachment["slot"] == "default";
        ledger.push_back({
            .held =
                {container_ref(attachment["containerRef"].get<std::string>()),
                 is_default ? binding::slot::default_ : binding::slot::sni},
            .confirmed = attachment["confirmed"].get<bool>(),
            .deleting = object["metadata"].contains("deletionTimestamp"),
            .remembered = remembered != status.end() && remembered->is_string()
                              ? container_ref(remembered->get<std::string>())
                              : container_ref(),
        });
    }
    return ledger;
}

std::vector<ledger_entry> ledger_of(const json& object)
{
    return ledger_of(object, object["status"]);
}

bool has_finalizer(const json& metadata)
{
    return metadata.value("finalizers", std::set<std::string>()).contains(std::string(binding::finalizer));
}

}  // namespace

invariants::invariants(fake_kube& kube, fake_cloud& cloud, support::clock& clock)
    : kube_through(kube), kube_(kube), cloud_(cloud), clock_(clock)
{
    cloud_.at_put = [this](const auto& put) { check_put(put); };
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

std::vector<ledger_entry> invariants::ledgers(const std::string& listener, const std::string& except) const
{
    std::vector<ledger_entry> all;
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
    if (!at_rest(row) && row.status != cloud::provisioning_status::error)
    {
        return;  // Octavia answers busy to every PUT
    }
    binding::listener_slots changed = row.slots;
    changed.default_ref = put.change.default_ref.value_or(row.slots.default_ref);
    changed.sni_refs = put.change.sni_refs.value_or(row.slots.sni_refs);
    const auto before = rules::entries_of(row.slots);
    const auto after = rules::entries_of(changed);
    const auto held = ledgers(put.listener.str());
    const bool in_error = row.status == cloud::provisioning_status::error;
    expect_none(rules::broken_by_put(before, after, in_error, held));
    if (row.slots.default_ref != changed.default_ref)
    {
        const auto ref_of = [](const binding::listener_slots& slots) {
            return slots.default_ref.value_or(container_ref());
        };
        expect_none(rules::broken_by_default(ref_of(row.slots), ref_of(changed), held));
    }
    for (const auto& [name, object] : kube_.objects())
    {
        for (const ledger_entry& entry : ledger_of(object))
        {
            const bool added = after.contains(entry.held) && !before.contains(entry.held);
            if (added && object["spec"]["resourceId"] == put.listener.str())
            {
                put_[name].insert(entry.held);
            }
        }
    }
    for (const slot_entry& entry : after)
    {
        const auto id = fake_cloud::id_of(entry.ref);
        const auto known = cloud_.certificates.find(id);
        const bool usable = before.contains(entry) || known == cloud_.certificates.end() || known->second;
        EXPECT_TRUE(usable || !stopped_long_ago(entry.ref, 10s))
            << "readable-before-write: adds what is not active: " << entry.ref;
        const bool dead = cloud_.dead.contains(id);
        EXPECT_TRUE(!dead || !stopped_long_ago(entry.ref, 60s))
            << "readable-before-write: writes over dead " << entry.ref;
    }
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
    const auto listener_row = cloud_.listeners.find(*support::uuid::parse(listener));
    if (abandoned || object["spec"].value("deletionPolicy", "") == "Retain" ||
        listener_row == cloud_.listeners.end())
    {
        return;
    }
    auto held = entries_of(ledger_of(object));
    held.insert(put_[name].begin(), put_[name].end());
    const auto& row = listener_row->second;
    const auto shown = rules::entries_of(row.slots);
    // Octavia does not work on a listener that is at rest or in ERROR.
    const bool unchanging = row.status != cloud::provisioning_status::pending &&
                            cloud_.balancers.at(row.load_balancer) == cloud::provisioning_status::active;
    for (const slot_entry& entry : held)
    {
        if (!holds_another(listener, name, entry))
        {
            expect_none(rules::broken_by_release(name, entry, shown, unchanging));
        }
    }
}

bool invariants::holds_another(
    const std::string& listener, const std::string& except, const slot_entry& which
) const
{
    return std::ranges::any_of(ledgers(listener, except), [&](const ledger_entry& other) {
        return !other.deleting && other.held == which;
    });
}

void invariants::check_given_up(const json& object, const std::vector<ledger_entry>& wanted)
{
    const auto name = object["metadata"]["name"].get<std::string>();
    const auto listener = object["spec"]["resourceId"].get<std::string>();
    const auto listener_row = cloud_.listeners.find(*support::uuid::parse(listener));
    const auto keeps = entries_of(wanted);
    auto held = entries_of(ledger_of(object));
    // An entry that somebody else wrote into the ledger is not the controller's to keep.
    std::erase_if(held, [&](const slot_entry& entry) { return !written_[name].contains(entry); });
    held.insert(put_[name].begin(), put_[name].end());
    for (const slot_entry& entry : held)
    {
        if (keeps.contains(entry) || listener_row == cloud_.listeners.end() ||
            holds_another(listener, name, entry))
        {
            continue;
        }
        expect_none(rules::broken_by_giving_up(name, entry, rules::entries_of(listener_row->second.slots)));
        for (const auto& put : cloud_.under_way)
        {
            binding::listener_slots added;
            added.default_ref = put.change.default_ref.value_or(std::nullopt);
            added.sni_refs = put.change.sni_refs.value_or(std::vector<container_ref>());
            EXPECT_FALSE(put.listener.str() == listener && rules::entries_of(added).contains(entry))
                << "unanswered-writes: " << name << " gives up " << entry.ref << " during its PUT";
        }
    }
    std::erase_if(put_[name], [&](const slot_entry& entry) { return !keeps.contains(entry); });
    written_[name] = keeps;
}

void invariants::check_status(const json& object, const json& wanted)
{
    const auto ledger = ledger_of(object, wanted);
    check_given_up(object, ledger);
    if (wanted["state"] != "active" || object["status"].value("state", "") == "active")
    {
        return;
    }
    const auto& spec = object["spec"];
    const auto listener_row =
        cloud_.listeners.find(*support::uuid::parse(spec["resourceId"].get<std::string>()));
    ASSERT_NE(listener_row, cloud_.listeners.end());
    const bool sni = spec["options"]["sni"].get<bool>();
    const slot_entry want{
        fake_cloud::ref(spec["certificateId"].get<std::string>()),
        sni ? binding::slot::sni : binding::slot::default_
    };
    const auto shown = rules::entries_of(listener_row->second.slots);
    const auto name = object["metadata"]["name"].get<std::string>();
    expect_none(rules::broken_by_ready(name, want, shown, at_rest(listener_row->second), ledger));
}

}  // namespace test
