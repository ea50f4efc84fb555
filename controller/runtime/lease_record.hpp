#pragma once

#include "support/error.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

// A Lease as leaders are elected by it, in the format of client-go, so that `kubectl get lease` and other
// clients read it (https://kubernetes.io/docs/concepts/architecture/leases/). Pure.
namespace runtime {

// The annotation of a released Lease that promises that the old leader has no PUT in doubt.
inline constexpr std::string_view every_put_resolved_annotation =
    "certificates.bycloud.io/every-put-resolved";

// What is compared to see that a holder has renewed. Labels and fields of others have no part in it.
struct lease_record
{
    std::string holder;                 // empty: nobody
    std::int64_t duration_seconds = 0;  // 0: the Lease has none
    std::string acquire_time;           // RFC 3339, as it is written; never compared with a clock
    std::string renew_time;             // likewise
    std::int64_t transitions = 0;
    bool every_put_resolved = false;  // the annotation

    bool operator==(const lease_record&) const = default;
};

struct lease
{
    std::string version;  // metadata.resourceVersion
    lease_record record = {};
    std::string uid = {};  // metadata.uid: of another Lease of the same name after it was deleted
};

// Reads a Lease of coordination.k8s.io/v1. A missing field is empty or 0, as in client-go. errc::bad_answer
// for a field of another type, so that a Lease that cannot be read is never taken for a free one.
support::result<lease> read_lease(std::string_view json);

// The MicroTime of Kubernetes.
using micro_time = std::chrono::sys_time<std::chrono::microseconds>;

// Writes "2026-11-24T11:51:31.000123Z".
std::string format_micro_time(micro_time time);

enum class lease_purpose
{
    acquire,
    renew,
    release,
};

// What a candidate or leader writes into the Lease.
struct lease_change
{
    lease_purpose purpose = lease_purpose::acquire;
    std::string holder;  // empty for a release
    std::int64_t duration_seconds = 0;
    std::int64_t transitions = 0;
    bool every_put_resolved = false;  // for a release alone

    bool operator==(const lease_change&) const = default;
};

// The whole Lease, for a POST.
std::string new_lease(
    const std::string& name_space, const std::string& name, const lease_change& change, micro_time now
);

// A merge patch (RFC 7386) on the Lease of this version. What others keep on the Lease stays.
std::string lease_patch(const lease_change& change, const std::string& version, micro_time now);

}  // namespace runtime
