#pragma once

#include "kube/client.hpp"
#include "support/error.hpp"

#include <memory>
#include <string>

// Decodes the texts of the API server without I/O. Only envelopes are read; objects stay raw. The API server
// is trusted, so a key that stands twice is no error: the last one counts, except that of two `metadata` of
// one object the first one counts.
namespace kube {

// A page of a list: {"metadata": {...}, "items": [...]}. errc::bad_answer: the text is anything else, or
// truncated.
support::result<std::unique_ptr<list_page>> decode_list(std::string body);

// An object by itself. errc::bad_answer: the text is no JSON object.
support::result<std::unique_ptr<object_answer>> decode_object(std::string body);

}  // namespace kube
