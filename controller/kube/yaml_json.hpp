#pragma once

#include "support/error.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace kube {

// The first document of a YAML text as JSON, in the types that kubectl sees: YAML 1.1, where a plain `yes` is
// a boolean and a plain `12` a number, with merge keys (`<<`) resolved in the order in which they are
// written. A text without a document is null. Errors: invalid, with the line and without a word of the text,
// because the text may hold secrets. A key that is given twice is an error, because one of its values would
// be ignored.
support::result<nlohmann::json> yaml_to_json(const std::string& text);

// Whether the text, whose first document can be read, holds a second one. What stands behind the first one
// without a line of "---" is an error.
support::result<bool> has_more_documents(const std::string& text);

}  // namespace kube
