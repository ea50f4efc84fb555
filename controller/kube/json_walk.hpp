#pragma once

#include "kube/client.hpp"

#include <simdjson.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>

// How this room walks the texts of the API server with simdjson (https://simdjson.org): only envelopes are
// read, objects stay raw. For one thread, and for one document at a time. Each text has SIMDJSON_PADDING
// readable bytes after its end.
namespace kube {

// The object that a whole text is. `document` must outlive it.
std::optional<simdjson::ondemand::object> root_of(
    simdjson::ondemand::document& document, std::string_view text
);

// Whether the whole text was read, so that nothing is cut or follows.
bool at_end(simdjson::ondemand::document& document);

// Calls `take` for each field until it returns false. False: `take` did, or the text is malformed. Nothing of
// the document may be touched after that, because simdjson gives its parser up at the first error and the
// next call crashes.
template <class Take>
bool each_field(simdjson::ondemand::object object, Take take)
{
    for (auto field : object)
    {
        std::string_view key;
        simdjson::ondemand::value value;
        if (field.unescaped_key().get(key) != simdjson::SUCCESS ||
            field.value().get(value) != simdjson::SUCCESS || !take(key, value))
        {
            return false;
        }
    }
    return true;
}

// A text that is wanted from an object.
struct wanted_text
{
    std::string_view key;
    std::string& into;
};

// False if `from` is no object, or one of the wanted fields is no text.
bool read_texts(simdjson::ondemand::value from, std::span<const wanted_text> wanted);

// Reads texts of the object's metadata.
bool read_metadata(object_json object, std::span<const wanted_text> wanted);

// An object as it stands. Its own decoder checks what is within it, because simdjson does not tell brackets
// apart when it skips them.
bool read_raw(simdjson::ondemand::value value, object_json& into);

}  // namespace kube
