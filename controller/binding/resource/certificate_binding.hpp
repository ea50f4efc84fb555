#pragma once

#include "binding/resource/given_name.hpp"
#include "binding/resource/reason.hpp"
#include "binding/resource/text_list.hpp"
#include "cloud/container_ref.hpp"
#include "support/clock.hpp"
#include "support/interned.hpp"
#include "support/uuid.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// The CertificateBinding resource, certificates.bycloud.io/v1alpha1, as the controller keeps it: typed and
// compact.
namespace binding {

inline constexpr std::string_view finalizer = "certificates.bycloud.io/detach";
inline constexpr std::string_view abandon_annotation = "certificates.bycloud.io/abandon";
inline constexpr std::string_view requested_at_annotation = "certificates.bycloud.io/reconcile-requested-at";

enum class slot : std::uint8_t
{
    default_,  // the listener's one default_tls_container_ref
    sni,       // a member of the listener's sni_container_refs
};

std::string_view name_of(slot value);

// One entry of the ledger: what we put on the listener or are about to put there.
struct attachment
{
    cloud::container_ref container_ref;
    binding::slot slot = slot::sni;
    // The outcome of the last PUT about the entry is known and was read back.
    bool confirmed = false;

    // Compares the refs as texts, because a ledger in which another client only respelled a ref is not the
    // ledger that the controller wrote, and has to be overwritten.
    bool operator==(const attachment& other) const
    {
        return container_ref.spelled_as(other.container_ref) && slot == other.slot &&
               confirmed == other.confirmed;
    }
};

// Values of status.cloud.credentialSource.
inline constexpr std::string_view controller_source = "Controller";
inline constexpr std::string_view secret_source = "Secret";

// The cloud and project that the ledger was written for: cloud::project_scope, kept compactly.
struct ledger_scope
{
    support::interned identity;
    support::interned project_id;
    support::interned region;
    support::interned load_balancer_endpoint;
    bool by_controller = false;  // written with the controller's own credential

    bool operator==(const ledger_scope&) const = default;
    bool empty() const { return identity.empty(); }
};

struct ledger
{
    std::vector<attachment> attachments;
    // The foreign ref that the default slot held before the binding's; empty: none.
    cloud::container_ref replaced_default_ref;
    ledger_scope scope;

    // Compares the refs as texts, as attachment does.
    bool operator==(const ledger& other) const
    {
        return attachments == other.attachments &&
               replaced_default_ref.spelled_as(other.replaced_default_ref) && scope == other.scope;
    }
};

enum class condition_type : std::uint8_t
{
    ready,
    reconciling,
    stalled,
    certificate_active,
    attached,
};
inline constexpr std::size_t condition_types = 5;

// "CertificateActive".
std::string_view name_of(condition_type value);

enum class condition_status : std::uint8_t
{
    absent,
    false_,
    true_,
    unknown,
};

// A time of our own writing, in 4 bytes, until 2106.
using short_time = std::chrono::time_point<std::chrono::system_clock, std::chrono::duration<std::uint32_t>>;

// The nearest time that fits.
short_time short_time_of(support::wall_time time);

// A generation in 4 bytes; -1 if it does not fit, which is the generation of no object.
std::int32_t short_generation(std::int64_t generation);

struct condition
{
    condition_status status = condition_status::absent;
    binding::reason reason = reason::unset;
    std::int32_t observed_generation = 0;
    short_time last_transition{};
    support::interned message;

    bool operator==(const condition&) const = default;
};

struct certificate_summary
{
    support::uuid id;
    support::interned status;
    std::optional<support::wall_time> expires_at;

    bool operator==(const certificate_summary&) const = default;
};

struct status
{
    binding::state state = state::unset;
    // id, crn and createdAt are those of this object, and not of an earlier object of the same name.
    bool identified = false;
    support::interned error_message;
    std::int64_t observed_generation = -1;
    // id, crn and createdAt of a binding that the cloud keeps itself; empty: they are those of the object.
    given_name given;
    support::wall_time updated_at{};
    certificate_summary certificate;
    binding::ledger ledger;
    std::array<condition, condition_types> conditions;
    // The value of the annotation for which the last retry began.
    support::interned handled_request;
    // The conditions of types that other managers write, as JSON objects with commas between them. They are
    // kept, because a merge patch replaces the whole list.
    support::interned other_conditions;

    bool operator==(const status&) const = default;

    condition& operator[](condition_type type) { return conditions.at(static_cast<std::size_t>(type)); }
    const condition& operator[](condition_type type) const
    {
        return conditions.at(static_cast<std::size_t>(type));
    }
};

struct spec
{
    support::uuid certificate_id;
    support::uuid resource_id;  // the listener
    support::interned region;
    bool sni = false;
    bool retain = false;       // deletionPolicy: Retain
    support::interned secret;  // cloudCredentialsRef; empty: the controller's own credential
    support::interned cloud;   // the entry of the clouds.yaml; empty: the only entry

    bool operator==(const spec&) const = default;
};

struct certificate_binding
{
    support::uuid uid;
    support::interned name_space;
    bool deleting = false;   // deletionTimestamp is set
    bool abandoned = false;  // the abandon annotation is "true"
    std::string name;
    std::uint64_t resource_version = 0;
    std::int64_t generation = 0;
    support::wall_time created{};
    support::interned requested_at;
    text_list finalizers;
    binding::spec spec;
    binding::status status;

    bool has_finalizer() const;
    binding::slot wanted_slot() const { return spec.sni ? slot::sni : slot::default_; }
    std::string full_name() const { return name_space.str() + "/" + name; }
};

// The order of bindings in lists: creationTimestamp, then uid. Who wins a conflict is decided in
// slots/competition.cpp.
bool older(const certificate_binding& a, const certificate_binding& b);

// verified-ready: Ready is True for this generation.
bool is_ready(const certificate_binding& object);

}  // namespace binding
