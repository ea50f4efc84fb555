#pragma once

#include "support/uuid.hpp"

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <compare>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

// The URLs by which Octavia knows certificates.
namespace cloud {

enum class ref_kind : std::uint8_t
{
    container,
    secret,
};

// What a container ref names, whatever host name it is spelled with.
struct ref_name
{
    ref_kind kind = ref_kind::container;
    support::uuid id;

    auto operator<=>(const ref_name&) const = default;
};

// A container ref as it is spelled, compared by what it names, because one certificate service has several
// host names. It goes to Octavia and to people as it is spelled: a foreign ref has to go back byte for byte.
// A URL of a certificate service is "http(s)://<host>[/<path>]/v1/containers/<id>" or the same with
// "secrets", an id of either case and, as python-barbicanclient spells it, slashes at the end. What is kept
// is the id, and once for all refs what stands before it: 8 bytes for each holder, gone with the last one.
// For one thread alone.
class container_ref
{
public:
    // The empty text: no ref.
    container_ref() = default;
    explicit container_ref(std::string_view text);

    std::string str() const;
    bool empty() const { return entry_ == nullptr; }

    // The kind and the id in it; empty if it is no URL of a certificate service.
    std::optional<ref_name> name() const;
    // Whether it is a URL of a certificate service with this id, whatever the kind.
    bool names(const support::uuid& id) const;

    // By kind and id alone; a text that is no URL of a certificate service equals the same text alone.
    friend bool operator==(const container_ref& a, const container_ref& b);
    friend std::weak_ordering operator<=>(const container_ref& a, const container_ref& b);
    std::size_t hash() const;

    // Whether the texts are the same, byte for byte.
    bool spelled_as(const container_ref& other) const { return entry_ == other.entry_; }

    friend std::ostream& operator<<(std::ostream& out, const container_ref& ref);

    // How many different texts are kept (for tests).
    static std::size_t kept();

    struct entry;

private:
    friend void intrusive_ptr_add_ref(const entry* kept);
    friend void intrusive_ptr_release(const entry* kept);

    // Of equal texts the same entry; null: the empty text.
    boost::intrusive_ptr<const entry> entry_;
};

void intrusive_ptr_add_ref(const container_ref::entry* kept);
void intrusive_ptr_release(const container_ref::entry* kept);

}  // namespace cloud

template <>
struct std::hash<cloud::container_ref>
{
    std::size_t operator()(const cloud::container_ref& ref) const { return ref.hash(); }
};
