#include "cloud/without_secret.hpp"

namespace cloud {

std::string without_secret(const std::string& text, std::string_view secret)
{
    constexpr std::size_t shortest_starred = 7;
    if (secret.empty() || !text.contains(secret))
    {
        return text;
    }
    if (secret.size() < shortest_starred)
    {
        return "(its text is not shown)";
    }
    std::string shown;
    std::size_t from = 0;
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, from))
    {
        shown.append(text, from, at - from).append("***");
        from = at + secret.size();
    }
    return shown.append(text, from);
}

}  // namespace cloud
