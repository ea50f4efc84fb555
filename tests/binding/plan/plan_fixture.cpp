#include "binding/plan/plan_fixture.hpp"

#include "binding/status/ready_status.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <utility>

namespace test {
namespace {

using namespace std::chrono_literals;
using binding::certificate_binding;

constexpr auto first_wall = std::chrono::sys_days(std::chrono::year(2026) / 11 / 24);
constexpr int steps_of_a_round = 80;
constexpr auto at_rest = 60s;  // nothing was done for so long, and nothing is due so soon

const auto listener_id = *support::uuid::parse("11111111-0000-4000-8000-000000000001");
const auto balancer_id = *support::uuid::parse("99999999-0000-4000-8000-000000000001");
const auto first_now = support::time_point(std::chrono::hours(1));

using namer = std::function<std::string(const support::uuid&)>;

std::string comma(const std::vector<std::string>& parts)
{
    std::string text;
    for (const std::string& part : parts)
    {
        text += (text.empty() ? "" : ",") + part;
    }
    return text;
}

std::vector<std::string> names_of_refs(const std::vector<cloud::container_ref>& all)
{
    std::vector<std::string> names;
    for (const cloud::container_ref& each : all)
    {
        names.push_back(name_of_ref(each));
    }
    std::ranges::sort(names);
    return names;
}

std::string name_of_slot(slot where)
{
    return where == default_slot ? "default " : "sni ";
}

std::string text_of(const binding::read& asked, const namer& name)
{
    std::string text = "read";
    text += asked.scope ? " scope" : "";
    text += asked.listener ? " listener" : "";
    text += asked.load_balancer ? " balancer" : "";
    text += asked.other_listeners ? " other-listeners" : "";
    text += asked.endpoint_check ? " endpoint-check" : "";
    std::vector<std::string> names;
    for (const support::uuid& uid : asked.certificates)
    {
        names.push_back(name(uid));
    }
    text += names.empty() ? "" : " certificates(" + comma(names) + ")";
    text += asked.refs.empty() ? "" : " refs(" + comma(names_of_refs(asked.refs)) + ")";
    return text;
}

std::string text_of(const binding::commit& commit, const namer& name)
{
    std::string text = "commit";
    for (const binding::write& each : commit.writes)
    {
        switch (each.kind)
        {
            case binding::write_kind::add_finalizer:
                text += " finalizer(" + name(each.uid) + ")";
                break;
            case binding::write_kind::remove_finalizer:
                text += " release(" + name(each.uid) + ")";
                break;
            case binding::write_kind::status:
                text += " status(" + name(each.uid) + " " + to_text(each.wanted) + ")";
                break;
        }
    }
    return text;
}

std::string text_of(const binding::put& put)
{
    std::string text = "put";
    if (put.change.default_ref)
    {
        text += " default=" + (*put.change.default_ref ? name_of_ref(**put.change.default_ref) : "null");
    }
    if (put.change.sni_refs)
    {
        text += " sni=" + comma(names_of_refs(*put.change.sni_refs));
    }
    return text;
}

std::string text_of(const binding::done& end)
{
    switch (end.next)
    {
        case binding::requeue::resync:
            return "end until the resync";
        case binding::requeue::after:
        case binding::requeue::poll:
            return "end for " +
                   std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(end.wait).count()) +
                   " ms";
        case binding::requeue::retry:
            return "end, retry";
        case binding::requeue::slow:
            return "end, slow";
        case binding::requeue::turn:
            return "end until the turn is free";
    }
    return "?";
}

std::string text_of(const binding::step& step, const namer& name)
{
    if (const auto* asked = std::get_if<binding::read>(&step))
    {
        return text_of(*asked, name);
    }
    if (const auto* writes = std::get_if<binding::commit>(&step))
    {
        return text_of(*writes, name);
    }
    if (const auto* change = std::get_if<binding::put>(&step))
    {
        return text_of(*change);
    }
    if (const auto* end = std::get_if<binding::done>(&step))
    {
        return text_of(*end);
    }
    return "turn";
}

binding::step step_of(const binding::pass_action& action)
{
    return std::visit(
        [](const auto& step) -> binding::step {
            if constexpr (std::is_same_v<std::decay_t<decltype(step)>, binding::pass_end>)
            {
                return step.planned;
            }
            else
            {
                return step;
            }
        },
        action.step
    );
}

}  // namespace

binding::target peer_target()
{
    return {
        support::interned("sao1"),
        listener_id,
        support::interned("http://keystone/v3"),
        support::interned("theirs"),
    };
}

// ---- names ----

