#pragma once

#include <string>
#include <string_view>

namespace cloud {

// What a container ref names, whatever host name it is spelled with: "containers/<id>" or "secrets/<id>", the
// id in lower case. A text that is no URL of a certificate service is its own key.
std::string ref_key(std::string_view container_ref);

// Same kind and id (or, for other texts, the same text).
bool same_ref(std::string_view a, std::string_view b);

}  // namespace cloud
