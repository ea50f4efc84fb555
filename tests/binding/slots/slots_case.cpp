#include "binding/slots/slots_case.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

namespace test {
namespace {

using cloud::container_ref;

std::string name_of_default(const std::optional<container_ref>& ref)
{
    return ref ? name_of_ref(*ref) : "null";
}

std::string names_of_list(const std::vector<container_ref>& refs)
{
    std::string line;
    for (const container_ref& ref : refs)
    {
        line += (line.empty() ? "" : ",") + name_of_ref(ref);
    }
    return line;
}

}  // namespace

slots_case::slots_case(const std::string& default_ref, const std::vector<std::string>& sni)
{
    input.now.default_ref = default_ref.empty() ? std::nullopt : std::optional(ref(default_ref));
    input.now.sni_refs = refs(sni);
}

binding::slot_request& slots_case::wants(const std::string& certificate, slot in)
{
    binding::certificate_binding& object = objects.emplace_back();
    object.created += std::chrono::seconds(objects.size());
    object.name = certificate;
    object.spec.sni = in == sni_slot;
    object.spec.certificate_id = certificate_id(certificate);
    binding::slot_request request;
    request.object = &object;
    request.ref = ref(certificate);
    request.attachable = true;
    return input.requests.emplace_back(std::move(request));
}

binding::slot_request& slots_case::has(const std::string& certificate, slot in, const std::string& remembered)
{
    binding::slot_request& request = wants(certificate, in);
    hold(request, certificate, in);
    if (!remembered.empty())
    {
        request.held.replaced_default_ref = ref(remembered);
    }
    return request;
}

binding::slot_request& slots_case::leaves(
    const std::string& certificate, slot in, const std::string& remembered
)
{
    binding::slot_request& request = has(certificate, in, remembered);
    request.leaving = true;
    request.ref.reset();
    request.attachable = false;
    return request;
}

void slots_case::hold(binding::slot_request& request, const std::string& certificate, slot in)
{
    request.held.attachments.push_back({ref(certificate), in, true});
}

slots_case& slots_case::of_one_second()
{
    for (std::size_t i = 0; i < objects.size(); ++i)
    {
        const std::string digit = std::to_string(9 - i);
        objects[i].created = support::wall_time{};
        objects[i].uid = *support::uuid::parse("00000000-0000-4000-8000-00000000000" + digit);
    }
    return *this;
}

slots_case& slots_case::readable(const std::string& certificate, bool value)
{
    input.readable[ref(certificate)] = value;
    return *this;
}

slots_case& slots_case::dead(const std::string& certificate)
{
    input.dead.insert(ref(certificate));
    return *this;
}

binding::assignment slots_case::assigned() const
{
    auto outcome = assign_slots(input);
    if (auto* unread = std::get_if<binding::unread_refs>(&outcome))
    {
        ADD_FAILURE() << "asks for " << testing::PrintToString(unread->refs);
        binding::assignment nothing;
        nothing.placements.resize(input.requests.size());
        return nothing;
    }
    return std::get<binding::assignment>(std::move(outcome));
}

const binding::certificate_binding* slots_case::winner_over(std::size_t loser) const
{
    return assigned().placements[loser].winner;
}

std::string slots_case::after() const
{
    const auto [default_ref, sni_refs] = assigned().after;
    return "default=" + name_of_default(default_ref) + " sni=" + names_of_list(sni_refs);
}

std::string slots_case::change() const
{
    const auto [default_ref, sni_refs] = assigned().change;
    std::string line = default_ref ? "default=" + name_of_default(*default_ref) : "";
    if (sni_refs)
    {
        line += (line.empty() ? "sni=" : " sni=") + names_of_list(*sni_refs);
    }
    return line;
}

std::vector<std::string> slots_case::asks() const
{
    std::vector<std::string> names;
    const auto outcome = assign_slots(input);
    if (const auto* unread = std::get_if<binding::unread_refs>(&outcome))
    {
        std::ranges::transform(unread->refs, std::back_inserter(names), name_of_ref);
    }
    return names;
}

std::vector<std::string> names_of(const std::vector<binding::attachment>& entries)
{
    std::vector<std::string> names;
    for (const binding::attachment& entry : entries)
    {
        names.push_back(std::string(name_of(entry.slot)) + " " + name_of_ref(entry.container_ref));
    }
    return names;
}

}  // namespace test