cloud::container_ref ref(const std::string& name)
{
    const auto colon = name.find(':');
    const std::string host = colon == std::string::npos ? "kms" : name.substr(0, colon);
    return cloud::container_ref("http://" + host + "/v1/containers/" + certificate_id(name).str());
}

std::vector<cloud::container_ref> refs(const std::vector<std::string>& names)
{
    std::vector<cloud::container_ref> refs;
    for (const std::string& name : names)
    {
        refs.push_back(ref(name));
    }
    return refs;
}

support::uuid certificate_id(const std::string& name)
{
    return *support::uuid::parse(std::string(8, name.back()) + "-0000-4000-8000-000000000000");
}

std::string name_of_ref(const cloud::container_ref& ref)
{
    const auto name = ref.name();
    if (!name)
    {
        return ref.str();
    }
    const std::string letter(1, name->id.str().front());
    const auto host = ref.str().substr(7, ref.str().find('/', 7) - 7);
    return host == "kms" ? letter : std::string(host) + ":" + letter;
}

std::string to_text(const binding::ledger& ledger)
{
    std::vector<std::string> parts;
    for (const binding::attachment& each : ledger.attachments)
    {
        parts.push_back(
            name_of_slot(each.slot) + name_of_ref(each.container_ref) + (each.confirmed ? "" : "?")
        );
    }
    if (!ledger.replaced_default_ref.empty())
    {
        parts.push_back("was " + name_of_ref(ledger.replaced_default_ref));
    }
    std::string text;
    for (const std::string& part : parts)
    {
        text += (text.empty() ? "" : ", ") + part;
    }
    return "[" + text + "]";
}

std::string to_text(const binding::step& step)
{
    return text_of(step, [](const support::uuid& uid) { return uid.str(); });
}

std::string to_text(const binding::status& status)
{
    return std::string(name_of(status.state)) + " " +
           std::string(name_of(status[binding::condition_type::ready].reason)) + " " + to_text(status.ledger);
}

std::string text(const binding::put& put)
{
    return to_text(binding::step(put));
}

// ---- answers ----

cloud::answer<cloud::certificate> active(const std::string& name)
{
    cloud::certificate certificate;
    certificate.container_ref = ref(name);
    certificate.status = "ACTIVE";
    certificate.usable = true;
    return certificate;
}

cloud::answer<cloud::certificate> not_active(const std::string& name)
{
    cloud::certificate certificate;
    certificate.container_ref = ref(name);
    certificate.status = "PENDING";
    certificate.missing = "its private key has no payload yet";
    return certificate;
}

std::unexpected<cloud::error> failing(cloud::failure kind, std::string message)
{
    return std::unexpected(cloud::error{kind, std::move(message), {}, {}});
}

// ---- binding_builder ----

binding_builder& binding_builder::sni()
{
    object_->spec.sni = true;
    return *this;
}

binding_builder& binding_builder::older()
{
    object_->created -= std::chrono::hours(24);
    return *this;
}

binding_builder& binding_builder::wants(const std::string& certificate)
{
    object_->spec.certificate_id = certificate_id(certificate);
    ++object_->generation;
    return *this;
}

binding_builder& binding_builder::wants_sni(bool value)
{
    object_->spec.sni = value;
    ++object_->generation;
    return *this;
}

binding_builder& binding_builder::holds(const std::string& certificate, slot where, bool confirmed)
{
    auto& ledger = object_->status.ledger;
    ledger.attachments.push_back({ref(certificate), where, confirmed});
    ledger.scope = *place_;
    if (!object_->has_finalizer())
    {
        object_->finalizers.add(binding::finalizer);
    }
    return *this;
}

binding_builder& binding_builder::holds_unconfirmed(const std::string& certificate, slot where)
{
    return holds(certificate, where, false);
}

binding_builder& binding_builder::remembers(const std::string& certificate)
{
    object_->status.ledger.replaced_default_ref = ref(certificate);
    return *this;
}

binding_builder& binding_builder::ready(support::wall_time since)
{
    const std::string letter(1, object_->spec.certificate_id.str().front());
    binding::binding_state memory;
    memory.certificate_id = object_->spec.certificate_id;
    memory.certificate = binding::observed<cloud::answer<cloud::certificate>>{{}, active(letter)};
    const binding::ready_status said{binding::reason::attached, "", binding::condition_status::true_};
    object_->status = render(*object_, said, object_->status.ledger, memory, since);
    return *this;
}

binding_builder& binding_builder::deleting()
{
    object_->deleting = true;
    ++object_->generation;
    return *this;
}

binding_builder& binding_builder::retain()
{
    object_->spec.retain = true;
    return *this;
}

binding_builder& binding_builder::abandoned()
{
    object_->abandoned = true;
    return *this;
}

