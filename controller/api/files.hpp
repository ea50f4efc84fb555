#pragma once

#include <string_view>

// Files of this folder, as they were when the program was built.
namespace api {

extern const std::string_view openapi_yaml;
extern const std::string_view docs_html;

}  // namespace api
