#pragma once

#include "support/error.hpp"
#include "support/task.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The Kubernetes API as the controller uses it. Objects are raw JSON texts here, and each type has its own
// decoder (simdjson where there are many objects, nlohmann for small ones). Errors are support::error:
// errc::status carries the HTTP status and, in the message, the reason and message of the server's
// metav1.Status, cleaned (https://kubernetes.io/docs/reference/using-api/api-concepts/).
namespace kube {

// Whether the server refuses the request until somebody changes rights or objects. False for a conflict or a
// server that is busy, because the same request may succeed later.
inline bool is_refused(const support::error& error)
{
    constexpr int timed_out = 408;
    constexpr int conflict = 409;
    constexpr int gone = 410;
    constexpr int too_many_requests = 429;
    const int status = error.code == support::errc::status ? error.http_status : 0;
    return status >= 400 && status < 500 && status != timed_out && status != conflict && status != gone &&
           status != too_many_requests;
}

// A kind of namespaced object, by the parts of its path:
// /apis/<group>/<version>/namespaces/<ns>/<plural>/<name>.
struct resource
{
    std::string group;  // empty: the core group (/api/v1)
    std::string version;
    std::string plural;
};

// One JSON object within a larger text. SIMDJSON_PADDING bytes after its end are readable too.
using object_json = std::string_view;

// The identity of an object, for an object that cannot be decoded. A field is empty if it is missing or not a
// text.
struct object_identity
{
    std::string uid;
    std::string name_space;
    std::string name;
    std::string resource_version;
};
object_identity identify(object_json object);

// A list of the most recent state (a consistent read).
struct list_request
{
    kube::resource resource;
    std::string name_space;  // empty: all namespaces
    std::string continue_token;
    int limit = 500;
    bool metadata_only = false;       // true: the items have no spec and no status
    std::string field_selector = {};  // empty: all objects
    std::string label_selector = {};  // empty: all objects
};

// One page of a list. Owns the text that its items refer to.
class list_page
{
public:
    virtual ~list_page() = default;
    virtual std::span<const object_json> items() const = 0;
    virtual const std::string& resource_version() const = 0;
    virtual const std::string& continue_token() const = 0;  // empty for the last page
};

struct watch_request
{
    kube::resource resource;
    std::string name_space;
    // The watch begins after this version. Empty: it begins with an added event for each existing object.
    std::string resource_version;
    int timeout_seconds = 300;  // the server ends the watch after about this time
    std::string name = {};      // of the one object to watch; empty: all objects
    // An object that no longer has these labels is shown as deleted. Empty: all objects.
    std::string label_selector = {};
};

enum class watch_event_type
{
    added,
    modified,
    deleted,
    bookmark,
    error,
};

struct watch_event
{
    watch_event_type type;
    object_json object;                 // valid until the next call of next()
    std::string_view resource_version;  // of the object; empty for errors
    int error_code = 0;                 // the code of a metav1.Status; 410 asks for a new list
    std::string error_message;          // cleaned
};

class watch_stream
{
public:
    virtual ~watch_stream() = default;

    // Waits for the next event; nullopt is the server's proper end of the watch. Errors: interrupted (the
    // stream was cut, or is silent beyond its timeout), bad_answer.
    virtual support::task<support::result<std::optional<watch_event>>> next() = 0;
};

// The answer to a read or write of one object: its current state.
class object_answer
{
public:
    virtual ~object_answer() = default;
    virtual object_json object() const = 0;
};

struct patch_request
{
    kube::resource resource;
    std::string name_space;
    std::string name;
    std::string subresource;  // "status" or empty
    // A merge patch (RFC 7386). With metadata.resourceVersion (and uid) in it the write is conditional: the
    // server answers 409 if the object has changed since.
    std::string merge_patch;
};

struct create_request
{
    kube::resource resource;
    std::string name_space;
    std::string object;  // JSON
};

struct remove_request
{
    kube::resource resource;
    std::string name_space;
    std::string name;
    // Preconditions: the server answers 409 if the object has another uid or version. Empty: none.
    std::string uid = {};
    std::string resource_version = {};
};

class client
{
public:
    virtual ~client() = default;

    virtual support::task<support::result<std::unique_ptr<list_page>>> list(list_request request) = 0;
    virtual support::task<support::result<std::unique_ptr<watch_stream>>> watch(watch_request request) = 0;
    // A server that is asked too much (429, 503) and says when to come back is asked again then, for 30 s.
    virtual support::task<support::result<std::unique_ptr<object_answer>>> patch(patch_request request) = 0;
    virtual support::task<support::result<std::unique_ptr<object_answer>>> create(create_request request) = 0;
    virtual support::task<support::result<std::unique_ptr<object_answer>>> get(
        kube::resource resource, std::string name_space, std::string name
    ) = 0;
    // Deletes an object. The answer is the object while finalizers keep it. Where the object is gone, the
    // answer is a metav1.Status, which identify() reads as an identity without a uid.
    virtual support::task<support::result<std::unique_ptr<object_answer>>> remove(remove_request request) = 0;
};

}  // namespace kube