binding_builder& binding_builder::asked_again(const std::string& token)
{
    object_->requested_at = support::interned(token);
    return *this;
}

// ---- world_builder ----

world_builder::world_builder()
    : scope(cloud::project_scope{"http://keystone/v3", "project", "sao1", "http://octavia/v2"}),
      now(first_now)
{
    cloud::listener answer;
    answer.id = listener_id;
    answer.load_balancer_id = balancer_id;
    answer.project_id = "project";
    answer.protocol = "TERMINATED_HTTPS";
    listener = answer;
    balancer = cloud::load_balancer{balancer_id, cloud::provisioning_status::active};
    ledger_place_ = {
        support::interned(scope->identity),
        support::interned(scope->project_id),
        support::interned(scope->region),
        support::interned(scope->load_balancer_endpoint),
    };
    settings.settle = 0ms;
    target = {
        support::interned("sao1"),
        listener_id,
        support::interned("http://keystone/v3"),
        support::interned("ours")
    };
}

world_builder& world_builder::shows(const std::string& default_ref, const std::vector<std::string>& sni)
{
    listener->default_ref = default_ref.empty() ? std::nullopt : std::optional(ref(default_ref));
    listener->sni_refs = test::refs(sni);
    std::ranges::sort(listener->sni_refs, {}, &cloud::container_ref::str);
    return *this;
}

std::string world_builder::slots() const
{
    return "default=" + (listener->default_ref ? name_of_ref(*listener->default_ref) : "null") +
           " sni=" + comma(names_of_refs(listener->sni_refs));
}

binding_builder world_builder::add(const std::string& name, const std::string& certificate)
{
    ++added_;
    char uid[37];
    std::snprintf(uid, sizeof uid, "00000000-0000-4000-8000-%012d", added_);
    certificate_binding object;
    object.uid = *support::uuid::parse(uid);
    object.name_space = support::interned("shop");
    object.name = name;
    object.resource_version = 1;
    object.generation = 1;
    object.created = wall() - std::chrono::hours(2) + std::chrono::seconds(added_);
    object.spec.certificate_id = certificate_id(certificate);
    object.spec.resource_id = listener_id;
    object.spec.region = support::interned("sao1");
    names_[object.uid] = name;
    return {objects_.insert_or_assign(name, object).first->second, ledger_place_};
}

binding_builder world_builder::change(const std::string& name)
{
    ++objects_.at(name).resource_version;
    return {objects_.at(name), ledger_place_};
}

binding_builder world_builder::add_attached(
    const std::string& name, const std::string& certificate, slot where
)
{
    binding_builder builder = add(name, certificate);
    builder.object().spec.sni = where == sni_slot;
    builder.holds(certificate, where).ready(wall());
    return builder;
}

std::string world_builder::status(const std::string& name) const
{
    return exists(name) ? to_text(objects_.at(name).status) : "gone";
}

std::string world_builder::message(const std::string& name) const
{
    return objects_.at(name).status.error_message.str();
}

support::wall_time world_builder::wall() const
{
    return first_wall + std::chrono::floor<std::chrono::seconds>(now - first_now);
}

std::vector<const certificate_binding*> world_builder::sorted() const
{
    std::vector<const certificate_binding*> all;
    for (const auto& [name, object] : objects_)
    {
        all.push_back(&object);
    }
    std::ranges::sort(all, [](const auto* a, const auto* b) { return older(*a, *b); });
    return all;
}

// ---- running ----

binding::step world_builder::plan_once()
{
    return step_of(next_action());
}

binding::step world_builder::run()
{
    const auto name = [this](const support::uuid& uid) { return name_of(uid); };
    for (int steps = 0; steps < steps_of_a_round && !objects_.empty(); ++steps)
    {
        if (most_steps && steps >= *most_steps)
        {
            return binding::done{};
        }
        const auto action = next_action();
        tell_events();
        binding::step step = step_of(action);
        trace_.push_back(text_of(step, name));
        if (const auto* asked = std::get_if<binding::read>(&step))
        {
            do_read(*asked);
        }
        else if (const auto* writes = std::get_if<binding::commit>(&step))
        {
            do_commit(*writes);
            tell_events();
        }
        else
        {
            if (std::holds_alternative<binding::done>(step))
            {
                pass_.reset();
            }
            return step;
        }
    }
    if (!objects_.empty())
    {
        ADD_FAILURE() << "the pass does not come to an end:\n" << testing::PrintToString(trace_);
    }
    return binding::done{};
}

void world_builder::tell_events()
{
    for (const binding::event& event : pass().take_events())
    {
        told.push_back((event.warning ? "Warning " : "") + event.reason + " " + name_of(event.regarding.uid));
    }
}

