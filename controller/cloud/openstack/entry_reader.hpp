#pragma once

#include "cloud/openstack/written_entry.hpp"
#include "net/http/url.hpp"
#include "support/error.hpp"

#include <optional>
#include <string>
#include <vector>

namespace cloud::openstack {

// Reads the values of one entry, and keeps the first problem.
class entry_reader
{
public:
    explicit entry_reader(written_entry entry) : entry_(std::move(entry)) {}

    const written_entry& entry() const { return entry_; }

    bool has_auth(const char* key) const { return entry_.auth.contains(key); }

    // The text of auth.<key>, as it is written. Empty if there is none.
    std::string auth(const char* key);
    // The text of a key beside auth, with its {keys} replaced. Empty if there is none.
    std::string root(const char* key);
    // The text or the texts of a key beside auth.
    std::vector<std::string> root_list(const char* key);
    // A boolean as YAML 1.1 spells it; empty if `word` is none.
    static std::optional<bool> flag_of(std::string word);

    // The URL of auth.<key> or of a key beside auth.
    std::optional<net::url> auth_url_of(const char* key);
    std::optional<net::url> root_url_of(const char* key);

    // Records a problem of the entry. Only the first one is reported.
    void note(std::string problem);

    // `text`, or what stands for it where the entry must not be quoted.
    std::string quoted(const std::string& text) const;

    bool failed() const { return !problem_.empty(); }
    std::unexpected<support::error> error() const;

private:
    std::string text_of(const config_value& value, const std::string& name);
    // Replaces {key} by the value of the key beside auth, as Python's str.format does.
    std::string interpolate(const std::string& text, const std::string& name);
    std::string value_of_field(const std::string& field, const std::string& name);
    std::optional<net::url> url_of(const std::string& text, const std::string& name);

    written_entry entry_;
    std::string problem_;
};

}  // namespace cloud::openstack
