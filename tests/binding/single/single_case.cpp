#include "binding/single/single_case.hpp"

#include "binding/resource/service_ref.hpp"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace test {
namespace {

using namespace std::chrono_literals;
using binding::condition_status;
using binding::condition_type;
using binding::slot;
using binding::write_kind;

support::uuid numbered(char first)
{
    return support::uuid::parse(std::string(8, first) + "-0000-4000-8000-000000000000").value();
}

std::string slot_text(slot which)
{
    return which == slot::sni ? "sni" : "default";
}

slot slot_of(const std::string& word)
{
    return word == "sni" ? slot::sni : slot::default_;
}

std::string name_of(cloud::purpose what_for)
{
    switch (what_for)
    {
        case cloud::purpose::detach:
            return "detach";
        case cloud::purpose::attach:
            return "attach";
        case cloud::purpose::wait:
            return "wait";
        case cloud::purpose::verify:
            break;
    }
    return "verify";
}

std::string seconds(support::duration time)
{
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count()) + "s";
}

std::string ledger_text(const binding::ledger& held)
{
    std::string text;
    for (const auto& entry : held.attachments)
    {
        text += (text.empty() ? "" : ", ") + test::text_of(entry);
    }
    // The scope goes with the entries.
    const bool has_scope = !held.scope.empty();
    text += has_scope == held.attachments.empty() ? (has_scope ? "of a cloud" : " of no cloud") : "";
    return "[" + text + "]";
}

}  // namespace

support::uuid certificate_id(char letter)
{
    return numbered(letter);
}

support::uuid binding_id(char digit)
{
    return numbered(digit);
}

binding::attachment entry_of(const std::string& text)
{
    std::istringstream in(text);
    std::string where;
    std::string names;
    in >> where >> names;
    const bool confirmed = !names.ends_with('?');
    binding::service_ref named{certificate_id(names.at(0))};
    if (names.size() > 2)
    {
        named.binding = binding_id(names.at(2));
    }
    return {binding::ref_of(named), slot_of(where), confirmed};
}

std::string text_of(const binding::attachment& entry)
{
    const auto named = binding::parse_service_ref(entry.container_ref);
    if (!named)
    {
        return slot_text(entry.slot) + " " + entry.container_ref.str();
    }
    std::string text = slot_text(entry.slot) + " " + named->certificate.str().substr(0, 1);
    text += named->binding ? "/" + named->binding->str().substr(0, 1) : "";
    return text + (entry.confirmed ? "" : "?");
}

cloud::service_binding shown_binding(const std::string& text)
{
    std::istringstream in(text);
    std::string where;
    std::string id;
    cloud::service_binding shown;
    in >> where >> id >> shown.status;
    shown.id = binding_id(id.at(0));
    shown.crn = "crn:" + id;
    shown.resource_type = "octavia:listener";
    shown.resource_id = numbered('9');
    shown.sni = where == "sni";
    return shown;
}

single_case::single_case()
    : here{support::interned("http://api.example"), {}, support::interned("sao1"), {}, true},
      now(support::time_point{} + 24h),
      wall(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24))
{
    object.uid = numbered('8');
    object.name_space = support::interned("shop");
    object.name = "web";
    object.generation = 1;
    object.created = wall - 1h;
    object.spec.certificate_id = certificate_id('a');
    object.spec.resource_id = numbered('9');
    object.spec.region = here.region;
    facts.generation = 1;
    facts.generation_since = now - 10s;
}

single_case& single_case::wants(const std::string& slot_and_certificate)
{
    const auto entry = entry_of(slot_and_certificate);
    object.spec.certificate_id = binding::parse_service_ref(entry.container_ref)->certificate;
    object.spec.sni = entry.slot == slot::sni;
    return *this;
}

single_case& single_case::holds(const std::vector<std::string>& entries)
{
    for (const std::string& text : entries)
    {
        object.status.ledger.attachments.push_back(entry_of(text));
    }
    object.status.ledger.scope = here;
    object.finalizers = {binding::finalizer};
    facts.held = object.status.ledger;
    return *this;
}

single_case& single_case::deleting()
{
    object.deleting = true;
    object.finalizers = {binding::finalizer};
    return *this;
}

single_case& single_case::says(binding::reason ready, const std::string& message)
{
    auto& condition = object.status[condition_type::ready];
    condition.status =
        ready == binding::reason::attached ? condition_status::true_ : condition_status::false_;
    condition.reason = ready;
    condition.message = support::interned(message);
    condition.observed_generation = binding::short_generation(object.generation);
    object.status[condition_type::attached].status = condition.status;
    object.status[condition_type::attached].observed_generation = condition.observed_generation;
    object.status.observed_generation = object.generation;
    object.status.identified = true;
    object.status.state =
        ready == binding::reason::attached ? binding::state::active : binding::state::pending;
    return *this;
}