binding::put world_builder::put()
{
    const binding::step step = run();
    if (const auto* change = std::get_if<binding::put>(&step))
    {
        return *change;
    }
    ADD_FAILURE() << "no PUT, but:\n" << testing::PrintToString(trace_);
    return {};
}

binding::done world_builder::finish()
{
    const binding::step step = run();
    if (const auto* end = std::get_if<binding::done>(&step))
    {
        return *end;
    }
    ADD_FAILURE() << "not the end of a pass, but:\n" << testing::PrintToString(trace_);
    return {};
}

void world_builder::answer(const binding::put& sent, const cloud::answer<cloud::listener>& with)
{
    pass().on_put_sent(context(), sent);
    pass().on_put_answered(context(), with);
    tell_events();
}

void world_builder::accept(const binding::put& put)
{
    listener->default_ref = put.expected.default_ref;
    listener->sni_refs = put.expected.sni_refs;
    listener->status = cloud::provisioning_status::pending;
    balancer->status = cloud::provisioning_status::pending;
    answer(put, listener);
}

void world_builder::fail(const binding::put& put, cloud::error error)
{
    answer(put, std::unexpected(std::move(error)));
}

void world_builder::cut(const binding::put& put, bool takes_effect)
{
    fail(put, {cloud::failure::ambiguous, "cut", {}, {}});
    if (takes_effect)
    {
        listener->default_ref = put.expected.default_ref;
        listener->sni_refs = put.expected.sni_refs;
        listener->status = cloud::provisioning_status::pending;
        balancer->status = cloud::provisioning_status::pending;
    }
}

void world_builder::settle()
{
    listener->status = cloud::provisioning_status::active;
    balancer->status = cloud::provisioning_status::active;
    if (const auto& put = facts().puts.under_way)
    {
        now = std::max(now, put->next_look);
    }
}

world_builder& world_builder::later(support::duration wait)
{
    now += wait + 1ns;
    if (std::exchange(pass_, std::nullopt))
    {
        state_.leave_turn_unless_written(target, now);  // the pass was left in the middle
    }
    return *this;
}

world_builder& world_builder::restart()
{
    pass_.reset();
    state_ = binding::reconcile_state(now);
    turn = binding::turn_state::free;
    turn_of_another_.reset();
    started = now;
    return later();
}

int world_builder::converge()
{
    int puts = 0;
    auto quiet_since = now;
    for (int passes = 0; passes < 200 && !objects_.empty(); ++passes)
    {
        const std::size_t before = steps().size();
        const binding::step step = run();
        if (const auto* change = std::get_if<binding::put>(&step))
        {
            ++puts;
            if (auto error = refuses ? refuses(*change) : std::nullopt)
            {
                fail(*change, *error);
                later(1s);
                continue;
            }
            accept(*change);
            later(1s);
            settle();
            quiet_since = now;
            continue;
        }
        if (steps().size() > before + 1)
        {
            quiet_since = now;
        }
        const auto& end = std::get<binding::done>(step);
        const bool timed = end.next == binding::requeue::after || end.next == binding::requeue::poll;
        const bool soon = end.next == binding::requeue::retry || (timed && end.wait <= at_rest);
        if (!soon || now - quiet_since > at_rest)
        {
            return puts;
        }
        later(std::max<support::duration>(end.wait, 1s));
    }
    if (!objects_.empty())
    {
        ADD_FAILURE() << "does not come to rest:\n" << testing::PrintToString(steps());
    }
    return puts;
}

std::vector<std::string> world_builder::steps() const
{
    std::vector<std::string> lines;
    std::ranges::copy_if(trace_, std::back_inserter(lines), [](const std::string& line) {
        return !line.starts_with("read");
    });
    return lines;
}

std::vector<std::string> world_builder::reads() const
{
    std::vector<std::string> lines;
    std::ranges::copy_if(trace_, std::back_inserter(lines), [](const std::string& line) {
        return line.starts_with("read");
    });
    return lines;
}

std::string world_builder::name_of(const support::uuid& uid) const
{
    for (const auto& [name, object] : objects_)
    {
        if (object.uid == uid)
        {
            return name;
        }
    }
    const auto name = names_.find(uid);
    return name == names_.end() ? uid.str() : name->second;
}

}  // namespace test

namespace binding {

std::ostream& operator<<(std::ostream& out, const step& value)
{
    return out << test::to_text(value);
}

std::ostream& operator<<(std::ostream& out, const ledger& value)
{
    return out << test::to_text(value);
}

std::ostream& operator<<(std::ostream& out, const status& value)
{
    return out << test::to_text(value);
}

}  // namespace binding
