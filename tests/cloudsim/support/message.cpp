#include "cloudsim/support/message.hpp"

#include "cloudsim/support/text.hpp"

namespace cloudsim {

std::optional<std::string_view> find_header(const header_list& headers, std::string_view name)
{
    for (const auto& [key, value] : headers)
    {
        if (to_lower(key) == to_lower(name))
        {
            return value;
        }
    }
    return std::nullopt;
}

}  // namespace cloudsim