single_case& single_case::is_old()
{
    facts.generation_since = now - settings.grace;
    return *this;
}

single_case& single_case::shows(
    char certificate,
    const std::vector<std::string>& bindings,
    cloud::certificate_state state,
    support::duration age
)
{
    auto shown = std::make_shared<cloud::service_certificate>();
    shown->id = certificate_id(certificate);
    shown->state = state;
    shown->status = "as the cloud says";
    for (const std::string& text : bindings)
    {
        shown->bindings.push_back(shown_binding(text));
    }
    auto& of = certificates[shown->id];
    binding::single::record_reading(of, {now - age, std::move(shown)});
    return *this;
}

single_case& single_case::fails(char certificate, cloud::failure kind, support::duration age)
{
    binding::single::record_reading(
        certificates[certificate_id(certificate)],
        {now - age,
         std::unexpected(cloud::error{
             .kind = kind, .message = "as the cloud says", .refs = {}, .retry_after = std::nullopt
         })}
    );
    return *this;
}

single_case& single_case::refused(cloud::failure kind, support::duration age)
{
    facts.refused = binding::single::refusal{kind, "as the cloud says", now - age};
    facts.refusals = 1;
    return *this;
}

single_case& single_case::unseen(const std::string& entry, support::duration age)
{
    facts.unseen.push_back({entry_of(entry), now - age});
    return *this;
}

single_case& single_case::removing(
    char id, std::optional<cloud::failure> refused, support::duration age, int attempts
)
{
    facts.removing = binding::single::removal{
        .binding = binding_id(id), .at = now - age, .taken = !refused, .attempts = attempts
    };
    if (refused)
    {
        facts.removing->refused = binding::single::refusal{*refused, "as the cloud says", now - age};
    }
    return *this;
}

binding::single::action single_case::decide_now() const
{
    const binding::single::view seen{
        object,
        facts,
        [this](const support::uuid& id) {
            const auto it = certificates.find(id);
            return it == certificates.end() ? nullptr : &it->second;
        },
        winner,
        [this](const support::uuid& id) {
            const auto it = owners.find(id);
            return it == owners.end() ? nullptr : it->second;
        },
        here,
        settings,
        now,
        wall
    };
    return binding::single::decide(seen);
}

std::string single_case::apply(const binding::write& wanted)
{
    if (wanted.kind == write_kind::add_finalizer)
    {
        object.finalizers.add(binding::finalizer);
        return "finalizer";
    }
    std::string text;
    if (wanted.kind == write_kind::status)
    {
        const bool keeps = wanted.wanted.conditions == object.status.conditions;
        object.status = wanted.wanted;
        facts.held = wanted.wanted.ledger;
        const auto& attached = object.status[condition_type::attached];
        const auto& ready = object.status[condition_type::ready];
        const auto& stalled = object.status[condition_type::stalled];
        const bool has_cause = stalled.status == condition_status::true_ && stalled.reason != ready.reason;
        text = keeps ? "keep"
                     : std::string(name_of(object.status.state)) + " " + std::string(name_of(ready.reason)) +
                           (has_cause ? " by " + std::string(name_of(stalled.reason)) : "");
        text += " " + ledger_text(object.status.ledger);
        text += attached.status == condition_status::true_ ? " attached" : "";
    }
    else
    {
        text = "release";
    }
    for (const auto& event : wanted.events)
    {
        text += " +" + event.reason;
    }
    return text;
}

std::string single_case::text_of_rest(support::time_point until) const
{
    const auto wait = until - now;
    const bool is_resync = wait >= settings.resync_period * 4 / 5 && wait <= settings.resync_period * 6 / 5;
    return "rest " + (is_resync ? "resync" : seconds(wait));
}

std::string single_case::decided()
{
    constexpr int most_writes = 6;
    std::string all;
    for (int writes = 0; writes < most_writes; ++writes)
    {
        const auto next = decide_now();
        all += all.empty() ? "" : ", ";
        if (const auto* wanted = std::get_if<binding::write>(&next))
        {
            all += apply(*wanted);
            if (wanted->kind == write_kind::remove_finalizer)
            {
                return all;
            }
            continue;
        }
        if (const auto* question = std::get_if<binding::single::ask>(&next))
        {
            return all + "GET " + question->certificate.str().substr(0, 1) + " to " +
                   name_of(question->what_for);
        }
        if (const auto* wanted = std::get_if<binding::single::create>(&next))
        {
            return all + "POST " + test::text_of(wanted->entry);
        }
        if (const auto* unwanted = std::get_if<binding::single::remove>(&next))
        {
            return all + "DELETE " + unwanted->certificate.str().substr(0, 1) + "/" +
                   unwanted->binding.str().substr(0, 1);
        }
        return all + text_of_rest(std::get<binding::single::rest>(next).until);
    }
    return all + ", and more writes";
}

}  // namespace test
